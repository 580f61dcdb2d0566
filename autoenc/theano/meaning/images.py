"""Older spellings of convolution and pooling: ``nnet.conv``, ``signal.conv``, cuDNN's."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt

from autoenc.graph.types import Expression
from autoenc.theano.ops import conv
from autoenc.theano.ops.pool import pool_2d, pool_3d


def conv2d(
    input: Any,  # noqa: A002 - Theano's name
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    **tuning: Any,
) -> Expression:
    """Convolve images with filters: ``theano.tensor.nnet.conv.conv2d``.

    Parameters
    ----------
    input : tensor, (n, channels, rows, columns)
    filters : tensor, (filters, channels, rows, columns)
    image_shape, filter_shape : sequence of int or None, optional
        What is known of the shapes.
    border_mode : {"valid", "full"}
    subsample : pair of int
    **tuning
        Unrolling of loops, which has no meaning here.

    Raises
    ------
    NotImplementedError
        If shapes other than the real ones are asked for (``imshp_logical``).
    """
    logical = [name for name in ("imshp_logical", "kshp_logical") if tuning.get(name)]
    if logical:
        raise NotImplementedError(
            f"{logical[0]} is not supported; scale the images with "
            "theano.tensor.nnet.abstract_conv.bilinear_upsampling or T.repeat first."
        )
    return conv.conv2d(
        input,
        filters,
        input_shape=image_shape,
        filter_shape=filter_shape,
        border_mode=border_mode,
        subsample=subsample,
    )


def conv2d_of_planes(
    input: Any,  # noqa: A002
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    **_: Any,
) -> Expression:
    """Convolve each of several images with each of several filters: ``signal.conv.conv2d``.

    Parameters
    ----------
    input : matrix, or tensor (n, rows, columns)
    filters : matrix, or tensor (filters, rows, columns)
    image_shape, filter_shape, border_mode, subsample
        As for `conv2d`.

    Returns
    -------
    tensor
        One dimension for the images and one for the filters, of those that were given.
    """
    input, filters = pt.as_tensor_variable(input), pt.as_tensor_variable(filters)  # noqa: A001
    images = (
        input.dimshuffle("x", "x", 0, 1) if input.ndim == 2 else input.dimshuffle(0, "x", 1, 2)
    )
    kernels = (
        filters.dimshuffle("x", "x", 0, 1)
        if filters.ndim == 2
        else filters.dimshuffle(0, "x", 1, 2)
    )
    result = conv2d(images, kernels, border_mode=border_mode, subsample=subsample)
    if filters.ndim == 2:
        result = result[:, 0]
    return result[0] if input.ndim == 2 else result


def dnn_conv(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    dilation: Any = (1, 1),
    conv_mode: str = "conv",
    num_groups: int = 1,
    **_: Any,
) -> Expression:
    """Convolve images with filters, as cuDNN's operation was called by name."""
    if border_mode == "same":
        border_mode = "half"
    return conv.conv2d(
        img,
        kerns,
        border_mode=border_mode,
        subsample=subsample,
        filter_dilation=dilation,
        filter_flip=conv_mode == "conv",
        num_groups=num_groups,
    )


def dnn_conv3d(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    dilation: Any = (1, 1, 1),
    conv_mode: str = "conv",
    **_: Any,
) -> Expression:
    """Convolve volumes with filters, as cuDNN's operation was called by name."""
    return conv.conv3d(
        img,
        kerns,
        border_mode=border_mode,
        subsample=subsample,
        filter_dilation=dilation,
        filter_flip=conv_mode == "conv",
    )


def dnn_pool(
    img: Any, ws: Any, stride: Any = None, mode: str = "max", pad: Any = None
) -> Expression:
    """Pool images or volumes, as cuDNN's operation was called by name."""
    img = pt.as_tensor_variable(img)
    pool = pool_2d if img.ndim == 4 else pool_3d
    n = img.ndim - 2
    return pool(
        img, ws=ws, stride=stride or (1,) * n, pad=pad or (0,) * n, mode=mode, ignore_border=True
    )
