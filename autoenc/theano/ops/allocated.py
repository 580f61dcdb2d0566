"""Lengths of arrays that a script allocates, which must fit those of the other operands.

PyTensor rewrites ``T.zeros((n,)) + v`` to ``0 + v``, whatever the length of ``v``. Theano did so
too, after it had added an assertion that ``v`` has the length ``n``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor import eq
from pytensor.tensor.basic import Alloc
from pytensor.tensor.elemwise import DimShuffle, Elemwise

from autoenc.theano.meaning.creation import has_lengths_of_script

# After shapes are known, and before any other rewrite.
POSITION = 0.5
_fitting = CheckAndRaise(
    AssertionError, "Input dimension mismatch: an allocated array has another length"
)


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def local_allocated_fits(fgraph: Any, node: Apply) -> list[Any] | bool:
    """Check that operands have the lengths of allocated arrays, unless this is certain."""
    allocated = [i for i, operand in enumerate(node.inputs) if _is_allocated(operand)]
    others = [i for i in range(len(node.inputs)) if i not in allocated]
    if not allocated or len(node.inputs) == 1:
        return False
    first = (others or allocated)[0]
    if node.inputs[first].owner is not None and node.inputs[first].owner.op == _fitting:
        return False
    unsure = list(_conditions(fgraph.shape_feature, node, first, allocated))
    if not unsure:
        return False
    operands = list(node.inputs)
    operands[first] = _fitting(operands[first], *unsure)
    outputs: list[Any] = node.op(*operands, return_list=True)
    return outputs


def _is_allocated(operand: Variable) -> bool:
    node = operand.owner
    if node is not None and isinstance(node.op, DimShuffle):
        return _is_allocated(node.inputs[0])
    return node is not None and isinstance(node.op, Alloc) and has_lengths_of_script(operand)


def _conditions(shapes: Any, node: Apply, first: int, allocated: list[int]) -> Iterator[Any]:
    """Yield the conditions that allocated operands have the lengths of the first one."""
    operand = node.inputs[first]
    for i in allocated:
        other = node.inputs[i]
        for axis, flags in enumerate(zip(operand.type.shape, other.type.shape, strict=True)):
            is_known = 1 in flags or (None not in flags)
            if i != first and not is_known and not shapes.same_shape(operand, other, axis, axis):
                yield eq(shapes.shape_of[operand][axis], shapes.shape_of[other][axis])


REWRITE = (dfs_rewriter(local_allocated_fits, name="allocated_fits"), POSITION)
"""Rewrite for a mode, with its position among PyTensor's own."""
