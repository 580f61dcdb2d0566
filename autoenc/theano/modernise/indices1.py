"""Indices of arrays as NumPy 1 understood them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# Lists of at least so many parts were one index: an array had at most so many dimensions.
_MOST_DIMENSIONS = 32
_SOME_ARRAY = np.empty(0)


def index(given: Any, of: Any = _SOME_ARRAY) -> Any:
    """Return an index as NumPy 1 understood it.

    A list with an array, sequence, slice, None or Ellipsis was a tuple: ``a[[rows, columns]]``
    was ``a[rows, columns]``. Floats with integral values become integers.

    Parameters
    ----------
    given : object
    of : object, optional
        What is indexed, by default an array. Only arrays had this rule: for a variable of Theano,
        a list is one index.
    """
    if type(given) is list and isinstance(of, np.ndarray) and _is_tuple(given):
        return tuple(given)
    if type(given) is tuple:
        return tuple(_whole(part) for part in given)
    return _whole(given)


def _is_tuple(parts: list[Any]) -> bool:
    return len(parts) < _MOST_DIMENSIONS and any(_is_index_of_axis(part) for part in parts)


def _is_index_of_axis(part: Any) -> bool:
    if isinstance(part, str | bytes):  # a name of a field
        return False
    return part is None or part is Ellipsis or isinstance(part, slice | np.ndarray | Sequence)


def _whole(number: Any) -> Any:
    """Convert floats with integral values to integers, as NumPy did before 1.12."""
    if type(number) is slice:
        return slice(_whole(number.start), _whole(number.stop), _whole(number.step))
    if isinstance(number, (float, np.floating)) and float(number).is_integer():
        return int(number)
    return number
