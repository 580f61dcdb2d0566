"""Scale columns to [0, 1] and back.

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
    """Scale each column to [0, 1]: scaled = (value - offset) · factor, clipped.

    Parameters
    ----------
    offset : float64 array, (columns,)
        Minimum of each column.
    factor : float64 array, (columns,)
        One over the range of each column; 1 for a constant column.
    """

    offset: Array
    factor: Array

    @classmethod
    def fit(cls, values: Array) -> Self:
        """Compute minimum and range of each column.

        Parameters
        ----------
        values : float array, (rows, columns)
            The rows that a model is trained on. Missing values, NaN, are ignored.

        Returns
        -------
        MinMax
            The scaling.

        Raises
        ------
        ValueError
            If float64 cannot hold the range of a column, or one over it.
        """
        # Annotations of their reductions differ from version to version.
        fmin: Any = np.fmin
        fmax: Any = np.fmax
        low = fmin.reduce(values, axis=0).astype(np.float64)
        with np.errstate(over="ignore", divide="ignore"):
            span = fmax.reduce(values, axis=0) - low
            factor = 1 / np.where(span > 0, span, 1)
        bad = np.flatnonzero(~np.isfinite(factor) | (factor == 0))
        if len(bad):
            raise ValueError(
                f"column {bad[0]} (from 0) has a range of {span[bad[0]]:g}, which cannot be "
                "scaled to [0, 1] in float64; change its unit, or leave the column out."
            )
        return cls(low, factor)

    def apply(self, values: Array) -> Array:
        """Return scaled rows.

        Parameters
        ----------
        values : float array, (rows, columns)
            Rows in the units of the data.

        Returns
        -------
        float64 array, (rows, columns)
            Rows in [0, 1].
        """
        return np.clip(self._free(values), 0, 1)

    def undo(self, scaled: Array) -> Array:
        """Return rows in the units of the data.

        Parameters
        ----------
        scaled : float array, (rows, columns)
            Rows in [0, 1].

        Returns
        -------
        float64 array, (rows, columns)
            Rows in the units of the data.
        """
        values: Array = scaled / self.factor + self.offset
        return values

    def count_outside(self, values: Array) -> int:
        """Count the values that `apply` clips.

        Parameters
        ----------
        values : float array, (rows, columns)
            Rows in the units of the data.

        Returns
        -------
        int
            Number of values outside the range of their column. Rounding alone is not counted.
        """
        scaled = self._free(values)
        # Rounding alone is not counted; the tolerance is relative to the range of the column.
        return int(((scaled < -1e-6) | (scaled > 1 + 1e-6)).sum())

    def to_dict(self) -> dict[str, Any]:
        """Return the scaling as JSON can store it.

        Returns
        -------
        dict
            Argument of `from_dict`.
        """
        return {"kind": "minmax", "offset": self.offset.tolist(), "factor": self.factor.tolist()}

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> Self:
        """Return the scaling that `to_dict` described.

        Parameters
        ----------
        described : mapping
            Result of `to_dict`.

        Returns
        -------
        MinMax
            The same scaling.

        Raises
        ------
        ValueError
            If the description is not of this kind, or its numbers are not finite.
        """
        try:
            offset, factor = (np.array(described[key], float) for key in ("offset", "factor"))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"the scaling has no offset and factor of numbers ({error})"
            ) from error
        if described.get("kind") != "minmax":
            raise ValueError(f"the scaling is of the kind {described.get('kind')!r:.40}")
        finite = np.isfinite(factor).all() and not np.isinf(offset).any()
        if offset.ndim != 1 or offset.shape != factor.shape or not finite or (factor <= 0).any():
            raise ValueError("the scaling is not one finite, positive factor for each column")
        return cls(offset, factor)

    def _free(self, values: Array) -> Array:
        scaled: Array = (values - self.offset) * self.factor
        return scaled
