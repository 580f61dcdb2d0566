"""The indices that sort an array, in which equal entries are in NumPy 1's order."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.tensor.sort import ArgSortOp

Array = Any


def argsort(a: Any, axis: int | None = -1) -> Array:
    """Return the indices that sort an array of numbers.

    NumPy 1 sorted by a quicksort, whose order of equal entries scripts have seen in their results.
    NumPy 2 sorts numbers by vector instructions, in an order that depends on the processor. It
    still uses that quicksort for records, so numbers are sorted as records of one field.

    Parameters
    ----------
    a : array_like
    axis : int or None, default -1
        The axis along which to sort; None sorts all entries.

    Returns
    -------
    array of int64, shape of `a`

    Examples
    --------
    >>> argsort([1, 0] * 9)[:9]
    array([17,  1, 15,  3,  5, 13,  7,  9, 11])
    """
    array = np.asarray(a)
    if axis is None or array.ndim == 0:
        array, axis = array.ravel(), -1
    rows = np.ascontiguousarray(np.moveaxis(array, axis, -1))
    order = rows.argsort(axis=-1)
    if rows.dtype.kind in "iuf" and _has_equals(np.take_along_axis(rows, order, -1)):
        order = rows.view([("entry", rows.dtype)]).argsort(axis=-1, kind="quicksort")
    return np.moveaxis(order, -1, axis)


def _has_equals(ordered: Array) -> bool:
    """Return whether there are equal neighbours, or NaN, in rows that are sorted."""
    neighbours = ordered[..., 1:] == ordered[..., :-1]
    return bool(neighbours.any() or (ordered.dtype.kind == "f" and np.isnan(ordered).any()))


class ArgSort(ArgSortOp):
    """Operation that computes `argsort`. On XLA, equal entries keep their order."""

    def __init__(self) -> None:
        super().__init__("stable")

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """Sort with NumPy."""
        a, axis = inputs
        output_storage[0][0] = argsort(a, int(axis)).astype(node.outputs[0].dtype, copy=False)
