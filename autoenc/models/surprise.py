"""How rare values are: −log of their frequency, for each column by itself.

>>> import numpy as np
>>> values = np.array([[0.0], [0.1], [0.2], [1.0]])
>>> surprise = Surprise.of(values, n_bins=2)
>>> surprise.entries(np.array([[0.1], [0.9], [7.0]])).round(2).ravel()
array([0.36, 1.2 , 2.3 ])
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from autoenc.rows.blocks import Array

# Of the range of a column: what rounding may add to it.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Surprise:
    """−log of how frequent values were, by a histogram of each column.

    The frequency of a cell with c of n values is (c + ½) / (n + ½·cells): a cell without values,
    and everything beyond the histogram, is as rare as half a value. So no value, however far
    away, adds more to a row than log(2n + cells).

    Attributes
    ----------
    low, width : float64 array, (columns,)
        Where the cells of a column begin, and the width of each.
    table : float64 array, (columns, cells + 1)
        Surprise of each cell, in nats; the last entry is that of values beyond the others.
    """

    low: Array
    width: Array
    table: Array

    @classmethod
    def of(cls, values: Array, n_bins: int) -> Self:
        """Count values in cells of equal width.

        Parameters
        ----------
        values : array, (rows, columns)
            Values of the training data; NaN is left out.
        n_bins : int
            Number of cells of each column.
        """
        x = np.asarray(values, np.float64)
        low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
        # A constant column has one narrow cell that is not empty.
        width = np.maximum((high - low) / n_bins, ROUNDING * (1 + np.abs(low)))
        found = cls(low, width, np.zeros((x.shape[1], n_bins + 1)))
        cells, observed = found._cells(x), ~np.isnan(x)
        counts = np.zeros_like(found.table)
        np.add.at(counts, (np.broadcast_to(found._columns, x.shape)[observed], cells[observed]), 1)
        n = observed.sum(axis=0)[:, None]
        return replace(found, table=-np.log((counts + 0.5) / (n + 0.5 * n_bins)))

    def entries(self, values: Array) -> Array:
        """Return the surprise of each value, (rows, columns); 0 where it is NaN."""
        x = np.asarray(values, np.float64)
        return np.where(np.isnan(x), 0.0, self.table[self._columns, self._cells(x)])

    def standardised(self, values: Array, weight: float = 1.0) -> Self:
        """Return the surprise in units of its variation from row to row.

        Parameters
        ----------
        values : array, (rows, columns)
            Values of the training data. Over these, sums of rows have mean 0 and standard
            deviation `weight` afterwards, and each column has mean 0.
        weight : float
            Factor.
        """
        entries = self.entries(values)
        observed = np.maximum((~np.isnan(np.asarray(values))).sum(axis=0), 1)
        mean, deviation = entries.sum(axis=0) / observed, entries.sum(axis=1).std()
        factor = weight / (deviation if deviation > ROUNDING else 1.0)
        return replace(self, table=(self.table - mean[:, None]) * factor)

    def arrays(self, prefix: str, dtype: str) -> dict[str, Array]:
        """Return the arrays by their names in model files."""
        parts = {"low": self.low, "width": self.width, "surprise": self.table}
        return {f"{prefix}_{name}": array.astype(dtype) for name, array in parts.items()}

    @classmethod
    def from_arrays(cls, prefix: str, arrays: dict[str, Array]) -> Self:
        """Return what `arrays` described."""
        names = ("low", "width", "surprise")
        return cls(*(np.asarray(arrays[f"{prefix}_{name}"], np.float64) for name in names))

    @property
    def _columns(self) -> Any:
        return np.arange(len(self.low))

    def _cells(self, x: Array) -> Array:
        """Return the number of the cell of each value; the last one is beyond the others."""
        n = self.table.shape[1] - 1
        with np.errstate(invalid="ignore", over="ignore"):
            place = (x - self.low) / self.width
            inside = (place > -ROUNDING * n) & (place < n + ROUNDING * n)
        return np.where(inside, np.clip(np.nan_to_num(place), 0, n - 1), n).astype(np.intp)
