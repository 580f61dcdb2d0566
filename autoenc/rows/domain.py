"""Contents of rows, and checks against the requirements and the training data of a model.

A model stores the range of each column and the dtype of its training data. Later rows are compared
with these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autoenc.rows.blocks import Array, Rows, SparseRows, slices
from autoenc.rows.refusals import (
    FAR,
    ROUNDING,
    Names,
    column_name,
    describe,
    describe_outside,
    refuse_far_outside,
    refuse_infinity,
    refuse_nan,
    refuse_outside,
    warn,
)
from autoenc.sources import Source, summarize


@dataclass(frozen=True)
class Domain:
    """Range and dtype of rows.

    Attributes
    ----------
    minimum, maximum : array, (columns,)
        Range of the observed values of each column; NaN if there are none.
    dtype : str
        Dtype of the original data.
    """

    minimum: Array
    maximum: Array
    dtype: str

    @property
    def lowest(self) -> Array:
        """Lowest value of each column that counts as 0, within rounding.

        Rounding is relative to the width of the column. For a column with a single value, it is
        relative to the widest column.
        """
        width = self.maximum - self.minimum
        lowest: Array = -ROUNDING * np.where(width > 0, width, np.fmax.reduce(width))
        return lowest

    @cached_property
    def in_unit_interval(self) -> bool:
        """Whether all values are in [0, 1], within rounding."""
        return self.is_within(self)

    def is_within(self, fitted: Domain | None) -> bool:
        """Return whether all values are in [0, 1], within the rounding of the training rows."""
        lowest = -ROUNDING if fitted is None else fitted.lowest
        # Comparisons with NaN, where nothing is observed, are false.
        return not ((self.minimum < lowest).any() or (self.maximum > 1 + ROUNDING).any())

    @property
    def near_unit_interval(self) -> bool:
        """Whether all values are less than `FAR` widths from [0, 1]."""
        return not ((self.minimum <= -FAR).any() or (self.maximum >= 1 + FAR).any())

    def widened(self, other: Domain) -> Domain:
        """Return the domain of these rows and others."""
        return Domain(
            np.fmin(self.minimum, other.minimum), np.fmax(self.maximum, other.maximum), self.dtype
        )


def domain_of(
    rows: Rows,
    *,
    source: Any = None,
    allow_nan: bool = False,
    names: Names = None,
    name: str = "X",
) -> Domain:
    """Find the range of each column; refuse infinity and, unless it is allowed, NaN.

    Parameters
    ----------
    rows : array or SparseRows, (rows, columns)
    source : array-like, optional
        Original data from which the rows were made.
    allow_nan : bool
        Whether NaN marks missing entries.
    names : sequence of str, optional
        Names of the columns.
    name : str
        Name of the data for messages.

    Raises
    ------
    ValueError
        Names the first offending value, its row and column, and how many there are.
    """
    low, high = _range_of_columns(rows, allow_nan)
    if np.isinf(low).any() or np.isinf(high).any():
        refuse_infinity(rows, source=source, names=names, name=name)
    if not allow_nan and np.isnan(low).any():
        refuse_nan(rows, names=names, name=name)
    given = rows if source is None or isinstance(rows, Source) else source
    return Domain(low, high, _dtype_of(given))


def check_unit_interval(
    rows: Rows,
    domain: Domain,
    fitted: Domain | None = None,
    *,
    names: Names = None,
    name: str = "X",
) -> None:
    """Refuse values outside [0, 1], for cross-entropy.

    Parameters
    ----------
    rows : array or SparseRows, (rows, columns)
    domain : Domain
        Domain of the rows.
    fitted : Domain, optional
        Domain of the training data, whose width determines the tolerance for rounding; by default
        that of the rows.
    names, name
        As for `domain_of`.

    Raises
    ------
    ValueError
        Names the first offending value, its row and column, and how many there are.

    Examples
    --------
    >>> rows = np.array([[0.5, 255.0]])
    >>> check_unit_interval(rows, domain_of(rows))
    Traceback (most recent call last):
        ...
    ValueError: X has 255.0 at row 0, column 1 (1 of 2 values is outside [0, 1]). ...
    """
    fitted = fitted or domain
    if not domain.is_within(fitted):
        refuse_outside(rows, fitted.lowest, names=names, name=name)


def check_near_unit_interval(
    rows: Rows,
    domain: Domain,
    fitted: Domain | None = None,
    *,
    names: Names = None,
    name: str = "X",
) -> None:
    """Refuse values a hundred widths from [0, 1], and warn of other values outside.

    This check is for codes and reconstructions, which need no cost: a sigmoid accepts any number,
    and later rows are often outside the range on which a scaler was fitted. Values much further
    away were scaled differently.

    Parameters
    ----------
    rows, domain, fitted, names, name
        As for `check_unit_interval`.

    Warns
    -----
    DomainWarning
        If values are outside; states the number of values and rows, and the most distant value.

    Raises
    ------
    ValueError
        If values are too far away; names the first one, its row and column, and their number.

    Examples
    --------
    >>> import warnings
    >>> rows = np.array([[0.5, 1.25]])
    >>> with warnings.catch_warnings(record=True, action="always") as found:
    ...     check_near_unit_interval(rows, domain_of(rows))
    >>> print(found[0].message)
    X has 1 of 2 values, in 1 of 1 rows, outside [0, 1]; the furthest is 1.25 at row 0, ...
    """
    fitted = fitted or domain
    if domain.is_within(fitted):
        return
    if not domain.near_unit_interval:
        refuse_far_outside(rows, names=names, name=name)
    found = describe_outside(rows, fitted.lowest, names=names, name=name)
    warn(
        f"{found} The model was fitted on values in [0, 1]; its results for other values are "
        "extrapolated, and they have no cost. Scale as before fitting; scikit-learn's "
        "MinMaxScaler(clip=True) keeps new rows inside."
    )


def check_observed(domain: Domain, *, names: Names = None) -> None:
    """Refuse columns without observed values.

    Raises
    ------
    ValueError
    """
    if np.isnan(domain.minimum).any():
        column = int(np.argmax(np.isnan(domain.minimum)))
        raise ValueError(
            f"X has no observed value in {column_name(column, names)}, so there is nothing to "
            "learn from it; leave the column out."
        )


def compare(
    rows: Rows,
    domain: Domain,
    fitted: Domain,
    *,
    by_column: bool,
    names: Names = None,
    name: str = "X",
) -> None:
    """Warn of values far from the training data, and of data that was scaled differently.

    A value is far if its distance from the range of the column exceeds the width of the range. For
    a column with a single value, the distance of this value from zero, or 1, takes the place of
    the width. Unless columns have separate units (`by_column`), for example because they are
    standardised, a value within the range of other columns is not far.

    Warns
    -----
    DomainWarning
    """
    low, high = _far_bounds(fitted, by_column)
    if (domain.minimum < low).any() or (domain.maximum > high).any():
        text = describe(
            rows, lambda X: (low > X) | (high < X), "far outside the range of the training data",
            names=names, name=name,
        )  # fmt: skip
        warn(
            f"{text} The model's results for them are extrapolated; look at `data_min_` and "
            "`data_max_`, and scale as before fitting."
        )
    elif domain.in_unit_interval and _may_be_divided(domain.dtype, fitted):
        warn(
            f"{name} is {domain.dtype} in [0, 1], but the model was fitted on {fitted.dtype} up "
            f"to {np.nanmax(fitted.maximum):g}; scale both in the same way."
        )


@dataclass(frozen=True)
class Bounds:
    """Bounds within which rows can be accepted after a single pass over them.

    If a value is outside or not finite, `domain_of` and the checks examine all rows.

    Attributes
    ----------
    low, high : float or array, (columns,)
        Bounds of all values, or of the values of each column.
    from_zero : bool
        Whether values are probably not negative, which is then checked first.
    asks_for_more : bool
        Whether rows whose values are all in [0, 1] also need the checks; not with `from_zero`.

    Examples
    --------
    >>> bounds = Bounds(np.array([0.0, 10.0]), np.array([1.0, 20.0]))
    >>> bounds.hold(np.array([[0.5, 15.0]])), bounds.hold(np.array([[15.0, 0.5]]))
    (True, False)
    """

    low: Array | float
    high: Array | float
    from_zero: bool = False
    asks_for_more: bool = False

    def hold(self, rows: Array, *, allow_nan: bool = False) -> bool:
        """Return whether all values of dense rows are within the bounds, or are allowed NaN."""
        low, high = self._of_all_columns
        if self.from_zero and _are_from_zero_to(rows, high):
            return True
        return all(self._hold(few, low, high, allow_nan) for few in slices(rows))

    @cached_property
    def _of_all_columns(self) -> tuple[Any, Any]:
        """Bounds of all values, which are within the bounds of each column."""
        return np.max(self.low), np.min(self.high)

    def _hold(self, rows: Array, low: Any, high: Any, allow_nan: bool) -> bool:
        least, greatest = _extremes(rows, allow_nan, axis=None)
        if not (np.isfinite(least) and np.isfinite(greatest)):
            return False
        if self.asks_for_more and least >= -ROUNDING and greatest <= 1 + ROUNDING:
            return False
        if low <= least and greatest <= high:
            return True
        least, greatest = _extremes(rows, allow_nan, axis=0)
        return not ((least < self.low).any() or (greatest > self.high).any())


FINITE = Bounds(-np.inf, np.inf)


def unit_bounds(fitted: Domain | None) -> Bounds:
    """Return the bounds of [0, 1], with the rounding of the training rows."""
    lowest = -ROUNDING if fitted is None else fitted.lowest
    return Bounds(lowest, 1 + ROUNDING, from_zero=True)


def bounds_around(fitted: Domain, source: Any, *, by_column: bool) -> Bounds:
    """Return the bounds within which `compare` does not warn of rows made from `source`."""
    low, high = _far_bounds(fitted, by_column)
    if _may_be_divided(_dtype_of(source), fitted):
        return Bounds(low, high, asks_for_more=True)
    return Bounds(low, high, from_zero=bool(np.max(low) <= 0 <= np.nanmin(fitted.minimum)))


def _far_bounds(fitted: Domain, by_column: bool) -> tuple[Array, Array]:
    width = fitted.maximum - fitted.minimum
    width = np.where(width > 0, width, np.maximum(np.abs(fitted.maximum), 1))
    low, high = fitted.minimum - width, fitted.maximum + width
    if by_column:
        return low, high
    return np.minimum(low, np.nanmin(fitted.minimum)), np.maximum(high, np.nanmax(fitted.maximum))


def _may_be_divided(dtype: str, fitted: Domain) -> bool:
    """Return whether rows in [0, 1] may be bytes divided by 255, if bytes were fitted on."""
    whole = np.dtype(fitted.dtype).kind in "iu" if _is_dtype(fitted.dtype) else False
    fractions = _is_dtype(dtype) and np.dtype(dtype).kind == "f"
    return bool(whole and fractions and np.nanmax(fitted.maximum) >= 100)


def _is_dtype(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True


def _dtype_of(X: Any) -> str:
    if isinstance(X, Source):
        return str(X.stored.dtype)
    if hasattr(X, "dtypes"):  # a frame, of pandas or polars
        dtypes = {str(dtype).lower() for dtype in X.dtypes}
        return dtypes.pop() if len(dtypes) == 1 else "mixed"
    return str(X.dtype) if hasattr(X, "dtype") else str(np.asarray(X).dtype)


def _range_of_columns(rows: Rows, allow_nan: bool) -> tuple[Array, Array]:
    if isinstance(rows, Source):
        return _range_of_source(rows, allow_nan)
    if isinstance(rows, SparseRows):
        from sklearn.utils.sparsefuncs import min_max_axis

        low, high = min_max_axis(rows.matrix, axis=0, ignore_nan=allow_nan)
        return np.asarray(low), np.asarray(high)
    minimum, maximum = _lesser_and_greater(allow_nan)
    low = high = rows[0]
    for few in slices(rows):
        low = minimum(low, minimum.reduce(few, axis=0))
        high = maximum(high, maximum.reduce(few, axis=0))
    return low, high


def _range_of_source(rows: Source, allow_nan: bool) -> tuple[Array, Array]:
    """Return the range of each column; it is stored if rows are in a file."""
    summary = summarize(rows.stored)
    low, high = summary.minimum, summary.maximum
    if summary.n_nan and not allow_nan:
        low = np.full_like(low, np.nan)
    with np.errstate(over="ignore"):  # numbers beyond float32 become infinite
        return low.astype(rows.dtype), high.astype(rows.dtype)


def _are_from_zero_to(rows: Array, high: Any) -> bool:
    """Return whether all values are finite, not negative, and not above a bound.

    The bits of such floats, read as unsigned integers, have the same order, and those of all other
    floats are larger. A single pass is enough, whereas minimum and maximum take two.
    """
    bits = f"u{rows.itemsize}"
    highest = np.minimum(high, np.finfo(rows.dtype).max).astype(rows.dtype)
    return bool(np.max(rows.view(bits)) <= highest.view(bits))


def _extremes(rows: Array, allow_nan: bool, axis: int | None) -> tuple[Any, Any]:
    """Return minimum and maximum. If there is NaN, they are NaN, unless NaN is allowed."""
    minimum, maximum = _lesser_and_greater(allow_nan)
    return minimum.reduce(rows, axis=axis), maximum.reduce(rows, axis=axis)


def _lesser_and_greater(allow_nan: bool) -> tuple[Any, Any]:
    return (np.fmin, np.fmax) if allow_nan else (np.minimum, np.maximum)
