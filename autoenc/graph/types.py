"""The kinds of symbolic variables that the pieces of this room take and give."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor.variable import TensorVariable

Expression: TypeAlias = TensorVariable
"""A symbolic array."""

Parameter: TypeAlias = SharedVariable
"""A shared variable: an array that graphs share and updates change."""

Activation: TypeAlias = Callable[[Expression], Expression]
"""A function from expression to expression, element by element."""

Updates: TypeAlias = dict[Parameter, Expression]
"""What each shared variable becomes after a step."""

CostOrGradients: TypeAlias = Expression | Sequence[Expression]
"""A scalar cost, or its gradient with respect to each parameter."""

Schedule: TypeAlias = Callable[[Expression], Expression]
"""A function from the number of the step, an int32 scalar from 0, to a learning rate."""

LearningRate: TypeAlias = float | Expression | Schedule
"""A learning rate that stays, that an expression tells, or that follows a schedule."""

UpdateRule: TypeAlias = Callable[..., Updates]
"""A function ``rule(cost_or_gradients, params, learning_rate, ...)`` to updates."""

NumPyGenerator: TypeAlias = np.random.Generator | np.random.RandomState
"""Where initial parameters are drawn from."""
