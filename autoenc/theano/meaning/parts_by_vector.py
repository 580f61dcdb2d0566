"""Parts of an array, chosen by a vector of indices: ``AdvancedSubtensor1`` and the like.

In Theano, values of length 1 are broadcast where they are assigned or added to such a part.
PyTensor refuses this if the graph does not know that the length is 1. Its test compares the
number of values with the length of the array instead of the number of indices, and so it also
refuses the gradient of an embedding whose minibatch has a single index.

PyTensor introduces these operations only when it compiles. A graph as written contains
`AdvancedSubtensor`, for indices of any kind.
"""

from __future__ import annotations

from typing import Any

from pytensor.tensor import subtensor

# PyTensor 3.3 has one operation for indices with any number of dimensions.
PART: Any = getattr(subtensor, "AdvancedSubtensor1", subtensor.AdvancedSubtensor)
CHANGE: Any = getattr(subtensor, "AdvancedIncSubtensor1", subtensor.AdvancedIncSubtensor)


class _ByVector(type(PART)):  # type: ignore[misc]
    """Metaclass of operations, whose instances include those of a graph as written."""

    def __instancecheck__(cls, instance: Any) -> bool:
        written = vars(cls).get("written")  # not in subclasses
        if type(instance) is written:
            return bool(instance.idx_list == (0,))
        return bool(type.__instancecheck__(cls if written is None else cls.__base__, instance))


class AdvancedSubtensor1(PART, metaclass=_ByVector):
    """Operation that returns the entries of an array that a vector of indices chooses."""

    written = subtensor.AdvancedSubtensor


class AdvancedIncSubtensor1(CHANGE, metaclass=_ByVector):
    """Operation that changes the entries of an array that a vector of indices chooses."""

    written = subtensor.AdvancedIncSubtensor


_code = CHANGE.c_code
_version = CHANGE.c_code_cache_version
# Replacements in PyTensor's C code for vectors: the test of lengths, and the step between values.
_INSTEAD = (
    (
        "if (PyArray_SHAPE({y})[0] != PyArray_SHAPE({idx})[0]) {{",
        "if (PyArray_SHAPE({y})[0] != PyArray_SHAPE({idx})[0] && PyArray_SHAPE({y})[0] != 1) {{",
    ),
    (
        "npy_intp y_jump = ",
        "npy_intp y_jump = PyArray_SHAPE({y})[0] == 1 ? 0 : ",
    ),
)


def extend() -> None:
    """Let values be broadcast where they are assigned or added to parts of an array."""
    if CHANGE is subtensor.AdvancedIncSubtensor:
        return
    CHANGE._check_runtime_broadcasting = _accept
    CHANGE.c_code = _broadcasting_code
    CHANGE.c_code_cache_version = lambda op: (*_version(op), "broadcast", 1)


def _accept(op: Any, node: Any, x: Any, y: Any, idx: Any) -> None:
    """Accept values of any length; NumPy and XLA broadcast them, or raise an error."""


def _broadcasting_code(
    op: Any, node: Any, name: str, input_names: Any, output_names: Any, sub: Any
) -> str:
    code: str = _code(op, node, name, input_names, output_names, sub)
    _, y, idx = input_names
    for pair in _INSTEAD:
        theirs, ours = (text.format(y=y, idx=idx) for text in pair)
        assert code.count(theirs) == 1
        code = code.replace(theirs, ours)
    return code
