"""Matrix products in mixed precision: operands of 16 bits, sums of 32.

bfloat16 has the range of float32 and 8 bits of precision. Some processors multiply bfloat16
matrices several times as fast. Parameters, their updates and all sums stay float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply, clone_get_equiv
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.math import Dot
from pytensor.tensor.type import matrix

from autoenc.graph.types import Expression

PRECISIONS = ("float32", "mixed_bfloat16", "tf32")


class MixedDot(Op):
    """Product of two float32 matrices whose entries are first rounded to bfloat16."""

    __props__ = ()

    def make_node(self, a: Expression, b: Expression) -> Apply:
        """Return the node of a product of two matrices."""
        return Apply(
            self, [a, b], [matrix(dtype="float32", shape=(a.type.shape[0], b.type.shape[1]))]
        )

    def perform(self, node: Any, inputs: Sequence[Any], outputs: Any) -> None:
        """Compute with NumPy."""
        a, b = inputs
        outputs[0][0] = as_bfloat16(a) @ as_bfloat16(b)

    def infer_shape(self, *arguments: Any) -> Any:
        """Return the shape without computing the product."""
        # Older versions of PyTensor pass the graph as a first argument.
        rows, columns = arguments[-1]
        return [(rows[0], columns[1])]


def as_bfloat16(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Round float32 to the nearest bfloat16, ties to even, and return it as float32.

    Examples
    --------
    >>> as_bfloat16(np.array([1.0, 1.001, 3.14159], dtype="float32"))
    array([1.      , 1.      , 3.140625], dtype=float32)
    """
    bits = np.ascontiguousarray(array, dtype="float32").view("uint32")
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    # A NaN could become an infinity by rounding.
    return np.where(np.isnan(array), array, rounded.astype("uint32").view("float32"))


def with_mixed_products(outputs: Sequence[Expression]) -> list[Expression]:
    """Replace the products of float32 matrices by `MixedDot`.

    Parameters
    ----------
    outputs : sequence of expressions
        Expressions, of which gradients have been taken already: `MixedDot` has no gradient.

    Returns
    -------
    list of expressions
        Copies that depend on the same inputs and shared variables.
    """
    copies = clone_get_equiv([], list(outputs), copy_inputs=False, copy_orphans=False)
    graph = FunctionGraph(outputs=[copies[output] for output in outputs], clone=False)
    in2out(_mixed_dot, name="mixed_products").rewrite(graph)
    rewritten: list[Expression] = list(graph.outputs)
    return rewritten


@node_rewriter([Dot, Blockwise])  # type: ignore[untyped-decorator]
def _mixed_dot(graph: Any, node: Any) -> list[Expression] | None:
    if not isinstance(getattr(node.op, "core_op", node.op), Dot):
        return None
    if any(v.type.ndim != 2 or v.type.dtype != "float32" for v in node.inputs):
        return None
    return [MixedDot()(*node.inputs)]
