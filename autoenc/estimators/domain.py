"""What data an estimator takes: refused with row, column and value otherwise.

What it was fitted on, the range of each column and the dtype, is kept, and what it is used
on later is compared with that.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from autoenc.analysis.fitted import ROUNDING, DomainWarning
from autoenc.estimators.rows import Array, Rows, SparseRows, parts

# Integers beyond this are not all different in float32.
LARGEST_INTEGER = 1 << 24
# So many widths from [0, 1] are bytes, or another mistake. Closer, it may be a scaler's: a pixel
# that was black, or nearly so, in all rows that MinMaxScaler has seen is sixteen in sixteenths.
FAR = 100
UNIT_ADVICE = (
    "Cross-entropy needs values in [0, 1]: divide bytes by 255, scale columns with "
    "scikit-learn's MinMaxScaler(clip=True), or use cost='squared_error'."
)

Names = Sequence[str] | None


@dataclass(frozen=True)
class Domain:
    """What rows hold.

    Attributes
    ----------
    minimum, maximum : array, (columns,)
        Range of each column, of what is observed; NaN where nothing is.
    dtype : str
        Of the data as it was given.
    """

    minimum: Array
    maximum: Array
    dtype: str

    @property
    def in_unit_interval(self) -> bool:
        """Whether all values are in [0, 1], but for rounding."""
        # Comparisons with NaN, where nothing is observed, are false.
        return not ((self.minimum < -ROUNDING).any() or (self.maximum > 1 + ROUNDING).any())

    @property
    def near_unit_interval(self) -> bool:
        """Whether all values are less than `FAR` widths from [0, 1]."""
        return not ((self.minimum <= -FAR).any() or (self.maximum >= 1 + FAR).any())

    def widened(self, other: Domain) -> Domain:
        """Give the domain of these rows and others."""
        return Domain(
            np.fmin(self.minimum, other.minimum), np.fmax(self.maximum, other.maximum), self.dtype
        )


def read_rows(estimator: Any, X: Any, *, dtype: str, reset: bool) -> Rows:
    """Read rows of numbers, in a C-contiguous array or a sparse matrix of this dtype.

    Parameters
    ----------
    estimator : BaseEstimator
        Whose number and names of columns are checked or, with `reset`, set.
    X : array-like, frame or sparse matrix, (rows, columns)
        What the caller has. Masked arrays have NaN where they are masked.
    dtype : {"float32", "float64"}
        Of the result.
    reset : bool
        Whether the estimator is being fitted.

    Raises
    ------
    ValueError, TypeError
        If there are no rows of numbers of the right width; says where.
    """
    if isinstance(X, np.ma.MaskedArray):
        X = np.ma.filled(X.astype(dtype), np.nan)
    if sparse.issparse(X):
        X = X.tocsr()
    _check_kinds(X, dtype)
    try:
        # What float32 cannot hold becomes infinite, and is refused as such.
        with np.errstate(over="ignore"):
            rows = validate_data(
                estimator,
                X,
                reset=reset,
                dtype=dtype,
                order="C",
                accept_sparse="csr",
                ensure_all_finite=False,
            )
    except (TypeError, ValueError) as error:
        _refuse_words(X, error)
        raise
    return SparseRows(rows) if sparse.issparse(rows) else np.ascontiguousarray(rows)


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
        What the rows were made from.
    allow_nan : bool
        Whether NaN stands for what is missing.
    names : sequence of str, optional
        Names of the columns.
    name : str
        What the message calls the data.

    Raises
    ------
    ValueError
        Names the first offending value, its row and column, and how many there are.
    """
    low, high = _extremes(rows, allow_nan)
    if np.isinf(low).any() or np.isinf(high).any():
        _refuse_infinity(rows, source, names, name)
    if not allow_nan and np.isnan(low).any():
        _refuse(
            rows, np.isnan, f"{name} has {{value}}", "not finite", names,
            "Remove such rows, fill them in, with scikit-learn's SimpleImputer for instance, or "
            "let an autoencoder leave them out: missing='mask'.",
        )  # fmt: skip
    return Domain(low, high, _dtype_of(rows if source is None else source))


