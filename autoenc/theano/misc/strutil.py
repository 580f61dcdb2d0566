"""The names of ``theano.misc.strutil``."""

from __future__ import annotations


def render_string(string: str, sub: dict[str, object]) -> str:
    """Substitute the names in a template by their values.

    Raises
    ------
    KeyError
        If a name of the template has no value.
    """
    return string % sub
