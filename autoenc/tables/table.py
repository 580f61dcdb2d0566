"""A matrix, with the names of its rows and columns in the file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autoenc.tables.text import plain

Array: TypeAlias = np.ndarray[Any, Any]

# Number of rows that are checked together, so that a memory map is never loaded as a whole.
_ROWS_AT_A_TIME = 8_192
# Beyond this number, float64 cannot represent every integer.
MOST_EXACT = 1 << 53
# A column must span this many of the steps between neighbouring floats.
_LEAST_STEPS = 1 << 16


class TableError(ValueError):
    """Error raised if a file contains no valid table; the message begins with its path.

    Parameters
    ----------
    message : str
        Description of the error. Control characters, as in names of files, are escaped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(plain(message))


@dataclass(frozen=True)
class Table:
    """A table that was read from a file.

    Parameters
    ----------
    values : float array or pandas.DataFrame, (rows, columns)
        A frame if there are columns that are not numbers, which `read_table` must allow. Otherwise
        finite numbers, and NaN if missing values are allowed. It is a read-only memory map if the
        file format permits this. In commands that read rows in parts, it is a `Source`. Bytes of
        images are divided by 256, as by `autoenc.load_mnist`.
    columns : tuple of str, optional
        Names of the columns.
    image_shape : tuple of int, optional
        (height, width), or (height, width, 3), if each row is an image.
    rows : tuple of str, optional
        Names of the rows.
    labels : array, (rows,), optional
        Label of each row. Models are not trained on it.
    notes : tuple of str
        Assumptions made while reading a file that can be read in more than one way.
    """

    values: Any
    columns: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    rows: tuple[str, ...] | None = None
    labels: Array | None = None
    notes: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, or their positions from 0 if they have none."""
        return self.columns or tuple(map(str, range(self.values.shape[1])))

    @property
    def row_names(self) -> tuple[str, ...]:
        """Names of the rows, or their positions from 0 if they have none."""
        return self.rows or tuple(map(str, range(len(self.values))))


def check_numbers(
    path: str | os.PathLike[str],
    values: Array,
    names: tuple[str, ...] | None,
    first_row: int = 0,
    *,
    allow_missing: bool = False,
) -> None:
    """Raise an error for the first missing or infinite value.

    Parameters
    ----------
    path : path
        The file, for the message.
    values : float array, (rows, columns)
        A part of the table.
    names : tuple of str, optional
        Names of the columns.
    first_row : int, default 0
        Position of the first row of the part in the table.
    allow_missing : bool, default False
        Whether values may be NaN.

    Raises
    ------
    TableError
        If there is such a value. The message names its row and column.
    """
    for start in range(0, len(values), _ROWS_AT_A_TIME):
        part = values[start : start + _ROWS_AT_A_TIME]
        bad = np.argwhere(np.isinf(part) if allow_missing else ~np.isfinite(part))
        if len(bad):
            row, column = start + int(bad[0, 0]), int(bad[0, 1])
            found = values[row, column]
            what, advice = f"{found}", "fill such cells, or leave out the row or the column."
            if np.isnan(found):
                what = "a missing value"
                advice = f"{advice[:-1]}; or train a model that allows them (--missing mask)."
            name = column if names is None else repr(names[column])
            raise TableError(
                f"{path}: {what} at row {first_row + row} (from 0), column {name}; {advice}"
            )


def to_float64(path: str | os.PathLike[str], column: Array, name: object) -> Array:
    """Convert integers to float64, unless the differences between them would be lost.

    Identifiers and times in nanoseconds have more digits than float64 can represent. Such a column
    is refused only if this affects its values: if two values become equal although the column
    spans only few of the steps between neighbouring floats.

    Parameters
    ----------
    path : path
        The file, for the message.
    column : array
        Integers, of any shape.
    name : object
        Name or position of the column, for the message.

    Returns
    -------
    float64 array

    Raises
    ------
    TableError
        If the values would be lost.

    Examples
    --------
    >>> to_float64("a.csv", np.array([1, 2]), "'id'")
    array([1., 2.])
    >>> to_float64("a.csv", np.array([2**60, 2**60 + 1]), "'id'")
    Traceback (most recent call last):
        ...
    autoenc.tables.table.TableError: a.csv: column 'id' has numbers near 1.15292e+18 that
    differ by less than float64 can represent; subtract a constant, such as the smallest of them,
    or leave the column out.
    """
    floats = column.astype(np.float64)
    with np.errstate(invalid="ignore"):  # the largest may round to a value beyond the type's range
        changed = bool((floats.astype(column.dtype) != column).any())
    if changed:
        check_distinct(path, floats, len(np.unique(column)), name)
    return floats


def check_distinct(
    path: str | os.PathLike[str], floats: Array, n_distinct: int, name: object
) -> None:
    """Raise an error if different numbers became equal as float64.

    Parameters
    ----------
    path : path
        The file, for the message.
    floats : float array
        The numbers as float64.
    n_distinct : int
        Number of different integers, or of different texts, before the conversion.
    name : object
        Name or position of the column, for the message.

    Raises
    ------
    TableError
        If there are fewer different numbers, and the column spans few floats.
    """
    floats = np.asarray(floats, np.float64)
    floats = floats[np.isfinite(floats)]
    if floats.size and len(np.unique(floats)) < n_distinct:
        _check_spread(path, floats, name)


def _check_spread(path: str | os.PathLike[str], floats: Array, name: object) -> None:
    low, high = float(floats.min()), float(floats.max())
    largest = max(abs(low), abs(high))
    if largest > MOST_EXACT and (high - low) / np.spacing(largest) < _LEAST_STEPS:
        raise TableError(
            f"{path}: column {name} has numbers near {largest:g} that differ by less than float64 "
            "can represent; subtract a constant, such as the smallest of them, or leave the "
            "column out."
        )
