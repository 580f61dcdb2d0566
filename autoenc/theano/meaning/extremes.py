"""Maxima and minima over axes, and their positions.

The names hide Python's own `max` and `min`, so nothing else is in this module.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant

from autoenc.graph.types import Expression


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Expression:  # noqa: A001
    """Return the maximum over axes; over all of them by default, or if `axis` is empty.

    As in Theano, the variable is named "max".
    """
    result = pt.max(x, axis=_axes(axis), keepdims=keepdims)
    if not keepdims and result is not x:
        result.name = "max"
    return result


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Expression:  # noqa: A001
    """Return the minimum over axes; over all of them by default, or if `axis` is empty."""
    return pt.min(x, axis=_axes(axis), keepdims=keepdims)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Expression:
    """Return the position of the maximum over axes; see `max`."""
    return pt.argmax(x, axis=_axes(axis), keepdims=keepdims)


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Expression:
    """Return the position of the minimum over axes; see `max`."""
    return pt.argmin(x, axis=_axes(axis), keepdims=keepdims)


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Expression]:
    """Return the maximum over axes and its position."""
    return [max(a, axis, keepdims), argmax(a, axis, keepdims)]


def _axes(axis: Any) -> Any:
    """Return axes as integers without duplicates; None, for all axes, if there are none.

    They may be constants of a graph. The order of the axes is kept, as a position depends on it.
    """
    axis = axis.data if isinstance(axis, Constant) else axis
    axis = axis.tolist() if isinstance(axis, np.ndarray) else axis
    if not isinstance(axis, (list, tuple)):
        return axis
    return list(dict.fromkeys(map(_position, axis))) or None


def _position(axis: Any) -> int:
    return operator.index(axis.data if isinstance(axis, Constant) else axis)
