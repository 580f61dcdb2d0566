"""A source of rows, whatever its format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autoenc.sources.reader import Array, Reader
from autoenc.sources.selected import Cast, Mapped, Selected

# Bytes that are read at a time where all rows are read in order.
BYTES_AT_A_TIME = 8 << 20
# Number of rows that are hashed to identify a source.
ROWS_SAMPLED = 64


class Source:
    """Rows that are read on demand.

    Parameters
    ----------
    reader : Reader
        Reads the format.
    name : str
        What messages call it.
    names : sequence of str, optional
        Names of the columns.

    Attributes
    ----------
    shape : tuple of int
        (rows, columns), or (rows,) for labels and the like. Further axes, such as those of
        images, are columns.
    dtype : numpy.dtype
        Of the values as they are stored.

    Examples
    --------
    >>> from autoenc.sources import open_source
    >>> source = open_source(np.arange(6.0).reshape(3, 2))
    >>> source.shape, source[1:]
    ((3, 2), array([[2., 3.],
           [4., 5.]]))
    """

    # Training reads such rows in parts.
    dense_by_parts = True

    def __init__(self, reader: Reader, name: str, names: Sequence[str] | None = None) -> None:
        self.reader = reader
        self.name = name
        self.names = names
        n_rows, *rest = reader.shape
        self.shape: tuple[int, ...] = (n_rows, int(np.prod(rest))) if rest else (n_rows,)
        self.dtype = reader.dtype

    def __repr__(self) -> str:
        return f"<Source {self.name}: {self.dtype} {self.shape}>"

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of axes: 2, or 1."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes of all values as they are stored."""
        return self.size * self.dtype.itemsize

    @property
    def row_bytes(self) -> int:
        """Bytes of a row as it is stored."""
        return int(np.prod(self.shape[1:])) * self.dtype.itemsize

    def read_into(self, first: int, out: Array) -> None:
        """Read as many rows as `out` has, from row `first` on.

        Parameters
        ----------
        first : int
            Number of a row.
        out : array, (rows, columns) or (rows,)
            C-contiguous, of the source's dtype.

        Raises
        ------
        SourceError
            If the source has changed or become shorter.
        """
        if len(out):
            self.reader.read_into(first, out.reshape(len(out), *self.reader.shape[1:]))

    def settle(self) -> None:
        """Release what has been cached, and check that files are still the same.

        Raises
        ------
        SourceError
            If a file has changed since the source was opened.
        """
        self.reader.settle()

    def __getitem__(self, rows: slice | Array) -> Array:
        """Return rows: a slice without steps, or those of some numbers."""
        if isinstance(rows, slice):
            first, last, step = rows.indices(len(self))
            if step != 1:
                raise IndexError(f"rows of {self.name} can be sliced in steps of 1, not {step}.")
            out = np.empty((max(last - first, 0), *self.shape[1:]), self.dtype)
            self.read_into(first, out)
            return out
        numbers = np.asarray(rows)
        some = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        for i, number in enumerate(numbers):
            self.read_into(int(number), some[i : i + 1])
        return some

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Read all rows."""
        rows = self[:]
        return rows if dtype is None else rows.astype(dtype, copy=False)

    def take(self, numbers: Array) -> Source:
        """Return a source of the rows of some numbers."""
        selected = Selected(self.stored.reader, np.asarray(numbers))
        return Source(selected, f"rows of {self.name}", self.names).astype(self.dtype)

    def astype(self, dtype: Any) -> Source:
        """Return a source of the same values in another dtype."""
        stored = self.stored
        if stored.dtype == np.dtype(dtype):
            return stored
        return Source(Cast(stored.reader, dtype), self.name, self.names)

    def mapped(self, function: Callable[[Array], Array], dtype: Any) -> Source:
        """Return a source of a function of rows, each of which follows from one row."""
        return Source(Mapped(self.stored.reader, function, dtype), self.name, self.names)

    @property
    def stored(self) -> Source:
        """The source in the dtype in which values are stored."""
        reader = getattr(self.reader, "stored", None)
        return self if reader is None else Source(reader, self.name, self.names)

    def parts(self, n_rows: int | None = None) -> Iterator[Array]:
        """Iterate over all rows in order, `n_rows` at a time, by default some megabytes."""
        n = n_rows or max(BYTES_AT_A_TIME // max(self.row_bytes, 1), 1)
        for first in range(0, len(self), n):
            yield self[first : first + n]
            self.settle()

    def identity(self) -> str:
        """Return shape, dtype and a hash of some rows, the same for every format.

        Examples
        --------
        >>> from autoenc.sources import open_source
        >>> open_source(np.zeros((2, 3), "float32")).identity()
        'sampled float32 (2, 3) 9d908ecfb6b256de'
        """
        digest = hashlib.sha256()
        for first in _samples(len(self)):
            digest.update(self[first : first + 1].tobytes())
        return f"sampled {self.dtype} {self.shape} {digest.hexdigest()[:16]}"


def _samples(n_rows: int) -> list[int]:
    numbers = np.linspace(0, n_rows - 1, min(n_rows, ROWS_SAMPLED))
    return [int(number) for number in numbers]
