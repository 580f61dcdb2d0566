"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from collections.abc import Sequence

from autoenc.graph.dtypes import in_dtype_of
from autoenc.graph.types import CostOrGradients, Expression, LearningRate, Parameter, Updates
from autoenc.graph.updates.parts import scheduled, with_gradients, zeros_like


def sgd(
    cost_or_gradients: CostOrGradients, params: Sequence[Parameter], learning_rate: LearningRate
) -> Updates:
    """Gradient descent: p ← p − η·g, with g = ∂cost/∂p.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        What is minimised, or its gradient with respect to each parameter, such as
        gradients that have been clipped.
    params : sequence of shared variables
        What is changed.
    learning_rate : float, scalar expression or schedule
        η; a shared variable can be changed while training runs, and a schedule, such as
        `exponential_decay`, brings a counter of steps with it.

    Returns
    -------
    dict from shared variable to expression of the same dtype

    Raises
    ------
    ValueError
        If the cost is not a scalar, or there is not one gradient for each parameter.
    """
    rate, updates = scheduled(learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        updates[p] = p - in_dtype_of(p, rate) * g
    return updates


def momentum(
    cost_or_gradients: CostOrGradients,
    params: Sequence[Parameter],
    learning_rate: LearningRate,
    momentum: float | Expression = 0.9,
) -> Updates:
    """Gradient descent with momentum: v ← μ·v − η·g, p ← p + v.

    Parameters
    ----------
    cost_or_gradients, params, learning_rate
        As for `sgd`. Each parameter is given a velocity v of its own, which starts at zero.
    momentum : float or scalar expression
        μ, in [0, 1).

    Returns
    -------
    dict from shared variable to expression, of the parameters and their velocities

    References
    ----------
    B. Polyak (1964). Some methods of speeding up the convergence of iteration
    methods. USSR Computational Mathematics and Mathematical Physics 4.
    """
    rate, updates = scheduled(learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        v = zeros_like(p, "velocity")
        updates[v] = in_dtype_of(p, momentum) * v - in_dtype_of(p, rate) * g
        updates[p] = p + updates[v]
    return updates


def nesterov(
    cost_or_gradients: CostOrGradients,
    params: Sequence[Parameter],
    learning_rate: LearningRate,
    momentum: float | Expression = 0.9,
) -> Updates:
    """Nesterov's momentum: the gradient is taken where the velocity is about to lead.

    Sutskever's form is v ← μ·v − η·∂cost/∂p at p + μ·v, then p ← p + v. Here the parameter
    is that point p + μ·v itself, where the model is evaluated anyway, so that the rule needs
    nothing but the gradient: v ← μ·v − η·g, p ← p + μ·v − η·g.

    Parameters
    ----------
    cost_or_gradients, params, learning_rate
        As for `sgd`. Each parameter is given a velocity v of its own, which starts at zero.
    momentum : float or scalar expression
        μ, in [0, 1).

    Returns
    -------
    dict from shared variable to expression, of the parameters and their velocities

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl, G. Hinton (2013). On the importance of
    initialization and momentum in deep learning. ICML.

    Y. Bengio, N. Boulanger-Lewandowski, R. Pascanu (2013). Advances in optimizing recurrent
    networks. ICASSP. Section 3.5 has the change of variables.
    """
    rate, updates = scheduled(learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        v = zeros_like(p, "velocity")
        mu, eta = in_dtype_of(p, momentum), in_dtype_of(p, rate)
        updates[v] = mu * v - eta * g
        updates[p] = p + mu * updates[v] - eta * g
    return updates
