"""Functions that reshape and join tensors, with Theano's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.raise_op import Assert
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.shape import SpecifyShape as _SpecifyShape

from autoenc.graph.types import Expression
from autoenc.theano.meaning.constructed import Constructed
from autoenc.theano.meaning.creation import as_shape


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Expression:
    """Reshape `x`; `ndim` is the number of dimensions if the shape is symbolic."""
    return pt.reshape(x, as_shape(newshape), ndim=ndim)


def specify_shape(x: Any, shape: Any) -> Expression:
    """Return `x`; check its shape at run time.

    Parameters
    ----------
    x : tensor
    shape : sequence of int or None, or integer vector

    Raises
    ------
    AssertionError
        If `shape` is known to have the wrong number of lengths.
    """
    x = pt.as_tensor_variable(x)
    if isinstance(shape, Variable) and shape.type.ndim == 1:
        shape = _of_length(shape, x.ndim)
        shape = [shape[axis] for axis in range(x.ndim)]
    if isinstance(shape, (list, tuple)):
        _check_number(len(shape), x.ndim)
    return pt.specify_shape(x, shape)


class SpecifyShape(Constructed):
    """Operation that checks a shape at run time; see `specify_shape`."""

    today: ClassVar[type] = _SpecifyShape

    def __call__(self, x: Any, shape: Any) -> Expression:
        """Return `x`; check its shape."""
        return specify_shape(x, shape)


def _of_length(shape: Variable, ndim: int) -> Variable:
    """Return a vector of lengths; check how many there are, at run time if unknown."""
    (known,) = shape.type.shape
    _check_number(known, ndim)
    if known is not None:
        return shape
    message = f"the shape does not have {ndim} lengths, one for each dimension of the tensor"
    checked: Variable = Assert(message)(shape, pt.eq(shape.shape[0], ndim))
    return checked


def _check_number(n: int | None, ndim: int) -> None:
    if n not in (None, ndim):
        raise AssertionError(f"{n} lengths for a tensor of {ndim} dimensions")


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Expression:
    """Return `x` with `ndim` dimensions; the last one combines all remaining dimensions.

    Raises
    ------
    ValueError
        If both `ndim` and its old name `outdim` are given, or `x` has fewer dimensions.
    """
    if ndim is not None and outdim is not None:
        raise ValueError("You should only specify ndim")
    wanted = next((n for n in (ndim, outdim) if n is not None), 1)
    x = pt.as_tensor_variable(x)
    if wanted < 1 or (wanted > 1 and wanted > x.ndim):
        raise ValueError(f"ndim {wanted} out of bound [1, {x.ndim + 1})")
    return pt.flatten(x, ndim=wanted)


def is_flat(var: Expression, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Return whether a variable has as many dimensions as the result of `flatten`.

    Raises
    ------
    ValueError
        If both `ndim` and its old name `outdim` are given.
    """
    if ndim is not None and outdim is not None:
        raise ValueError("You should only specify ndim")
    return bool(var.ndim == next((n for n in (ndim, outdim) if n is not None), 1))


def tile(x: Any, reps: Any, ndim: int | None = None) -> Expression:
    """Repeat `x` along its dimensions.

    Raises
    ------
    ValueError
        If `ndim` is smaller than the number of repetitions or of dimensions, or missing for a
        vector of unknown length.
    """
    x = pt.as_tensor_variable(x)
    if ndim is not None and ndim < x.ndim:
        raise ValueError("ndim should be equal or larger than x.ndim")
    repetitions = list(reps) if isinstance(reps, (list, tuple)) else _entries(reps, ndim)
    if ndim is None:
        return pt.tile(x, repetitions)
    if len(repetitions) > ndim:
        raise ValueError("len(reps) should be equal or less than ndim")
    return pt.tile(x, [1] * (ndim - len(repetitions)) + repetitions)


def _entries(reps: Any, ndim: int | None) -> list[Any]:
    """Return the repetitions in a scalar or vector; if the length is unknown, after ones."""
    reps = pt.as_tensor_variable(reps)
    if reps.ndim == 0:
        return [reps]
    if reps.ndim > 1:
        raise ValueError("the dimension of reps should not exceed 1")
    (known,) = reps.type.shape
    if known is not None:
        return [reps[i] for i in range(known)]
    if ndim is None:
        raise ValueError("if reps is tensor.vector, you should specify the ndim")
    n_ones = ndim - reps.shape[0]
    n_ones = Assert(f"more than {ndim} repetitions")(n_ones, n_ones >= 0)
    return [pt.switch(i < n_ones, 1, reps[i - n_ones]) for i in range(ndim)]


def stack(*tensors: Any, **options: Any) -> Expression:
    """Join tensors along a new axis: ``stack([a, b], axis=1)`` or, as before 0.7, ``stack(a, b)``.

    Raises
    ------
    ValueError
        If there are no tensors.
    """
    if not tensors and "tensors" not in options:
        raise ValueError("No tensor arguments given")
    if "tensors" in options:
        return pt.stack(options["tensors"], axis=options.get("axis", 0))
    first, *more = tensors
    if isinstance(first, (list, tuple)):
        return pt.stack(list(first), axis=more[0] if more else options.get("axis", 0))
    if not more and "axis" in options:
        return pt.stack(list(first), axis=options["axis"])
    return pt.stack(list(tensors), axis=options.get("axis", 0))


def split(
    x: Any, splits_size: Any, n_splits: int | None = None, axis: int = 0
) -> list[Expression]:
    """Split `x` into parts of given lengths along an axis."""
    parts = pt.split(x, splits_size, n_splits=n_splits, axis=axis)
    return list(parts) if isinstance(parts, (list, tuple)) else [parts]


def squeeze(x: Any, axis: Any = None) -> Expression:
    """Return `x` without the dimensions that broadcast."""
    return pt.squeeze(pt.as_tensor_variable(x), axis=axis)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Expression:
    """Return the entries of `x`, each repeated along an axis.

    Raises
    ------
    TypeError
        If the number of repetitions is not an integer.
    """
    return pt.repeat(x, repeats, axis=axis)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Expression:
    """Permute the dimensions of `x`; by default, reverse them.

    The result is a new variable, also if no dimension moves, so that it can be given a name.
    """
    x = pt.as_tensor_variable(x)
    reverse = list(range(x.ndim))[::-1]
    order = reverse if axes is None else list(axes)
    result = DimShuffle(input_ndim=x.ndim, new_order=order)(x)
    if x.name and order == reverse:
        result.name = f"{x.name}.T"
    return result
