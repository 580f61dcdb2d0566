"""Limits of columns: values that no row can exceed.

The minimum of a column is either accidental or a limit, such as 0 for a count, an amount or a
flag, or 1 on a rating scale. If it is a limit, several rows share it. Moving a reconstruction from
beyond a limit to the limit brings it closer to every possible value.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autoenc.rows.blocks import Array, Rows, parts
from autoenc.rows.domain import Domain

# Minimum number of rows with the lowest value of a column for it to be a limit. In a small table
# of rounded values, two or three rows share it by chance.
LEAST_ROWS = 5


def limits_of(rows: Rows, weights: Array | None = None) -> tuple[Array, Array]:
    """Find the limits of columns: the minimum and the maximum, if five rows share it.

    Parameters
    ----------
    rows : rows, (rows, columns)
        Rows; NaN marks missing entries.
    weights : array, (rows,), optional
        Weights; rows of weight 0 are ignored.

    Returns
    -------
    lower, upper : array, (columns,)
        Infinite for columns without a limit.

    Examples
    --------
    >>> rows = np.array([[0.0, 3.0], [1.0, 7.0], [0.0, 4.0], [2.0, 7.0], [0.0, 7.0], [0.0, 7.0]])
    >>> limits_of(np.repeat(rows, 2, axis=0))
    (array([  0., -inf]), array([inf,  7.]))
    """
    lower = _lower(rows, weights, sign=1)
    return lower, -_lower(rows, weights, sign=-1)


def no_limits(n_columns: int, dtype: str) -> tuple[Array, Array]:
    """Return infinite limits, for columns without limits."""
    return np.full(n_columns, -np.inf, dtype), np.full(n_columns, np.inf, dtype)


def without_passed(arrays: Mapping[str, Array], domain: Domain) -> dict[str, Array]:
    """Return the arrays of a model, without limits that some values exceed.

    Parameters
    ----------
    arrays : mapping from name to array
        Arrays, with or without ``lower`` and ``upper``.
    domain : Domain
        Ranges of all rows that the model is trained on.
    """
    if "lower" not in arrays:
        return dict(arrays)
    lower, upper = arrays["lower"].copy(), arrays["upper"].copy()
    lower[domain.minimum < lower] = -np.inf
    upper[domain.maximum > upper] = np.inf
    return {**arrays, "lower": lower, "upper": upper}


def _lower(rows: Rows, weights: Array | None, sign: int) -> Array:
    """Return lower limits of the rows multiplied by the sign."""
    n_columns = rows.shape[1]
    least = np.full(n_columns, np.inf, rows.dtype)
    counts = np.zeros(n_columns, int)
    seen = 0
    for part in parts(rows):
        own = sign * (part if weights is None else part[weights[seen : seen + len(part)] > 0])
        seen += len(part)
        before, least = least, np.fmin(least, np.fmin.reduce(own, axis=0, initial=np.inf))
        counts = np.where(least < before, 0, counts) + (own == least).sum(axis=0)
    return np.where(counts >= LEAST_ROWS, least, -np.inf).astype(rows.dtype)
