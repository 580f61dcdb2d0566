"""Indices with None, which drop dimensions in Theano.

Theano reads None as a dimension of ``dimshuffle``: ``x[:, None]`` is ``x.dimshuffle(0, "x")``.
This drops the second dimension of a matrix, or raises an error if it is not broadcastable.
Scripts depend on it: ``x[:, None]`` of a column x is a column. In NumPy and PyTensor, the result
has a third dimension. Where Theano raised an error, an index has NumPy's meaning here.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from pytensor.graph.basic import Variable
from pytensor.tensor.type_other import SliceType
from pytensor.tensor.variable import _tensor_py_operators

from autoenc.theano.meaning.slices import with_bounds

# Packages whose own indices have NumPy's meaning.
_OF_TODAY = ("pytensor.", "autoenc.")
_part = _tensor_py_operators.__getitem__


def part(variable: Any, index: Any) -> Any:
    """Return a part of a variable, as Theano does if a script asks for it."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(part is None for part in parts):
        name = f"{sys._getframe(1).f_globals.get('__name__')}."
        if not name.startswith(_OF_TODAY):
            variable = _without_further_dimensions(variable, parts)
    if any(isinstance(getattr(part, "type", None), SliceType) for part in parts):
        index = with_bounds(variable, parts)
    return _part(variable, index)


def _without_further_dimensions(variable: Any, parts: tuple[Any, ...]) -> Any:
    """Drop the dimensions for which there is no index, if all of them are broadcastable."""
    given = [part for part in parts if part is not None]
    further = variable.type.broadcastable[len(given) :]
    if not further or not all(further) or not all(map(_is_basic, given)):
        return variable
    return variable.dimshuffle(range(len(given)))


def _is_basic(part: Any) -> bool:
    """Return whether a part of an index is a slice or an integer, and no ellipsis or array."""
    if isinstance(part, Variable):
        return bool(part.type.ndim == 0 and part.type.dtype != "bool")
    return isinstance(part, (slice, int, np.integer)) and not isinstance(part, bool)
