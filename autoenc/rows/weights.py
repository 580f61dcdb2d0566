"""Weights of rows, checked and divided by their mean.

Training minimises the mean over rows of weight times cost. Rows with weight 0 are dropped, and
weights that are all equal have no effect.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autoenc.rows.blocks import Array
from autoenc.sources import refuse_masked


def check_weights(sample_weight: Any, n_rows: int, name: str = "sample_weight") -> Array | None:
    """Check the weights of rows.

    Parameters
    ----------
    sample_weight : array-like, (rows,), or None
        Finite numbers >= 0, of which at least one is above 0.
    n_rows : int
        Required number of weights.
    name : str
        Name of the data for messages.

    Returns
    -------
    float64 array, (rows,), or None
        The weights; None if none were given.

    Raises
    ------
    ValueError
        The message names the first invalid weight.

    Examples
    --------
    >>> check_weights([1, -2], 2)
    Traceback (most recent call last):
        ...
    ValueError: sample_weight has -2.0 at row 1; expected finite numbers >= 0.
    """
    if sample_weight is None:
        return None
    refuse_masked(sample_weight, name)
    try:
        weights = np.asarray(sample_weight)
        if weights.dtype.kind != "c":
            weights = weights.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} is {sample_weight!r:.80}; expected one number >= 0 for each row."
        ) from None
    if weights.dtype.kind == "c":
        raise ValueError(f"{name} has complex numbers; expected one number >= 0 for each row.")
    if weights.shape != (n_rows,):
        raise ValueError(
            f"{name} has shape {weights.shape}; expected ({n_rows},), one weight for each row "
            "(Sample weights must be 1D array or scalar)."
        )
    fits = np.isfinite(weights) & (weights >= 0)
    if not fits.all():
        row = int(np.argmin(fits))
        raise ValueError(f"{name} has {weights[row]} at row {row}; expected finite numbers >= 0.")
    if not weights.any():
        raise ValueError(f"{name} is zero for all {n_rows} rows; there is nothing to train on.")
    # Weights that are negligible relative to the largest one become 0.
    return np.where(weights / weights.max() > 0, weights, 0.0)


def normalised(weights: Array | None, dtype: str) -> Array | None:
    """Return weights with a mean of 1; None if they are all equal.

    >>> normalised(np.array([1.0, 3.0]), "float32")
    array([0.5, 1.5], dtype=float32)
    >>> normalised(np.array([5e307, 1.5e308]), "float32")
    array([0.5, 1.5], dtype=float32)
    """
    if weights is None or weights.min() == weights.max():
        return None
    # The sum of weights may overflow float64; the sum of their ratios does not.
    ratios = weights / weights.max()
    scaled: Array = (ratios / ratios.mean()).astype(dtype)
    return scaled
