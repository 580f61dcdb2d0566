"""Columns brought to [0, 1], and back.

>>> import numpy as np
>>> ages = np.array([[20.0], [30.0], [60.0]])
>>> scaling = MinMax.fit(ages)
>>> scaling.apply(ages).ravel()
array([0.  , 0.25, 1.  ])
>>> scaling.undo(scaling.apply(ages)).ravel()
array([20., 30., 60.])
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from autoenc.tables.table import Array


@dataclass(frozen=True)
class MinMax:
    """Column by column, scaled = (value - offset) · factor; what is beyond becomes 0 or 1.

    Attributes
    ----------
    offset, factor : float64 array, (columns,)
        The factor of a constant column is 1.
    """

    offset: Array
    factor: Array

    @classmethod
    def fit(cls, values: Array) -> Self:
        """Learn the scale of columns.

        Parameters
        ----------
        values : float array, (rows, columns)
            The rows that will be trained on; missing values, NaN, are passed over.
        """
        # Annotations of their reductions differ from version to version.
        fmin: Any = np.fmin
        fmax: Any = np.fmax
        low = fmin.reduce(values, axis=0).astype(np.float64)
        span = fmax.reduce(values, axis=0) - low
        return cls(low, 1 / np.where(span > 0, span, 1))

    def apply(self, values: Array) -> Array:
        """Scale rows; returns a float64 array of the same shape."""
        return np.clip(self._free(values), 0, 1)

    def undo(self, scaled: Array) -> Array:
        """Bring scaled rows back; returns a float64 array of the same shape."""
        values: Array = scaled / self.factor + self.offset
        return values

    def count_beyond(self, values: Array) -> int:
        """Count the values that `apply` sets to the nearer end of [0, 1]."""
        scaled = self._free(values)
        # Rounding may lead a hair beyond the ends.
        return int(((scaled < -1e-6) | (scaled > 1 + 1e-6)).sum())

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold, from which `from_dict` makes the same scaling."""
        return {"kind": "minmax", "offset": self.offset.tolist(), "factor": self.factor.tolist()}

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> Self:
        """Make a scaling from what `to_dict` gave."""
        return cls(
            np.array(described["offset"], np.float64), np.array(described["factor"], np.float64)
        )

    def _free(self, values: Array) -> Array:
        scaled: Array = (values - self.offset) * self.factor
        return scaled
