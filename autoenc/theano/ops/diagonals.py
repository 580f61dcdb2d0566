"""Stripes along the diagonals of tensors: ``nnet.conv3d2d.diagonal_subtensor``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.raise_op import CheckAndRaise

from autoenc.theano.meaning.constants import get_scalar_constant_value
from autoenc.theano.ops.in_place import MayBeInPlace

Variable = Any

_wide = CheckAndRaise(NotImplementedError, "axis i0 is shorter than axis i1")


def get_diagonal_subtensor_view(x: Any, i0: Any, i1: Any) -> Any:
    """Return a view of an array: along axis `i1`, axis `i0` is shifted by one for each entry.

    Raises
    ------
    NotImplementedError
        If axis `i0` is shorter than axis `i1`.
    """
    i0, i1 = int(i0), int(i1)
    width = x.shape[i1]
    if x.shape[i0] < width:
        raise NotImplementedError("axis i0 is shorter than axis i1")
    index = [slice(None)] * x.ndim
    index[i0] = slice(width - 1, None)
    view = x[tuple(index)]
    strides = list(view.strides)
    if width != 1:
        strides[i1] -= strides[i0]
    return np.lib.stride_tricks.as_strided(view, strides=strides)


class DiagonalSubtensor(MayBeInPlace):
    """Operation that returns a stripe of a tensor: ``y[i, j] = x[i + n - 1 - j, j]``."""

    def __call__(self, x: Any, i0: Any, i1: Any) -> Variable:
        """Return the stripe, where `i0` and `i1` are the axes of the indices of `x`."""
        return _restored(_stripe(x, i0, i1), i0, i1)


class IncDiagonalSubtensor(MayBeInPlace):
    """Operation that adds a tensor to a stripe of another one."""

    def __call__(self, x: Any, i0: Any, i1: Any, amt: Any) -> Variable:
        """Return `x` with `amt` added to its stripe along the axes `i0` and `i1`."""
        added = pt.inc_subtensor(_stripe(x, i0, i1), _in_front(amt, i0, i1))
        return _restored(added, i0, i1)


diagonal_subtensor = DiagonalSubtensor(False)
inc_diagonal_subtensor = IncDiagonalSubtensor(False)


def _stripe(x: Any, i0: Any, i1: Any) -> Variable:
    """Return a stripe with its two axes in front."""
    x = _in_front(x, i0, i1)
    width = x.shape[1]
    height = _wide(x.shape[0], x.shape[0] >= width) - width + 1
    columns = pt.arange(width)
    return x[pt.arange(height)[:, None] + width - 1 - columns, columns]


def _in_front(x: Any, i0: Any, i1: Any) -> Variable:
    x = pt.as_tensor_variable(x)
    return x.dimshuffle(_order(x.ndim, i0, i1))


def _restored(x: Variable, i0: Any, i1: Any) -> Variable:
    """Return a tensor with its first two axes as axes `i0` and `i1`."""
    return x.dimshuffle(np.argsort(_order(x.ndim, i0, i1)).tolist())


def _order(ndim: int, i0: Any, i1: Any) -> list[int]:
    front = [int(get_scalar_constant_value(axis)) for axis in (i0, i1)]
    return [*front, *(axis for axis in range(ndim) if axis not in front)]
