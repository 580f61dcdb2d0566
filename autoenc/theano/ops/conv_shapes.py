"""Shapes of convolutions, in which each length is a number, symbolic or None."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.raise_op import Assert
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.exceptions import NotScalarConstantError

SHAPES_ARE_ASSERTED = False
"""Theano's ``config.conv.assert_shape``."""

Length = Any
"""A number, an integer scalar, or None if it is unknown."""
BorderMode = Any


def border_mode_to_pad(
    mode: BorderMode, convdim: int, kshp: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """Return the padding before and after each axis.

    Parameters
    ----------
    mode : {"valid", "full", "half"}, int, or tuple of int or pairs
    convdim : int
        Number of axes.
    kshp : sequence of int
        Lengths of the dilated kernel.

    Raises
    ------
    ValueError
        If the mode is invalid.
    """
    if isinstance(mode, int):
        mode = (mode,) * convdim
    if isinstance(mode, tuple):
        if len(mode) != convdim:
            raise ValueError(
                f"invalid border_mode {mode} which must be a tuple of length {convdim}"
            )
        return tuple(_pair(pad, mode) for pad in mode)
    if mode not in ("valid", "full", "half"):
        raise ValueError(
            f'invalid border_mode {mode}, which must be either "valid", "full", "half", an '
            f"integer or a tuple of length {convdim}"
        )
    return tuple(_pads(mode, k) for k in kshp[-convdim:])


def _pair(pad: Any, mode: BorderMode) -> tuple[int, int]:
    pair = pad if isinstance(pad, tuple) else (pad, pad)
    if len(pair) != 2 or not all(isinstance(p, int) and p >= 0 for p in pair):
        raise ValueError(
            f"invalid border mode {mode}. The tuple can only contain integers or tuples of "
            "length 2"
        )
    return pair


def _pads(border_mode: BorderMode, span: Length) -> tuple[Any, Any]:
    """Return the padding before and after one axis."""
    if border_mode == "half":
        return (span // 2,) * 2
    if border_mode == "full":
        return (span - 1,) * 2
    if border_mode == "valid":
        return (0, 0)
    pair = border_mode if isinstance(border_mode, tuple) else (border_mode, border_mode)
    if min(pair) < 0:
        raise ValueError("border_mode must be >= 0")
    return pair


def _of_axis(border_mode: BorderMode, axis: int) -> BorderMode:
    return border_mode[axis] if isinstance(border_mode, tuple) else border_mode


def _ones(dilation: Any, subsample: Sequence[Any]) -> Any:
    return (1,) * len(subsample) if dilation is None else dilation


def get_conv_shape_1axis(
    image_shape: Length,
    kernel_shape: Length,
    border_mode: BorderMode,
    subsample: Length,
    dilation: Length = 1,
) -> Length:
    """Return the length of the output on one axis, or None if it is unknown."""
    if any(
        given is None for given in (image_shape, kernel_shape, border_mode, subsample, dilation)
    ):
        return None
    span = (kernel_shape - 1) * dilation + 1
    out = image_shape - span
    for pad in _pads(border_mode, span):
        if not isinstance(pad, int) or pad:
            out = out + pad
    return (out if isinstance(subsample, int) and subsample == 1 else out // subsample) + 1


def get_conv_output_shape(
    image_shape: Sequence[Length],
    kernel_shape: Sequence[Length],
    border_mode: BorderMode,
    subsample: Sequence[Length],
    filter_dilation: Sequence[Length] | None = None,
) -> tuple[Length, ...]:
    """Return the shape of a convolution.

    Parameters
    ----------
    image_shape : (n, channels, *axes)
    kernel_shape : (filters, channels, *axes), or shape of unshared filters
    border_mode : str, int or tuple
    subsample, filter_dilation : sequence
        One entry for each axis.

    Returns
    -------
    tuple
        (n, filters, *axes)
    """
    n_axes = len(image_shape) - 2
    dilation = _ones(filter_dilation, subsample)
    image, kernel = image_shape[2:], kernel_shape[-n_axes:]
    axes = (
        get_conv_shape_1axis(
            image[i], kernel[i], _of_axis(border_mode, i), subsample[i], dilation[i]
        )
        for i in range(len(subsample))
    )
    return (image_shape[0], kernel_shape[0], *axes)


def get_conv_gradweights_shape_1axis(
    image_shape: Length,
    top_shape: Length,
    border_mode: BorderMode,
    subsample: Length,
    dilation: Length,
) -> Length:
    """Return the length of the kernel on one axis, or None if it is unknown or ambiguous."""
    if any(given is None for given in (image_shape, top_shape, border_mode, subsample, dilation)):
        return None
    if subsample != 1 or border_mode == "half":
        return None
    if border_mode == "full":
        kernel = top_shape - image_shape
    else:
        kernel = image_shape + sum(_pads(border_mode, 1)) - top_shape
    return (kernel / dilation if dilation > 1 else kernel) + 1


def get_conv_gradweights_shape(
    image_shape: Sequence[Length],
    top_shape: Sequence[Length],
    border_mode: BorderMode,
    subsample: Sequence[Length],
    filter_dilation: Sequence[Length] | None = None,
    num_groups: int = 1,
    unshared: bool = False,
) -> tuple[Length, ...]:
    """Return the shape of the filters, as far as images and output determine it."""
    dilation = _ones(filter_dilation, subsample)
    image, top = image_shape[2:], top_shape[2:]
    filters = top_shape[1] // num_groups if num_groups > 1 else top_shape[1]
    axes = tuple(
        get_conv_gradweights_shape_1axis(
            image[i], top[i], _of_axis(border_mode, i), subsample[i], dilation[i]
        )
        for i in range(len(subsample))
    )
    between = tuple(top) if unshared else ()
    return (filters, *between, image_shape[1], *axes)


def get_conv_gradinputs_shape_1axis(
    kernel_shape: Length,
    top_shape: Length,
    border_mode: BorderMode,
    subsample: Length,
    dilation: Length,
) -> Length:
    """Return the length of the images on one axis, or None if it is unknown or ambiguous."""
    if any(given is None for given in (kernel_shape, top_shape, border_mode, subsample, dilation)):
        return None
    if subsample != 1:
        return None
    span = (kernel_shape - 1) * dilation + 1
    image = top_shape + span - 1
    for pad in _pads(border_mode, span):
        if not isinstance(pad, int) or pad:
            image = image - pad
    return image


def get_conv_gradinputs_shape(
    kernel_shape: Sequence[Length],
    top_shape: Sequence[Length],
    border_mode: BorderMode,
    subsample: Sequence[Length],
    filter_dilation: Sequence[Length] | None = None,
    num_groups: int = 1,
) -> tuple[Length, ...]:
    """Return the shape of the images, as far as filters and output determine it."""
    n_axes = len(top_shape) - 2
    dilation = _ones(filter_dilation, subsample)
    top, kernel = top_shape[2:], kernel_shape[-n_axes:]
    channels = kernel_shape[1] * num_groups if num_groups > 1 else kernel_shape[1]
    axes = (
        get_conv_gradinputs_shape_1axis(
            kernel[i], top[i], _of_axis(border_mode, i), subsample[i], dilation[i]
        )
        for i in range(len(subsample))
    )
    return (top_shape[0], channels, *axes)


def check_conv_gradinputs_shape(
    image_shape: Sequence[Length],
    kernel_shape: Sequence[Length],
    output_shape: Sequence[Length],
    border_mode: BorderMode,
    subsample: Sequence[Length],
    filter_dilation: Sequence[Length] | None = None,
) -> bool:
    """Return whether a convolution may have an output of this shape; None matches any length."""
    image_shape, kernel_shape, output_shape = map(tuple, (image_shape, kernel_shape, output_shape))
    if not len(image_shape) == len(kernel_shape) == len(output_shape) == len(subsample) + 2:
        return False
    if filter_dilation is not None and len(filter_dilation) != len(subsample):
        return False
    computed = get_conv_output_shape(
        image_shape, kernel_shape, border_mode, subsample, filter_dilation
    )
    return all(map(_may_be_equal, output_shape, computed))


def _may_be_equal(given: Length, computed: Length) -> bool:
    if given is None or computed is None:
        return True
    try:
        return int(get_scalar_constant_value(given)) == int(get_scalar_constant_value(computed))
    except NotScalarConstantError:
        return True


def assert_conv_shape(shape: Sequence[Length]) -> tuple[Length, ...]:
    """Check that the lengths of an output are valid, as soon as they are known.

    Raises
    ------
    ValueError
        If a constant is too small. Symbolic lengths raise AssertionError at run time.
    """
    return tuple(_checked_length(axis, length) for axis, length in enumerate(shape))


def _checked_length(axis: int, length: Length) -> Length:
    least, relation = (0, "< 0") if axis < 2 else (1, "<= 0")
    try:
        constant = get_scalar_constant_value(length)
    except NotScalarConstantError:
        message = f"The convolution would produce an invalid shape (dim[{axis}] {relation})."
        return Assert(message)(length, pt.ge(length, least))
    if constant < least:
        raise ValueError(
            f"The convolution would produce an invalid shape (dim[{axis}]: {constant} {relation})."
        )
    return length


def assert_shape(
    x: Any, expected_shape: Sequence[Length] | None, msg: str = "Unexpected shape."
) -> Any:
    """Check the shape of a variable at run time, if ``SHAPES_ARE_ASSERTED``.

    Raises
    ------
    AssertionError
        At run time, if the shape differs.
    """
    known = [(i, length) for i, length in enumerate(expected_shape or ()) if length is not None]
    if not known or not SHAPES_ARE_ASSERTED:
        return x
    return Assert(msg)(x, *(pt.eq(x.shape[i], length) for i, length in known))
