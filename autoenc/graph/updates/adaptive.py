"""Update rules with a step size for each entry of a parameter."""

from __future__ import annotations

from collections.abc import Sequence

import pytensor.tensor as pt

from autoenc.graph.dtypes import in_dtype_of
from autoenc.graph.types import CostOrGradients, Expression, LearningRate, Parameter, Updates
from autoenc.graph.updates.shared_rules import (
    rate_at,
    scheduled,
    step_counter,
    with_gradients,
    zeros_like,
)


def adagrad(
    cost_or_gradients: CostOrGradients,
    params: Sequence[Parameter],
    learning_rate: LearningRate,
    epsilon: float | Expression = 1e-8,
) -> Updates:
    """Return the updates of AdaGrad: s ← s + g², p ← p − η·g / (√s + ε).

    Each parameter has its own sum of squares s.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        Cost to minimise, or its gradients; see `sgd`.
    params : sequence of shared variables
        Parameters to update.
    learning_rate : float, scalar expression or schedule
        Rate η; see `sgd`.
    epsilon : float or scalar expression, default 1e-8
        Constant ε, which prevents division by 0 for entries that have had no gradient yet.

    Returns
    -------
    dict from shared variable to expression
        Updates of the parameters and their sums.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer (2011). Adaptive subgradient methods for online
    learning and stochastic optimization. JMLR 12.
    """
    rate, updates = scheduled(learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        s = zeros_like(p, "sum_of_squares")
        updates[s] = s + pt.sqr(g)
        updates[p] = p - in_dtype_of(p, rate) * g / (pt.sqrt(updates[s]) + in_dtype_of(p, epsilon))
    return updates


def rmsprop(
    cost_or_gradients: CostOrGradients,
    params: Sequence[Parameter],
    learning_rate: LearningRate = 0.001,
    decay: float | Expression = 0.9,
    epsilon: float | Expression = 1e-8,
) -> Updates:
    """Return the updates of RMSProp: s ← ρ·s + (1 − ρ)·g², p ← p − η·g / (√s + ε).

    Each parameter has its own mean square s.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        Cost to minimise, or its gradients; see `sgd`.
    params : sequence of shared variables
        Parameters to update.
    learning_rate : float, scalar expression or schedule, default 0.001
        Rate η; see `sgd`.
    decay : float or scalar expression, default 0.9
        Decay rate ρ, in [0, 1).
    epsilon : float or scalar expression, default 1e-8
        Constant ε, which prevents division by 0.

    Returns
    -------
    dict from shared variable to expression
        Updates of the parameters and their mean squares.

    References
    ----------
    T. Tieleman, G. Hinton (2012). Lecture 6.5, RMSProp: divide the gradient by a running
    average of its recent magnitude. Coursera: Neural networks for machine learning.
    """
    rate, updates = scheduled(learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        s = zeros_like(p, "mean_square")
        updates[s] = _average(s, pt.sqr(g), decay)
        updates[p] = p - in_dtype_of(p, rate) * g / (pt.sqrt(updates[s]) + in_dtype_of(p, epsilon))
    return updates


def adadelta(
    cost_or_gradients: CostOrGradients,
    params: Sequence[Parameter],
    learning_rate: LearningRate = 1.0,
    decay: float | Expression = 0.95,
    epsilon: float | Expression = 1e-6,
) -> Updates:
    """Return the updates of Adadelta, whose steps have the units of the parameter.

    s ← ρ·s + (1 − ρ)·g²,    d = −g·√(u + ε) / √(s + ε),
    u ← ρ·u + (1 − ρ)·d²,    p ← p + η·d.

    Each parameter has its own mean squares, s of its gradients and u of its steps. The paper
    has no learning rate, which corresponds to η = 1.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        Cost to minimise, or its gradients; see `sgd`.
    params : sequence of shared variables
        Parameters to update.
    learning_rate : float, scalar expression or schedule, default 1.0
        Rate η; see `sgd`.
    decay : float or scalar expression, default 0.95
        Decay rate ρ, in [0, 1).
    epsilon : float or scalar expression, default 1e-6
        Constant ε, which determines the size of the first steps.

    Returns
    -------
    dict from shared variable to expression
        Updates of the parameters and their mean squares.

    References
    ----------
    M. Zeiler (2012). ADADELTA: an adaptive learning rate method. arXiv:1212.5701.
    """
    rate, updates = scheduled(learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        s, u = zeros_like(p, "mean_square"), zeros_like(p, "mean_square_step")
        eps = in_dtype_of(p, epsilon)
        updates[s] = _average(s, pt.sqr(g), decay)
        d = -g * pt.sqrt(u + eps) / pt.sqrt(updates[s] + eps)
        updates[u] = _average(u, pt.sqr(d), decay)
        updates[p] = p + in_dtype_of(p, rate) * d
    return updates


def adam(
    cost_or_gradients: CostOrGradients,
    params: Sequence[Parameter],
    learning_rate: LearningRate = 0.001,
    beta1: float | Expression = 0.9,
    beta2: float | Expression = 0.999,
    epsilon: float | Expression = 1e-8,
) -> Updates:
    """Return the updates of Adam, which uses bias-corrected moments of the gradient.

    m ← β₁·m + (1 − β₁)·g,    v ← β₂·v + (1 − β₂)·g²,
    p ← p − η·m̂ / (√v̂ + ε),  with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) at step t = 1, 2, …

    Each parameter has its own moments m and v. All share one counter of steps, also with a
    schedule.

    Parameters
    ----------
    cost_or_gradients : scalar expression or sequence of expressions
        Cost to minimise, or its gradients; see `sgd`.
    params : sequence of shared variables
        Parameters to update.
    learning_rate : float, scalar expression or schedule, default 0.001
        Rate η; see `sgd`.
    beta1 : float or scalar expression, default 0.9
        Decay rate β₁, in [0, 1).
    beta2 : float or scalar expression, default 0.999
        Decay rate β₂, in [0, 1).
    epsilon : float or scalar expression, default 1e-8
        Constant ε, which prevents division by 0.

    Returns
    -------
    dict from shared variable to expression
        Updates of the counter, the parameters and their moments.

    References
    ----------
    D. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. ICLR.
    """
    step, updates = step_counter()
    rate = rate_at(step, learning_rate)
    for p, g in with_gradients(cost_or_gradients, params):
        m, v = zeros_like(p, "first_moment"), zeros_like(p, "second_moment")
        t = (step + 1).astype(p.dtype)
        updates[m] = _average(m, g, beta1)
        updates[v] = _average(v, pt.sqr(g), beta2)
        m_hat = updates[m] / (1 - in_dtype_of(p, beta1) ** t)
        v_hat = updates[v] / (1 - in_dtype_of(p, beta2) ** t)
        updates[p] = p - in_dtype_of(p, rate) * m_hat / (pt.sqrt(v_hat) + in_dtype_of(p, epsilon))
    return updates


def _average(mean: Parameter, new: Expression, decay: float | Expression) -> Expression:
    """Return decay·mean + (1 − decay)·new, the next running mean."""
    decay = in_dtype_of(mean, decay)
    return decay * mean + (1 - decay) * new
