"""Conversion of objects to tensors, in operations and by `as_tensor_variable`."""

from __future__ import annotations

from typing import Any

from pytensor.tensor import _as_tensor_variable

from autoenc.graph.types import Expression

# PyTensor raises TypeError itself.
AsTensorError = TypeError


class NotATensorError(TypeError, NotImplementedError):
    """Error for an object that is no tensor; PyTensor's operators expect NotImplementedError."""


def converted(x: Any, name: str | None, ndim: int | None, **_: Any) -> Expression:
    """Return an object as a tensor, by its method ``_as_TensorVariable``.

    Raises
    ------
    TypeError
        If the object has no such method.
    """
    del name, ndim
    if hasattr(x, "_as_TensorVariable"):
        return x._as_TensorVariable()
    raise NotATensorError(f"Cannot convert {x} to TensorType", type(x))


def extend() -> None:
    """Convert objects of any other class in this way."""
    _as_tensor_variable.register(object)(converted)
