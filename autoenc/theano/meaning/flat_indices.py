"""Conversion between indices into an array and indices into the flattened array."""

from __future__ import annotations

import logging
from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import extra_ops

from autoenc.graph.types import Expression

logger = logging.getLogger("theano")


def unravel_index(
    indices: Any, dims: Any, order: str = "C", ndim: int | None = None
) -> tuple[Expression, ...]:
    """Convert indices into the flattened array to indices along each axis.

    Parameters
    ----------
    indices : tensor of int
    dims : vector of int
        The shape of the array.
    order : {"C", "F"}
        Whether the array is flattened by rows or by columns. Theano 1.0.5 ignored it; a message
        says that it takes effect.
    ndim : int, optional
        Length of `dims`, if it is not known statically.

    Raises
    ------
    ValueError
        If the length of `dims` is neither known nor given.
    """
    dims = pt.as_tensor_variable(dims)
    if ndim is not None:
        if not isinstance(ndim, int) or ndim < 1:
            raise ValueError("ndim must be an integer greater than 0")
        dims = pt.specify_shape(dims, (ndim,))
    try:
        pt.get_vector_length(dims)
    except ValueError as error:
        raise ValueError(
            f"The length of the provided dimension list ({dims}) cannot be automatically "
            "determined. You can provide the 'ndim' keyword argument to 'unravel_index'."
        ) from error
    if order != "C":
        logger.warning("unravel_index: order=%r takes effect; Theano 1.0.5 ignored it.", order)
    found: tuple[Expression, ...] = extra_ops.unravel_index(indices, dims, order=order)
    return found


def ravel_multi_index(
    multi_index: Any, dims: Any, mode: str = "raise", order: str = "C"
) -> Expression:
    """Convert indices along each axis to indices into the flattened array."""
    if not isinstance(multi_index, (tuple, list)):
        raise TypeError("multi_index must be a tuple or a list.")
    return extra_ops.ravel_multi_index(multi_index, dims, mode=mode, order=order)
