"""Parts of an array, chosen by a vector of indices, to which values of length 1 are assigned.

In Theano, the values are broadcast along every dimension in which they have one entry. PyTensor
refuses this if the graph does not know the length of 1. Its test compares the number of values
with the length of the array instead of the number of indices, and so it also refuses the gradient
of an embedding whose minibatch has a single index.
"""

from __future__ import annotations

from typing import Any

from pytensor.tensor.subtensor import AdvancedIncSubtensor1

_code = AdvancedIncSubtensor1.c_code
_version = AdvancedIncSubtensor1.c_code_cache_version
# Of vectors: what PyTensor's C code tests and steps by, and what it should.
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
    AdvancedIncSubtensor1._check_runtime_broadcasting = _accept
    AdvancedIncSubtensor1.c_code = _broadcasting_code
    AdvancedIncSubtensor1.c_code_cache_version = lambda op: (*_version(op), "broadcast", 1)


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
