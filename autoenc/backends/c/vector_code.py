"""Scalar operations written so that C compilers use the fastest vector instructions for them.

PyTensor writes float32 constants as C doubles, and its maximum can return ``nan("")``, which is a
double as well. In C, an operation with a double operand is computed in double precision. A vector
of floats is then converted to two vectors of doubles, and the result is converted back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.graph.basic import Apply, Constant
from pytensor.scalar.basic import Composite, Maximum, Minimum, ScalarOp, float32

from autoenc.graph.types import Expression


class FloatLiteral(ScalarOp):
    """A number of float32, written as C's float."""

    __props__ = ("value",)
    nin, nout = 0, 1

    def __init__(self, value: float) -> None:
        self.value = value
        super().__init__(name="float_literal")

    def make_node(self) -> Apply:
        """Apply the operation, which has no inputs."""
        return Apply(self, [], [float32()])

    def impl(self) -> Any:
        """Return the number."""
        return np.float32(self.value)

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Return the C code, with as many digits as the number needs."""
        return f"{outputs[0]} = {np.float32(self.value)!s}f;"

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the code."""
        return (1,)


class _Extreme:
    """The larger or smaller one of two numbers, and NaN if one of them is NaN."""

    relation: str

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Return the C code: two comparisons that select one of the operands."""
        (x, y), (z,) = inputs, outputs
        return f"{z} = ({y} {self.relation} {x} || {y} != {y}) ? {y} : {x};"

    def c_code_cache_version(self) -> tuple[Any, ...]:
        """Return the version of the code."""
        return ("extreme", 1)


class VectorMaximum(_Extreme, Maximum):
    """The larger one of two numbers."""

    relation = ">"


class VectorMinimum(_Extreme, Minimum):
    """The smaller one of two numbers."""

    relation = "<"


_WRITTEN: dict[type, type[ScalarOp]] = {Maximum: VectorMaximum, Minimum: VectorMinimum}


def in_vectors(operation: ScalarOp) -> ScalarOp:
    """Return an operation that computes the same, with C code for vectors.

    Parameters
    ----------
    operation : ScalarOp
        Any scalar operation, such as the `Composite` of a loop.

    Returns
    -------
    ScalarOp
        The operation itself if there is nothing to change.
    """
    if isinstance(operation, Composite):
        return _composite(operation)
    kind = _WRITTEN.get(type(operation))
    if kind is None:
        return operation
    return kind(operation.output_types_preference, name=operation.name)


def _composite(operation: Composite) -> Composite:
    inputs = [v.type() for v in operation.fgraph.inputs]
    known: dict[Expression, Expression] = dict(zip(operation.fgraph.inputs, inputs, strict=True))
    for node in operation.fgraph.toposort():
        operands = [known[v] if v in known else _number(v) for v in node.inputs]
        outputs = [v.type() for v in node.outputs]
        Apply(in_vectors(node.op), operands, outputs)
        known.update(zip(node.outputs, outputs, strict=True))
    return Composite(inputs, [known[v] for v in operation.fgraph.outputs], name=operation.name)


def _number(constant: Constant) -> Expression:
    if constant.type != float32 or not np.isfinite(constant.data):
        return constant
    return FloatLiteral(float(constant.data))()
