"""The class of tensor variables other than constants and shared variables."""

from __future__ import annotations

from typing import Any

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant
from pytensor.tensor import variable


class _Kind(type(variable.TensorVariable)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: Any) -> bool:
        if not _is_theanos(cls):
            return bool(super().__instancecheck__(instance))
        kinds = type(instance).__mro__
        return variable.TensorVariable in kinds and not {Constant, SharedVariable} & set(kinds)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if _is_theanos(cls):
            return variable.TensorVariable in subclass.__mro__
        return bool(super().__subclasscheck__(subclass))

    def __setattr__(cls, name: str, value: Any) -> None:
        # Libraries add methods to Theano's class.
        owner = variable.TensorVariable if _is_theanos(cls) else cls
        type.__setattr__(owner, name, value)


def _is_theanos(cls: type) -> bool:
    """Return whether a class is Theano's, rather than a subclass or under construction."""
    return cls is globals().get("TensorVariable")


class TensorVariable(variable.TensorVariable, metaclass=_Kind):
    """Tensor variable. In PyTensor, constants and shared variables are of this class as well."""
