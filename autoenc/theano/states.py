"""State of each of Theano's names: same, translated or refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from autoenc.theano import catalogue
from autoenc.theano.known import theano_names
from autoenc.theano.names import ROOT, full_name
from autoenc.theano.refusals import Refused

SAME, TRANSLATED, REFUSED, UNKNOWN = "same", "translated", "refused", "unknown"


@dataclass(frozen=True)
class State:
    """State of a name.

    Attributes
    ----------
    kind : {"same", "translated", "refused", "unknown"}
        Whether the name refers to PyTensor's object, to one of this package, or to none.
    detail : str
        Where the name is defined, or the reason why it is refused and the remedy.
    """

    kind: str
    detail: str


@cache
def state_of(name: str) -> State:
    """Return the state of a name such as ``"theano.tensor.dot"``."""
    module, attributes = _split(name)
    value: Any = import_module(f"{ROOT}.{module}".rstrip("."))
    for attribute in attributes:
        try:
            value = getattr(value, attribute)
        except Exception as error:
            return State(UNKNOWN, str(error))
        if isinstance(value, Refused):
            return State(REFUSED, value.message.partition(": ")[2])
    return _of_value(value)


def modules() -> list[str]:
    """Return the names of Theano's modules that can be imported here."""
    return ["", *sorted(name for name in catalogue.SOURCES if name)]


def states_of_module(module: str) -> dict[str, State]:
    """Return the state of every public name of a Theano module."""
    return {name: state_of(full_name(module, name)) for name in sorted(theano_names(module))}


def _split(name: str) -> tuple[str, list[str]]:
    """Split a full name into the module, below ``theano``, and attributes."""
    parts = name.split(".")[1:]
    while parts and parts[0] == "theano":
        parts = parts[1:]
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in catalogue.SOURCES:
            # A function may have the name of its module: theano.ifelse, theano.compile.function.
            return ".".join(parts[:length]), parts[length:]
    return "", parts


def _of_value(value: Any) -> State:
    if isinstance(value, ModuleType):
        return State(SAME, "a module")
    home = str(getattr(value, "__module__", "") or type(value).__module__)
    if home.startswith("autoenc"):
        return State(TRANSLATED, home)
    return State(SAME, home if home.startswith("pytensor") else "")
