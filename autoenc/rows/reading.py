"""Rows of numbers, read from any data that is passed, or refused with row and column."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from autoenc.rows.blocks import ROWS_AT_A_TIME, Array, Rows, SparseRows
from autoenc.rows.columns import Columns, columns_of
from autoenc.rows.encoding import EncodedRows, Encoding, NumberColumn, columns_by_name
from autoenc.rows.kinds import encoding_of, has_kinds, is_frame, refuse_complex, whole_range
from autoenc.rows.refusals import Names, column_name, describe_unknown, warn
from autoenc.rows.scaling import (
    LEAST_SCALABLE,
    LEAST_STEPS,
    LEAST_VALUE,
    ColumnScaling,
    is_lost,
    is_tiny,
)
from autoenc.sources import Source, opened, summarize

# Many numbers of this size can be squared and added up in float64.
LARGEST_SQUARABLE = 1e150


def read_rows(
    columns: Columns, X: Any, *, dtype: str, reset: bool, centred: bool = False, name: str = "X"
) -> Rows:
    """Read rows of numbers into a C-contiguous array or a sparse matrix of a given dtype.

    Parameters
    ----------
    columns : Columns
        Compared with the columns of X or, with `reset`, set to them. Rows are scaled according to
        it, in float64 and before the cast, which makes sparse rows dense.
    X : array-like, frame, sparse matrix or source, (rows, columns)
        Data passed by the caller. Masked entries of arrays become NaN. Anything that
        `autoenc.sources.open_source` accepts, other than an array, is read in parts.
    dtype : {"float32", "float64"}
        Dtype of the result.
    reset : bool
        Whether these are the first rows of a model.
    centred : bool
        For the first rows: whether columns may be centred if the cast would lose their spread.
        Columns of different kinds always may.
    name : str
        Name of the data for messages.

    Warns
    -----
    DomainWarning
        If values are clipped to the range by which columns are scaled.

    Raises
    ------
    ValueError, TypeError
        If there are no rows of numbers of the right width; the message states the position.
    """
    if isinstance(X, np.ndarray) and X.dtype.names is not None:
        _refuse_records(X, name)
    if type(X) is not np.ndarray:
        X = encoded(columns, opened(X), reset=reset)
        if is_frame(X):
            _refuse_columns(X, name)
    if isinstance(X, Source):
        _check_table(X)
    if reset:
        columns.scaling = scaling_of(
            X, dtype=dtype, centred=centred or columns.encoding is not None,
            names=_names_of(X), name=name,
        )  # fmt: skip
    return _read(columns, X, dtype, reset=reset)


def encoded(columns: Columns, X: Any, *, reset: bool = False, unknown_as: float = np.nan) -> Any:
    """Return a frame as numbers if its columns are encoded; return anything else unchanged.

    Parameters
    ----------
    columns : Columns
        Their encoding turns columns into numbers. With `reset`, it is set first: if X is a frame
        with columns that are not numbers, it is made from X; if X is encoded, it is that of X.
    X : array-like, frame, sparse matrix or source
        Rows that are already encoded are not changed.
    reset : bool
        Whether these are the first rows of a model.
    unknown_as : float
        Value of the entries of a category if the model does not know its value: NaN, as for a
        missing value, or 0, so that no entry is set.

    Warns
    -----
    DomainWarning
        If categories have values that the model does not know, which count as missing.

    Raises
    ------
    ValueError
        If values do not fit their columns, or whole numbers are equal as float64.
    """
    if reset:
        columns.encoding = _encoding_for(X)
    if columns.encoding is None or isinstance(X, EncodedRows):
        return X
    numbers, unknown = columns.encoding.encode(X, unknown_as)
    if unknown and np.isnan(unknown_as):
        warn(describe_unknown(unknown))
    return EncodedRows.of(numbers, columns.encoding)


def _encoding_for(X: Any) -> Encoding | None:
    """Return the encoding of the columns of the first rows, if these are not all numbers."""
    if isinstance(X, EncodedRows):
        return X.encoding
    if not (is_frame(X) and has_kinds(X)):
        return None
    encoding = encoding_of(X)
    _refuse_equal_numbers(X)
    return encoding


def read_unscaled(columns: Columns, X: Any) -> Rows:
    """Read rows in the units of the data, as float64."""
    X = encoded(columns, X)
    # Encoded rows have no names, although their entries do.
    names = None if columns.encoding is not None else columns.names
    plain = columns_of(type(columns).__name__, columns.n_features_in_, names)
    return _read(plain, opened(X), "float64", reset=False)


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


def _read(columns: Columns, X: Any, dtype: str, *, reset: bool) -> Rows:
    scaling = columns.scaling
    if isinstance(X, EncodedRows):
        X = np.asarray(X)
    if isinstance(X, Source):
        return _read_source(columns, X, dtype, reset=reset)
    read_as = dtype if scaling is None else "float64"
    # Numbers beyond float32 become infinite, and are refused because of that.
    with np.errstate(over="ignore"):
        rows = (
            np.ascontiguousarray(X, dtype=read_as)
            if not reset and _is_plain(columns, X)
            else _validated(columns, X, read_as, reset=reset)
        )
    if scaling is not None:
        return _scaled(scaling, rows, dtype)
    return SparseRows(rows) if sparse.issparse(rows) else np.ascontiguousarray(rows)


def _is_plain(columns: Columns, X: Any) -> bool:
    """Return whether X is an array that scikit-learn's checks would accept.

    These checks take longer than a small model takes to encode a row.
    """
    return (
        type(X) is np.ndarray
        and X.dtype.kind in "biuf"
        and X.ndim == 2
        and len(X) > 0
        and X.shape[1] == columns.n_features_in_
        and not hasattr(columns, "feature_names_in_")
    )


def _validated(columns: Columns, X: Any, dtype: str, *, reset: bool) -> Any:
    """Return X as converted by scikit-learn's checks; refuse what is not a table of numbers."""
    if isinstance(X, np.ma.MaskedArray):
        X = np.ma.filled(X.astype(dtype), np.nan)
    if sparse.issparse(X):
        X = X.tocsr()
    if not (isinstance(X, np.ndarray) and X.dtype.kind in "biuf"):
        _check_dates(X)
    try:
        return validate_data(
            columns, X, reset=reset, dtype=dtype, order="C", accept_sparse="csr",
            ensure_all_finite=False,
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        _refuse_words(X, error)
        raise


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
    ranges = _ranges(X, dtype)
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


def _names_of(X: Any) -> Names:
    if isinstance(X, Source):
        return X.names
    return [str(c) for c in X.columns] if hasattr(X, "columns") else None


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


def _ranges(X: Any, dtype: str) -> tuple[Array, ...] | None:
    """Return minimum, maximum and width of each column, and whether they are integers.

    Return None if a cast loses nothing, or if some values are not numbers, which are refused
    later.
    """
    if isinstance(X, Source):
        return _ranges_of_source(X)
    if sparse.issparse(X):
        return _ranges_of_sparse(X)
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf":
        return _ranges_of_array(X)
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
    low, high = found.minimum, found.maximum
    with np.errstate(over="ignore", invalid="ignore"):
        return low, high, high - low, np.full(len(low), stored.dtype.kind in "iu")


def _ranges_of_sparse(X: Any) -> tuple[Array, ...] | None:
    if _is_exact(X.dtype):
        return None
    rows = X.tocsr()  # not all formats can compute a minimum
    low, high = (
        np.asarray(getattr(rows, extreme)(axis=0).todense(), np.float64).ravel()
        for extreme in ("min", "max")
    )
    with np.errstate(over="ignore", invalid="ignore"):
        return low, high, high - low, np.zeros(len(low), bool)


def _ranges_of_array(X: Array) -> tuple[Array, ...] | None:
    if X.size == 0 or _is_exact(X.dtype):
        return None
    if X.dtype.kind in "iu":
        low, high = X.min(axis=0), X.max(axis=0)
        # The difference may be beyond the range of the dtype.
        width = np.subtract(high, low, dtype=object).astype(np.float64)
        return low.astype(np.float64), high.astype(np.float64), width, np.ones(len(low), bool)
    low, high = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):  # infinity is refused later
        return low, high, high - low, np.zeros(len(low), bool)


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


