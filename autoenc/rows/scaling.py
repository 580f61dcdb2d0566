"""Scaling of columns in float64, before rows are cast to the precision of the model.

Columns are scaled to [0, 1], or only centred. Centring is for columns whose spread would be lost
in float32, such as seconds since 1970. Columns whose values are all too small for float32 are also
divided by their width.

>>> import numpy as np
>>> seconds = np.array([[1.7e9], [1.7e9 + 1], [1.7e9 + 2]])
>>> seconds.astype("float32").ravel() - np.float32(1.7e9)
array([0., 0., 0.], dtype=float32)
>>> ColumnScaling.centring(seconds, [0]).forward(seconds).astype("float32").ravel()
array([-1.,  0.,  1.], dtype=float32)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from autoenc.rows.blocks import Array

# A column must span at least this many steps between neighbouring numbers of its precision.
LEAST_STEPS = 1 << 12
# A column that spans at most this many steps of float64 is constant up to rounding.
ROUNDING_STEPS = 1 << 6
# Columns whose values are all smaller would be lost: on many machines, float32 treats numbers
# below 1e-38 as 0, and in float64 the squares of numbers below 1e-154 are 0.
LEAST_VALUE = {"float32": 1e-34, "float64": 1e-150}
# The inverses of smaller numbers are beyond the range of float64.
LEAST_SCALABLE = 1e-300


@dataclass(frozen=True)
class ColumnScaling:
    """Scale columns: scaled = (value − offset) · factor, in float64.

    Attributes
    ----------
    kind : {"minmax", "centred"}
        Whether columns are scaled to [0, 1] and clipped to it, or only centred.
    offset : float64 array, (columns,)
    factor : float64 array, (columns,)
        1 for a column that is only centred, unless its values are tiny.
    """

    kind: str
    offset: Array
    factor: Array

    @classmethod
    def minmax(cls, values: Array) -> Self:
        """Scale each column to [0, 1].

        Parameters
        ----------
        values : float array, (rows, columns)
            Rows that a model is trained on. Missing values, NaN, are ignored.

        Raises
        ------
        ValueError
            If float64 cannot represent the range of a column, or its reciprocal.

        Examples
        --------
        >>> ages = np.array([[20.0], [30.0], [60.0]])
        >>> ColumnScaling.minmax(ages).forward(ages).ravel()
        array([0.  , 0.25, 1.  ])
        """
        # The annotations of the reductions of NumPy differ between versions.
        fmin: Any = np.fmin
        fmax: Any = np.fmax
        low = fmin.reduce(values, axis=0).astype(np.float64)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            span = fmax.reduce(values, axis=0) - low
            factor = 1 / np.where(span > 0, span, 1)
        bad = np.flatnonzero(~np.isfinite(factor) | (factor == 0))
        if len(bad):
            raise ValueError(
                f"column {bad[0]} (from 0) has a range of {span[bad[0]]:g}, which cannot be "
                "scaled to [0, 1] in float64; change its unit, or leave the column out."
            )
        # Columns without observed values stay as they are; training refuses them by name.
        return cls("minmax", np.where(np.isnan(low), 0, low), factor)

    @classmethod
    def centring(cls, values: Array, columns: Sequence[int], tiny: Sequence[int] = ()) -> Self:
        """Subtract the middle of the range of some columns.

        Parameters
        ----------
        values : array, (rows, columns)
            Rows that a model is trained on. Missing values, NaN, are ignored.
        columns : sequence of int
            Columns to centre; the others are not changed.
        tiny : sequence of int
            Columns that are also divided by their width.

        Examples
        --------
        >>> masses = np.array([[1e-50], [2e-50], [3e-50]])
        >>> ColumnScaling.centring(masses, [0], tiny=[0]).forward(masses).ravel().round(3)
        array([-0.5,  0. ,  0.5])
        """
        fmin: Any = np.fmin
        fmax: Any = np.fmax
        offset, factor = np.zeros(values.shape[1]), np.ones(values.shape[1])
        for column in columns:
            own = values[:, column].astype(np.float64)
            low, high = fmin.reduce(own), fmax.reduce(own)
            offset[column] = low + (high - low) / 2
            if column in tiny:
                factor[column] = 1 / ((high - low) or abs(high))
        return cls("centred", offset, factor)

    def forward(self, values: Array) -> Array:
        """Return scaled rows.

        Parameters
        ----------
        values : array, (rows, columns)
            Rows in the units of the data.

        Returns
        -------
        float64 array, (rows, columns)
            Scaled rows. With ``"minmax"``, values are clipped to [0, 1]. Infinity and NaN are
            kept.
        """
        scaled = self._free(values)
        if self.kind == "minmax":
            scaled = np.where(np.isinf(values), values, np.clip(scaled, 0, 1))
        return scaled

    def backward(self, scaled: Array) -> Array:
        """Return rows in the units of the data, as float64."""
        values: Array = scaled / self.factor + self.offset
        return values

    def outside(self, values: Array) -> Array:
        """Return which values `forward` clips, (rows, columns) of bool; rounding is ignored."""
        if self.kind != "minmax":
            return np.zeros(np.shape(values), bool)
        scaled = self._free(values)
        # The tolerance is relative to the range of the column.
        outside: Array = (scaled < -1e-6) | (scaled > 1 + 1e-6)
        return outside

    def clipped(self, n: int, n_values: int) -> str:
        """Describe how many values are clipped."""
        return (
            f"{n:,} of {n_values:,} values are outside the range of the training data and were "
            "clipped to it"
        )

    def needs_float64(self, dtype: str) -> bool:
        """Return whether rows in the units of the data lose information in this precision."""
        width = (
            1 / self.factor if self.kind == "minmax" else np.where(self.offset, 0, 1 / self.factor)
        )
        largest = np.abs(self.offset) + width
        if (largest > np.finfo(dtype).max).any():
            return True
        steps = np.spacing(largest.astype(dtype)).astype(np.float64)
        return bool((width < LEAST_STEPS * steps).any())

    def to_dict(self) -> dict[str, Any]:
        """Return the scaling in a form that JSON can store: the argument of `from_dict`."""
        return {"kind": self.kind, "offset": self.offset.tolist(), "factor": self.factor.tolist()}

    @classmethod
    def from_dict(cls, described: Mapping[str, Any]) -> Self:
        """Return the scaling that `to_dict` described."""
        offset, factor = (np.array(described[key], np.float64) for key in ("offset", "factor"))
        return cls(described["kind"], offset, factor)

    def _free(self, values: Array) -> Array:
        # Numbers beyond the range of float64 become infinite, and are clipped or refused.
        with np.errstate(over="ignore", invalid="ignore"):
            scaled: Array = (values - self.offset) * self.factor
        return scaled


def is_tiny(low: Array, high: Array, dtype: str) -> Array:
    """Return which columns have only values too small for a precision, (columns,) of bool.

    Examples
    --------
    >>> low, high = np.array([-1e-50, 0.0, 0.0]), np.array([3e-50, 1e-50, 1.0])
    >>> is_tiny(low, high, "float32"), is_tiny(low, high, "float64")
    (array([ True,  True, False]), array([False, False, False]))
    """
    largest = np.fmax(np.abs(low), np.abs(high))
    # Comparisons with NaN, where nothing is observed, are false.
    tiny: Array = (largest > 0) & (largest < LEAST_VALUE[dtype])
    return tiny


def is_lost(low: Array, high: Array, width: Array, dtype: str) -> Array:
    """Return which columns have a spread that a precision cannot represent.

    Parameters
    ----------
    low, high : float64 array, (columns,)
        Range of each column.
    width : float64 array, (columns,)
        High − low, computed before any cast.
    dtype : {"float32", "float64"}
        Dtype to which rows are cast.

    Returns
    -------
    array of bool, (columns,)
        True for columns whose values differ but span fewer than `LEAST_STEPS` steps between
        neighbouring numbers. A column that is constant up to the rounding of float64 is not lost
        in float32.

    Examples
    --------
    >>> low, high = np.array([1e9, 0.0]), np.array([1e9 + 2, 1.0])
    >>> is_lost(low, high, high - low, "float32")
    array([ True, False])
    """
    largest = np.fmax(np.abs(low), np.abs(high))
    held = np.isfinite(largest) & (largest <= np.finfo(dtype).max) & np.isfinite(width)
    largest, width = np.where(held, largest, 1), np.where(held, width, 0)
    steps = np.spacing(largest.astype(dtype)).astype(np.float64)
    noise = ROUNDING_STEPS * np.spacing(largest) if dtype == "float32" else 0
    lost: Array = (width > noise) & (width < LEAST_STEPS * steps)
    return lost
