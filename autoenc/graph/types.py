"""Types of symbolic variables and of functions on them."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor.variable import TensorVariable

Expression: TypeAlias = TensorVariable
"""A symbolic array."""

Parameter: TypeAlias = SharedVariable
"""A shared variable: an array that graphs can share and updates change."""

Activation: TypeAlias = Callable[[Expression], Expression]
"""An element-wise function from expression to expression."""

Updates: TypeAlias = dict[Parameter, Expression]
"""New value of each shared variable after a step."""

CostOrGradients: TypeAlias = Expression | Sequence[Expression]
"""A scalar cost, or its gradient with respect to each parameter."""

Schedule: TypeAlias = Callable[[Expression], Expression]
"""A function from the number of the step, an int32 scalar counted from 0, to a rate."""

LearningRate: TypeAlias = float | Expression | Schedule
"""A learning rate: a constant, an expression, or a schedule."""

UpdateRule: TypeAlias = Callable[..., Updates]
"""A function ``rule(cost_or_gradients, params, learning_rate, ...)`` that returns updates."""

NumPyGenerator: TypeAlias = np.random.Generator | np.random.RandomState
"""A source of initial parameters."""
