"""``theano.tensor.signal.conv``: convolutions of images without channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt

from autoenc.theano.ops.old_conv import ConvOp, of_shape

Variable = Any
Shape = Any


def conv2d(
    input: Any,  # noqa: A002 - Theano's name
    filters: Any,
    image_shape: Shape = None,
    filter_shape: Shape = None,
    border_mode: str = "valid",
    subsample: Sequence[int] = (1, 1),
    **kargs: Any,
) -> Variable:
    """Convolve each image with each filter.

    Parameters
    ----------
    input : matrix, or tensor (n, rows, columns)
    filters : matrix, or tensor (filters, rows, columns)
    image_shape, filter_shape : sequence of int, optional
        Shapes, as far as they are known. The compiled function raises ValueError if arrays differ.
    border_mode : {"valid", "full"}, default "valid"
    subsample : pair of int, default (1, 1)

    Returns
    -------
    matrix or tensor
        (n, filters, rows, columns), without the axes that the arguments do not have.
    """
    x, kernel = pt.as_tensor_variable(input), pt.as_tensor_variable(filters)
    for name, variable in (("input", x), ("filters", kernel)):
        if variable.ndim not in (2, 3):
            raise AssertionError(f"{name} must have 2 or 3 dimensions, got {variable.ndim}")
    op = ConvOp(output_mode=border_mode, dx=subsample[0], dy=subsample[1], **kargs)
    # Theano compared the shapes with those of the arrays only if it knew both.
    known = (image_shape, filter_shape) if image_shape and filter_shape else (None, None)
    output = op(_with_channel(x, known[0]), _with_channel(kernel, known[1]))
    if kernel.ndim == 2:
        output = output[:, 0]
    return output[0] if x.ndim == 2 else output


def _with_channel(x: Variable, shape: Shape) -> Variable:
    """Return images or filters of one channel; at run time, check the lengths that are given."""
    number = None if shape is None or x.ndim == 2 else shape[0]
    rows, columns = (None, None) if shape is None else shape[-2:]
    axes = ("x", "x", 0, 1) if x.ndim == 2 else (0, "x", 1, 2)
    return of_shape(x.dimshuffle(*axes), (number, None, rows, columns))
