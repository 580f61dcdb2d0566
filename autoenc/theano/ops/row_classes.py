"""Classes that index the rows of a logarithm of a softmax, each of which must exist.

Scripts write the cost of a classifier as ``-T.mean(T.log(p)[T.arange(y.shape[0]), y])``, where
``p`` is a softmax. Theano computed it by an operation that refuses classes below 0 and a number of
classes other than that of the rows. As an index, a class of -1 would be the last one, which Theano
used if the classes were constants, and in modes that do not rewrite this cost.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.graph.traversal import graph_inputs
from pytensor.scalar import Log, Second
from pytensor.tensor.basic import ARange
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.shape import Shape, Shape_i
from pytensor.tensor.special import Softmax
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    Subtensor,
    get_idx_list,
)

from autoenc.theano.ops.cross_entropy import checked, is_checked

# After shapes are known, and before log(softmax(x)) is rewritten.
POSITION = 0.4


@node_rewriter([AdvancedSubtensor, AdvancedIncSubtensor])  # type: ignore[untyped-decorator]
def local_check_classes(fgraph: Any, node: Apply) -> list[Any] | None:
    """Check the classes that index the logarithm of a softmax, and those of its gradient."""
    x, *others, rows, classes = node.inputs if len(node.inputs) in (3, 4) else (None,) * 3
    if x is None or not _are_row_numbers(fgraph, rows, classes) or is_checked(classes):
        return None
    if isinstance(node.op, AdvancedIncSubtensor):
        x = _filled(x)
    if not (_is_log_softmax(x) or (_is_softmax(x) and _has_logarithm(fgraph, node))):
        return None
    outputs: list[Any] = node.op(
        node.inputs[0], *others, rows, checked(classes, classes, x), return_list=True
    )
    return outputs


REWRITE = (dfs_rewriter(local_check_classes, name="check_classes"), POSITION)
"""Rewrite for a mode, with its position among PyTensor's own."""


def _are_row_numbers(fgraph: Any, rows: Variable, classes: Variable) -> bool:
    """Return whether rows is arange(n), where n is the number of classes."""
    if rows.owner is None or not isinstance(rows.owner.op, ARange) or classes.type.ndim != 1:
        return False
    if _is_constant(classes):
        return False
    start, stop, step = rows.owner.inputs
    if (getattr(start, "data", None), getattr(step, "data", None)) != (0, 1):
        return False
    length = _length(stop)
    lengths: list[Any] = [(classes, 0)]
    if hasattr(fgraph, "shape_feature"):  # of classes that are computed from others
        lengths.append(_length(fgraph.shape_feature.get_shape(classes, 0)))
    return length is not None and length in lengths


def _is_constant(x: Variable) -> bool:
    return all(isinstance(source, Constant) for source in graph_inputs([x]))


def _length(number: Variable) -> tuple[Variable, int] | None:
    """Return the array and the axis whose length a number is; None if it is no length."""
    node = number.owner
    if node is not None and isinstance(node.op, Shape_i):
        return node.inputs[0], node.op.i
    if node is not None and isinstance(node.op, Subtensor):
        shape, index = node.inputs[0].owner, get_idx_list(node.inputs, node.op.idx_list)
        axis = getattr(index[0], "data", index[0])
        if shape is not None and isinstance(shape.op, Shape) and not isinstance(axis, slice):
            return shape.inputs[0], int(axis)
    return None


def _filled(x: Variable) -> Variable:
    """Return the constant with which an array in the shape of another is filled; else x itself."""
    return x.owner.inputs[0] if _is_elemwise(x, Second) else x


def _is_elemwise(x: Variable, scalar_op: type) -> bool:
    return (
        x.owner is not None
        and isinstance(x.owner.op, Elemwise)
        and isinstance(x.owner.op.scalar_op, scalar_op)
    )


def _is_softmax(x: Variable) -> bool:
    return x.type.ndim == 2 and x.owner is not None and isinstance(x.owner.op, Softmax)


def _is_log_softmax(x: Variable) -> bool:
    return _is_elemwise(x, Log) and _is_softmax(x.owner.inputs[0])


def _has_logarithm(fgraph: Any, node: Apply) -> bool:
    """Return whether the logarithm of the indexed values is taken."""
    clients = fgraph.clients[node.outputs[0]]
    return any(_is_elemwise(client.outputs[0], Log) for client, _ in clients if client.outputs)
