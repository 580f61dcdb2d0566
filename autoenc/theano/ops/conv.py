"""Convolutions of images and volumes, their gradients, and functions based on them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant
from pytensor.graph.basic import Variable as GraphVariable

from autoenc.theano.ops.conv_ops import (
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d,
    AbstractConv3d_gradInputs,
    AbstractConv3d_gradWeights,
)
from autoenc.theano.ops.conv_shapes import get_conv_output_shape

Variable = Any
Shape = Any


def conv2d(
    input: Any,  # noqa: A002 - Theano's name
    filters: Any,
    input_shape: Shape = None,
    filter_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    image_shape: Shape = None,
    filter_dilation: Sequence[int] = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
    **kwargs: Any,
) -> Variable:
    """Convolve images with filters.

    Parameters
    ----------
    input : tensor, (n, channels, rows, columns)
    filters : tensor, (filters, channels / groups, rows, columns)
        Unshared filters are (filters, rows and columns of the output, channels / groups, rows,
        columns).
    input_shape, filter_shape : sequence of int or None, optional
        Shapes, as far as they are known.
    border_mode : {"valid", "full", "half"}, int, or pair of int or pairs, default "valid"
    subsample : pair of int, default (1, 1)
        Steps of the filters.
    filter_flip : bool, default True
        Whether to convolve (flip the filters) or to correlate.
    image_shape : optional
        Older name of ``input_shape``.
    filter_dilation : pair of int, default (1, 1)
    num_groups : int, default 1
    unshared : bool, default False

    Returns
    -------
    tensor, (n, filters, rows, columns)

    Raises
    ------
    ValueError
        If both names of the shape are given, or a parameter is invalid.
    """
    if "imshp_logical" in kwargs or "kshp_logical" in kwargs:
        raise ValueError(
            "Keyword arguments 'imshp_logical' and 'kshp_logical' for conv2d are not supported "
            "anymore (and have not been a reliable way to perform upsampling). That feature is "
            "still available by calling theano.tensor.nnet.conv.conv2d() for the time being."
        )
    if kwargs:
        warnings.warn(
            f"{list(kwargs)} are now deprecated in `tensor.nnet.abstract_conv.conv2d` interface "
            "and will be ignored.",
            stacklevel=2,
        )
    if image_shape is not None:
        warnings.warn(
            "The `image_shape` keyword argument to `tensor.nnet.conv2d` is deprecated, it has "
            "been renamed to `input_shape`.",
            stacklevel=2,
        )
        if input_shape is not None:
            raise ValueError(
                "input_shape and image_shape should not be provided at the same time."
            )
        input_shape = image_shape
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    op = AbstractConv2d(input_shape, filter_shape, border_mode, *steps, num_groups, unshared)
    return op(input, filters)


def abstract_conv2d(
    input: Any,  # noqa: A002
    filters: Any,
    input_shape: Shape = None,
    filter_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Variable:
    """Convolve images with filters: ``nnet.abstract_conv.conv2d``."""
    return conv2d(
        input,
        filters,
        input_shape=input_shape,
        filter_shape=filter_shape,
        border_mode=border_mode,
        subsample=subsample,
        filter_flip=filter_flip,
        filter_dilation=filter_dilation,
        num_groups=num_groups,
        unshared=unshared,
    )


def conv2d_transpose(
    input: Any,  # noqa: A002
    filters: Any,
    output_shape: Shape,
    filter_shape: Shape = None,
    border_mode: Any = "valid",
    input_dilation: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Variable:
    """Compute the transpose of a convolution: its gradient with respect to the images."""
    return conv2d_grad_wrt_inputs(
        output_grad=input,
        filters=filters,
        input_shape=output_shape,
        filter_shape=filter_shape,
        border_mode=border_mode,
        subsample=input_dilation,
        filter_flip=filter_flip,
        filter_dilation=filter_dilation,
        num_groups=num_groups,
        unshared=unshared,
    )


def conv3d(
    input: Any,  # noqa: A002
    filters: Any,
    input_shape: Shape = None,
    filter_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1, 1),
    num_groups: int = 1,
) -> Variable:
    """Convolve volumes, (n, channels, depth, rows, columns), with filters."""
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    return AbstractConv3d(input_shape, filter_shape, border_mode, *steps, num_groups)(
        input, filters
    )


def conv2d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Shape,
    filter_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Variable:
    """Compute the gradient of a convolution with respect to its images.

    Parameters
    ----------
    output_grad : tensor, (n, filters, rows, columns)
    filters : tensor
    input_shape : sequence
        Shape of the images; the last two lengths may be symbolic, the others constant or None.
    filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        As for ``conv2d``.
    """
    if filter_shape is not None:
        _check_shape("filter_shape", filter_shape, 6 if unshared else 4, 0)
    _check_shape("input_shape", input_shape, 4, 2)
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    known = _numbers(input_shape), filter_shape
    op = AbstractConv2d_gradInputs(*known, border_mode, *steps, num_groups, unshared)
    return op(filters, output_grad, pt.stack(list(input_shape[-2:])))


def conv3d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Shape,
    filter_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1, 1),
    num_groups: int = 1,
) -> Variable:
    """Compute the gradient of a convolution with respect to its volumes."""
    if filter_shape is not None:
        _check_shape("filter_shape", filter_shape, 5, 0)
    _check_shape("input_shape", input_shape, 5, 3)
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    known = _numbers(input_shape), filter_shape
    op = AbstractConv3d_gradInputs(*known, border_mode, *steps, num_groups)
    return op(filters, output_grad, pt.stack(list(input_shape[-3:])))


def conv2d_grad_wrt_weights(
    input: Any,  # noqa: A002
    output_grad: Any,
    filter_shape: Shape,
    input_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Variable:
    """Compute the gradient of a convolution with respect to its filters.

    Parameters
    ----------
    input : tensor, (n, channels, rows, columns)
    output_grad : tensor, (n, filters, rows, columns)
    filter_shape : sequence
        The last two lengths may be symbolic, the others constant or None.
    input_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
        As for ``conv2d``.
    """
    _check_shape("filter_shape", filter_shape, 6 if unshared else 4, 2)
    if input_shape is not None:
        _check_shape("input_shape", input_shape, 4, 0)
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    known = input_shape, _numbers(filter_shape)
    op = AbstractConv2d_gradWeights(*known, border_mode, *steps, num_groups, unshared)
    return op(input, output_grad, pt.stack(list(filter_shape[-2:])))


def conv3d_grad_wrt_weights(
    input: Any,  # noqa: A002
    output_grad: Any,
    filter_shape: Shape,
    input_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1, 1),
    num_groups: int = 1,
) -> Variable:
    """Compute the gradient of a convolution of volumes with respect to its filters."""
    _check_shape("filter_shape", filter_shape, 5, 3)
    if input_shape is not None:
        _check_shape("input_shape", input_shape, 5, 0)
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    known = input_shape, _numbers(filter_shape)
    op = AbstractConv3d_gradWeights(*known, border_mode, *steps, num_groups)
    return op(input, output_grad, pt.stack(list(filter_shape[-3:])))


def _check_shape(name: str, shape: Shape, length: int, n_symbolic: int) -> None:
    """Check a shape; only its last lengths may be symbolic, and these must be given."""
    if len(shape) != length:
        raise ValueError(f"The length of {name} was {len(shape)}, but we expected {length}.")
    for i, given in enumerate(shape):
        last = i >= length - n_symbolic
        allowed = GraphVariable if last else (Constant, type(None))
        if not isinstance(given, int | np.integer) and not isinstance(given, allowed):
            what = "a symbolic variable, a constant or an int" if last else "a constant or None"
            raise ValueError(f"{name}[{i}] must be {what}, got {given!r}")


def _numbers(shape: Shape) -> list[Any]:
    return [
        None if isinstance(i, GraphVariable) and not isinstance(i, Constant) else i for i in shape
    ]


def separable_conv2d(
    input: Any,  # noqa: A002
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Shape = None,
    depthwise_filter_shape: Shape = None,
    pointwise_filter_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1),
) -> Variable:
    """Convolve each channel separately, then combine the channels by pointwise filters."""
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    shapes = input_shape, depthwise_filter_shape
    each = AbstractConv2d(*shapes, border_mode, *steps, num_channels)(input, depthwise_filters)
    shape = _depthwise_shape(*shapes, border_mode, subsample, filter_dilation)
    mixed = AbstractConv2d(shape, pointwise_filter_shape, filter_flip=filter_flip)
    return mixed(each, pointwise_filters)


def separable_conv3d(
    input: Any,  # noqa: A002
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Shape = None,
    depthwise_filter_shape: Shape = None,
    pointwise_filter_shape: Shape = None,
    border_mode: Any = "valid",
    subsample: Sequence[int] = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1, 1),
) -> Variable:
    """Convolve each channel of volumes separately, then combine the channels."""
    steps: tuple[Any, Any, Any] = subsample, filter_flip, filter_dilation
    shapes = input_shape, depthwise_filter_shape
    each = AbstractConv3d(*shapes, border_mode, *steps, num_channels)(input, depthwise_filters)
    shape = _depthwise_shape(*shapes, border_mode, subsample, filter_dilation)
    mixed = AbstractConv3d(shape, pointwise_filter_shape, filter_flip=filter_flip)
    return mixed(each, pointwise_filters)


def _depthwise_shape(input_shape: Shape, filter_shape: Shape, *how: Any) -> Shape:
    if input_shape is None or filter_shape is None:
        return None
    return get_conv_output_shape(input_shape, filter_shape, *how)


def causal_conv1d(
    input: Any,  # noqa: A002
    filters: Any,
    filter_shape: Shape,
    input_shape: Shape = None,
    subsample: int = 1,
    filter_flip: bool = True,
    filter_dilation: int = 1,
    num_groups: int = 1,
    unshared: bool = False,
) -> Variable:
    """Convolve series, (n, channels, length), using only entries up to each position."""
    x, filters = pt.as_tensor_variable(input), pt.as_tensor_variable(filters)
    if x.ndim != 3:
        raise ValueError("Input should be 3D for causal convolution.")
    if filters.ndim != 3:
        raise ValueError("Filters should be 3D for causal convolution")
    before = filter_dilation * (filter_shape[2] - 1)
    shape = None if input_shape is None else (*input_shape, 1)
    op = AbstractConv2d(
        shape,
        (*filter_shape, 1),
        ((before, 0), 0),
        (subsample, 1),
        filter_flip,
        (filter_dilation, 1),
        num_groups,
        unshared,
    )
    return op(x.dimshuffle(0, 1, 2, "x"), filters.dimshuffle(0, 1, 2, "x"))[:, :, :, 0]
