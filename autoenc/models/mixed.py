"""Initial values of a model of columns of different kinds: scales, biases, frequencies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autoenc.graph import Groups
from autoenc.models.symbolic import moments
from autoenc.rows.blocks import Array, Rows
from autoenc.rows.encoding import Encoding
from autoenc.rows.robust import robust_moments

# Minimum number of rows for the frequency whose logarithm is the initial bias.
LEAST_COUNT = 0.5
# Inverse hyperbolic sine of 1; that of 0 is 0.
OF_ONE = float(np.arcsinh(1.0))


def moments_of(encoding: Encoding, rows: Rows, weights: Array | None = None) -> dict[str, Array]:
    """Compute the moments that standardise entries: ``mean`` and ``scale``, (entries,).

    The mean of the entry of a value is its frequency; see `scales_of` for the scale.

    Parameters
    ----------
    encoding : Encoding
    rows : rows, (rows, entries)
        NaN where an entry is missing.
    weights : array, (rows,), optional
        Weight of each row.
    """
    mean, scale = moments(rows, weights)
    return {"mean": mean, "scale": scales_of(encoding, mean, scale)}


def robust_moments_of(encoding: Encoding, rows: Array) -> dict[str, Array]:
    """Find the moments that scale numbers robustly, and entries of categories like `moments_of`.

    With center 0 and spread 1, the scaled value (asinh((x − center) / spread) − shift) / stretch
    equals (x − mean) / scale if x is 0 or 1.

    Parameters
    ----------
    encoding : Encoding
    rows : array, (rows, entries)
        NaN where an entry is missing.

    Returns
    -------
    dict from name to float64 array, (entries,)
        ``center``, ``spread``, ``shift`` and ``stretch``.

    Examples
    --------
    >>> from autoenc.rows.encoding import CategoryColumn
    >>> encoding = Encoding((CategoryColumn("sex", ("f", "m")),))
    >>> found = robust_moments_of(encoding, np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    >>> frequencies_of(found).round(4)
    array([0.6667, 0.3333])
    """
    is_category = np.repeat(encoding.sizes, [max(size, 1) for size in encoding.sizes]) > 0
    found = {"center": np.zeros(len(is_category)), "spread": np.ones(len(is_category))}
    standard = moments_of(encoding, np.asarray(rows, np.float64))
    found |= {"shift": standard["mean"] * OF_ONE, "stretch": standard["scale"] * OF_ONE}
    for name, array in robust_moments(rows[:, ~is_category]).items():
        found[name][~is_category] = array
    return found


def frequencies_of(moments: Mapping[str, Array]) -> Array:
    """Return the frequencies of the values of categories, (entries,), from their moments."""
    frequencies: Array = moments["shift"] / moments["shift"].dtype.type(OF_ONE)
    return frequencies


def at_most_the_rarest(encoding: Encoding, frequencies: Array) -> Array:
    """Return frequencies in which the entry for rare values has the frequency of the rarest value.

    Each value without an entry of its own is in fewer rows than the rarest of the others, however
    frequent all of them together are.

    Parameters
    ----------
    encoding : Encoding
    frequencies : array, (entries,)
        Frequencies of the values of categories.
    """
    found = frequencies.copy()
    for column, entries in zip(encoding.columns, encoding.slices, strict=True):
        if getattr(column, "other", False):
            found[entries.stop - 1] = found[entries].min()
    return found


def groups_of(encoding: Encoding, arrays: Mapping[str, Array]) -> Groups:
    """Return the groups of entries of a fitted model.

    Parameters
    ----------
    encoding : Encoding
    arrays : mapping from name to array
        ``mean`` contains the frequencies of the values of categories.
    """
    return Groups.of(encoding.sizes, encoding.weights(arrays["mean"]))


def scales_of(encoding: Encoding, mean: Array, scale: Array) -> Array:
    """Return divisors of entries that give each column the same variance.

    Entries of a category are divided by the root of their total variance, 1 − Σp².

    Parameters
    ----------
    encoding : Encoding
    mean, scale : array, (entries,)
        Moments of each entry.

    Examples
    --------
    >>> from autoenc.rows.encoding import CategoryColumn, NumberColumn
    >>> encoding = Encoding((NumberColumn("age"), CategoryColumn("sex", ("f", "m"))))
    >>> scales_of(encoding, np.array([40.0, 0.5, 0.5]), np.array([9.0, 0.5, 0.5])).round(4)
    array([9.    , 0.7071, 0.7071])
    """
    found = scale.copy()
    for size, entries in zip(encoding.sizes, encoding.slices, strict=True):
        if size:
            variance = 1 - float(np.square(mean[entries], dtype=np.float64).sum())
            # The variance of a column with a single value is 0.
            found[entries] = np.sqrt(variance) if variance > np.finfo(scale.dtype).eps else 1
    return found


def start_of(encoding: Encoding, arrays: Mapping[str, Array], n_rows: int) -> dict[str, Array]:
    """Return initial parameters whose reconstruction is the mean and the frequencies.

    Parameters
    ----------
    encoding : Encoding
    arrays : mapping from name to array
        Drawn parameters, ``mean`` and ``scale``.
    n_rows : int
        Number of rows from which the frequencies were computed.
    """
    bias = arrays["visible_bias"].copy()
    for size, entries in zip(encoding.sizes, encoding.slices, strict=True):
        if size:
            bias[entries] = np.log(np.maximum(arrays["mean"][entries], LEAST_COUNT / n_rows))
    return {**arrays, "visible_bias": bias}
