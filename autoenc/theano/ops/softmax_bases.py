"""Bases of classes that scripts derive from ``Softmax`` and ``LogSoftmax``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply

from autoenc.theano.meaning.operations import Op

Variable = Any


class SoftmaxBase(Op):
    """Softmax of the rows of a matrix.

    As in Theano, its gradient is in ``L_op``, so that ``grad`` of a derived class has no effect.
    """

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        """Create a node; a vector becomes a row."""
        x = as_rows(x, "Softmax")
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Any, output_storage: Any, *params: Any) -> None:
        """Compute exp(x) / sum(exp(x)) for each row."""
        terms = np.exp(_below_zero(inputs[0]))
        output_storage[0][0] = terms / terms.sum(axis=1, keepdims=True)

    def L_op(self, inputs: Any, outputs: Any, output_gradients: Any) -> list[Variable]:  # noqa: N802
        """Return (g - sum(g y)) y for each row."""
        terms = output_gradients[0] * outputs[0]
        return [terms - terms.sum(axis=1, keepdims=True) * outputs[0]]

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        """Return the shape of the input."""
        return shapes


class LogSoftmaxBase(SoftmaxBase):
    """Logarithm of the softmax of the rows of a matrix."""

    L_op = Op.L_op

    def perform(self, node: Apply, inputs: Any, output_storage: Any, *params: Any) -> None:
        """Compute x - log(sum(exp(x))) for each row."""
        x = _below_zero(inputs[0])
        output_storage[0][0] = x - np.log(np.exp(x).sum(axis=1, keepdims=True))

    def grad(self, inputs: Any, output_gradients: Any) -> list[Variable]:
        """Return g - sum(g) softmax(x) for each row."""
        (g,) = output_gradients
        return [g - g.sum(axis=1, keepdims=True) * pt.special.softmax(inputs[0], axis=-1)]


def _below_zero(x: Any) -> Any:
    return x - x.max(axis=1, keepdims=True)


def as_rows(x: Any, name: str) -> Variable:
    """Return a matrix of floats; a vector becomes a row, with a warning.

    Raises
    ------
    ValueError
        If `x` is not a vector or matrix of floats.
    """
    x = pt.as_tensor_variable(x)
    if x.type.ndim not in (1, 2) or not is_float(x):
        raise ValueError(f"x must be 1-d or 2-d tensor of floats. Got {x.type}")
    if x.type.ndim == 2:
        return x
    warnings.warn(
        f"DEPRECATION: If x is a vector, {name} will not automatically pad x anymore in next "
        "releases. If you need it, please do it manually. The vector case is gonna be supported "
        "soon and the output will be a vector.",
        stacklevel=4,
    )
    return x.dimshuffle("x", 0)


def is_float(x: Variable) -> bool:
    """Return whether a variable contains floats."""
    return str(x.type.dtype).startswith("float")
