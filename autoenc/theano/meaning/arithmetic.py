"""Elementwise operations and reductions, with Theano's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.raise_op import Assert

from autoenc.graph.types import Expression
from autoenc.theano.meaning.debug_values import only_of_results
from autoenc.theano.ops.sorting import ArgSort

must_be_whole = Assert("sort axis must be an integer")
# 1/x. In PyTensor, the name means the inverse of a matrix.
inv = pt.reciprocal
abs_ = pt.abs
sgn = pt.sign


def mean(
    input: Any,  # noqa: A002 - Theano's name
    axis: Any = None,
    dtype: Any = None,
    op: bool = False,
    keepdims: bool = False,
    acc_dtype: Any = None,
) -> Expression:
    """Return the mean over axes, all by default."""
    return pt.mean(input, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)


def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Expression:
    """Return the indices that sort an array along an axis, or all of it if `axis` is None.

    Equal entries are in the order of NumPy 1's algorithms; on XLA, they keep their order.
    """
    a = pt.as_tensor_variable(a)
    if order is not None or kind in ("mergesort", "stable"):
        return pt.argsort(a, axis=_whole(axis), kind="stable", order=order)
    if kind not in ("quicksort", None):
        return pt.argsort(a, axis=_whole(axis), kind=kind)
    return ArgSort()(*((a.flatten(), 0) if axis is None else (a, _whole(axis))))


def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Expression:
    """Return the sorted entries along an axis, or of the whole array if `axis` is None."""
    return pt.sort(pt.as_tensor_variable(a), axis=_whole(axis), kind=kind, order=order)


def _whole(axis: Any) -> Any:
    """Return a symbolic axis as an integer; Theano also accepted floats."""
    if not isinstance(axis, Variable) or axis.dtype.startswith(("int", "uint")):
        return axis
    return pt.cast(must_be_whole(axis, pt.eq(axis, pt.floor(axis))), "int64")


def chi2sf(x: Any, k: Any) -> Expression:
    """Return the survival function of the chi-squared distribution, always as float64."""
    x, k = (pt.cast(given, "float64") for given in (x, k))
    return pt.gammaincc(k / 2, x / 2)


def diff(x: Any, n: int = 1, axis: int = -1) -> Expression:
    """Return the differences of neighbouring entries, `n` times; for bool, where they differ."""
    x = pt.as_tensor_variable(x)
    if x.dtype != "bool":
        return pt.diff(x, n=n, axis=axis)
    for _ in range(n):
        steps = pt.diff(pt.cast(x, "int8"), axis=axis)
        x = pt.neq(steps, 0)
    return x


def clip(x: Any, min: Any, max: Any) -> Expression:  # noqa: A002 - Theano's names
    """Return the entries of `x`, limited to the range from `min` to `max`."""
    return pt.clip(x, min, max)


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Expression:
    """Return the entries that `a` selects from several arrays."""
    return pt.choose(a, choices, mode=mode)


def largest(*arguments: Any) -> Expression:
    """Return the elementwise maximum of the arguments."""
    if len(arguments) == 2:
        a, b = arguments
        return pt.switch(a > b, a, b)
    return pt.max(pt.stack(list(arguments)), axis=0)


def smallest(*arguments: Any) -> Expression:
    """Return the elementwise minimum of the arguments."""
    if len(arguments) == 2:
        a, b = arguments
        return pt.switch(a < b, a, b)
    return pt.min(pt.stack(list(arguments)), axis=0)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Expression:
    """Return the sum of products over the given axes."""
    return pt.tensordot(a, b, axes=axes)


def batched_dot(a: Any, b: Any) -> Expression:
    """Return the dot product of each entry of `a` and the corresponding entry of `b`.

    Parameters
    ----------
    a, b : tensors
        Their first axes have the same length.
    """
    a, b = pt.as_tensor_variable(a), pt.as_tensor_variable(b)
    if a.ndim == 3 and b.ndim == 3:
        return pt.matmul(a, b)
    if a.ndim == 1 or b.ndim == 1:
        return a.reshape(_beside(a, b)) * b if a.ndim == 1 else a * b.reshape(_beside(b, a))
    return batched_tensordot(a, b, [[a.ndim - 1], [max(1, b.ndim - 2)]])


def _beside(vector: Expression, other: Expression) -> list[Any]:
    """Return the shape in which a vector broadcasts against the first axis of another tensor."""
    return [vector.shape[0], *[1] * (other.ndim - 1)]


@only_of_results
def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Expression:
    """Return `tensordot` of each entry of `x` and the corresponding entry of `y`.

    Parameters
    ----------
    x, y : tensors
        Their first axes have the same length.
    axes : int or two lists of int
        Number of axes to sum over, or the axes themselves, counting the first one.
    """
    x, y = pt.as_tensor_variable(x), pt.as_tensor_variable(y)
    if not isinstance(axes, int):
        axes = [[axis - 1 for axis in np.atleast_1d(part).tolist()] for part in axes]
    n_summed = axes if isinstance(axes, int) else len(axes[0])
    n_left = x.ndim + y.ndim - 2 - 2 * n_summed
    signature = f"({_letters(x.ndim - 1)}),({_letters(y.ndim - 1)})->({_letters(n_left)})"
    entry_by_entry = pt.vectorize(lambda a, b: pt.tensordot(a, b, axes=axes), signature=signature)
    return entry_by_entry(x, y)


def _letters(n: int) -> str:
    return ",".join("abcdefgh"[:n])


def consider_constant(x: Any) -> Expression:
    """Return `x`, which gradients treat as a constant."""
    from pytensor.gradient import zero_grad

    return zero_grad(pt.as_tensor_variable(x))


def dot(a: Any, b: Any) -> Expression:
    """Return the product of two arrays, as `numpy.dot`."""
    return pt.dot(a, b)
