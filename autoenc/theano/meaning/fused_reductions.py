"""Sums and products of elementwise functions, computed without C.

PyTensor computes a sum of an elementwise function in one loop in C. Its Python code for the same
operation applies the function to all entries but the first. ``DebugMode`` compares the two.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from pytensor.scalar import Composite
from pytensor.tensor.elemwise import CAReduce


def extend() -> None:
    """Let PyTensor's reductions of elementwise functions be right without C."""
    CAReduce.perform = _perform(CAReduce.perform)


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
