"""Optional libraries, and what to install if one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class MissingExtraError(RuntimeError):
    """Error raised if an optional library is not installed."""


def import_extra(name: str, extra: str, purpose: str) -> Any:
    """Import an optional library.

    Parameters
    ----------
    name : str
        Name of the module, such as ``"pandas"``.
    extra : str
        Extra of autoenc that installs it, such as ``"tables"``.
    purpose : str
        Purpose, for the message, such as ``"reading csv"``.

    Returns
    -------
    module
        The library.

    Raises
    ------
    MissingExtraError
        If the library is not installed. The message says how to install it.

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
