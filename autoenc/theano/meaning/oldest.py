"""Names of Theano's first releases in ``theano.tensor``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.subtensor import AdvancedIncSubtensor, AdvancedSubtensor

from autoenc.graph.types import Expression
from autoenc.theano.meaning.arithmetic import diff
from autoenc.theano.meaning.constants import get_scalar_constant_value
from autoenc.theano.meaning.extremes import max_and_argmax

EmptyConstantError = pt.exceptions.NotScalarConstantError
AdvancedIndexingError = AdvancedBooleanIndexingError = TypeError
BaseAdvancedSubtensor = AdvancedBooleanSubtensor = AdvancedSubtensor
BaseAdvancedIncSubtensor = AdvancedBooleanIncSubtensor = AdvancedIncSubtensor
integer_types = (int, np.integer)
float_scalar_type_names = ("float16", "float32", "float64")


def constant_or_value(x: Any, *_: Any, **__: Any) -> Expression:
    """Return a constant."""
    return pt.constant(x)


get_constant_value = get_scalar_constant_value


def check_equal_numpy(x: Any, y: Any) -> bool:
    """Return whether two values are equal; arrays must also have the same dtype and shape."""
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and bool(np.all(abs(x - y) < 1e-10))
    return bool(x == y)


def check_and_normalize_axes(x: Any, axis: Any) -> list[int]:
    """Return axes, which may be a constant, as a sorted list of non-negative integers.

    Raises
    ------
    ValueError
        If `x` has no such axis.
    TypeError
        If the axes are not constant integers.
    """
    x = pt.as_tensor_variable(x)
    axes = _as_integers(axis)
    for i in axes:
        if not -x.ndim <= i < x.ndim:
            raise ValueError(
                f"Computation needs a valid axis number for {x.ndim}-D tensor. Got {i}"
            )
    return sorted({i % x.ndim for i in axes})


def _as_integers(axis: Any) -> list[int]:
    if isinstance(axis, Variable) and not isinstance(axis, Constant):
        raise TypeError(f"Computation needs a constant axis. Got {axis}")
    given = axis.data if isinstance(axis, Constant) else axis
    if given is None:
        return []
    if not isinstance(given, (*integer_types, list, tuple, np.ndarray)):
        raise TypeError(
            f"Axis must be an integer, tuple, list of integers or a TensorVariable. Got {given}"
        )
    return [int(i) for i in np.ravel(given)]


def numpy_diagonal_return_view(*_: Any) -> bool:
    """Return True: NumPy's diagonals are views."""
    return True


def join_(*arguments: Any) -> Expression:
    """Join tensors along an axis: ``join_(axis, a, b)``."""
    return pt.join(*arguments)


def numpy_scalar(data: Any) -> Any:
    """Return the only entry of an array.

    Raises
    ------
    NotScalarConstantError
        If the array does not have exactly one entry.
    """
    if np.size(data) != 1:
        raise EmptyConstantError(f"{data!r} is not a single number.")
    return np.asarray(data).reshape(())[()]


def as_index_variable(idx: Any) -> Any:
    """Return an index as an expression; None and slices are returned unchanged.

    Raises
    ------
    TypeError
        If the index is neither whole nor a mask.
    """
    if idx is None or isinstance(idx, slice):
        return idx
    index = pt.as_tensor_variable(idx)
    if not index.dtype.startswith(("int", "uint", "bool")):
        raise TypeError("index must be integers or a boolean mask")
    return index


def make_constant(args: Any) -> tuple[Any, ...]:
    """Return indices as a tuple, with integers as constants, also within slices."""
    return tuple(_constant_index(arg) for arg in args)


def _constant_index(index: Any) -> Any:
    if isinstance(index, slice):
        return slice(*map(_constant_index, (index.start, index.stop, index.step)))
    if isinstance(index, integer_types):
        return ps.ScalarConstant(ps.int64, index)
    return index


class Flatten:
    """Operation that flattens to `outdim` dimensions."""

    def __init__(self, outdim: int = 1) -> None:
        self.outdim = outdim

    def __call__(self, x: Any) -> Expression:
        """Return `x` flattened."""
        return pt.flatten(x, ndim=self.outdim)


class Tile:
    """Operation that repeats an array; `ndim` is the number of repetitions."""

    def __init__(self, ndim: int) -> None:
        self.ndim = ndim

    def __call__(self, x: Any, reps: Any) -> Expression:
        """Return `x` repeated."""
        return pt.tile(x, reps)


class Mean:
    """Operation that takes the mean over axes."""

    def __init__(self, axis: Any = None) -> None:
        self.axis = axis

    def __call__(self, x: Any) -> Expression:
        """Return the mean."""
        return pt.mean(x, axis=self.axis)


class DiffOp:
    """Operation that computes the differences of neighbouring entries, `n` times."""

    def __init__(self, n: int = 1, axis: int = -1) -> None:
        self.n, self.axis = n, axis

    def __call__(self, x: Any) -> Expression:
        """Return the differences."""
        return diff(x, self.n, self.axis)


class MaxAndArgmax:
    """Operation that returns the maximum over axes and its position."""

    def __init__(self, axis: Any) -> None:
        self.axis = axis

    def __call__(self, x: Any) -> list[Expression]:
        """Return the maximum and its position."""
        return max_and_argmax(x, self.axis)


advanced_boolean_subtensor = pt.subtensor.advanced_subtensor
advanced_boolean_inc_subtensor = pt.subtensor.advanced_inc_subtensor
advanced_boolean_set_subtensor = pt.subtensor.advanced_set_subtensor
get_scalar_constant_value_elemwises: tuple[Any, ...] = ()
constant_cache: dict[Any, Any] = {}
sparse_module_ref = None
