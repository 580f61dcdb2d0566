"""Pooling of images and volumes."""

from __future__ import annotations

import warnings
from typing import Any

import pytensor.tensor as pt

from autoenc.theano.ops.pool_ops import MaxPoolGrad, Pool, _given

Variable = Any


def pool_2d(
    input: Any,  # noqa: A002 - Theano's name
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Variable:
    """Pool the last two axes.

    Parameters
    ----------
    input : tensor, (..., rows, columns)
    ws : pair of int
        Size of a window.
    ignore_border : bool, optional
        Whether to ignore windows that extend beyond the image. False by default, with a warning.
    stride : pair of int, optional
        Distance between windows; by default their size.
    pad : pair of int, default (0, 0)
        Padding of the image: zeros, which a maximum ignores.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}, default "max"
        The first average counts padding, the second does not.
    ds, st, padding : optional
        Older names of ``ws``, ``stride`` and ``pad``.

    Raises
    ------
    ValueError
        If there is no size, or a value is given under both names.
    NotImplementedError
        If there is padding without ``ignore_border``, or padding as large as a window.
    """
    return _pool(2, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def pool_3d(
    input: Any,  # noqa: A002
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Variable:
    """Pool the last three axes; see ``pool_2d``."""
    return _pool(3, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def _pool(
    n_axes: int,
    x: Any,
    ws: Any,
    ignore_border: bool | None,
    stride: Any,
    pad: Any,
    mode: str,
    ds: Any,
    st: Any,
    padding: Any,
) -> Variable:
    ws = _given(ws, ds, "ws", "ds")
    stride = _given(stride, st, "stride", "st")
    pad = _given(pad, padding, "pad", "padding", (0,) * n_axes)
    if ws is None:
        raise ValueError("You must provide a tuple value for the window size.")
    x = pt.as_tensor_variable(x)
    if x.ndim < n_axes:
        raise NotImplementedError(f"pool_{n_axes}d requires a dimension >= {n_axes}")
    if ignore_border is None:
        warnings.warn(
            f"pool_{n_axes}d() will have the parameter ignore_border default value changed to "
            "True (currently False). To have consistent behavior with all Theano version, "
            "explicitly add the parameter ignore_border=True.",
            stacklevel=3,
        )
    return Pool(bool(ignore_border), mode, n_axes)(x, ws, stride, pad)


def max_pool_2d(
    input: Any,  # noqa: A002
    ds: Any,
    ignore_border: bool | None = None,
    st: Any = None,
    padding: Any = (0, 0),
    mode: str = "max",
) -> Variable:
    """Pool the last two axes: ``signal.downsample.max_pool_2d`` of older versions."""
    return pool_2d(input, ds, ignore_border, st, padding, mode)


def max_pool_2d_same_size(input: Any, patch_size: Any) -> Variable:  # noqa: A002
    """Set all but the maximum of each patch to zero."""
    best = Pool(True)(input, patch_size)
    return MaxPoolGrad(True)(input, best, best, patch_size)
