"""Sources of rows in any format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autoenc.processes import ALONE, Processes
from autoenc.sources.reader import Array, Reader, SourceError
from autoenc.sources.selected import Cast, Mapped, Numbers, Selected

# Number of bytes to read at a time if all rows are read in order.
BYTES_AT_A_TIME = 8 << 20
# Number of bytes of rows that processes exchange at a time.
BYTES_OF_AN_EXCHANGE = 32 << 20
# Number of rows that are hashed to identify a source.
ROWS_SAMPLED = 64


class Source:
    """Rows that are read on demand.

    Parameters
    ----------
    reader : Reader
        Reader of the format.
    name : str
        Name for messages.
    names : sequence of str, optional
        Names of the columns.
    processes : Processes
        Processes that read all rows together; see `parts`.

    Attributes
    ----------
    shape : tuple of int
        (rows, columns), or (rows,), for example for labels. Further axes, such as those of images,
        are flattened into columns.
    dtype : numpy.dtype
        Dtype of the stored values.

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

    def __init__(
        self,
        reader: Reader,
        name: str,
        names: Sequence[str] | None = None,
        processes: Processes = ALONE,
    ) -> None:
        self.reader = reader
        self.name = name
        self.names = names
        self.processes = processes
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
        """Number of bytes of all stored values."""
        return self.size * self.dtype.itemsize

    @property
    def row_bytes(self) -> int:
        """Number of bytes of a stored row."""
        return int(np.prod(self.shape[1:])) * self.dtype.itemsize

    def read_into(self, first: int, out: Array) -> None:
        """Read as many rows as `out` has, from row `first` on.

        Parameters
        ----------
        first : int
            Number of the first row.
        out : array, (rows, columns) or (rows,)
            C-contiguous array of the source's dtype.

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

    def __getitem__(self, rows: int | slice | Array) -> Array:
        """Return a row, a slice of rows without steps, or the rows with given numbers.

        Rows are read in their order in the source. Negative numbers count from the end. An array
        of bools selects the rows where it is True.
        """
        if isinstance(rows, slice):
            first, last, step = rows.indices(len(self))
            if step != 1:
                raise IndexError(f"rows of {self.name} can be sliced in steps of 1, not {step}.")
            out = np.empty((max(last - first, 0), *self.shape[1:]), self.dtype)
            self.read_into(first, out)
            return out
        numbers = self._numbers(rows)
        some = np.empty((numbers.size, *self.shape[1:]), self.dtype)
        # Rows that are decoded together are read one after the other.
        for i in np.argsort(numbers, axis=None, kind="stable"):
            self.read_into(int(numbers.flat[i]), some[i : i + 1])
        return some.reshape(*numbers.shape, *self.shape[1:])

    def _numbers(self, rows: int | Array) -> Array:
        """Return the numbers of rows, from 0; see `__getitem__`."""
        numbers = np.asarray(rows)
        if numbers.dtype == bool:
            if numbers.shape != (len(self),):
                raise IndexError(
                    f"{self.name} has {len(self):,} rows, but the bools that select rows have the "
                    f"shape {numbers.shape}."
                )
            return np.flatnonzero(numbers)
        if not numbers.size:
            return np.zeros(numbers.shape, int)
        if numbers.dtype.kind not in "iu":
            raise IndexError(
                f"rows of {self.name} are selected by integers, not by {numbers.dtype}."
            )
        if numbers.min() < -len(self) or numbers.max() >= len(self):
            raise IndexError(f"{self.name} has {len(self):,} rows; there is no row {rows!r:.60}.")
        numbers = numbers.astype(np.int64)
        return np.where(numbers < 0, numbers + len(self), numbers)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Read all rows."""
        rows = self[:]
        return rows if dtype is None else rows.astype(dtype, copy=False)

    def take(self, numbers: Numbers) -> Source:
        """Return a source of some rows.

        Parameters
        ----------
        numbers : int array
            Numbers of the rows, or an object with a length whose slices are such arrays.

        Returns
        -------
        Source
            The rows, which are read on demand.
        """
        if isinstance(numbers, np.ndarray | list | tuple):
            numbers = self._numbers(np.asarray(numbers))
        selected = Selected(self.stored.reader, numbers)
        return self._derived(selected, f"rows of {self.name}").astype(self.dtype)

    def astype(self, dtype: Any) -> Source:
        """Return a source of the same values in another dtype.

        Parameters
        ----------
        dtype : dtype-like
            The dtype to which values are cast when they are read.

        Returns
        -------
        Source
            The same rows.
        """
        stored = self.stored
        if stored.dtype == np.dtype(dtype):
            return stored
        return self._derived(Cast(stored.reader, dtype))

    def mapped(self, function: Callable[[Array], Array], dtype: Any) -> Source:
        """Return a source of a function of rows.

        Parameters
        ----------
        function : callable
            Function of an array of rows, which returns a row for each. Each result must depend on
            one row only.
        dtype : dtype-like
            Dtype of the results.

        Returns
        -------
        Source
            The results, which are computed when they are read.
        """
        return self._derived(Mapped(self.stored.reader, function, dtype))

    def read_by(self, processes: Processes) -> Source:
        """Return a source of the same rows, which processes read together; see `parts`.

        Parameters
        ----------
        processes : Processes
            The processes; all of them must call this method.

        Returns
        -------
        Source
            The same rows.

        Raises
        ------
        SourceError
            If the numbers of rows or columns, or the dtype, differ between processes.
        """
        mine = [*(*self.shape, 0)[:2], self.dtype.num]
        others = processes.gather(mine)
        if (others != mine).any():
            shapes = " and ".join(f"({int(n):,}, {int(width):,})" for n, width, _ in others)
            raise SourceError(
                f"{self.name} differs between processes, which have {shapes} rows and columns; "
                "give the same data to all processes."
            )
        return Source(self.reader, self.name, self.names, processes)

    @property
    def stored(self) -> Source:
        """The source in the dtype in which values are stored."""
        reader = getattr(self.reader, "stored", None)
        return self if reader is None else self._derived(reader)

    def parts(self, n_rows: int | None = None) -> Iterator[Array]:
        """Iterate over all rows in order, `n_rows` at a time, by default some megabytes.

        If processes read the rows together, all of them must iterate. Each reads some of the rows,
        and they exchange these rows, so that results are identical, to the byte, to those of one
        process.

        Parameters
        ----------
        n_rows : int, optional
            Number of rows of a part; the last part may have fewer.

        Yields
        ------
        array, (rows, columns) or (rows,)
            The next rows.

        Raises
        ------
        SourceError
            If the source has changed.
        PeerError
            If another process cannot read its rows.
        """
        n = n_rows or max(BYTES_AT_A_TIME // max(self.row_bytes, 1), 1)
        if self.processes.count == 1:
            for first in range(0, len(self), n):
                yield self[first : first + n]
                self.settle()
            return
        per_exchange = n * max(BYTES_OF_AN_EXCHANGE // max(n * self.row_bytes, 1), 1)
        for first in range(0, len(self), per_exchange):
            rows = self._exchanged(first, min(first + per_exchange, len(self)))
            yield from (rows[at : at + n] for at in range(0, len(rows), n))

    def _exchanged(self, first: int, last: int) -> Array:
        """Read some of the rows, and get the others from other processes."""
        own = self.processes.in_each(lambda: self._own(first, last))
        return self.processes.summed(own)

    def _own(self, first: int, last: int) -> Array:
        """Return rows, with zeros for those that other processes read."""
        rows = np.zeros((last - first, *self.shape[1:]), self.dtype)
        rank, count = self.processes.rank, self.processes.count
        # Rows that are decoded together are read by one process.
        piece = max(self.reader.piece, 1)
        unit = -(-(last - first) // (count * piece)) * piece
        for number in range(first // unit, -(-last // unit)):
            if number % count == rank:
                begin, end = max(number * unit, first), min((number + 1) * unit, last)
                self.read_into(begin, rows[begin - first : end - first])
        self.settle()
        return rows

    def _derived(self, reader: Reader, name: str | None = None) -> Source:
        """Return a source with other rows or values of the same columns."""
        return Source(reader, name or self.name, self.names, self.processes)

    def identity(self) -> str:
        """Return shape, dtype and a hash of some rows, the same for every format.

        Returns
        -------
        str
            The three, separated by spaces.

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
