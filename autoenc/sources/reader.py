"""The interface of the reader of a format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


class SourceError(ValueError):
    """Error raised if a source cannot be read, or has changed since it was opened."""


def copy_values(values: Array, out: Array, name: str) -> None:
    """Copy values into an array of another dtype.

    Raises
    ------
    SourceError
        If the dtype cannot hold a value.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        out[...] = values
    place = first_lost(values, out)
    if place is None and values.dtype != out.dtype:
        place = _first_changed(values, out)
    if place is not None:
        raise SourceError(
            f"{name} has {values[place]} after rows of {out.dtype}, which cannot hold it; give "
            "all rows in the same dtype."
        )


def _first_changed(values: Array, cast: Array) -> tuple[int, ...] | None:
    """Return the position of the first whole number that a cast rounded, or number it made 0."""
    is_whole = True if values.dtype.kind in "iu" else values == np.rint(values)
    lost = (is_whole & (cast != values)) | ((cast == 0) & (values != 0))
    return _first(lost & ~np.isnan(cast))


def _first(lost: Array) -> tuple[int, ...] | None:
    """Return the position of the first True; None if there is none."""
    if not np.any(lost):
        return None
    return tuple(map(int, np.unravel_index(int(np.argmax(lost)), lost.shape)))


def first_lost(values: Array, cast: Array) -> tuple[int, ...] | None:
    """Return the position of the first value that a cast changed.

    Rounding a fraction does not count as a change.

    Parameters
    ----------
    values : array
        The values before the cast.
    cast : array, shape of `values`
        The values after it.

    Returns
    -------
    tuple of int or None
        The position; None if no value was changed.

    Examples
    --------
    >>> first_lost(np.array([1.0, 300.0]), np.array([1, 44], "int8"))
    (1,)
    """
    if values.dtype.kind == "c" and cast.dtype.kind != "c":
        lost = values.imag != 0
    elif cast.dtype.kind in "biu" and not np.can_cast(values.dtype, cast.dtype):
        lost = cast != values
    elif cast.dtype.kind == "f" and not np.can_cast(values.dtype, cast.dtype):
        lost = np.isinf(cast) & np.isfinite(values)
    else:
        return None
    return _first(lost)


def refuse_masked(array: Any, name: str) -> None:
    """Refuse an array with masked entries, whose hidden values would be used.

    Parameters
    ----------
    array : array-like
        Data passed by the caller.
    name : str
        Name of the data for the message.

    Raises
    ------
    ValueError
        If an entry is masked.
    """
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        first = int(np.argmax(np.ma.getmaskarray(array).any(axis=tuple(range(1, array.ndim)))))
        raise ValueError(f"{name} has a masked entry at row {first}; fill it in, or omit the row.")


def check_same_columns(found: Sequence[Any], columns: Sequence[Any], name: str) -> None:
    """Refuse rows whose columns have other names, in any order, than earlier rows.

    Raises
    ------
    SourceError
        If the names differ.
    """
    if len(found) != len(columns) or set(found) != set(columns):
        raise SourceError(
            f"{name} has the columns {', '.join(map(str, found))}; expected "
            f"{', '.join(map(str, columns))}, as in the rows before."
        )


class Reader(Protocol):
    """Interface for reading consecutive rows of a format into existing memory.

    Attributes
    ----------
    shape : tuple of int
        Rows first.
    dtype : numpy.dtype
        Dtype of the stored values.
    piece : int
        Number of rows that must be decoded to read a single row.
    files : sequence of Path
        Files that contain the rows; empty if rows are not in files. Readers of files also have a
        text `part`, which tells their rows from others in the same files. It is None if some of
        the rows are not in files.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    piece: int
    files: Sequence[Path]

    def read_into(self, first: int, out: Array) -> None:
        """Read as many rows as `out` has, from row `first` on.

        Parameters
        ----------
        first : int
            Number of the first row.
        out : array, (rows, ...)
            C-contiguous array of the reader's dtype, which is overwritten.
        """
        ...

    def settle(self) -> None:
        """Release what has been cached, and check that files are still the same."""
        ...
