"""Scaling that columns need before a cast, so that no information in them is lost."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from scipy import sparse

from autoenc.rows.blocks import Array
from autoenc.rows.encoding import NumberColumn, columns_by_name
from autoenc.rows.kinds import whole_range
from autoenc.rows.refusals import Names, column_name
from autoenc.rows.scaling import (
    LEAST_SCALABLE,
    LEAST_STEPS,
    LEAST_VALUE,
    ColumnScaling,
    is_lost,
    is_tiny,
)
from autoenc.sources import Source, summarize

# Many numbers of this size can be squared and added up in float64.
LARGEST_SQUARABLE = 1e150
# Up to here, float64 represents all integers.
LARGEST_EXACT = 2**53


def dtype_holding(X: Any, dtype: str) -> str:
    """Return this precision if it represents all numbers of the dtypes of X, else float64.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or source
    dtype : {"float32", "float64"}

    Examples
    --------
    >>> [dtype_holding(np.zeros(1, given), "float32") for given in ("uint8", "int64", "float64")]
    ['float32', 'float64', 'float64']
    """
    if hasattr(X, "dtypes"):  # a frame, of pandas or polars
        given = [np.asarray(column).dtype for column in columns_by_name(X).values()]
    elif isinstance(X, Source):
        given = [X.stored.dtype]
    else:
        given = [X.dtype if hasattr(X, "dtype") else np.asarray(X).dtype]
    return dtype if all(np.can_cast(one, dtype) for one in given) else "float64"


def scaling_of(
    X: Any, *, dtype: str, centred: bool, names: Names = None, name: str = "X"
) -> ColumnScaling | None:
    """Find the scaling that columns need before they are cast to a precision.

    Parameters
    ----------
    X : array-like, frame or sparse matrix, (rows, columns)
        Rows that a model is trained on.
    dtype : {"float32", "float64"}
        Precision of the model.
    centred : bool
        Whether the model may subtract a constant from columns, as it does to standardise them.
    names : sequence of str, optional
        Names of the columns.
    name : str
        Name of the data for messages.

    Returns
    -------
    ColumnScaling or None
        None if all columns can be cast without scaling.

    Raises
    ------
    ValueError
        If the spread of a column would be lost in the cast and the column cannot be centred, or
        if its values are too large or too small to be squared. Names the column.

    Examples
    --------
    >>> X = np.array([[1e9, 0.5], [1e9 + 1, 0.25]])
    >>> scaling_of(X, dtype="float32", centred=True).offset
    array([1.e+09, 0.e+00])
    >>> scaling_of(X, dtype="float32", centred=False)
    Traceback (most recent call last):
        ...
    ValueError: X has values from 1000000000.0 to 1000000001.0 in column 0; float32 holds ...
    """
    ranges = _ranges(X)
    if ranges is None:
        return None
    low, high, width, is_whole = ranges
    _refuse_unsquarable(low, high, names, name)
    # Comparisons with NaN, where nothing is observed, are false.
    inside = not ((low < 0).any() or (high > 1).any())
    _refuse_equal(low, high, width, is_whole, names, name)
    tiny = np.flatnonzero(is_tiny(low, high, dtype)).tolist()
    lost = np.flatnonzero(is_lost(low, high, width, dtype) & (dtype == "float32") & (not inside))
    if not (len(tiny) or len(lost)):
        return None
    may_scale = centred and not sparse.issparse(X)
    beyond = [k for k in tiny if not (may_scale and _can_be_divided(low[k], high[k]))]
    if beyond:
        _refuse_tiny(beyond[0], low, high, dtype, names, name)
    if not may_scale:
        _refuse_lost(lost[0], low, high, dtype, names, name)
    columns = sorted({*tiny, *lost.tolist()})
    # Only the ends of the ranges matter.
    if isinstance(X, Source):
        return ColumnScaling.centring(np.stack([low, high]), columns, tiny)
    dense = np.column_stack([_floats(own) for own in _columns(X)])
    return ColumnScaling.centring(dense, columns, tiny)


def _can_be_divided(low: float, high: float) -> bool:
    """Return whether float64 can represent the inverse of the width of a column."""
    return bool((high - low or abs(high)) > LEAST_SCALABLE)


def _refuse_equal(
    low: Array, high: Array, width: Array, is_whole: Array, names: Names, name: str
) -> None:
    """Refuse whole numbers that differ in the original data but are equal in float64."""
    equal = np.flatnonzero(is_whole & is_lost(low, high, width, "float64"))
    if len(equal):
        _refuse_lost(equal[0], low, high, "float64", names, name)


def _refuse_lost(
    column: int, low: Array, high: Array, precision: str, names: Names, name: str
) -> NoReturn:
    raise ValueError(
        f"{name} has values from {low[column]!s} to {high[column]!s} in "
        f"{column_name(column, names)}; {precision} holds so few different numbers between them "
        f"(fewer than {LEAST_STEPS:,}) that the information in the column would be lost. Subtract "
        "a constant from the column, such as its minimum"
        + (", use dtype='float64'" if precision == "float32" else "")
        + ", or leave the column out."
    )


def _refuse_tiny(
    column: int, low: Array, high: Array, precision: str, names: Names, name: str
) -> NoReturn:
    fits_float64 = precision == "float32" and not is_tiny(low, high, "float64")[column]
    raise ValueError(
        f"{name} has values from {low[column]:g} to {high[column]:g} in "
        f"{column_name(column, names)}, which are too small for {precision}; expected 0, or "
        f"values of up to at least {LEAST_VALUE[precision]:g}. Change the unit of the column"
        + (", use dtype='float64'" if fits_float64 else "")
        + ", or leave the column out."
    )


def _refuse_unsquarable(low: Array, high: Array, names: Names, name: str) -> None:
    largest = np.fmax(np.abs(low), np.abs(high))
    large = np.isfinite(largest) & (largest > LARGEST_SQUARABLE)
    if large.any():
        column = int(np.argmax(large))
        raise ValueError(
            f"{name} has values up to {largest[column]:g} in {column_name(column, names)}, whose "
            "squares are beyond the range of float64. Change the unit of the column, or leave it "
            "out."
        )


def _ranges(X: Any) -> tuple[Array, ...] | None:
    """Return minimum, maximum and width of each column, and whether they are integers.

    Return None if a cast loses nothing, or if some values are not numbers, which are refused
    later.
    """
    if isinstance(X, Source):
        return _ranges_of_source(X)
    if sparse.issparse(X):
        return _ranges_of_sparse(X)
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf":
        is_exact = X.size == 0 or np.can_cast(X.dtype, np.float32)
        return None if is_exact else _ranges_of_array(X)
    try:
        columns = _columns(X)
        kinds = {np.asarray(column).dtype.kind for column in columns}
        exact = all(_is_exact(np.asarray(column).dtype) for column in columns)
        if not kinds <= set("biufO") or exact:
            return None
        found = np.array([_range(column) for column in columns])
    except (TypeError, ValueError, OverflowError):
        return None
    return found[:, 0], found[:, 1], found[:, 2], found[:, 3].astype(bool)


def _ranges_of_source(source: Source) -> tuple[Array, ...] | None:
    stored = source.stored
    if _is_exact(stored.dtype):
        return None
    found = summarize(stored)
    low, high, is_whole = found.minimum, found.maximum, stored.dtype.kind in "iu"
    with np.errstate(over="ignore", invalid="ignore"):
        width, whole = high - low, np.full(len(low), is_whole)
    # Comparisons with NaN, where nothing is observed, are false.
    if not (np.maximum(-low, high) > LARGEST_EXACT).any():
        return low, high, width, whole
    if is_whole:
        return _ranges_of_integers(
            np.minimum.reduce([part.min(axis=0) for part in stored.parts()]),
            np.maximum.reduce([part.max(axis=0) for part in stored.parts()]),
        )
    exact: dict[int, tuple[int, int]] = getattr(stored.reader, "exact_ranges", dict)()
    for column, (least, greatest) in exact.items():
        width[column], whole[column] = float(greatest - least), True
    return low, high, width, whole


def _ranges_of_sparse(X: Any) -> tuple[Array, ...] | None:
    if _is_exact(X.dtype):
        return None
    rows = X.tocsr()  # not all formats can compute a minimum
    low, high = (
        np.asarray(getattr(rows, extreme)(axis=0).todense()).ravel() for extreme in ("min", "max")
    )
    if X.dtype.kind in "iu":
        return _ranges_of_integers(low, high)
    low, high = low.astype(np.float64), high.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        return low, high, high - low, np.zeros(len(low), bool)


def _ranges_of_array(X: Array) -> tuple[Array, ...]:
    if X.dtype.kind in "iu":
        return _ranges_of_integers(X.min(axis=0), X.max(axis=0))
    low, high = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):  # infinity is refused later
        return low, high, high - low, np.zeros(len(low), bool)


def _ranges_of_integers(low: Array, high: Array) -> tuple[Array, ...]:
    """Return the ranges of columns of integers, of which float64 could make both ends equal."""
    # The difference may be beyond the range of the dtype.
    width = np.subtract(high, low, dtype=object).astype(np.float64)
    return low.astype(np.float64), high.astype(np.float64), width, np.ones(len(low), bool)


def _columns(X: Any) -> list[Any]:
    """Return the columns of a frame or an array, each in its own dtype."""
    if hasattr(X, "iloc") and X.ndim == 2:
        return [X.iloc[:, number] for number in range(X.shape[1])]
    if hasattr(X, "columns"):
        return [X[column] for column in X.columns]
    values = np.ma.filled(X.astype(np.float64), np.nan) if np.ma.isMaskedArray(X) else X
    values = np.asarray(values)
    if values.ndim != 2:
        raise ValueError("rows are not a table")
    return list(values.T)


def _is_exact(given: np.dtype[Any]) -> bool:
    """Return whether float32 represents all numbers of a dtype."""
    return given.kind in "biuf" and bool(np.can_cast(given, np.float32))


def _range(column: Any) -> tuple[float, float, float, bool]:
    whole = whole_range(column)
    if whole is not None:
        least, greatest = whole
        return float(least), float(greatest), float(greatest - least), True
    # The annotations of the reductions of NumPy differ between versions.
    fmin: Any = np.fmin
    fmax: Any = np.fmax
    floats = _floats(column)
    low, high = float(fmin.reduce(floats)), float(fmax.reduce(floats))
    return low, high, high - low, False


def _floats(column: Any) -> Array:
    """Return a column of numbers as float64, with NaN for missing ones."""
    return NumberColumn("").encode(column)[0][:, 0]


def refuse_equal_numbers(table: Any) -> None:
    """Refuse columns of a table whose whole numbers become equal in float64."""
    columns = columns_by_name(table)
    found = [whole_range(column) for column in columns.values()]
    ends = np.array([(np.nan, np.nan) if own is None else own for own in found], np.float64)
    width = np.array([0.0 if own is None else float(own[1] - own[0]) for own in found])
    is_whole = np.array([own is not None for own in found])
    _refuse_equal(ends[:, 0], ends[:, 1], width, is_whole, list(columns), "X")
