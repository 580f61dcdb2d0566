"""Rows of numbers, read from whatever the caller has; refused with row and column otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from autoenc.rows.blocks import Array, Rows, SparseRows
from autoenc.rows.refusals import column_name

# Integers beyond this are not all different in float32.
LARGEST_INTEGER = 1 << 24


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


def _check_kinds(X: Any, dtype: str) -> None:
    """Refuse dates, and integers that float32 would make equal to their neighbours."""
    if hasattr(X, "columns"):
        for number, column in enumerate(X.columns):
            _check_kind(np.asarray(X[column]), dtype, number, str(column))
    else:
        _check_kind(X.data if sparse.issparse(X) else np.asarray(X), dtype, None, None)


def _check_kind(values: Array, dtype: str, column: int | None, name: str | None) -> None:
    if values.dtype.kind in "mM":
        where = "X" if column is None else f"{column_name(column, None)} ({name!r}) of X"
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
        where = f" at row {first[0]}, {column_name(column, None)} ({name!r})"
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
                f"X has {value!r} at row {row}, {column_name(column, names)}, which is not a "
                f"number ({error}). Leave the column out, or encode it, with scikit-learn's "
                "OneHotEncoder for instance."
            ) from error
