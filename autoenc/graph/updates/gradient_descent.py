"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from collections.abc import Sequence

from autoenc.graph.dtypes import in_dtype_of
from autoenc.graph.types import CostOrGradients, Expression, LearningRate, Parameter, Updates
from autoenc.graph.updates.shared_rules import scheduled, with_gradients, zeros_like


def sgd(
    cost_or_gradients: CostOrGradients, params: Sequence[Parameter], learning_rate: LearningRate
) -> Updates:
    """Return the updates of gradient descent: p ← p − η·g, with g = ∂cost/∂p.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        Cost to minimise, or its gradient with respect to each parameter, for example
        clipped gradients.
    params : sequence of shared variables
        Parameters to update.
    learning_rate : float, scalar expression or schedule
        Rate η. A shared variable can be changed during training. A schedule, such as
        `exponential_decay`, adds a counter of steps to the updates.

    Returns
    -------
    dict from shared variable to expression
        Updates of the parameters, in their dtypes.

    Raises
    ------
    ValueError
        If the cost is not a scalar, or the number of gradients is not that of the parameters.
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
    """Return the updates of gradient descent with momentum: v ← μ·v − η·g, p ← p + v.

    Each parameter has its own velocity v, which starts at zero.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        Cost to minimise, or its gradients; see `sgd`.
    params : sequence of shared variables
        Parameters to update.
    learning_rate : float, scalar expression or schedule
        Rate η; see `sgd`.
    momentum : float or scalar expression, default 0.9
        Momentum μ, in [0, 1).

    Returns
    -------
    dict from shared variable to expression
        Updates of the parameters and their velocities.

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
    """Return the updates of Nesterov's accelerated gradient.

    In Sutskever's form the gradient is evaluated at p + μ·v: v ← μ·v − η·∂cost/∂p, then
    p ← p + v. Here the parameter is the point p + μ·v itself, at which the model is evaluated
    anyway, so that only the gradient is needed: v ← μ·v − η·g, p ← p + μ·v − η·g. Each
    parameter has its own velocity v, which starts at zero.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        Cost to minimise, or its gradients; see `sgd`.
    params : sequence of shared variables
        Parameters to update.
    learning_rate : float, scalar expression or schedule
        Rate η; see `sgd`.
    momentum : float or scalar expression, default 0.9
        Momentum μ, in [0, 1).

    Returns
    -------
    dict from shared variable to expression
        Updates of the parameters and their velocities.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl, G. Hinton (2013). On the importance of
    initialization and momentum in deep learning. ICML.

    Y. Bengio, N. Boulanger-Lewandowski, R. Pascanu (2013). Advances in optimizing recurrent
    networks. ICASSP. Section 3.5 describes the change of variables.
    """
    rate, updates = scheduled(learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        v = zeros_like(p, "velocity")
        mu, eta = in_dtype_of(p, momentum), in_dtype_of(p, rate)
        updates[v] = mu * v - eta * g
        updates[p] = p + mu * updates[v] - eta * g
    return updates
