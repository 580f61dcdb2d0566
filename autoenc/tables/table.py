"""A matrix, with what its file says of rows and columns."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

# Rows that are looked at together, so that a memory map is never whole in memory.
_ROWS_AT_A_TIME = 8_192


class TableError(ValueError):
    """A file does not hold a table of numbers; the message begins with its path."""


@dataclass(frozen=True)
class Table:
    """What was read from a file.

    Attributes
    ----------
    values : float array, (rows, columns)
        Finite numbers, and NaN where missing values were allowed; a read-only memory map where
        the file allows that. Bytes of images are divided by 256, as `autoenc.load_mnist` does.
    columns : tuple of str, optional
        Names of the columns.
    image_shape : tuple of int, optional
        (height, width), or (height, width, 3), of the image that each row is.
    rows : tuple of str, optional
        Names of the rows.
    labels : array, (rows,), optional
        What each row is, which no model learns from.
    """

    values: Array
    columns: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    rows: tuple[str, ...] | None = None
    labels: Array | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns; where there are none, their positions from 0."""
        return self.columns or tuple(map(str, range(self.values.shape[1])))

    @property
    def row_names(self) -> tuple[str, ...]:
        """Names of the rows; where there are none, their positions from 0."""
        return self.rows or tuple(map(str, range(len(self.values))))


def check_numbers(
    path: str | os.PathLike[str],
    values: Array,
    names: tuple[str, ...] | None,
    first_row: int = 0,
    *,
    allow_missing: bool = False,
) -> None:
    """Refuse what is missing or infinite, naming row and column.

    Parameters
    ----------
    path : path
        The file, for the message.
    values : float array, (rows, columns)
        A part of the table.
    names : tuple of str, optional
        Of the columns.
    first_row : int
        Position of the part in the table.
    allow_missing : bool
        Whether values may be missing, which is NaN.

    Raises
    ------
    TableError
        With the first such cell.
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
                advice = f"{advice[:-1]}; or train a model of what is there (--missing mask)."
            name = column if names is None else repr(names[column])
            raise TableError(
                f"{path}: {what} at row {first_row + row} (from 0), column {name}; {advice}"
            )
