"""The type of NumPy's ``RandomState``, and shared variables of this type.

PyTensor replaced ``RandomState`` by ``Generator``, which draws different numbers.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
from pytensor.compile.ops import register_view_op_c_code
from pytensor.compile.sharedvalue import SharedVariable, shared_constructor
from pytensor.graph.type import Type

from autoenc.threads import warnings_caught


class RandomStateType(Type[np.random.RandomState]):
    """Type of variables whose value is a ``numpy.random.RandomState``."""

    def __str__(self) -> str:
        return "RandomStateType"

    def __repr__(self) -> str:
        return "RandomStateType"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def filter(
        self, data: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> np.random.RandomState:
        """Return the value, or raise TypeError if it is not a ``RandomState``."""
        if self.is_valid_value(data):
            return data  # type: ignore[no-any-return]
        raise TypeError(f"expected a numpy.random.RandomState, got {type(data).__name__}")

    def is_valid_value(self, data: Any, strict: bool = True) -> bool:
        """Return whether the value is a ``RandomState``."""
        return type(data) is np.random.RandomState

    @staticmethod
    def values_eq(a: Any, b: Any) -> bool:
        """Return whether both states will produce the same draws."""
        first, second = (state.get_state(legacy=False) for state in (a, b))
        gauss = first["has_gauss"], first["has_gauss"] and first["gauss"]
        return (
            bool(np.array_equal(first["state"]["key"], second["state"]["key"]))
            and first["state"]["pos"] == second["state"]["pos"]
            and gauss == (second["has_gauss"], second["has_gauss"] and second["gauss"])
        )

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Return whether both are the same object."""
        return a is b


register_view_op_c_code(
    RandomStateType,
    """
    Py_XDECREF(%(oname)s);
    %(oname)s = %(iname)s;
    Py_XINCREF(%(oname)s);
    """,
    1,
)

random_state_type = RandomStateType()


def update_by_default(state: Any, after: Any) -> None:
    """Make functions that use a shared variable update it by default."""
    with warnings_caught():
        # PyTensor deprecates default updates, but Theano's scripts rely on them.
        warnings.filterwarnings("ignore", "Setting default_update", DeprecationWarning)
        state.default_update = after


class RandomStateSharedVariable(SharedVariable):
    """Shared variable whose value is a ``RandomState``."""


@shared_constructor.register(np.random.RandomState)  # type: ignore[untyped-decorator]
def randomstate_constructor(
    value: np.random.RandomState,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
) -> RandomStateSharedVariable:
    """Return a shared variable for a ``RandomState``, which is copied unless borrowed.

    Parameters
    ----------
    value : numpy.random.RandomState
    name : str, optional
    strict, allow_downcast : bool, optional
        As for ``theano.shared``; a ``RandomState`` is never converted.
    borrow : bool, default False
        Whether to store the object itself, so that its owner sees the draws.

    Raises
    ------
    TypeError
        If the value is not a ``RandomState``.
    """
    return RandomStateSharedVariable(
        type=random_state_type,
        value=random_state_type.filter(value if borrow else copy.deepcopy(value)),
        name=name,
        strict=strict,
        allow_downcast=allow_downcast,
    )
