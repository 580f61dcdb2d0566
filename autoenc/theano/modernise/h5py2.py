"""Behaviour that h5py has changed: ``dataset.value``, the default mode, attributes of bytes."""

from __future__ import annotations

import functools
from typing import Any

from autoenc.theano.modernise.later import restore


def change(h5py: Any) -> None:
    """Restore the behaviour of h5py 2."""
    restore(h5py.Dataset, {"value": property(lambda dataset: dataset[()])})
    _open_for_writing(h5py.File)
    _read_bytes(h5py)


def _open_for_writing(file: Any) -> None:
    """Open files by default for reading and writing, or only for reading if they are protected."""
    opened = file.__init__

    @functools.wraps(opened)
    def open_(self: Any, name: Any, mode: str | None = None, *rest: Any, **more: Any) -> None:
        if mode is not None:
            opened(self, name, mode, *rest, **more)
            return
        try:
            opened(self, name, "a", *rest, **more)
        except OSError:
            opened(self, name, "r", *rest, **more)

    file.__init__ = open_


def _read_bytes(h5py: Any) -> None:
    """Return bytes from attributes that were written as bytes, as Keras expects them."""
    manager = h5py.AttributeManager
    read = manager.__getitem__

    @functools.wraps(read)
    def get(self: Any, name: Any) -> Any:
        value = read(self, name)
        kind = h5py.check_string_dtype(self.get_id(name).dtype)
        if kind is None or kind.encoding != "ascii" or kind.length is not None:
            return value
        if isinstance(value, str):
            return value.encode()
        value.flat = [entry.encode() if isinstance(entry, str) else entry for entry in value.flat]
        return value

    manager.__getitem__ = get
