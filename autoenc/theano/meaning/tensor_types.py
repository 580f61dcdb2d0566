"""The class of tensor types, which takes a pattern of broadcastable dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytensor.tensor import type as types


class _Kind(type(types.TensorType)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: Any) -> bool:
        if _is_theanos(cls):
            return isinstance(instance, types.TensorType)
        return bool(super().__instancecheck__(instance))

    def __subclasscheck__(cls, subclass: type) -> bool:
        if _is_theanos(cls):
            return types.TensorType in subclass.__mro__
        return bool(super().__subclasscheck__(subclass))


def _is_theanos(cls: type) -> bool:
    """Return whether a class is Theano's, rather than a subclass or under construction."""
    return cls is globals().get("TensorType")


class TensorType(types.TensorType, metaclass=_Kind):
    """Type of tensors: a dtype and the dimensions that are known to have length 1.

    Parameters
    ----------
    dtype : str
    broadcastable : sequence of bool or int
        1 or True for dimensions of length 1. In PyTensor, a 0 is a length.
    name : str, optional
    sparse_grad : bool
        Not used.
    shape : sequence of bool, int or None, optional
        PyTensor's name of `broadcastable`.
    """

    def __new__(cls, *arguments: Any, **more: Any) -> Any:
        """Return a type of PyTensor's class, which the types of all variables have."""
        if not _is_theanos(cls):
            return super().__new__(cls)
        made = object.__new__(types.TensorType)
        if arguments or more:  # not if it is unpickled
            _initialize(made, *arguments, **more)
        return made

    def __init__(self, *arguments: Any, **more: Any) -> None:
        _initialize(self, *arguments, **more)


def _initialize(
    made: types.TensorType,
    dtype: Any,
    broadcastable: Any = None,
    name: str | None = None,
    sparse_grad: bool = False,
    shape: Any = None,
) -> None:
    del sparse_grad
    given = shape if broadcastable is None else broadcastable
    pattern = tuple(map(_length, given)) if isinstance(given, Iterable) else given
    types.TensorType.__init__(made, dtype, pattern, name)


def _length(flag: Any) -> Any:
    return None if flag is not None and flag == 0 else flag


def _set_state(made: types.TensorType, state: dict[str, Any]) -> None:
    """Restore a type from a pickle, which Theano may have written."""
    if type(made) is TensorType:
        made.__class__ = types.TensorType
    if "shape" in state:
        vars(made).update(state)
    else:
        _initialize(made, state["dtype"], state["broadcastable"], state.get("name"))


def extend() -> None:
    """Let pickles of Theano's types be read."""
    types.TensorType.__setstate__ = _set_state
