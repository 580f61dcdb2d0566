"""What data an estimator takes: refused with row, column and value otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_domain(X: np.ndarray[Any, Any], *, unit_interval: bool, name: str = "X") -> None:
    """Refuse NaN, infinity and, for cross-entropy, what is outside [0, 1].

    Parameters
    ----------
    X : float array, (rows, columns)
        The data.
    unit_interval : bool
        Whether values must be in [0, 1].
    name : str
        What the message calls it.

    Raises
    ------
    ValueError
        Names the first offending value, its row and column, and how many there are.

    Examples
    --------
    >>> check_domain(np.array([[0.5, 255.0]]), unit_interval=True)
    Traceback (most recent call last):
        ...
    ValueError: X has 255.0 at row 0, column 1 (1 of 2 values is outside [0, 1]). ...
    """
    if X.size == 0:
        return
    # Minimum and maximum need no array of their own and pass NaN on.
    low, high = X.min(), X.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(
            f"{_first(X, ~np.isfinite(X), name, 'not finite')} Remove such rows, or fill "
            "them in, with scikit-learn's SimpleImputer for instance."
        )
    if unit_interval and (low < 0 or high > 1):
        raise ValueError(
            f"{_first(X, (X < 0) | (X > 1), name, 'outside [0, 1]')} Cross-entropy needs "
            "values in [0, 1]: divide bytes by 255, scale columns with scikit-learn's "
            "MinMaxScaler(clip=True), or use cost='squared_error'."
        )


def _first(X: np.ndarray[Any, Any], offending: np.ndarray[Any, Any], name: str, what: str) -> str:
    row, column = np.unravel_index(int(np.argmax(offending)), X.shape)
    count = int(offending.sum())
    verb = "is" if count == 1 else "are"
    return (
        f"{name} has {X[row, column].item()} at row {row}, column {column} "
        f"({count:,} of {X.size:,} values {verb} {what})."
    )
