"""Functions that update rules share."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import numpy as np
import pytensor
from pytensor.graph.basic import Variable

from autoenc.graph.types import CostOrGradients, Expression, LearningRate, Parameter, Updates


def with_gradients(
    cost_or_gradients: CostOrGradients, params: Sequence[Parameter]
) -> list[tuple[Parameter, Expression]]:
    """Return parameters and their gradients, in the dtypes of the parameters.

    Raises
    ------
    ValueError
        If the cost is not a scalar, or the number of gradients is not that of the parameters.
    """
    if not isinstance(cost_or_gradients, Variable):
        gradients = list(cost_or_gradients)
        if len(gradients) != len(params):
            raise ValueError(
                f"there are {len(gradients)} gradients and {len(params)} parameters; "
                "expected a gradient for each parameter, in their order."
            )
    elif cost_or_gradients.ndim != 0:
        raise ValueError(
            f"the cost has {cost_or_gradients.ndim} dimensions; expected a scalar expression. "
            "Costs are per row: take their mean()."
        )
    else:
        gradients = pytensor.grad(cost_or_gradients, list(params))
    return [(p, g.astype(p.dtype)) for p, g in zip(params, gradients, strict=True)]


def zeros_like(p: Parameter, what: str) -> Parameter:
    """Create a shared variable of zeros like `p`, named ``{p.name}_{what}``."""
    name = f"{p.name}_{what}" if p.name else what
    zeros = np.zeros_like(p.get_value(borrow=True))
    return pytensor.shared(zeros, name=name, shape=p.type.shape)


def step_counter() -> tuple[Parameter, Updates]:
    """Create a shared int32 scalar that counts steps from 0, and its update."""
    step = pytensor.shared(np.asarray(0, dtype="int32"), name="step")
    return step, {step: step + 1}


def scheduled(learning_rate: LearningRate) -> tuple[float | Expression, Updates]:
    """Return the learning rate of a step, and the update of the counter of a schedule."""
    if not callable(learning_rate):
        return learning_rate, {}
    step, updates = step_counter()
    return rate_at(step, learning_rate), updates


def rate_at(step: Expression, learning_rate: LearningRate) -> float | Expression:
    """Return the learning rate of a given step.

    Raises
    ------
    TypeError
        If a schedule returns neither a number nor a scalar expression.
    """
    if not callable(learning_rate):
        return learning_rate
    rate = learning_rate(step)
    if not isinstance(rate, Real) and getattr(rate, "ndim", None) != 0:
        raise TypeError(
            f"learning_rate returned {rate!r:.60} of type {type(rate).__name__}; expected a "
            "number or a scalar expression of the step."
        )
    return rate


def scaled_rate(learning_rate: LearningRate, factor: Parameter) -> LearningRate:
    """Multiply a learning rate or schedule by a shared scalar."""
    if callable(learning_rate):
        return lambda step: factor * rate_at(step, learning_rate)
    return factor * np.asarray(learning_rate, dtype=factor.dtype)
