"""Functions of ``sandbox.cuda.dnn`` and ``gpuarray.dnn``, which run on any engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt

from autoenc.theano.ops.batch_normalization import (
    batch_normalization_test,
    batch_normalization_train,
)
from autoenc.theano.ops.conv import conv2d, conv3d
from autoenc.theano.ops.conv_ops import AbstractConv2d_gradInputs, AbstractConv2d_gradWeights
from autoenc.theano.ops.pool import pool_2d, pool_3d

Variable = Any


def _border(mode: Any) -> Any:
    return "half" if mode == "same" else mode


def _flips(conv_mode: str) -> bool:
    if conv_mode not in ("conv", "cross"):
        raise ValueError(f'conv_mode must be "conv" or "cross", got {conv_mode!r}')
    return conv_mode == "conv"


def dnn_conv(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    dilation: Sequence[int] = (1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    workmem: Any = None,
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> Variable:
    """Convolve images with filters, or correlate them with ``conv_mode="cross"``.

    ``direction_hint``, ``workmem``, ``algo`` and ``precision`` are not used.
    """
    return conv2d(
        img,
        kerns,
        border_mode=_border(border_mode),
        subsample=subsample,
        filter_dilation=dilation,
        filter_flip=_flips(conv_mode),
        num_groups=num_groups,
    )


def dnn_conv3d(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1, 1),
    dilation: Sequence[int] = (1, 1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
    workmem: Any = None,
) -> Variable:
    """Convolve volumes with filters, or correlate them with ``conv_mode="cross"``."""
    return conv3d(
        img,
        kerns,
        border_mode=_border(border_mode),
        subsample=subsample,
        filter_dilation=dilation,
        filter_flip=_flips(conv_mode),
        num_groups=num_groups,
    )


def dnn_gradweight(
    img: Any,
    topgrad: Any,
    kerns_shp: Any,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    dilation: Sequence[int] = (1, 1),
    conv_mode: str = "conv",
    precision: Any = None,
    algo: Any = None,
    num_groups: int = 1,
) -> Variable:
    """Return the gradient of ``dnn_conv`` with respect to filters of a given shape."""
    op = AbstractConv2d_gradWeights(
        border_mode=_border(border_mode),
        subsample=subsample,
        filter_dilation=dilation,
        filter_flip=_flips(conv_mode),
        num_groups=num_groups,
    )
    return op(img, topgrad, pt.as_tensor_variable(kerns_shp)[-2:])


def dnn_gradinput(
    kerns: Any,
    topgrad: Any,
    img_shp: Any,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    dilation: Sequence[int] = (1, 1),
    conv_mode: str = "conv",
    precision: Any = None,
    algo: Any = None,
    num_groups: int = 1,
) -> Variable:
    """Return the gradient of ``dnn_conv`` with respect to images of a given shape."""
    op = AbstractConv2d_gradInputs(
        border_mode=_border(border_mode),
        subsample=subsample,
        filter_dilation=dilation,
        filter_flip=_flips(conv_mode),
        num_groups=num_groups,
    )
    return op(kerns, topgrad, pt.as_tensor_variable(img_shp)[-2:])


def dnn_pool(
    img: Any, ws: Any, stride: Any = None, mode: str = "max", pad: Any = None
) -> Variable:
    """Pool the last axes of images or volumes; incomplete windows at the borders are ignored."""
    axes = len(ws)
    pool = pool_2d if axes == 2 else pool_3d
    pad = (0,) * axes if pad is None else pad
    stride = (1,) * axes if stride is None else stride
    return pool(img, ws, ignore_border=True, stride=stride, pad=pad, mode=mode)


def dnn_batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mode: Any = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Variable, ...]:
    """Normalize by the statistics of the inputs; parameters may have as many axes as these."""
    running = running_average_factor, running_mean, running_var
    return batch_normalization_train(inputs, gamma, beta, mode, epsilon, *running)


def dnn_batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    mode: Any = "per-activation",
    epsilon: float = 1e-4,
) -> Variable:
    """Normalize by a given mean and variance; parameters may have as many axes as the inputs."""
    return batch_normalization_test(inputs, gamma, beta, mean, var, mode, epsilon)
