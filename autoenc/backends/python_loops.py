"""Give numbers their types in operations that PyTensor computes in Python.

Without compiled code, PyTensor computes some operations with Python's numbers, entry by entry.
NumPy 2 refuses to convert integers that are out of range, where compiled code and earlier versions
of NumPy wrap around. It also gives the result of a Python number and a constant the type of the
constant, so that a fused ``x * 0.5`` of ``float64`` would be rounded to ``float32``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.scalar.basic import Cast, Composite
from pytensor.tensor.elemwise import Elemwise

# Maximum number of inputs and outputs for which PyTensor creates a function of NumPy.
MOST_OPERANDS = 32

_perform = Elemwise.perform
_perform_fused = Composite.perform


def give_numbers_their_types() -> None:
    """Give numbers their types, for all graphs; later calls have no effect."""
    Cast.impl = _cast
    Elemwise.perform = _perform_with_limits
    Composite.perform = _perform_in_types


def _perform_in_types(operation: Any, node: Any, numbers: Any, storage: Any) -> None:
    """Compute fused operations; numbers have the types of the inputs in the graph."""
    types = [np.dtype(variable.type.dtype).type for variable in operation.inputs]
    typed = [of(number) for of, number in zip(types, numbers, strict=True)]
    _perform_fused(operation, node, typed, storage)


def _cast(operation: Any, number: Any) -> Any:
    """Return a number in the type that the operation casts to; integers wrap around."""
    return np.asarray(number).astype(operation.o_type.dtype)[()]


class _ManyOperands:
    """Function of entries, like a function of NumPy, but with any number of operands.

    Parameters
    ----------
    operation : scalar operation
        Operation that computes an entry of each output.
    """

    def __init__(self, operation: Any, n_outputs: int) -> None:
        self._operation = operation
        self.nout = n_outputs

    def __call__(self, *arrays: Any) -> Any:
        given = np.broadcast_arrays(*arrays)
        entries = [array.ravel() for array in given]
        results = [self._operation.impl(*numbers) for numbers in zip(*entries, strict=True)]
        columns = [results] if self.nout == 1 else list(zip(*results, strict=True))
        outputs = [np.empty(given[0].size, object) for _ in range(self.nout)]
        for output, column in zip(outputs, columns, strict=False):
            output[:] = column
        found = [output.reshape(given[0].shape) for output in outputs]
        return found[0] if self.nout == 1 else tuple(found)


def _perform_with_limits(operation: Any, node: Any, inputs: Any, storage: Any) -> None:
    """Compute entries of a result; integers wrap around."""
    n_outputs = len(node.outputs)
    if len(inputs) + n_outputs > MOST_OPERANDS and not hasattr(node.tag, "ufunc"):
        node.tag.ufunc = _ManyOperands(operation.scalar_op, n_outputs)
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
