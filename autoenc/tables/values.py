"""Values of one column of a frame: numbers, text and other kinds of values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from autoenc.tables.table import MOST_EXACT, Array, TableError, check_distinct, to_float64

# If a larger fraction of the values are numbers, the others are mistakes in a column of numbers.
MOSTLY = 0.9
# Numbers with leading zeros, such as postal codes.
PADDED = r"\s*0\d+\s*"
_DECIMAL_COMMA = ": write decimals with a point, or use --decimal ,"
_WITH_COMMA = r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?([eE][-+]?\d+)?"
_WITH_THOUSANDS = r"[-+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][-+]?\d+)?"
# A comma before a point or another comma is no decimal mark.
_THOUSANDS = r",\d{3}[.,]"


def as_numbers(
    path: Path, column: Any, name: str, *, comma: bool = False
) -> tuple[Array | None, Array]:
    """Return a column as numbers, if it is numeric.

    Parameters
    ----------
    path : Path
        The file, for messages.
    column : pandas.Series
    name : str
        Name of the column.
    comma : bool
        Whether text may be numbers with a decimal comma, in which points separate thousands.
        In numbers such as 1,234.5 and 1,234,567, commas separate thousands.

    Returns
    -------
    numbers : float64 array, (rows,), or None
        NaN where a value is missing.
    bad : int array
        Positions of values that are not numbers.

    Raises
    ------
    TableError
        If float64 cannot represent the numbers.
    """
    import pandas

    kinds = pandas.api.types
    if kinds.is_numeric_dtype(column.dtype) and not kinds.is_complex_dtype(column.dtype):
        return _as_floats(path, column, name), np.empty(0, np.intp)
    if not _is_written(column):
        return None, np.arange(len(column))
    text = column.astype(str).where(column.notna())
    if comma and have_decimal_commas(column):
        text = text.str.replace(".", "").str.replace(",", ".")
    elif have_thousands(column):
        text = text.str.replace(",", "")
    numbers, bad = _parsed(text)
    if len(bad):
        return None, bad
    check_distinct(path, numbers, column.nunique(), repr(name))
    return _as_floats(path, numbers, name), bad


def values_of(
    path: Path, column: Any, name: str, *, comma: bool = False, is_text: bool = False,
    stored: bool = False,
) -> Any:  # fmt: skip
    """Return a column as an array of numbers or, if it is of another kind, as a series.

    Parameters
    ----------
    path, column, name, comma
        As for `as_numbers`.
    is_text : bool
        Whether numbers are to be treated as text, too.
    stored : bool
        Whether a column of integers is returned unchanged if float64 cannot represent all of
        them.

    Raises
    ------
    TableError
        If a numeric column has a few values that are not numbers.
    """
    import pandas

    kinds = pandas.api.types
    if stored and not _fits_float64(column):
        return column
    is_written = _is_written(column)
    if not (is_text or kinds.is_bool_dtype(column.dtype)):
        numbers, bad = as_numbers(path, column, name, comma=comma)
        n = int(column.notna().sum())
        if numbers is not None and (n or not is_written):
            return numbers
        if is_written and n and 0 < len(bad) < (1 - MOSTLY) * n:
            refuse(path, column, name, bad)
    if kinds.is_complex_dtype(column.dtype):
        refuse(path, column, name, np.zeros(1, np.intp))
    if is_written or is_text:
        return column.astype(object).where(column.notna(), None)
    return column


def find_padded(column: Any) -> str | None:
    """Return a value with leading zeros, from text that could otherwise be read as numbers.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    str or None
        None if there is no such value, if the column is not text, or if it also contains words.
    """
    if not _is_written(column):
        return None
    text = column.dropna().astype(str)
    padded = text[text.str.fullmatch(PADDED)]
    if not len(padded) or len(_parsed(text)[1]) >= (1 - MOSTLY) * len(text):
        return None
    return str(padded.iloc[0]).strip()


def find_word(column: Any) -> str | None:
    """Return a value that is not a number, from text of which at least half are numbers.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    str or None
        None if there is no such value, or if fewer values are numbers.
    """
    if not _is_written(column):
        return None
    bad, n = _parsed(column)[1], int(column.notna().sum())
    return _quoted(column.iloc[bad[0]]) if 0 < len(bad) <= n / 2 else None


def refuse(path: Path, column: Any, name: str, bad: Array, start: int = 0) -> NoReturn:
    """Refuse a value that is not a number; its part of the table begins at row `start`.

    Raises
    ------
    TableError
        Always; the message names the value, its row and its column.
    """
    first = int(bad[0])
    found = _quoted(column.iloc[first])
    why = _DECIMAL_COMMA if re.fullmatch(r"'[-+]?\d+,\d+'", found) else ""
    raise TableError(
        f"{path}: column {name!r} has {found} at row {start + first} (from 0), which is not a "
        f"number{why}; correct it, leave the column out (--drop {name}), or keep it as the label "
        f"(--label-column {name})."
    )


def as_labels(column: Any) -> Array:
    """Return a column as NumPy's own numbers, or as objects."""
    kind = getattr(column.dtype, "kind", "O")
    if kind in "biuf" and not column.isna().any():
        return np.asarray(column.to_numpy(np.dtype(str(column.dtype).lower())))
    return np.asarray(column.to_numpy(object, na_value=np.nan))


