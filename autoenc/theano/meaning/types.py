"""How types are printed: ``TensorType(float32, matrix)``, as Theano printed them."""

from __future__ import annotations

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
    """Let types of tensors print themselves so."""
    TensorType.__str__ = printed
    TensorType.__repr__ = printed
