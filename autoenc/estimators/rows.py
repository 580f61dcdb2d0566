"""Rows as estimators hold them: dense, or sparse and made dense a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

# Rows that are looked at, or go through the graph, at a time: few enough to stay in a cache,
# and a power of two, as XLA compiles for each.
ROWS_AT_A_TIME = 2_048


class SparseRows:
    """Rows of a sparse matrix, which are dense arrays where they are asked for.

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
    # Training may leave such rows where they are, and ask for a block at a time.
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
        """Number of values, zeros among them."""
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
        """Give some rows, sparse as before."""
        return SparseRows(self.matrix[rows])


Rows: TypeAlias = "Array | SparseRows"


def take(rows: Rows, numbers: Array) -> Rows:
    """Give some of the rows, sparse ones still sparse."""
    return rows.take(numbers) if isinstance(rows, SparseRows) else rows[numbers]


def original(rows: Rows) -> Any:
    """Give what another estimator takes: an array or a sparse matrix."""
    return rows.matrix if isinstance(rows, SparseRows) else rows


def parts(rows: Rows) -> Iterator[Array]:
    """Go through the rows, a dense part at a time.

    >>> [part.shape for part in parts(np.zeros((10_000, 2)))]
    [(2048, 2), (2048, 2), (2048, 2), (2048, 2), (1808, 2)]
    """
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        yield rows[first : first + ROWS_AT_A_TIME]
