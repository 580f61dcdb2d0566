"""Convolutions of volumes under older names: ``nnet.conv3d2d`` and ``nnet.Conv3D``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt

from autoenc.theano.ops import conv
from autoenc.theano.ops.conv_ops import AbstractConv3d_gradInputs, AbstractConv3d_gradWeights

Variable = Any
Shape = Any


def conv3d(
    signals: Any,
    filters: Any,
    signals_shape: Shape = None,
    filters_shape: Shape = None,
    border_mode: Any = "valid",
) -> Variable:
    """Convolve sequences of images: ``nnet.conv3d2d.conv3d``.

    Parameters
    ----------
    signals : tensor, (n, times, channels, rows, columns)
    filters : tensor, (filters, times, channels, rows, columns)
    signals_shape, filters_shape : sequence of int, optional
        Shapes, as far as they are known.
    border_mode : {"valid", "full", "half"} or three of them, default "valid"

    Returns
    -------
    tensor, (n, times, filters, rows, columns)

    Raises
    ------
    NotImplementedError
        If the modes of rows and columns differ.
    ValueError
        If a mode is invalid.
    """
    modes = (border_mode,) * 3 if isinstance(border_mode, str) else tuple(border_mode)
    if modes[1] != modes[2]:
        raise NotImplementedError("height and width bordermodes must match")
    for mode in modes:
        if mode not in ("valid", "full", "half"):
            raise ValueError("invalid border mode", mode)
    x, kernel = (pt.as_tensor_variable(v).dimshuffle(0, 2, 1, 3, 4) for v in (signals, filters))
    shapes = _channels_second(signals_shape), _channels_second(filters_shape)
    if len(set(modes)) == 1:
        return conv.conv3d(x, kernel, *shapes, border_mode=modes[0]).dimshuffle(0, 2, 1, 3, 4)
    padded = _padded_in_time(x, kernel.shape[2], modes[0])
    whole = conv.conv3d(padded, kernel, border_mode=modes[1])
    # The mode of rows and columns was also applied to times.
    extra = {"valid": 0, "full": kernel.shape[2] - 1, "half": kernel.shape[2] // 2}[modes[1]]
    times = whole[:, :, extra : whole.shape[2] - extra]
    return times.dimshuffle(0, 2, 1, 3, 4)


def _channels_second(shape: Shape) -> Shape:
    return None if shape is None else (shape[0], shape[2], shape[1], *shape[3:])


def _padded_in_time(x: Variable, length: Variable, mode: str) -> Variable:
    n = {"valid": 0, "full": length - 1, "half": length // 2}[mode]
    zeros = pt.zeros((x.shape[0], x.shape[1], n, x.shape[3], x.shape[4]), dtype=x.dtype)
    return pt.concatenate([zeros, x, zeros], axis=2)


def conv3D(V: Any, W: Any, b: Any, d: Any) -> Variable:  # noqa: N802 - Theano's name
    """Correlate volumes with filters: ``nnet.Conv3D`` of older versions.

    Parameters
    ----------
    V : tensor, (n, rows, columns, times, channels)
    W : tensor, (filters, rows, columns, times, channels)
    b : vector, (filters,)
    d : three int
        Steps.

    Returns
    -------
    tensor, (n, rows, columns, times, filters)
    """
    output = conv.conv3d(_first(V), _first(W), subsample=_steps(d), filter_flip=False)
    return _last(output) + b


def convTransp3D(  # noqa: N802 - Theano's name
    W: Any, b: Any, d: Any, H: Any, RShape: Any = None
) -> Variable:
    """Compute the transpose of ``conv3D``, which reconstructs volumes from an output.

    Parameters
    ----------
    W : tensor, (filters, rows, columns, times, channels)
    b : vector, (channels,)
    d : three int
    H : tensor, (n, rows, columns, times, filters)
    RShape : vector of three int, optional
        Rows, columns and times of the result; by default the smallest whose output is H.
    """
    kernel, top, steps = _first(W), _first(H), _steps(d)
    if RShape is None:
        RShape = [(top.shape[2 + i] - 1) * steps[i] + kernel.shape[2 + i] for i in range(3)]
    op = AbstractConv3d_gradInputs(subsample=steps, filter_flip=False)
    return (
        _last(op(kernel, top, pt.stack([pt.as_tensor_variable(RShape[i]) for i in range(3)]))) + b
    )


def convGrad3D(V: Any, d: Any, WShape: Any, dCdH: Any) -> Variable:  # noqa: N802 - Theano's name
    """Return the gradient of ``conv3D`` with respect to its filters.

    Parameters
    ----------
    V : tensor, (n, rows, columns, times, channels)
    d : three int
    WShape : vector of five int
        Shape of the filters.
    dCdH : tensor, (n, rows, columns, times, filters)
    """
    op = AbstractConv3d_gradWeights(subsample=_steps(d), filter_flip=False)
    lengths = pt.stack([pt.as_tensor_variable(WShape[1 + i]) for i in range(3)])
    return op(_first(V), _first(dCdH), lengths).dimshuffle(0, 2, 3, 4, 1)


def _first(x: Any) -> Variable:
    return pt.as_tensor_variable(x).dimshuffle(0, 4, 1, 2, 3)


def _last(x: Variable) -> Variable:
    return x.dimshuffle(0, 2, 3, 4, 1)


def _steps(d: Any) -> tuple[int, ...]:
    from pytensor.tensor.basic import get_scalar_constant_value

    return tuple(int(get_scalar_constant_value(pt.as_tensor_variable(d)[i])) for i in range(3))
