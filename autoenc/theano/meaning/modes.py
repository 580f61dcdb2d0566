"""Compilation modes: ``theano.compile.mode``."""

from __future__ import annotations

from typing import Any

from pytensor.compile.mode import FAST_COMPILE, Mode
from pytensor.compile.mode import register_mode as own_register_mode

from autoenc.theano.engines import default_mode, engine_for


class NamedMode(str):
    """Name of a mode, with the methods of the mode: ``FAST_RUN.excluding("inplace")``.

    With a name, the engine is chosen when a function is compiled. A mode would determine it.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(get_mode(self), name)


FAST_RUN = NamedMode("FAST_RUN")
instantiated_default_mode = None

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "get_default_mode",
    "get_mode",
    "instantiated_default_mode",
    "register_mode",
]


def register_mode(name: str, mode: Mode) -> None:
    """Give a mode a name, whose case does not matter.

    Raises
    ------
    ValueError
        If the name is taken.
    """
    for spelling in dict.fromkeys((name, name.upper())):
        own_register_mode(spelling, mode)


def get_default_mode() -> Mode:
    """Return the mode in which functions are compiled by default."""
    return default_mode()


def get_mode(orig_string: Any) -> Mode:
    """Return the mode with a name; modes are returned unchanged.

    Raises
    ------
    ValueError
        If there is no mode with that name.
    """
    engine = engine_for(orig_string)
    mode: Mode = getattr(engine, "mode", None) or default_mode()
    return mode
