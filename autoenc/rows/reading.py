"""Rows of numbers, read from any data that is passed, or refused with row and column."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from autoenc.rows.blocks import Array, Rows, SparseRows, rows_at_a_time
from autoenc.rows.casting import refuse_equal_numbers, scaling_of
from autoenc.rows.columns import Columns, columns_of
from autoenc.rows.encoding import EncodedRows, Encoding, refuse_equal_names
from autoenc.rows.kinds import encoding_of, has_kinds, is_frame, refuse_complex
from autoenc.rows.refusals import Names, column_name, describe_unknown, warn
from autoenc.rows.scaling import ColumnScaling
from autoenc.rows.shapes import check_shape, refuse_ragged
from autoenc.sources import Source, opened


def read_rows(
    columns: Columns,
    X: Any,
    *,
    dtype: str,
    reset: bool,
    centred: bool = False,
    name: str = "X",
    is_encoded: bool = False,
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
    is_encoded : bool
        Whether X is what `encoded` returned.

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
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype.kind == "c":
        X = opened(X)
        if not isinstance(X, Source):
            check_shape(X, name)
        if not is_encoded:
            X = encoded(columns, X, reset=reset)
        if is_frame(X):
            _refuse_columns(X, name)
    if isinstance(X, Source):
        _check_table(X)
    if reset:
        columns.scaling = scaling_of(
            X, dtype=dtype, centred=centred or columns.encoding is not None,
            names=_names_of(X) if columns.encoding is None else columns.names, name=name,
        )  # fmt: skip
    elif name != "X":
        _check_width(columns, X, name)
    return _read(columns, X, dtype, reset=reset)


def _check_width(columns: Columns, X: Any, name: str) -> None:
    """Refuse a wrong number of columns; scikit-learn's message would call the data X.

    If columns have names, scikit-learn compares them.
    """
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if _names_of(X) is None and len(shape) == 2 and shape[1] != columns.n_features_in_:
        raise ValueError(
            f"{name} has {shape[1]} features, but {type(columns).__name__} is expecting "
            f"{columns.n_features_in_} features as input."
        )


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
    refuse_equal_numbers(X)
    return encoding


def read_unscaled(columns: Columns, X: Any) -> Rows:
    """Read rows in the units of the data, as float64."""
    X = opened(encoded(columns, X))
    if not isinstance(X, Source):
        check_shape(X)
    # Encoded rows have no names, although their entries do.
    names = None if columns.encoding is not None else columns.names
    plain = columns_of(type(columns).__name__, columns.n_features_in_, names)
    return _read(plain, X, "float64", reset=False)


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
    try:
        if not (isinstance(X, np.ndarray) and X.dtype.kind in "biuf"):
            _check_dates(X)
        return validate_data(
            columns, X, reset=reset, dtype=dtype, order="C", accept_sparse="csr",
            ensure_all_finite=False,
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        refuse_ragged(X)
        _refuse_words(X, error)
        raise


def _names_of(X: Any) -> Names:
    if isinstance(X, Source):
        return X.names
    return [str(c) for c in X.columns] if hasattr(X, "columns") else None


def _scaled(scaling: ColumnScaling, rows: Any, dtype: str) -> Array:
    """Scale and cast rows, one part at a time; warn if values are clipped."""
    scaled = np.empty(rows.shape, dtype)
    n_outside = 0
    with np.errstate(over="ignore"):
        for first in range(0, len(scaled), n := rows_at_a_time(rows.shape)):
            few = rows[first : first + n]
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
    """Refuse a frame without columns, columns of the same name, and those of complex numbers."""
    if not X.shape[1]:
        raise ValueError(
            f"{name} has shape {tuple(X.shape)}; expected at least one row and one column."
        )
    refuse_equal_names([str(column) for column in X.columns], name)
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
