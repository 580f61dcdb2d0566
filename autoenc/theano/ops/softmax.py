"""Softmax and its logarithm along the rows of a matrix, as in Theano."""

from __future__ import annotations

import types
import warnings
from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import special

from autoenc.theano.ops.row_softmax import RowSoftmax
from autoenc.theano.ops.softmax_bases import (
    LogSoftmaxBase,
    SoftmaxBase,
    as_rows,
    is_float,
)

Variable = Any


class _StandsFor(type):
    """Metaclass that represents operations of graphs in calls and isinstance checks.

    A class that a script derives is derived from the operation.
    """

    operations: tuple[type, ...]
    base: type

    def __new__(cls, name: str, bases: tuple[Any, ...], namespace: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, namespace)
        bases = tuple(each.base if isinstance(each, cls) else each for each in bases)
        return types.new_class(name, bases, exec_body=lambda body: body.update(namespace))

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.operations)

    def __call__(cls) -> Any:
        return _OPS[cls.__name__]


class Softmax(metaclass=_StandsFor):
    """Operation of ``softmax``: ``Softmax()(x)``, ``isinstance(node.op, Softmax)``.

    The second is true for nodes of compiled graphs, too.
    """

    operations = (special.Softmax, RowSoftmax, SoftmaxBase)
    base = SoftmaxBase


class LogSoftmax(metaclass=_StandsFor):
    """Operation of ``logsoftmax``."""

    operations = (special.LogSoftmax, LogSoftmaxBase)
    base = LogSoftmaxBase


def softmax_op(x: Any) -> Variable:
    """Return exp(x) / sum(exp(x)) for each row; a vector becomes a row.

    Raises
    ------
    ValueError
        If `x` is not a vector or matrix of floats.
    """
    return special.softmax(as_rows(x, "Softmax"), axis=-1)


def logsoftmax_op(x: Any) -> Variable:
    """Return the logarithm of ``softmax_op``."""
    return special.log_softmax(as_rows(x, "LogSoftmax"), axis=-1)


_OPS = {"Softmax": softmax_op, "LogSoftmax": logsoftmax_op}


def softmax(c: Any) -> Variable:
    """Return exp(c) / sum(exp(c)) for each row; a vector becomes a row.

    Raises
    ------
    ValueError
        If `c` is not a vector or matrix of floats.
    """
    c = pt.as_tensor_variable(c)
    if c.type.broadcastable[-1:] == (True,):
        warnings.warn(
            "The softmax is applied on a dimension of shape 1, which does not have a semantic "
            "meaning.",
            stacklevel=2,
        )
    return softmax_op(c)


def logsoftmax(c: Any) -> Variable:
    """Return the logarithm of the softmax of each row; a vector becomes a row."""
    return logsoftmax_op(c)


def softmax_graph(c: Any) -> Variable:
    """Return the softmax along the last axis, as a graph of exponentials and their sum."""
    return pt.exp(c) / pt.exp(c).sum(axis=-1, keepdims=True)


def softmax_with_bias(x: Any, b: Any) -> Variable:
    """Return the softmax of the rows of x + b.

    Raises
    ------
    ValueError
        If `x` is not a matrix of floats, or `b` not a vector of floats.
    """
    return softmax_op(biased(x, b))


def softmax_grad(dy: Any, sm: Any) -> Variable:
    """Return the gradient with respect to a softmax's input, from the output's gradient."""
    dy, sm = as_rows(dy, "SoftmaxGrad"), as_rows(sm, "SoftmaxGrad")
    return (dy - (dy * sm).sum(axis=1, keepdims=True)) * sm


def biased(x: Any, b: Any) -> Variable:
    """Add a vector to each row of a matrix; both must contain floats."""
    x, b = pt.as_tensor_variable(x), pt.as_tensor_variable(b)
    if x.type.ndim != 2 or not is_float(x):
        raise ValueError(f"x must be 2-d tensor of floats, got {x.type}")
    if b.type.ndim != 1 or not is_float(b):
        raise ValueError(f"b must be 1-d tensor of floats, got {b.type}")
    return x + b
