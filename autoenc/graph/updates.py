"""Update rules: from a cost and its parameters to what the parameters become.

Every rule has the signature ``rule(cost, params, learning_rate, ...) -> updates``
and its updates go to `pytensor.function` or to `autoenc.training.train`.

>>> import numpy as np, pytensor
>>> p = pytensor.shared(np.float32(3.0), name="p")
>>> step = pytensor.function([], p**2, updates=sgd(p**2, [p], learning_rate=0.1))
>>> for _ in range(50): _ = step()
>>> float(p.get_value().round(3))
0.0
"""

from collections.abc import Sequence

import numpy as np
import pytensor
from pytensor import tensor as pt

from autoenc.graph.types import Expression, Parameter, Updates


def sgd(
    cost: Expression, params: Sequence[Parameter], learning_rate: float | Expression
) -> Updates:
    """Gradient descent: p ← p − η·∂cost/∂p.

    Parameters
    ----------
    cost : scalar expression
        What is minimised.
    params : sequence of shared variables
        What is changed.
    learning_rate : float or scalar expression
        η; a shared variable can be changed while training runs.

    Returns
    -------
    dict from shared variable to expression of the same dtype
    """
    gradients = pytensor.grad(cost, list(params))
    return {
        p: p - _as(p, learning_rate) * gradient
        for p, gradient in zip(params, gradients, strict=True)
    }


def momentum(
    cost: Expression,
    params: Sequence[Parameter],
    learning_rate: float | Expression,
    momentum: float | Expression = 0.9,
) -> Updates:
    """Gradient descent with momentum: v ← μ·v − η·∂cost/∂p, p ← p + v.

    Parameters
    ----------
    cost : scalar expression
        What is minimised.
    params : sequence of shared variables
        What is changed. Each is given a velocity of its own, which starts at zero.
    learning_rate : float or scalar expression
        η.
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
    gradients = pytensor.grad(cost, list(params))
    updates: Updates = {}
    for p, gradient in zip(params, gradients, strict=True):
        v = _zeros_like(p, "velocity")
        updates[v] = _as(p, momentum) * v - _as(p, learning_rate) * gradient
        updates[p] = p + updates[v]
    return updates


def _as(p: Parameter, value: float | Expression) -> Expression:
    """`value` in the dtype of `p`, so that no update is upcast."""
    if isinstance(value, pytensor.graph.basic.Variable):
        return value.astype(p.dtype)
    return pt.constant(np.asarray(value, dtype=p.dtype))


def _zeros_like(p: Parameter, what: str) -> Parameter:
    name = f"{p.name}_{what}" if p.name else what
    zeros = np.zeros_like(p.get_value(borrow=True))
    return pytensor.shared(zeros, name=name, shape=p.type.shape)
