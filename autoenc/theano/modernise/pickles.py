"""``pickle`` and ``cPickle`` for scripts: they read and write pickles of Python 2, too."""

from __future__ import annotations

import io
import pickle
from pickle import (
    HIGHEST_PROTOCOL,
    PickleError,
    Pickler,
    PicklingError,
    UnpicklingError,
    dumps,
)
from typing import Any

__all__ = [
    "HIGHEST_PROTOCOL",
    "PickleError",
    "Pickler",
    "PicklingError",
    "Unpickler",
    "UnpicklingError",
    "dump",
    "dumps",
    "load",
    "loads",
]


class Unpickler(pickle.Unpickler):
    """Reads objects from a file. Strings written by Python 2 are decoded as Latin-1."""

    def __init__(self, file: Any, **options: Any) -> None:
        super().__init__(_binary(file), **{"encoding": "latin1", **options})


def load(file: Any, **options: Any) -> Any:
    """Read one object. Strings written by Python 2 are decoded as Latin-1.

    Parameters
    ----------
    file : file object
        Binary, or a text file, whose bytes are read.
    **options
        As for `pickle.load`.
    """
    file = _binary(file)
    if options or not file.seekable():
        return pickle.load(file, **{"encoding": "latin1", **options})
    start = file.tell()
    try:
        return pickle.load(file)
    except UnicodeDecodeError:
        file.seek(start)
        return pickle.load(file, encoding="latin1")


def loads(data: Any, **options: Any) -> Any:
    """Read one object from bytes."""
    return load(io.BytesIO(data.encode("latin1") if isinstance(data, str) else data), **options)


def dump(obj: Any, file: Any, protocol: int | None = None, **options: Any) -> None:
    """Write one object."""
    pickle.dump(obj, _binary(file), protocol, **options)


def _binary(file: Any) -> Any:
    return getattr(file, "buffer", file) if isinstance(file, io.TextIOBase) else file


def __getattr__(name: str) -> Any:
    """Return any other name of ``pickle``."""
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(pickle, name)