def _refuse_equal_numbers(table: Any) -> None:
    """Refuse columns of a table whose whole numbers become equal in float64."""
    columns = columns_by_name(table)
    found = [whole_range(column) for column in columns.values()]
    ends = np.array([(np.nan, np.nan) if own is None else own for own in found], np.float64)
    width = np.array([0.0 if own is None else float(own[1] - own[0]) for own in found])
    is_whole = np.array([own is not None for own in found])
    _refuse_equal(ends[:, 0], ends[:, 1], width, is_whole, list(columns), "X")


def _scaled(scaling: ColumnScaling, rows: Any, dtype: str) -> Array:
    """Scale and cast rows, one part at a time; warn if values are clipped."""
    scaled = np.empty(rows.shape, dtype)
    n_outside = 0
    with np.errstate(over="ignore"):
        for first in range(0, len(scaled), ROWS_AT_A_TIME):
            few = rows[first : first + ROWS_AT_A_TIME]
            dense = few.toarray() if sparse.issparse(few) else few
            scaled[first : first + len(dense)] = scaling.forward(dense)
            n_outside += int(scaling.outside(dense).sum())
    if n_outside:
        warn(scaling.clipped(n_outside, scaled.size))
    return scaled


def _read_source(columns: Columns, source: Source, dtype: str, *, reset: bool) -> Source:
    """Check the columns of a source; scale and cast its rows when they are read."""
    _check_columns(columns, source, reset=reset)
    scaling = columns.scaling
    if scaling is None:
        return source.astype(dtype)
    n_outside = 0
    if scaling.kind == "minmax":
        n_outside = sum(int(scaling.outside(part).sum()) for part in source.parts())
    if n_outside:
        warn(scaling.clipped(n_outside, source.size))
    return source.mapped(scaling.forward, dtype)


