"""What a format has to offer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


class SourceError(ValueError):
    """A source cannot be read, is not what it seems, or has changed."""


class Reader(Protocol):
    """What a format has to offer: consecutive rows, read into memory that exists.

    Attributes
    ----------
    shape : tuple of int
        Rows first.
    dtype : numpy.dtype
        Of the values as they are stored.
    piece : int
        How many rows have to be decoded for a single one.
    files : sequence of Path
        Where the rows are; empty if not in files.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    piece: int
    files: Sequence[Path]

    def read_into(self, first: int, out: Array) -> None:
        """Read as many rows as `out` has, from row `first` on."""
        ...

    def settle(self) -> None:
        """Release what has been cached, and check that files are still the same."""
        ...
