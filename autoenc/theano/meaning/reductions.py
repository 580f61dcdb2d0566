"""Reductions of tensors by any operation on pairs of numbers: ``theano.tensor.elemwise``.

PyTensor computes a sum of an elementwise function in one loop in C. Its Python code for the same
operation applies the function to all entries but the first. ``DebugMode`` compares the two.
"""

from __future__ import annotations

import copy
import functools
from typing import Any

import numpy as np
from pytensor.scalar import Composite
from pytensor.tensor.elemwise import CAReduce


class CAReduceDtype(CAReduce):
    """Reduction for which scripts choose the types of the result and of the accumulator.

    Parameters
    ----------
    scalar_op : ScalarOp
        A binary operation, which is commutative and associative.
    axis : int or sequence of int, optional
        Axes along which to reduce; by default all.
    dtype, acc_dtype : str, optional
        Types; by default 64 bits for integers, and the type of the array for others.
    """

    def __init__(
        self, scalar_op: Any, axis: Any = None, dtype: Any = None, acc_dtype: Any = None
    ) -> None:
        super().__init__(scalar_op, axis, dtype, acc_dtype, upcast_discrete_output=True)


def extend() -> None:
    """Correct reductions of functions without C; let scripts derive classes from reductions."""
    CAReduce.perform = _perform(CAReduce.perform)
    waiting = [CAReduce]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "clone" in vars(kind):
            kind.clone = _clone(kind.clone)


def _clone(own: Any) -> Any:
    """Return a method that copies operations of scripts, whose constructors may differ."""

    @functools.wraps(own)
    def clone(op: CAReduce, **changes: Any) -> Any:
        if type(op).__module__.startswith("pytensor."):
            return own(op, **changes)
        cloned = copy.copy(op)
        vars(cloned).update({name: value for name, value in changes.items() if value is not None})
        return cloned

    return clone


def _perform(own: Any) -> Any:
    @functools.wraps(own)
    def perform(op: CAReduce, node: Any, inputs: Any, output_storage: Any) -> None:
        if isinstance(op.scalar_op, Composite):
            dtype = node.outputs[0].type.dtype
            output_storage[0][0] = np.asarray(_fused(op, inputs[0], op.acc_dtype or dtype), dtype)
        else:
            own(op, node, inputs, output_storage)

    return perform


def _fused(op: CAReduce, array: Any, dtype: str) -> Any:
    """Return the sum or product of a function of the entries."""
    start = op.scalar_op.identity
    terms = np.frompyfunc(op.scalar_op.impl, 2, 1)(start, array)
    return (np.add if start == 0 else np.multiply).reduce(terms, axis=op.axis, dtype=dtype)