def _check_table(source: Source) -> None:
    if source.ndim != 2:
        raise ValueError(
            f"{source.name} has shape {source.shape}; expected 2 dimensions, rows first."
        )
    if not source.size:
        raise ValueError(
            f"{source.name} has shape {source.shape}; expected at least one row and one column."
        )


def _check_columns(columns: Columns, source: Source, *, reset: bool) -> None:
    """Compare number and names of columns with those of a source, or set them with `reset`."""
    like = np.empty((1, source.shape[1]))
    if source.names is None:
        validate_data(columns, like, reset=reset, skip_check_array=True)
        return
    if reset:
        columns.n_features_in_ = source.shape[1]
        columns.feature_names_in_ = np.array(source.names, dtype=object)
        return
    unnamed = columns_of(type(columns).__name__, columns.n_features_in_)
    validate_data(unnamed, like, reset=False, skip_check_array=True)
    if columns.names is not None and list(columns.names) != list(source.names):
        raise ValueError(
            f"{source.name} has the columns {', '.join(source.names)}, but "
            f"{type(columns).__name__} was fitted with {', '.join(columns.names)}; give these, "
            "in this order: autoenc.sources.open_source(rows, columns=[...]) selects them."
        )


def _refuse_records(X: Array, name: str) -> NoReturn:
    """Refuse arrays of records, whose columns are not an axis."""
    raise ValueError(
        f"{name} is an array of records with the fields {', '.join(X.dtype.names)}; expected "
        "numbers of shape (rows, columns). Give pandas.DataFrame(X), or "
        "numpy.lib.recfunctions.structured_to_unstructured(X)."
    )


def _refuse_columns(X: Any, name: str) -> None:
    """Refuse a frame without columns, and columns of complex numbers."""
    if not X.shape[1]:
        raise ValueError(
            f"{name} has shape {tuple(X.shape)}; expected at least one row and one column."
        )
    # Only columns whose dtype does not determine their values are taken from a frame.
    of_any_type = [
        k
        for k, dtype in enumerate(X.dtypes)
        if getattr(dtype, "kind", "") == "c" or str(dtype).lower() == "object"
    ]
    for number in of_any_type:
        column = X.iloc[:, number] if hasattr(X, "iloc") else X[X.columns[number]]
        refuse_complex(number, str(X.columns[number]), column)


def _check_dates(X: Any) -> None:
    """Refuse dates, which are not numbers."""
    if hasattr(X, "columns"):
        for number, column in enumerate(X.columns):
            _check_date(np.asarray(X[column]), number, str(column))
    elif not sparse.issparse(X):
        _check_date(np.asarray(X), None, None)


def _check_date(values: Array, column: int | None, name: str | None) -> None:
    if values.dtype.kind not in "mM":
        return
    where = "X" if column is None else f"{column_name(column, None)} ({name!r}) of X"
    raise ValueError(
        f"{where} is of {values.dtype}, which is a time and not a number; give a number, such as "
        "the hour, or the days since another time."
    )


def _refuse_words(X: Any, error: Exception) -> None:
    """Name the first entry that is not a number, if that is the cause of the error."""
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
            names = _names_of(X)
            shown = value.item() if isinstance(value, np.generic) else value
            raise type(error)(
                f"X has {shown!r} at row {row}, {column_name(column, names)}, which is not a "
                f"number ({error}). Leave the column out, or encode it, with scikit-learn's "
                "OneHotEncoder for instance. Frames of pandas and polars may have such columns."
            ) from error
