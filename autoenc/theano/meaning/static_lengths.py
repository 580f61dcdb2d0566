"""Lengths of new arrays that a graph knows before it is compiled.

To find them, PyTensor copies and simplifies the graph of each length. With scans on top of each
other, the length of a state depends on all scans below, and building the graph took a time that
grew with the square of their number. As in Theano, the lengths of large graphs are known here only
if they are constants, or lengths of variables whose types specify them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor import basic

from autoenc.graph.types import Expression

# Number of operations up to which a graph is simplified; it takes a few milliseconds.
_FEW = 50

_by_simplifying = basic.infer_static_shape


def extend() -> None:
    """Find lengths in this way in all functions of PyTensor that create arrays."""
    basic.infer_static_shape = infer_static_shape


def infer_static_shape(shape: Any) -> tuple[Sequence[Any], Sequence[int | None]]:
    """Return lengths as variables, and as integers where they are known.

    Parameters
    ----------
    shape : vector, or sequence of int or scalar
        Lengths of an array.

    Raises
    ------
    TypeError
        If a length is not an integer.
    """
    lengths = [pt.as_tensor_variable(length, ndim=0) for length in shape]
    if _is_small(lengths) or any(length.dtype not in basic.integer_dtypes for length in lengths):
        inferred: tuple[Sequence[Any], Sequence[int | None]] = _by_simplifying(lengths)
        return inferred
    return lengths, tuple(map(_known, lengths))


def _is_small(variables: list[Expression]) -> bool:
    """Return whether variables are computed by few operations."""
    waiting = list(variables)
    seen: set[Any] = set()
    while waiting and len(seen) <= _FEW:
        node = waiting.pop().owner
        if node is not None and node not in seen:
            seen.add(node)
            waiting.extend(node.inputs)
    return len(seen) <= _FEW


def _known(length: Expression) -> int | None:
    if isinstance(length, Constant):
        return int(length.data)
    value = basic.get_scalar_constant_value(length, max_recur=3, raise_not_constant=False)
    return None if isinstance(value, Variable) else int(value)
