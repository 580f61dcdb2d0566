"""Conversion of numbers and expressions to the dtype of an expression, or to floatX."""

from typing import Any

import numpy as np
from pytensor import config
from pytensor import tensor as pt
from pytensor.graph.basic import Variable

from autoenc.graph.types import Expression


def in_dtype_of(like: Expression, value: Any) -> Expression:
    """Return `value`, a number or an expression, in the dtype of `like`, to avoid upcasting.

    >>> import pytensor.tensor as pt
    >>> (in_dtype_of(pt.vector(dtype="float32"), 0.1)).dtype
    'float32'
    """
    if isinstance(value, Variable):
        return value.astype(like.dtype)
    return pt.constant(np.asarray(value, dtype=like.dtype))


def in_floatx(value: float) -> np.ndarray[Any, Any]:
    """Return a number as an array of floatX, which does not upcast expressions of floatX."""
    return np.asarray(value, dtype=config.floatX)