def joined_labels(labels: list[Array]) -> Array:
    """Return labels as numbers if all of them are, else as text."""
    if all(part.dtype.kind in "biuf" for part in labels):
        return np.concatenate(labels)
    return np.concatenate([part.astype(str) for part in labels])


def _is_written(column: Any) -> bool:
    """Return whether a column consists of text or other objects."""
    import pandas

    kinds = pandas.api.types
    return bool(kinds.is_string_dtype(column.dtype) or kinds.is_object_dtype(column.dtype))


def _parsed(column: Any) -> tuple[Any, Array]:
    """Return text as numbers, and the positions of text that is not a number."""
    import pandas

    numbers = pandas.to_numeric(column.astype(str).where(column.notna()), errors="coerce")
    return numbers, np.flatnonzero(column.notna().to_numpy() & numbers.isna().to_numpy())


def have_decimal_commas(column: Any) -> bool:
    """Return whether all text consists of numbers whose decimals, if any, follow a comma.

    Parameters
    ----------
    column : pandas.Series
    """
    text = column.dropna().astype(str).str.strip()
    return bool(len(text)) and bool(text.str.fullmatch(_WITH_COMMA).all())


def have_thousands(column: Any) -> bool:
    """Return whether text consists of numbers such as 1,234.5, whose commas separate thousands.

    Parameters
    ----------
    column : pandas.Series
    """
    if not _is_written(column):
        return False
    text = column.dropna().astype(str).str.strip()
    if not text.str.contains(_THOUSANDS).any():
        return False
    return bool(text.str.fullmatch(_WITH_THOUSANDS).all())


def check_decimal_marks(path: Path, frame: Any, names: Sequence[str]) -> None:
    """Refuse a file with decimal commas in one column and points in another.

    The points may separate thousands, or the commas may.

    Parameters
    ----------
    path : Path
        The file, for messages.
    frame : pandas.DataFrame
        Its columns, or some of their rows.
    names : sequence of str
        Names of the columns.

    Raises
    ------
    TableError
        Names the columns.
    """
    commas: list[tuple[str, Any]] = []
    points: list[tuple[str, Any]] = []
    for i, name in enumerate(names):
        column = frame.iloc[:, i]
        if column.dtype.kind == "f":
            points += [(name, value) for value in column[(column % 1 != 0).fillna(False)][:1]]
        elif _is_written(column) and have_decimal_commas(column):
            text = column.dropna().astype(str)
            commas += [(name, value) for value in text[text.str.contains(",", regex=False)][:1]]
        elif have_thousands(column):
            points += [(name, value) for value in column.dropna()[:1]]
    if commas and points:
        (one, comma), (other, point) = commas[0], points[0]
        raise TableError(
            f"{path}: column {one!r} has decimal commas ({comma}), but column {other!r} has "
            f"points ({point}). If points separate thousands, give decimal=',' (--decimal ,); "
            "otherwise write all numbers with the same decimal mark."
        )


def _fits_float64(column: Any) -> bool:
    """Return whether float64 represents all integers of a column, also those written as text."""
    import pandas

    kinds = pandas.api.types
    present = column.dropna()
    if _is_written(column):
        present = _parsed(present)[0].dropna()
    elif not kinds.is_integer_dtype(column.dtype):
        return True
    return bool(present.between(-MOST_EXACT, MOST_EXACT).all())


def _as_floats(path: Path, column: Any, name: str) -> Array:
    import pandas

    if pandas.api.types.is_integer_dtype(column.dtype):
        present = column.dropna().to_numpy(np.dtype(str(column.dtype).split("[")[0].lower()))
        to_float64(path, present, repr(name))
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _quoted(cell: object, most: int = 60) -> str:
    text = repr(cell) if isinstance(cell, str) else str(cell)
    return text if len(text) <= most else f"{text[:most]}...'"
