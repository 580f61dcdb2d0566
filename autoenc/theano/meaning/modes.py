"""Compilation modes: ``theano.compile.mode``."""

from __future__ import annotations

from typing import Any

from pytensor.compile.mode import FAST_COMPILE, Mode

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
]


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
