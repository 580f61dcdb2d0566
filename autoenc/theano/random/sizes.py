"""Inference of the number of dimensions and the shape of a draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.basic import get_vector_length
from pytensor.tensor.type import integer_dtypes

Size = Any
"""None, an integer vector, or a list of integers and integer scalars."""


def infer_size(
    ndim: int | None, size: Size, *parameters: Any
) -> tuple[int, Any, tuple[bool, ...]]:
    """Infer the dimensions of a draw.

    Parameters
    ----------
    ndim : int, optional
        Number of dimensions, if the size alone does not determine it.
    size : list, integer vector or None
        Shape of the draw. In a list, -1 represents the length of the parameters. None represents
        the shape to which the parameters broadcast.
    *parameters : variable
        The distribution's parameters.

    Returns
    -------
    ndim : int
    size : int64 vector
    broadcastable : tuple of bool

    Raises
    ------
    TypeError
        If the size is not an integer vector, or cannot be inferred.
    ValueError
        If ``ndim`` contradicts the size, or the parameters have more dimensions.
    """
    if isinstance(size, tuple | list):
        ndim, vector, broadcastable = _of_list(ndim, size, parameters)
    elif size is None:
        ndim, vector, broadcastable = _of_parameters(parameters)
    else:
        ndim, vector, broadcastable = _of_vector(ndim, size)
    _check(ndim, vector, parameters)
    return ndim, pt.cast(vector, "int64"), broadcastable


def _of_list(
    ndim: int | None, size: Sequence[Any], parameters: Sequence[Any]
) -> tuple[int, Any, tuple[bool, ...]]:
    if ndim not in (None, len(size)):
        raise ValueError(
            f"ndim should be equal to len(shape), but ndim = {ndim}, "
            f"len(shape) = {len(size)}, shape = {size}"
        )
    entries = [_entry(i - len(size), entry, parameters) for i, entry in enumerate(size)]
    vector = pt.stack([length for length, _ in entries]) if entries else _no_entries()
    return len(size), vector, tuple(one for _, one in entries)


def _no_entries() -> Any:
    return pt.constant([], dtype="int64")


def _entry(axis: int, entry: Any, parameters: Sequence[Any]) -> tuple[Any, bool]:
    """Return the length of an axis, counted from the last, and whether it is known to be 1."""
    if hasattr(entry, "type"):
        return entry, False
    if entry >= 0:
        return pt.as_tensor_variable(entry), bool(entry == 1)
    if entry != -1:
        raise ValueError(f"negative size {entry}; expected a length, or -1 for the parameters'")
    return _borrowed(axis, parameters)


def _borrowed(axis: int, parameters: Sequence[Any]) -> tuple[Any, bool]:
    reaching = [p for p in parameters if p.ndim >= -axis]
    if not reaching:
        raise ValueError(
            "a size of -1 stands for the length of a parameter, and no parameter has this axis"
        )
    for parameter in reaching:
        if not parameter.type.broadcastable[axis]:
            return parameter.shape[axis], False
    return pt.as_tensor_variable(1), True


def _of_parameters(parameters: Sequence[Any]) -> tuple[int, Any, tuple[bool, ...]]:
    if not parameters:
        raise TypeError("a draw needs a size, or parameters to infer it from; got neither")
    template = reduce(add, parameters)
    return template.ndim, template.shape, template.type.broadcastable


def _of_vector(ndim: int | None, size: Any) -> tuple[int, Any, tuple[bool, ...]]:
    vector = pt.as_tensor_variable(size)
    if vector.ndim != 1:
        raise TypeError(f"shape must be a vector or list of scalar, got '{vector}'")
    ndim = get_vector_length(vector) if ndim is None else ndim
    return ndim, vector, (False,) * ndim


def _check(ndim: int, vector: Any, parameters: Sequence[Any]) -> None:
    if vector.dtype not in integer_dtypes:
        raise TypeError("shape must be an integer vector or list", vector.dtype)
    needed = max((p.ndim for p in parameters), default=0)
    if needed > ndim:
        raise ValueError(
            "ndim should be at least as big as required by args value", (ndim, needed), parameters
        )


def broadcast_indices(
    size: Sequence[int], *shapes: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Yield the index of each entry of a draw, and the corresponding indices of the parameters.

    Parameters
    ----------
    size : sequence of int
        Shape of the draw.
    *shapes : sequence of int
        Shapes of the parameters, with the same number of axes; each length may also be 1.

    Raises
    ------
    ValueError
        If a length of a parameter does not match.
    """
    for shape in shapes:
        for axis, (length, wanted) in enumerate(zip(shape, size, strict=False)):
            if length not in (1, wanted):
                raise ValueError(
                    f"shape[{axis}] ({length}) should be equal to out_shape[{axis}] ({wanted}) "
                    "or to 1",
                    shape,
                    size,
                )
    for index in np.ndindex(*size):
        yield index, *(_within(index, shape) for shape in shapes)


def _within(index: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(0 if length == 1 else i for i, length in zip(index, shape, strict=False))
