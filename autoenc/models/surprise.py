"""Rarity of values: −log of their frequency, separately for each column.

Numbers are counted in cells. The value of a category is given as its frequency or its probability.

>>> import numpy as np
>>> values = np.array([[0.0], [0.1], [0.2], [1.0]])
>>> surprise = Surprise.of(values, n_bins=2)
>>> surprise.entries(np.array([[0.1], [0.9], [7.0]])).round(2).ravel()
array([0.65, 1.43, 2.3 ])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from autoenc.rows.blocks import Array

# Minimum width of a cell, for columns in comparable units, so that rounding does not matter.
LEAST_WIDTH = 1e-4
# Minimum standard deviation of a category, in nats; that of a normal distribution is 0.7.
LEAST_DEVIATION = 0.25
PARTS = ("low", "width", "frequency", "mean", "weight")


@dataclass(frozen=True)
class Surprise:
    """Surprise of values: −log of their frequency, from a frequency polygon of each column.

    The frequency of a cell with c of n values is (c + ½) / (n + ½·cells). An empty cell precedes
    the first and another follows the last. Frequencies are interpolated between the centres of
    cells, and constant beyond the empty cells. The surprise is therefore continuous, and no value,
    however far away, contributes more than log(2n + cells).

    For a category of k values, the surprise is computed from the probability q of a value: the
    fraction of n rows with this value, or its probability given the other columns. The frequency
    is (n·q + ½) / (n + ½·k), as for a cell with n·q values. This is a polygon whose cells lie on a
    straight line from q = 0 to 1. A value that occurs in no row contributes log(2n + k). Numbers
    and categories are therefore both in nats, and have the same bound.

    Parameters
    ----------
    low, width : float64 array, (columns,)
        Start of the cells of a column, and width of each cell; in units of q for a category.
    frequency : float64 array, (columns, cells + 2)
        Frequency of each cell, including the empty cells at both ends.
    mean : float64 array, (columns,)
        Value that is subtracted from −log of the frequency, in nats.
    weight : float64 array, (columns,)
        Factor of the difference.

    References
    ----------
    D. W. Scott (1985). Frequency polygons: theory and application. Journal of the American
    Statistical Association 80.
    """

    low: Array
    width: Array
    frequency: Array
    mean: Array
    weight: Array

    @classmethod
    def of(cls, values: Array, n_bins: int, sizes: Sequence[int] | None = None) -> Self:
        """Count values in cells of equal width.

        Parameters
        ----------
        values : array, (rows, columns)
            Values of the training data; NaN is ignored.
        n_bins : int
            Number of cells of each column.
        sizes : sequence of int, (columns,), optional
            Number of values of each category, whose entries in `values` are probabilities; 0 for
            numbers.

        Returns
        -------
        Surprise
            Surprise in nats, with mean 0 and weight 1.
        """
        x = np.asarray(values, np.float64)
        least, most = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
        width = np.maximum((most - least) / n_bins, LEAST_WIDTH)
        # Equals `least`, except for columns that are almost constant, which lie in the middle.
        low = (least + most - n_bins * width) / 2
        n_columns, observed = x.shape[1], ~np.isnan(x)
        numbers = np.clip((np.where(observed, x, low) - low) / width, 0, n_bins - 1).astype(
            np.intp
        )
        numbers += 1 + np.arange(n_columns) * (n_bins + 2)
        counts = np.bincount(numbers[observed], minlength=n_columns * (n_bins + 2))
        n = observed.sum(axis=0)[:, None]
        frequency = (counts.reshape(n_columns, -1) + 0.5) / (n + 0.5 * n_bins)
        if sizes is not None:
            k, q = np.asarray(sizes)[:, None], np.linspace(0, 1, n_bins + 2)
            frequency = np.where(k > 0, (n * q + 0.5) / (n + 0.5 * k), frequency)
            width = np.where(k[:, 0] > 0, q[1], width)
            low = np.where(k[:, 0] > 0, q[1] / 2, low)
        return cls(low, width, frequency, np.zeros(n_columns), np.ones(n_columns))

    def entries(self, values: Array) -> Array:
        """Return weight·(−log frequency − mean) of each value.

        Parameters
        ----------
        values : array, (rows, columns)
            Values of which to compute the surprise.

        Returns
        -------
        float64 array, (rows, columns)
            Surprises; 0 where a value is NaN.
        """
        x = np.asarray(values, np.float64)
        last = self.frequency.shape[1] - 1
        with np.errstate(over="ignore"):
            place = np.clip((x - self.low) / self.width + 0.5, 0, last)
        missing = np.isnan(place)
        place[missing] = 0
        cell = np.minimum(place.astype(np.intp), last - 1)
        columns, part = np.arange(x.shape[1]), place - cell
        before, after = self.frequency[columns, cell], self.frequency[columns, cell + 1]
        surprise: Array = self.weight * (-np.log(before + part * (after - before)) - self.mean)
        surprise[missing] = 0
        return surprise

    def standardised(
        self, values: Array, weight: float = 1.0, sizes: Sequence[int] | None = None
    ) -> Self:
        """Return the surprise in units of its standard deviation over rows.

        Numbers and categories are standardised separately. The sum over the columns of a kind gets
        a fraction of the variance that equals the kind's fraction of the columns, as if all
        columns were independent with equal variances. Otherwise many interdependent numbers would
        dominate a category.

        Parameters
        ----------
        values : array, (rows, columns)
            Values of the training data. For these, the result has mean 0 in each column, and sums
            over the columns of a kind have standard deviation weight·√(columns of the kind /
            columns).
        weight : float
            Factor.
        sizes : sequence of int, (columns,), optional
            As for `of`. The standard deviation for categories is bounded below by ¼ nat ·
            √columns, because it would be 0 for values that are all equally frequent.

        Returns
        -------
        Surprise
            The same frequencies with another mean and weight.
        """
        entries = self.entries(values)
        observed = ~np.isnan(values)
        mean = entries.sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
        deviations, factor = np.where(observed, entries - mean, 0), np.empty_like(mean)
        of_categories = np.zeros(len(mean), bool) if sizes is None else np.asarray(sizes) > 0
        for own, least in ((~of_categories, 0), (of_categories, LEAST_DEVIATION)):
            deviation = max((deviations * own).sum(axis=1).std(), least * np.sqrt(own.sum()))
            part = weight * np.sqrt(own.mean())
            factor[own] = part / (deviation if deviation > LEAST_WIDTH else 1.0)
        return replace(self, mean=mean, weight=factor)

    def arrays(self, prefix: str, dtype: str) -> dict[str, Array]:
        """Return the arrays by their names in model files.

        Parameters
        ----------
        prefix : str
            Prefix of the names.
        dtype : str
            Precision of the arrays.

        Returns
        -------
        dict of str to array
            Such as ``value_low`` for the prefix ``"value"``.
        """
        return {f"{prefix}_{part}": getattr(self, part).astype(dtype) for part in PARTS}

    @classmethod
    def from_arrays(cls, prefix: str, arrays: Mapping[str, Any]) -> Self:
        """Restore the result of `arrays`.

        Parameters
        ----------
        prefix : str
            Prefix of the names.
        arrays : mapping from str to array
            The arrays, possibly among others.

        Returns
        -------
        Surprise
            Surprise with the numbers of the arrays, as float64.
        """
        return cls(*(np.asarray(arrays[f"{prefix}_{part}"], np.float64) for part in PARTS))
