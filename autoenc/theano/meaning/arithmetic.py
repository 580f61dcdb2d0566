"""Operations on entries, and sums over them, with Theano's names."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt

from autoenc.graph.types import Expression

# 1/x: PyTensor has given the name to the inverse of a matrix.
inv = pt.reciprocal
abs_ = pt.abs
sgn = pt.sign
div_proxy = pt.true_div


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


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Expression]:
    """Return the maximum over axes and where it is."""
    return [pt.max(a, axis=axis, keepdims=keepdims), pt.argmax(a, axis=axis, keepdims=keepdims)]


def clip(x: Any, min: Any, max: Any) -> Expression:  # noqa: A002 - Theano's names
    """Return the entries of `x`, none below `min` or above `max`."""
    return pt.clip(x, min, max)


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Expression:
    """Return from each of several arrays the entries that `a` chooses."""
    return pt.choose(a, choices, mode=mode)


def largest(*arguments: Any) -> Expression:
    """Return the greatest of the arguments, entry by entry."""
    if len(arguments) == 2:
        a, b = arguments
        return pt.switch(a > b, a, b)
    return pt.max(pt.stack(list(arguments)), axis=0)


def smallest(*arguments: Any) -> Expression:
    """Return the least of the arguments, entry by entry."""
    if len(arguments) == 2:
        a, b = arguments
        return pt.switch(a < b, a, b)
    return pt.min(pt.stack(list(arguments)), axis=0)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Expression:
    """Return the sum of products over axes."""
    return pt.tensordot(a, b, axes=axes)


def consider_constant(x: Any) -> Expression:
    """Return `x`, through which no gradient goes."""
    from pytensor.gradient import zero_grad

    return zero_grad(pt.as_tensor_variable(x))
