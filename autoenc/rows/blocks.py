"""Rows as estimators hold them: dense, or sparse and made dense one part at a time.

Rows that are given to a fitted model are also examined one part at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autoenc.sources import Numbers, Source

Array: TypeAlias = np.ndarray[Any, Any]

# Numbers of values and of rows that are examined, or go through the graph, at a time. The values
# fit into a cache. Many rows of a narrow table are used at once, because each call takes time.
VALUES_AT_A_TIME = 1 << 21
LEAST_ROWS, MOST_ROWS = 2_048, 32_768
# Bytes of the rows that are searched at a time, which fit into the private cache of a core.
BYTES_AT_A_TIME = 1 << 19


class SparseRows:
    """Rows of a sparse matrix that become dense arrays when they are requested.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array or csr_matrix, (rows, columns)
        Floats.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> rows = SparseRows(csr_array([[0.0, 1.0], [2.0, 0.0], [0.0, 0.0]]))
    >>> rows[1:]
    array([[2., 0.],
           [0., 0.]])
    >>> rows.take([0]).shape
    (1, 2)
    """

    ndim = 2
    # Tells training to leave such rows in place, and to request one block at a time.
    dense_by_parts = True

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix
        self.shape: tuple[int, int] = matrix.shape
        self.dtype: np.dtype[Any] = matrix.dtype

    @property
    def nbytes(self) -> int:
        """Bytes that all rows would take if they were dense."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    @property
    def size(self) -> int:
        """Number of values, including zeros."""
        return self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Array:
        dense: Array = self.matrix[rows].toarray(order="C")
        return dense

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        dense: Array = self.matrix.toarray(order="C")
        return dense if dtype is None else dense.astype(dtype, copy=False)

    def take(self, rows: Any) -> SparseRows:
        """Return some rows, which stay sparse."""
        return SparseRows(self.matrix[rows])


Rows: TypeAlias = "Array | SparseRows | Source"


@dataclass(eq=False)
class IncomingRows:
    """Rows for a fitted model, each part of which is examined just before the model uses it.

    Examining all rows first would read them twice from memory or from disk.

    Parameters
    ----------
    rows : array or SparseRows, (rows, columns)
    is_plain : callable
        Function that returns whether a part of the rows needs neither a warning nor an error.
    check : callable
        Function that examines all rows and raises if they are invalid; it may only warn.

    Examples
    --------
    >>> rows = np.zeros((5_000, 784))
    >>> rows[4_000] = 7
    >>> incoming = IncomingRows(rows, lambda part: part.max() < 7, lambda: print("sevens"))
    >>> [part.shape for part in incoming.parts()]
    sevens
    [(2048, 784), (2048, 784), (904, 784)]
    """

    _rows: Rows
    _is_plain: Callable[[Array], bool]
    _check: Callable[[], object]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the rows."""
        return self._rows.shape

    def parts(self) -> Iterator[Array]:
        """Yield the rows, one dense part at a time; check all before the first doubtful part."""
        checked = False
        for part in parts(self._rows):
            if not (checked or self._is_plain(part)):
                self._check()
                checked = True
            yield part

    def whole(self) -> Array:
        """Return all rows as one part; check them if they are doubtful."""
        part = self._rows[:]
        if not self._is_plain(part):
            self._check()
        return part

    def checked(self) -> Rows:
        """Return all rows, checked."""
        self._check()
        return self._rows


def take(rows: Rows, numbers: Numbers) -> Rows:
    """Return some of the rows; sparse rows stay sparse, and rows of a source stay in place."""
    if isinstance(rows, Source):
        return rows.take(numbers)
    some = np.asarray(numbers)
    return rows[some] if isinstance(rows, np.ndarray) else rows.take(some)


def spread_out(n_rows: int, most: int) -> Array:
    """Return the numbers of at most `most` rows, spread evenly from the first row to the last.

    >>> spread_out(7, 3), spread_out(2, 3)
    (array([0, 3, 6]), array([0, 1]))
    """
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, most)).astype(int))


def original(rows: Rows) -> Any:
    """Return rows in a form that other estimators accept: an array or a sparse matrix."""
    return rows.matrix if isinstance(rows, SparseRows) else rows


def rows_at_a_time(
    shape: tuple[int, ...], values: int | None = None, least: int | None = None
) -> int:
    """Return the number of rows that are used at a time, a power of two.

    Parameters
    ----------
    shape : tuple of int
        Shape of all rows.
    values : int, optional
        Number of values that they should have at most; by default `VALUES_AT_A_TIME`.
    least : int, optional
        Number of rows that is used even if they have more values; by default `LEAST_ROWS`.

    Examples
    --------
    >>> [rows_at_a_time((10_000, n)) for n in (10, 100, 784, 10_000)]
    [32768, 16384, 2048, 2048]
    """
    values = VALUES_AT_A_TIME if values is None else values
    least = LEAST_ROWS if least is None else least
    fitting = max(values // max(*shape[1:], 1, 1), 1)
    return min(max(1 << (fitting.bit_length() - 1), least), MOST_ROWS)


def parts(rows: Rows | IncomingRows) -> Iterator[Array]:
    """Yield the rows, one dense part at a time.

    >>> [part.shape for part in parts(np.zeros((5_000, 784)))]
    [(2048, 784), (2048, 784), (904, 784)]
    """
    if isinstance(rows, IncomingRows):
        yield from rows.parts()
        return
    n = rows_at_a_time(rows.shape)
    if isinstance(rows, Source):
        yield from rows.parts(n)
        return
    for first in range(0, len(rows), n):
        yield rows[first : first + n]


def slices(rows: Array) -> list[Array]:
    """Return parts of dense rows that are small enough for the private cache of a core.

    >>> [few.shape for few in slices(np.zeros((1_000, 100)))]
    [(655, 100), (345, 100)]
    """
    n = max(1, BYTES_AT_A_TIME // (rows.shape[1] * rows.itemsize))
    return [rows[first : first + n] for first in range(0, len(rows), n)]
