"""Modes of compilation: ``theano.compile.mode``."""

from __future__ import annotations

from typing import Any

from pytensor.compile.mode import FAST_COMPILE, Mode

from autoenc.theano.engines import default_mode, engine_for

FAST_RUN = "FAST_RUN"
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
    """Return the mode of a name; a mode is returned as it is.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    engine = engine_for(orig_string)
    mode: Mode = getattr(engine, "mode", None) or default_mode()
    return mode