def check_unit_interval(
    rows: Rows, domain: Domain, *, names: Names = None, name: str = "X"
) -> None:
    """Refuse what is outside [0, 1], for cross-entropy.

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
    if not domain.in_unit_interval:
        _refuse(
            rows, _outside, f"{name} has {{value}}", "outside [0, 1]", names, UNIT_ADVICE,
        )  # fmt: skip


def check_near_unit_interval(
    rows: Rows, domain: Domain, *, names: Names = None, name: str = "X"
) -> None:
    """Refuse what is a hundred widths from [0, 1], and warn of what is outside at all.

    This is for codes and reconstructions, which have no cost: a sigmoid takes any number, and
    rows that have come later are often outside the range of those that a scaler was fitted on.
    What is much further out was scaled otherwise.

    Warns
    -----
    DomainWarning
        Says how many values and rows there are, and which value is the furthest out.

    Raises
    ------
    ValueError
        Names the first value that far out, its row and column, and how many there are.

    Examples
    --------
    >>> rows = np.array([[0.5, 1.25]])
    >>> with warnings.catch_warnings(record=True, action="always") as found:
    ...     check_near_unit_interval(rows, domain_of(rows))
    >>> print(found[0].message)
    X has 1 of 2 values, in 1 of 1 rows, outside [0, 1]; the furthest is 1.25 at row 0, ...
    """
    if domain.in_unit_interval:
        return
    if not domain.near_unit_interval:
        _refuse(
            rows, lambda X: (X <= -FAR) | (X >= 1 + FAR), f"{name} has {{value}}",
            "far outside [0, 1]", names, UNIT_ADVICE,
        )  # fmt: skip
    warnings.warn(
        f"{name} has {_describe_outside(rows, names)} The model was fitted on values in [0, 1]; "
        "what it computes of others is extrapolated, and they have no cost. Scale as before "
        "fitting; scikit-learn's MinMaxScaler(clip=True) keeps new rows inside.",
        DomainWarning,
        stacklevel=5,
    )


def check_observed(domain: Domain, *, names: Names = None) -> None:
    """Refuse columns of which nothing is observed.

    Raises
    ------
    ValueError
    """
    if np.isnan(domain.minimum).any():
        column = int(np.argmax(np.isnan(domain.minimum)))
        raise ValueError(
            f"X has no observed value in {_column(column, names)}, so there is nothing to learn "
            "of it; leave the column out."
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
    """Warn of values far from those fitted on, and of data that was scaled otherwise.

    Far is further from the range of a column than the range is wide; where a column had
    one value only, than that value is from zero, or 1. Unless columns have units of their own
    (`by_column`), as where they are standardised, a value that other columns had is not far.

    Warns
    -----
    DomainWarning
    """
    low, high = _far_bounds(fitted, by_column)
    if (domain.minimum < low).any() or (domain.maximum > high).any():
        text = _describe(
            rows, lambda X: (low > X) | (high < X), f"{name} has {{value}}",
            "far outside the range fitted on", names,
        )  # fmt: skip
        warnings.warn(
            f"{text} What a model computes there is extrapolated; look at `data_min_` and "
            "`data_max_`, and scale as before fitting.",
            DomainWarning,
            stacklevel=5,
        )
    elif _was_divided(domain, fitted):
        warnings.warn(
            f"{name} is {domain.dtype} in [0, 1], but the model was fitted on {fitted.dtype} up "
            f"to {np.nanmax(fitted.maximum):g}; scale both in the same way.",
            DomainWarning,
            stacklevel=5,
        )


def _far_bounds(fitted: Domain, by_column: bool) -> tuple[Array, Array]:
    width = fitted.maximum - fitted.minimum
    width = np.where(width > 0, width, np.maximum(np.abs(fitted.maximum), 1))
    low, high = fitted.minimum - width, fitted.maximum + width
    if by_column:
        return low, high
    return np.minimum(low, np.nanmin(fitted.minimum)), np.maximum(high, np.nanmax(fitted.maximum))


def _was_divided(domain: Domain, fitted: Domain) -> bool:
    """Whether bytes were fitted on, and these are such bytes divided by 255."""
    whole = np.dtype(fitted.dtype).kind in "iu" if _is_dtype(fitted.dtype) else False
    fractions = _is_dtype(domain.dtype) and np.dtype(domain.dtype).kind == "f"
    return bool(
        whole and fractions and np.nanmax(fitted.maximum) >= 100 and domain.in_unit_interval
    )


def _is_dtype(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True


def _dtype_of(X: Any) -> str:
    if hasattr(X, "dtypes"):  # a frame, of pandas or polars
        dtypes = {str(dtype).lower() for dtype in X.dtypes}
        return dtypes.pop() if len(dtypes) == 1 else "mixed"
    return str(X.dtype) if hasattr(X, "dtype") else str(np.asarray(X).dtype)


def _extremes(rows: Rows, allow_nan: bool) -> tuple[Array, Array]:
    if isinstance(rows, SparseRows):
        from sklearn.utils.sparsefuncs import min_max_axis

        low, high = min_max_axis(rows.matrix, axis=0, ignore_nan=allow_nan)
        return np.asarray(low), np.asarray(high)
    if allow_nan:
        # Annotations of their reductions differ from version to version.
        fmin: Any = np.fmin
        fmax: Any = np.fmax
        return fmin.reduce(rows, axis=0), fmax.reduce(rows, axis=0)
    return np.min(rows, axis=0), np.max(rows, axis=0)


def _check_kinds(X: Any, dtype: str) -> None:
    """Refuse dates, and integers that float32 would make equal to their neighbours."""
    if hasattr(X, "columns"):
        for number, column in enumerate(X.columns):
            _check_kind(np.asarray(X[column]), dtype, number, str(column))
    else:
        _check_kind(X.data if sparse.issparse(X) else np.asarray(X), dtype, None, None)


def _check_kind(values: Array, dtype: str, column: int | None, name: str | None) -> None:
    if values.dtype.kind in "mM":
        where = "X" if column is None else f"{_column(column, None)} ({name!r}) of X"
        raise ValueError(
            f"{where} is of {values.dtype}, which is a time and not a number; give what matters "
            "of it, such as the hour, or the days since another, as a number."
        )
    if dtype != "float32" or values.dtype.kind not in "iu" or values.size == 0:
        return
    too_large = (values > LARGEST_INTEGER) | (values < -LARGEST_INTEGER)
    if not too_large.any():
        return
    first = np.unravel_index(int(np.argmax(too_large)), values.shape)
    where = "" if values.ndim != 2 else f" at row {first[0]}, column {first[1]}"
    if column is not None:
        where = f" at row {first[0]}, {_column(column, None)} ({name!r})"
    raise ValueError(
        f"X has {values[first]}{where} ({int(too_large.sum()):,} of {values.size:,} values are "
        f"integers beyond {LARGEST_INTEGER:,}, which float32 does not tell apart). Use "
        "dtype='float64', or subtract what all have in common; leave out what only identifies "
        "rows."
    )


def _refuse_words(X: Any, error: Exception) -> None:
    """Say where the first entry is that is no number, if that is the trouble."""
    if sparse.issparse(X):
        return
    values = np.asarray(X)
    if values.dtype.kind not in "OUSM" or values.ndim != 2:
        return
    for (row, column), value in np.ndenumerate(values):
        try:
            if values.dtype.kind == "M":
                raise TypeError
            float(value)
        except (TypeError, ValueError):
            names = [str(c) for c in X.columns] if hasattr(X, "columns") else None
            raise type(error)(
                f"X has {value!r} at row {row}, {_column(column, names)}, which is not a number "
                f"({error}). Leave the column out, or encode it, with scikit-learn's "
                "OneHotEncoder for instance."
            ) from error


def _refuse_infinity(rows: Rows, source: Any, names: Names, name: str) -> None:
    if source is not None and rows.dtype == np.float32 and not sparse.issparse(source):
        given = np.asarray(source)
        if given.dtype == np.float64 and not np.isinf(given).any():
            beyond = float(np.finfo("float32").max)
            _refuse(
                given, lambda X: np.abs(X) > beyond, f"{name} has {{value}}",
                "beyond what float32 holds", names,
                "Use dtype='float64', or scale the column.",
            )  # fmt: skip
    _refuse(
        rows, np.isinf, f"{name} has {{value}}", "not finite", names,
        "Remove such rows, or replace what is infinite.",
    )  # fmt: skip


def _refuse(
    rows: Rows,
    offending: Callable[[Array], Array],
    start: str,
    what: str,
    names: Names,
    advice: str,
) -> None:
    raise ValueError(f"{_describe(rows, offending, start, what, names)} {advice}")


def _describe(
    rows: Rows, offending: Callable[[Array], Array], start: str, what: str, names: Names
) -> str:
    first: tuple[int, int, Any] | None = None
    count = seen = 0
    for part in parts(rows):
        found = offending(part)
        if first is None and found.any():
            at = np.unravel_index(int(np.argmax(found)), part.shape)
            first = (seen + int(at[0]), int(at[1]), part[at].item())
        count += int(found.sum())
        seen += len(part)
    assert first is not None
    row, column, value = first
    verb = "is" if count == 1 else "are"
    shown = "NaN" if value != value else value  # noqa: PLR0124 - only NaN differs from itself
    return (
        f"{start.format(value=shown)} at row {row}, {_column(column, names)} "
        f"({count:,} of {rows.size:,} values {verb} {what})."
    )


def _outside(X: Array) -> Array:
    outside: Array = (X < -ROUNDING) | (X > 1 + ROUNDING)
    return outside


def _describe_outside(rows: Rows, names: Names) -> str:
    """Count values and rows outside [0, 1], and find the value that is the furthest out."""
    count = touched = seen = 0
    furthest, worst = 0.0, ""
    for part in parts(rows):
        found = _outside(part)
        count, touched = count + int(found.sum()), touched + int(found.any(axis=1).sum())
        distance = np.where(found, np.maximum(-part, part - 1), 0)
        at = np.unravel_index(int(np.argmax(distance)), part.shape)
        if distance[at] > furthest:
            furthest = float(distance[at])
            worst = f"{part[at]:.6g} at row {seen + int(at[0])}, {_column(int(at[1]), names)}"
        seen += len(part)
    return (
        f"{count:,} of {rows.size:,} values, in {touched:,} of {len(rows):,} rows, outside "
        f"[0, 1]; the furthest is {worst}."
    )


def _column(number: int, names: Names) -> str:
    return f"column {number}" if names is None else f"column {number} ({names[number]!r})"
