"""The interface of the reader of a format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


class SourceError(ValueError):
    """Error raised if a source cannot be read, or has changed since it was opened."""


class Reader(Protocol):
    """Interface for reading consecutive rows of a format into existing memory.

    Attributes
    ----------
    shape : tuple of int
        Rows first.
    dtype : numpy.dtype
        Dtype of the stored values.
    piece : int
        Number of rows that must be decoded to read a single row.
    files : sequence of Path
        Files that contain the rows; empty if rows are not in files.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    piece: int
    files: Sequence[Path]

    def read_into(self, first: int, out: Array) -> None:
        """Read as many rows as `out` has, from row `first` on.

        Parameters
        ----------
        first : int
            Number of the first row.
        out : array, (rows, ...)
            C-contiguous array of the reader's dtype, which is overwritten.
        """
        ...

    def settle(self) -> None:
        """Release what has been cached, and check that files are still the same."""
        ...
