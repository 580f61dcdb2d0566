"""Robust scaling of columns with outliers: median, quartiles, inverse hyperbolic sine.

>>> import numpy as np
>>> values = np.array([[1.0], [2.0], [3.0], [4.0], [1e6]])
>>> robust_moments(values)["center"]
array([3.])
"""

from __future__ import annotations

import numpy as np

from autoenc.rows.blocks import Array

# Distance between the quartiles, and between the first and last percentiles, of a normal
# distribution, in standard deviations.
QUARTILES, PERCENTILES = 1.349, 4.653
# If the spread from the quartiles is below this fraction of that from the percentiles, most values
# are equal.
LEAST_PART = 0.1


def robust_moments(values: Array) -> dict[str, Array]:
    """Compute moments that scale columns so that outliers have little weight.

    A value becomes (asinh((value − center) / spread) − shift) / stretch. This function is linear
    near the center and logarithmic far from it, so that a single huge value neither determines the
    scale of its column nor dominates a squared error. Scaled columns have mean 0 and variance 1.

    Parameters
    ----------
    values : array, (rows, columns)
        Finite values, or NaN for missing entries; each column has at least one finite value.

    Returns
    -------
    dict from name to float64 array, (columns,)
        ``center`` is the median. ``spread`` is the interquartile range divided by 1.349, which
        equals the standard deviation for normal values. If most values are almost equal, it is the
        distance between the first and last percentiles divided by 4.653 or, if these are equal,
        the standard deviation. ``shift`` and ``stretch`` are the mean and the standard deviation
        of asinh((value − center) / spread). ``spread`` and ``stretch`` of constant columns are 1.

    Examples
    --------
    >>> values = np.random.default_rng(0).standard_t(1, (1000, 1))
    >>> z = robust_forward(values, **robust_moments(values))
    >>> bool(abs(values).max() > 100), bool(abs(z).max() < 6)
    (True, True)
    """
    x = np.asarray(values, np.float64)
    # NumPy's percentiles that ignore NaN loop over the columns in Python.
    percentile = np.nanpercentile if np.isnan(x).any() else np.percentile
    first, low, center, high, last = percentile(x, [1, 25, 50, 75, 99], axis=0)
    spread, wide = (high - low) / QUARTILES, (last - first) / PERCENTILES
    spread = np.where(spread > LEAST_PART * wide, spread, wide)
    spread = _positive(np.where(spread > 0, spread, np.nanstd(x, axis=0)))
    z = np.arcsinh((x - center) / spread)
    shift, stretch = np.nanmean(z, axis=0), _positive(np.nanstd(z, axis=0))
    return {"center": center, "spread": spread, "shift": shift, "stretch": stretch}


def robust_forward(
    values: Array, center: Array, spread: Array, shift: Array, stretch: Array
) -> Array:
    """Apply the moments of `robust_moments`, (rows, columns)."""
    z: Array = (np.arcsinh((values - center) / spread) - shift) / stretch
    return z


def _positive(scale: Array) -> Array:
    """Return 1 in place of a scale that is 0, or 0 up to rounding."""
    return np.where(scale > np.finfo(np.float32).tiny, scale, 1.0)
