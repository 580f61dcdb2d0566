"""Selected rows of a source, functions of its rows, and rows in another dtype."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autoenc.sources.integers import Ranges, ranges_of_all
from autoenc.sources.reader import Array, Reader


class Numbers(Protocol):
    """Numbers of rows: an array, or an object that computes them when it is sliced."""

    def __len__(self) -> int: ...

    def __getitem__(self, span: slice, /) -> Array: ...


class Selected:
    """Reader of selected rows; see `Reader`.

    Rows between them are read as well, and discarded. Summaries are not stored, because a sample
    of rows does not identify the selection.
    """

    files: Sequence[Path] = ()
    # Number of bytes to read at a time.
    at_a_time = 8 << 20

    def __init__(self, reader: Reader, numbers: Numbers) -> None:
        self._reader = reader
        self._numbers = numbers
        self.shape: tuple[int, ...] = (len(numbers), *reader.shape[1:])
        self.dtype = reader.dtype
        self.piece = reader.piece

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        numbers = np.asarray(self._numbers[first : first + len(out)])
        places = np.argsort(numbers, kind="stable")
        numbers = numbers[places]
        most = max(self.at_a_time // max(out[:1].nbytes, 1), 1)
        while len(numbers):
            n = max(int(np.searchsorted(numbers, numbers[0] + most)), 1)
            span = np.empty((int(numbers[n - 1] - numbers[0]) + 1, *out.shape[1:]), self.dtype)
            self._reader.read_into(int(numbers[0]), span)
            out[places[:n]] = span[numbers[:n] - numbers[0]]
            numbers, places = numbers[n:], places[n:]

    def exact_ranges(self) -> Ranges:
        """Return the ranges of the columns of integers, of all rows."""
        return ranges_of_all([self._reader])

    def settle(self) -> None:
        """Settle the underlying reader; see `Reader.settle`."""
        self._reader.settle()


class Mapped:
    """Reader of a function of stored rows; see `Reader`.

    Parameters
    ----------
    reader : Reader
    function : callable
        Function that takes rows and returns the same number of rows of the same width. Each result
        must depend on one row only.
    dtype : dtype
        Dtype of the result.
    """

    files: Sequence[Path] = ()

    def __init__(self, reader: Reader, function: Callable[[Array], Array], dtype: Any) -> None:
        self._reader = reader
        self._function = function
        self.shape = reader.shape
        self.dtype = np.dtype(dtype)
        self.piece = reader.piece

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        stored = np.empty(out.shape, self._reader.dtype)
        self._reader.read_into(first, stored)
        with np.errstate(over="ignore"):
            rows = self._function(stored.reshape(len(stored), -1))
            out[...] = rows.reshape(out.shape)

    def settle(self) -> None:
        """Settle the underlying reader; see `Reader.settle`."""
        self._reader.settle()


class Cast:
    """Reader of rows in another dtype; see `Reader`.

    Attributes
    ----------
    stored : Reader
        Reader of the rows in their stored dtype.
    """

    def __init__(self, reader: Reader, dtype: Any) -> None:
        self.stored = reader
        self.shape = reader.shape
        self.dtype = np.dtype(dtype)
        self.piece = reader.piece
        self.files: Sequence[Path] = reader.files
        self.part: str | None = getattr(reader, "part", "")

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        stored = np.empty(out.shape, self.stored.dtype)
        self.stored.read_into(first, stored)
        # Numbers beyond float32 become infinite, and are refused because of that.
        with np.errstate(over="ignore"):
            out[...] = stored

    def settle(self) -> None:
        """Settle the underlying reader; see `Reader.settle`."""
        self.stored.settle()
