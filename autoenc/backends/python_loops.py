"""Make integers wrap around in operations that PyTensor computes in Python.

Without compiled code, PyTensor computes some operations with Python's integers. NumPy 2 refuses to
convert those that are out of range, where compiled code and earlier versions of NumPy wrap around.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.scalar.basic import Cast
from pytensor.tensor.elemwise import Elemwise

_perform = Elemwise.perform


def wrap_integers_around() -> None:
    """Make integers wrap around, for all graphs; later calls have no effect."""
    Cast.impl = _cast
    Elemwise.perform = _perform_with_limits


def _cast(operation: Any, number: Any) -> Any:
    """Return a number in the type that the operation casts to; integers wrap around."""
    return np.asarray(number).astype(operation.o_type.dtype)[()]


def _perform_with_limits(operation: Any, node: Any, inputs: Any, storage: Any) -> None:
    """Compute entries of a result; integers wrap around."""
    try:
        _perform(operation, node, inputs, storage)
    except OverflowError:
        if operation.inplace_pattern or len(node.outputs) > 1:
            raise
        entries = (operation.ufunc or node.tag.ufunc)(*inputs)
        storage[0][0] = _wrapped(entries, node.outputs[0].dtype)


def _wrapped(entries: Any, dtype: str) -> Any:
    """Return Python's integers as an array of a type, modulo its number of values."""
    n_values = 256 ** np.dtype(dtype).itemsize
    unsigned = np.asarray(np.asarray(entries, object) % n_values).astype("uint64")
    return np.asarray(unsigned.astype(dtype))
