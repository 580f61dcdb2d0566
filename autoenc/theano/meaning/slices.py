"""Slices that are variables: ``x[s]`` for a slice that is an argument or a ``MakeSlice``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.tensor.type import lscalar
from pytensor.tensor.type_other import MakeSlice, NoneTypeT, SliceType


class Bounds(Op):
    """Operation that returns start, stop and step of a slice, for an axis of some length."""

    __props__ = ()

    def make_node(self, part: Variable, length: Variable) -> Apply:
        """Create a node."""
        return Apply(self, [part, length], [lscalar(), lscalar(), lscalar()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Any) -> None:
        """Compute the bounds."""
        part, length = inputs
        start, stop, step = part.indices(int(length))
        # In an index, a stop of -1 would be the last entry instead of the one before the first.
        before = -int(length) - 1
        bounds = (start if start >= 0 else before), (stop if stop >= 0 else before), step
        for output, bound in zip(outputs, bounds, strict=True):
            output[0] = np.asarray(bound, "int64")

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return the connection pattern: bounds have no gradient."""
        return [[False] * 3] * 2

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return gradients that are disconnected."""
        return [DisconnectedType()() for _ in inputs]


def with_bounds(x: Variable, parts: Sequence[Any]) -> tuple[Any, ...]:
    """Return an index whose slices have bounds that are variables.

    Parameters
    ----------
    x : tensor
        The array that is indexed.
    parts : sequence
        The parts of the index.
    """
    return tuple(
        _with_bounds(x, axis, part) if _is_slice(part) else part for axis, part in _axes(x, parts)
    )


def _is_slice(part: Any) -> bool:
    return isinstance(part, Variable) and isinstance(part.type, SliceType)


def _axes(x: Variable, parts: Sequence[Any]) -> list[tuple[int, Any]]:
    """Return the parts of an index, each with the axis to which it applies."""
    taken = [0 if part is None or part is ... else _n_axes(part) for part in parts]
    begins = np.cumsum([0, *taken])
    rest = x.type.ndim - sum(taken)
    after = [any(other is ... for other in parts[:i]) for i in range(len(parts))]
    return [(int(begins[i]) + rest * after[i], part) for i, part in enumerate(parts)]


def _n_axes(part: Any) -> int:
    """Return the number of axes to which a part applies: those of a mask, else 1."""
    dtype = getattr(part, "dtype", None)
    return int(part.ndim) if dtype == "bool" else 1


def _with_bounds(x: Variable, axis: int, part: Variable) -> slice:
    if part.owner is not None and isinstance(part.owner.op, MakeSlice):
        bounds = part.owner.inputs
    else:
        bounds = Bounds()(part, x.shape[axis])
    return slice(*(None if isinstance(b.type, NoneTypeT) else b for b in bounds))
