"""Inputs of a function, with names, default values and updates."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import pytensor.compile.io as compile_io
from pytensor.graph.basic import Constant, Variable
from pytensor.link.basic import Container


class In(compile_io.In):
    """Symbolic input of a function, with Theano's parameters.

    Parameters
    ----------
    variable : Variable
    name : str, optional
        Name for keyword arguments; by default the name of the variable.
    value : any, optional
        Default value. With `update`, it is the initial state of the input.
    update : Variable, optional
        New value after each call.
    mutable, strict, allow_downcast, autoname, implicit, borrow, shared
        As for `pytensor.In`.

    Raises
    ------
    TypeError
        If the value does not match the variable's type.
    """

    def __init__(
        self, variable: Variable, name: str | None = None, value: Any = None, **more: Any
    ):
        self.default = None if _holds_itself(value) else value
        if self.default is not None:
            # By default, PyTensor treats an input whose value is a container as implicit, so that
            # callers could not give it a value.
            more["implicit"] = bool(more.get("implicit"))
            value = _container(variable, value, more)
            self._initial = value.value
        super().__init__(variable, name=name, value=value, **more)

    def afresh(self) -> In:
        """Return the input of a new function, whose state does not affect other functions."""
        if self.default is None:
            return self
        own = copy.copy(self)
        # A function may overwrite its state, but not a default.
        value = copy.deepcopy(self._initial) if self.mutable else self._initial
        own.value = _container(self.variable, value, dict(vars(self)))
        return own

    @property
    def refeed(self) -> bool:
        """Whether each call starts again from the default value."""
        return self.default is not None and self.update is None


def Param(  # noqa: N802 - Theano's name
    variable: Variable,
    default: Any = None,
    name: str | None = None,
    mutable: bool = False,
    strict: bool = False,
    allow_downcast: bool | None = None,
    implicit: bool | None = None,
    borrow: bool | None = None,
) -> In:
    """Return an input with a default, in the spelling of Theano before 0.8."""
    return In(
        variable,
        name=name,
        value=default,
        mutable=mutable,
        strict=strict,
        allow_downcast=allow_downcast,
        implicit=implicit,
        borrow=borrow,
    )


def as_inputs(inputs: Sequence[Any], allow_downcast: bool | None) -> list[In]:
    """Convert variables, `In` and Theano's old tuples (variable, default) to inputs.

    Raises
    ------
    TypeError
        If an element cannot be an input.
    """
    return [_as_input(given, allow_downcast) for given in inputs]


def _as_input(given: Any, allow_downcast: bool | None) -> Any:
    if isinstance(given, compile_io.In):
        return given
    if isinstance(given, (list, tuple)):
        return _from_tuple(given, allow_downcast)
    if isinstance(given, Constant):
        raise TypeError(f"{given} is a constant; a function's inputs are variables.")
    if isinstance(given, Variable):
        return In(given, allow_downcast=allow_downcast)
    raise TypeError(
        f"{given!r} of type {type(given).__name__} cannot be an input of a function; "
        "expected a variable or theano.In(variable, ...)."
    )


def _from_tuple(given: Sequence[Any], allow_downcast: bool | None) -> In:
    """Read the oldest form of inputs: ((variable, update), value) or (variable, value)."""
    variable, *value = given
    update = None
    if isinstance(variable, (list, tuple)):
        variable, update = variable
    return In(variable, value=_first(value), update=update, allow_downcast=allow_downcast)


def _first(values: Iterable[Any]) -> Any:
    return next(iter(values), None)


def _holds_itself(value: Any) -> bool:
    return value is None or isinstance(value, (Container, Variable))


def _container(variable: Variable, value: Any, more: dict[str, Any]) -> Container:
    container = Container(
        variable,
        storage=[None],
        strict=more.get("strict", False),
        allow_downcast=more.get("allow_downcast"),
    )
    container.value = value
    return container
