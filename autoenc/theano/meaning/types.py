"""Types, which Theano printed as ``TensorType(float32, matrix)`` and which scripts make."""

from __future__ import annotations

from pytensor.graph.type import Type
from pytensor.link.c.type import CType
from pytensor.tensor.type import TensorType

_NAMES = {
    (): "scalar",
    (False,): "vector",
    (False, True): "col",
    (True, False): "row",
    (False, False): "matrix",
}


def printed(tensor_type: TensorType) -> str:
    """Return the name of a type, else its dtype and which of its dimensions broadcast."""
    if tensor_type.name:
        return str(tensor_type.name)
    flags = tuple(tensor_type.broadcastable)
    pattern = _NAMES.get(flags) or (str(flags) if any(flags) else f"{len(flags)}D")
    return f"TensorType({tensor_type.dtype}, {pattern})"


def extend() -> None:
    """Let types of tensors print themselves so, and let types be made before their methods."""
    for kind in (Type, CType):
        # Theano's pages on new types: double = theano.Type(); double.filter = filter.
        kind.__abstractmethods__ = frozenset()
    TensorType.__str__ = printed
    TensorType.__repr__ = printed
