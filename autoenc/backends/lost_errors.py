"""Restrict rewrites of PyTensor that lose errors of wrong lengths and indices.

Without restrictions, ``x[3:][-1]`` of a shorter x is ``x[-1]``, ``ones_like(x) * y`` has the shape
of y even where y does not fit x, and ``x.reshape((x.shape[0], n))`` is x for every n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pytensor.graph.basic import Constant
from pytensor.scan.op import Scan
from pytensor.tensor.basic import Alloc
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.rewriting import basic, shape
from pytensor.tensor.subtensor import Subtensor, indices_from_subtensor

_without_reshape = shape.local_useless_reshape.fn
_WHOLE = (int, np.integer, np.ndarray)


def filled_in_the_shape_of_the_first(graph: Any, node: Any) -> list[Any]:
    """Rewrite second(x, y) to an array of the shape of x, which y must fit.

    PyTensor's rewrite takes the lengths of y, and so hides an error if y has another shape.
    """
    return [basic.broadcast_like_elemwise(node.inputs[1], node, fgraph=graph, stack_trace=True)]


def reshaped_as_before(graph: Any, node: Any) -> Any:
    """Rewrite x.reshape(lengths) to x if all lengths are those of x, or one is -1.

    PyTensor's rewrite also does so if one length is unknown, and so hides an error.
    """
    found = _without_reshape(graph, node)
    x, lengths = node.inputs
    if not found or x.type.ndim == 1:
        return found
    feature = getattr(graph, "shape_feature", None)
    others = [
        length
        for axis, length in enumerate(shape._unpack_shape_vector(lengths))
        if not shape._is_shape_i_of_x(length, x, axis, shape_feature=feature)
    ]
    return found if not others or (len(others) == 1 and _value(others[0]) == -1) else None


def _is_index_checked(node: Any) -> bool:
    """Return whether x[a:b][i] can be x[a + i], because i is wrong in both or in none.

    This is true of the last rows of a scan, because its length is known.
    """
    outer, (part, *indices) = node.op, node.inputs
    inner = part.owner
    if inner is None or not isinstance(inner.op, Subtensor):
        return True
    if inner.inputs[0].owner is not None and isinstance(inner.inputs[0].owner.op, Scan):
        return True
    parts = indices_from_subtensor(inner.inputs[1:], inner.op.idx_list)
    slices = [one for one in parts if isinstance(one, slice)]
    entries = indices_from_subtensor(indices, outer.idx_list)
    return all(
        isinstance(entry, slice) or _is_in_part(entry, whole)
        for whole, entry in zip(slices, entries, strict=False)
    )


def _is_in_part(index: Any, part: slice) -> bool:
    """Return whether an index is out of a part if and only if its position is out of the whole."""
    if part.stop is not None:
        return False
    step = 1 if part.step is None else _value(part.step)
    if part.start is None:
        return step in (1, -1)
    at = _value(index)
    return step == 1 and at is not None and at >= 0


def _value(index: Any) -> int | None:
    """Return the value of a constant index."""
    data = index.data if isinstance(index, Constant) else index
    return int(data) if np.ndim(data) == 0 and isinstance(data, _WHOLE) else None


def _is_within_ones(node: Any) -> bool:
    """Return whether axes of length 1 have only indices that exist, which need no check."""
    part, *indices = node.inputs
    entries = indices_from_subtensor(indices, node.op.idx_list)
    return all(
        isinstance(entry, slice) or _value(entry) in (0, -1)
        for entry, is_one in zip(entries, part.type.broadcastable, strict=False)
        if is_one
    )


def _is_entry_by_entry(node: Any) -> bool:
    """Return whether f(x, y)[i] can be f(x[i], y[i]): if nothing is repeated along an axis.

    With x repeated along the axis of i, nothing would check that its other lengths fit those of y.
    """
    operation = node.inputs[0].owner
    if operation is None or not isinstance(operation.op, Elemwise | Blockwise):
        return True  # PyTensor does not rewrite others, whose inputs may not be arrays
    if not _is_within_ones(node):
        return False
    patterns = [operand.type.broadcastable for operand in operation.inputs]
    return len({pattern for pattern in patterns if not all(pattern)}) < 2


def _is_in_array(node: Any) -> bool:
    """Return whether an array of equal rows has the rows that are taken: slices, or known ones."""
    array, *indices = node.inputs
    if not isinstance(node.op, Subtensor):
        return False
    if array.owner is None or not isinstance(array.owner.op, Alloc):
        return True
    _, *lengths = array.owner.inputs
    entries = indices_from_subtensor(indices, node.op.idx_list)
    return all(
        isinstance(entry, slice) or _is_within(_value(entry), _value(length))
        for entry, length in zip(entries, lengths, strict=False)
    )


def _is_within(index: int | None, length: int | None) -> bool:
    if index is None or length is None:
        return index in (0, -1)
    return -length <= index < length


def _is_read_of_parts(node: Any) -> bool:
    """Return whether set_subtensor(x[i], y)[i] can be y: not for lists of indices.

    Neither the indices nor the length of y would be checked.
    """
    return isinstance(node.op, Subtensor)


RESTRICTED: dict[str, Callable[[Any], bool]] = {
    "local_subtensor_merge_integer": _is_index_checked,
    "local_read_of_write_same_indices": _is_read_of_parts,
    "local_subtensor_of_expand_dims": _is_within_ones,
    "local_subtensor_of_batch_dims": _is_entry_by_entry,
    "local_subtensor_of_alloc": _is_in_array,
}
"""Conditions on which rewrites apply to a node, by the names of the rewrites."""
