"""What a model of columns of different kinds starts from: their scales, biases and groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autoenc.graph import Groups
from autoenc.rows.blocks import Array
from autoenc.rows.encoding import Encoding

# Least frequency whose logarithm a bias starts from, in rows.
LEAST_COUNT = 0.5


def groups_of(encoding: Encoding, arrays: Mapping[str, Array]) -> Groups:
    """Return the groups of entries of a fitted model.

    Parameters
    ----------
    encoding : Encoding
    arrays : mapping from name to array
        ``mean`` has the frequencies of values of categories.
    """
    return Groups.of(encoding.sizes, encoding.weights(arrays["mean"]))


def scales_of(encoding: Encoding, mean: Array, scale: Array) -> Array:
    """Return what entries are divided by, so that each column varies alike.

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
            # A column with one value does not vary.
            found[entries] = np.sqrt(variance) if variance > np.finfo(scale.dtype).eps else 1
    return found


def start_of(encoding: Encoding, arrays: Mapping[str, Array], n_rows: int) -> dict[str, Array]:
    """Return initial parameters whose reconstruction is the mean and the frequencies.

    Parameters
    ----------
    encoding : Encoding
    arrays : mapping from name to array
        Parameters as drawn, ``mean`` and ``scale``.
    n_rows : int
        Rows that the frequencies are of.
    """
    bias = arrays["visible_bias"].copy()
    for size, entries in zip(encoding.sizes, encoding.slices, strict=True):
        if size:
            bias[entries] = np.log(np.maximum(arrays["mean"][entries], LEAST_COUNT / n_rows))
    return {**arrays, "visible_bias": bias}
