"""Libraries that only some people need: what to install where one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class MissingExtraError(RuntimeError):
    """A library is not installed that an extra of autoenc brings."""


def import_extra(name: str, extra: str, purpose: str) -> Any:
    """Import a library, or say how to install it.

    Parameters
    ----------
    name : str
        Of the module, such as ``"pandas"``.
    extra : str
        Of the extra that brings it, such as ``"tables"``.
    purpose : str
        What it is needed for.

    Returns
    -------
    module

    Raises
    ------
    MissingExtraError
        If it is not installed.

    Examples
    --------
    >>> import_extra("no_such_library", "tables", "reading csv")
    Traceback (most recent call last):
        ...
    autoenc.tables.extras.MissingExtraError: reading csv needs no_such_library, which is not
    installed: pip install "autoenc[tables]".
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != name.partition(".")[0]:
            raise
        raise MissingExtraError(
            f"{purpose} needs {name.partition('.')[0]}, which is not installed: "
            f'pip install "autoenc[{extra}]".'
        ) from error
