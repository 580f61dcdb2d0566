"""The kinds of symbolic variables that the pieces of this room take and give."""

from collections.abc import Callable
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

NumPyGenerator: TypeAlias = np.random.Generator | np.random.RandomState
"""Where initial parameters are drawn from."""
