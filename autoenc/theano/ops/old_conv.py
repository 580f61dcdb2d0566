"""``theano.tensor.nnet.conv``: the interface of convolutions before ``nnet.conv2d``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.exceptions import NotScalarConstantError

from autoenc.theano.ops.conv_ops import AbstractConv2d

Variable = Any
Shape = Any

# Parameters that controlled loop unrolling in Theano's C code.
_UNROLLING = {"unroll_batch", "unroll_kern", "unroll_patch", "openmp", "verbose", "version"}


class ConvOp:
    """Operation of ``conv2d``, called with images and filters.

    Parameters
    ----------
    imshp : (channels, rows, columns) or (rows, columns), optional
    kshp : (rows, columns), optional
    nkern, bsize : int, optional
        Number of filters and number of images.
    dx, dy : int, default 1
        Steps along rows and columns.
    output_mode : {"valid", "full"}, default "valid"
    **unrolling
        Not used; controlled loop unrolling in C code.
    """

    def __init__(
        self,
        imshp: Shape = None,
        kshp: Shape = None,
        nkern: int | None = None,
        bsize: int | None = None,
        dx: int | None = 1,
        dy: int | None = 1,
        output_mode: str = "valid",
        imshp_logical: Shape = None,
        kshp_logical: Shape = None,
        kshp_logical_top_aligned: bool = True,
        **unrolling: Any,
    ) -> None:
        if unknown := set(unrolling) - _UNROLLING:
            raise TypeError(f"ConvOp got unexpected keyword arguments {sorted(unknown)}")
        if output_mode not in ("valid", "full"):
            raise Exception(f"Mode {output_mode} not implemented")
        image = _image(imshp)
        _refuse_logical(image[1:], imshp_logical, "imshp_logical")
        _refuse_logical(kshp, kshp_logical, "kshp_logical")
        self.out_mode = output_mode
        self.op = AbstractConv2d(
            (bsize, *image),
            (nkern, image[0], *(kshp or (None, None))),
            output_mode,
            (dx or 1, dy or 1),
        )

    def __call__(self, inputs: Any, kerns: Any) -> Variable:
        """Convolve."""
        return self.op(inputs, kerns)

    @staticmethod
    def getOutputShape(  # noqa: N802 - Theano's name
        inshp: Sequence[int], kshp: Sequence[int], stride: Any = (1, 1), mode: str = "valid"
    ) -> tuple[int, ...]:
        """Return rows and columns of the output."""
        more = -1 if mode == "valid" else 1
        lengths = zip(inshp, kshp, stride, strict=True)
        return tuple(-(-(image + more * (k - 1)) // step) for image, k, step in lengths)


def _image(imshp: Shape) -> tuple[Any, ...]:
    if not imshp:
        return (None, None, None)
    if len(imshp) not in (2, 3):
        raise ValueError(f"len(imshp) must be 2 or 3, got {len(imshp)}")
    return (1, *imshp) if len(imshp) == 2 else tuple(imshp)


def _refuse_logical(shape: Shape, logical: Shape, name: str) -> None:
    if logical is not None and tuple(logical)[-2:] != tuple(shape or ())[-2:]:
        raise NotImplementedError(
            f"{name} (upsampling within a convolution) is not supported; dilate the array with "
            "set_subtensor, or use conv2d's filter_dilation."
        )


def conv2d(
    input: Any,  # noqa: A002 - Theano's name
    filters: Any,
    image_shape: Shape = None,
    filter_shape: Shape = None,
    border_mode: str = "valid",
    subsample: Sequence[int] = (1, 1),
    **kargs: Any,
) -> Variable:
    """Convolve images with filters: the older ``nnet.conv.conv2d``.

    Parameters
    ----------
    input : tensor, (n, channels, rows, columns)
    filters : tensor, (filters, channels, rows, columns)
    image_shape, filter_shape : sequence of int or None, optional
        Shapes, as far as they are known; constants only.
    border_mode : {"valid", "full"}, default "valid"
    subsample : pair of int, default (1, 1)
    **kargs
        As for ``ConvOp``.

    Raises
    ------
    NotScalarConstantError
        If a shape is symbolic.
    AssertionError
        If images and filters differ in the number of channels.

    Notes
    -----
    The compiled function raises ValueError if the arrays do not have the given shapes.
    """
    warnings.warn(
        "theano.tensor.nnet.conv.conv2d is deprecated. Use theano.tensor.nnet.conv2d instead.",
        stacklevel=2,
    )
    image = _constants("image_shape", image_shape)
    kernel = _constants("filter_shape", filter_shape)
    if None not in (image[1], kernel[1]) and image[1] != kernel[1]:
        raise AssertionError(
            f"image {image} and filters {kernel} differ in the number of channels"
        )
    op = ConvOp(
        output_mode=border_mode,
        dx=subsample[0],
        dy=subsample[1],
        imshp=image[1:] if image_shape else None,
        kshp=kernel[2:],
        nkern=kernel[0],
        bsize=image[0],
        **kargs,
    )
    return op(of_shape(input, image), of_shape(filters, kernel))


def of_shape(x: Any, shape: tuple[int | None, ...]) -> Variable:
    """Return a tensor; at run time, check its lengths."""
    return x if shape == (None,) * 4 else pt.specify_shape(x, shape)


def _constants(name: str, shape: Shape) -> tuple[int | None, ...]:
    if shape is None:
        return (None,) * 4
    return tuple(None if length is None else _constant(name, length) for length in shape)


def _constant(name: str, length: Any) -> int:
    try:
        return int(get_scalar_constant_value(pt.as_tensor_variable(length)))
    except NotScalarConstantError as error:
        raise NotScalarConstantError(
            "The convolution need that the shape information are constant values. We got "
            f"{length} for the {name} parameter"
        ) from error
