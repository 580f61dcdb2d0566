"""Kinds of the columns of a frame: numbers, categories, dates, or uninformative columns.

>>> table = {"age": [36, 41, 36], "sex": ["f", "m", "f"], "born": ["2001-02-03"] * 3}
>>> [column.kind for column in encoding_of(table).columns]
['number', 'category', 'date']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from autoenc.rows.encoding import (
    CategoryColumn,
    DateColumn,
    Encoding,
    NumberColumn,
    TimeColumn,
    columns_by_name,
    is_missing,
    is_period,
    listed,
    plain_value,
)
from autoenc.rows.refusals import column_name, warn
from autoenc.tables.values import PADDED

# Maximum number of values of a category that have an entry of their own; rarer ones share one.
MOST_VALUES = 50
# A value has an entry of its own if it is in at least LEAST_ROWS rows and one of ONE_IN rows.
LEAST_ROWS = 2
ONE_IN = 500
# If more than this fraction of the values occur in one row only, they are names or free text.
UNIQUE = 0.5
# If more than this fraction of the values are numbers, the others are mistakes in a column of
# numbers.
MOSTLY = 0.9
# Formats of dates and times in text. If several fit, the first is taken.
_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
FORMS = (
    "%Y-%m-%d", *_ISO, "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y",
    "%m/%d/%Y", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
    *(f"{form}{fraction}{zone}" for zone in ("", "Z", "+00:00", "%z")
      for fraction in ("", ".%f") for form in _ISO if fraction or zone),
    "%H:%M", "%H:%M:%S", "%H:%M:%S.%f",
)  # fmt: skip
# A reading of a date that another format contradicts.
_AMBIGUOUS = {"%d/%m/%Y": "%m/%d/%Y", "%d/%m/%Y %H:%M": "%m/%d/%Y %H:%M"}
_TIME = r"\d{1,2}:\d\d(:\d\d(\.\d{1,6})?)?"
_DATE = re.compile(
    rf"\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}([ T]{_TIME}(Z|[+-]\d\d:?\d\d)?)?|{_TIME}"
)
_PADDED = re.compile(PADDED).fullmatch
_CONTAINERS = (bytes, bytearray, memoryview, list, tuple, dict, set, frozenset)
NUMBERS, BOOLS, DATES, DURATIONS, TIMES = "numbers", "booleans", "dates", "durations", "times"
TEXT, NOTHING = "text", "nothing"


def is_frame(X: Any) -> bool:
    """Return whether X is a data frame in memory, of pandas, polars or a similar library."""
    return hasattr(X, "columns") and hasattr(X, "to_numpy") and getattr(X, "ndim", 2) == 2


def has_kinds(frame: Any) -> bool:
    """Return whether a frame has columns that are not numbers.

    A frame that contains only booleans counts as numeric, with values 0 and 1.
    """
    columns = columns_by_name(frame).values()
    # Most frames contain only numbers, as their dtypes show.
    if all(getattr(getattr(c, "dtype", None), "kind", "O") in "iuf" for c in columns):
        return False
    found = {kind_of(column) for column in columns} - {NOTHING}
    return bool(found - {NUMBERS}) and found != {BOOLS}


def encoding_of(table: Any) -> Encoding:
    """Determine the encoding of each column of a table.

    Parameters
    ----------
    table : frame or mapping
        A column for each name.

    Returns
    -------
    Encoding
        Numbers stay numbers, dates, times and durations become days, and booleans and text become
        categories. A category has an entry for each of its 50 most frequent values that occur in
        at least 2 rows and in at least one row of 500, rounded down; if there are none, for its 50
        most frequent values. All other values share an entry; if there is only one other value, it
        has an entry of its own.

    Warns
    -----
    DomainWarning
        If columns are dropped, because they have no values or text that differs in most rows, or
        if the order of day and month in dates is ambiguous.

    Raises
    ------
    ValueError
        If no column is left, if a numeric column has a few values that are not numbers, or if
        values are bytes, lists, mappings or arrays.
    """
    left_out: list[str] = []
    found: list[Any] = []
    for number, (name, column) in enumerate(columns_by_name(table).items()):
        refuse_complex(number, name, column)
        _refuse_containers(number, name, column)
        _refuse_mistakes(number, name, column)
        own = _column_of(name, column)
        if own is None:
            left_out.append(name)
        else:
            found.append(own)
    if not found:
        raise ValueError(
            f"X has no column to learn from ({', '.join(map(repr, left_out))}): each is empty, or "
            "has text that is different in almost every row."
        )
    if left_out:
        warn(
            "columns left out, because they are empty or their text is different in almost every "
            f"row: {', '.join(map(repr, left_out))}."
        )
    library = "polars" if type(table).__module__.startswith("polars") else "pandas"
    return Encoding(tuple(found), tuple(left_out), library)


def refuse_complex(number: int, name: str, column: Any) -> None:
    """Refuse a column of complex numbers.

    Raises
    ------
    ValueError
    """
    is_complex = getattr(getattr(column, "dtype", None), "kind", "O") == "c"
    if is_complex or any(isinstance(v, complex | np.complexfloating) for v in _objects(column)):
        raise ValueError(
            f"X has complex numbers in {column_name(number, None)} ({name!r}); expected real "
            "ones. Give real and imaginary part as two columns, such as numpy.real(column) and "
            "numpy.imag(column)."
        )


def _refuse_containers(number: int, name: str, column: Any) -> None:
    """Refuse a column of bytes, lists, mappings or arrays, whose text is not informative."""
    if kind_of(column) != TEXT:
        return
    for row, value in enumerate(listed(column)):
        if isinstance(value, _CONTAINERS) or hasattr(value, "__array__"):
            raise ValueError(
                f"X has a value of type {type(value).__name__} at row {row}, "
                f"{column_name(number, None)} ({name!r}); expected numbers, text, booleans, "
                "dates, times or durations. Leave the column out, or make columns of its parts."
            )


def _objects(column: Any) -> list[Any]:
    """Return the values of a column of objects, which may be of any type."""
    dtype = getattr(column, "dtype", None)
    return listed(column) if dtype is None or str(dtype).lower() == "object" else []


def _refuse_mistakes(number: int, name: str, column: Any) -> None:
    """Refuse a column in which nearly all values are numbers, unless it is a category."""
    if str(getattr(column, "dtype", None)) == "category" or kind_of(column) != TEXT:
        return
    values = [(row, v) for row, v in enumerate(listed(column)) if not is_missing(v)]
    others = [(row, value) for row, value in values if not _is_number(value)]
    is_name = _has_padded([value for _, value in values])
    if not is_name and len(others) <= (1 - MOSTLY) * len(values):
        row, value = others[0]
        raise ValueError(
            f"X has {value!r} at row {row}, {column_name(number, None)} ({name!r}), which is not "
            "a number, although nearly all other values of the column are. Correct it, leave the "
            "column out, make it a category of pandas, or encode it, with scikit-learn's "
            "OneHotEncoder for instance."
        )


def _column_of(name: str, column: Any) -> Any:
    """Return the encoding of a column; None if the column is uninformative."""
    kind = kind_of(column)
    known: dict[str, Callable[[], Any]] = {
        NOTHING: lambda: None,
        NUMBERS: lambda: NumberColumn(name),
        DATES: lambda: _dates(name, column, None),
        DURATIONS: lambda: _dates(name, column, None, duration=True),
        TIMES: lambda: _times(name, column),
        BOOLS: lambda: CategoryColumn(name, (False, True)),
    }
    if kind in known:
        return known[kind]()
    values = [plain_value(value) for value in listed(column) if not is_missing(value)]
    if kind == TEXT and (form := date_form(values)):
        _warn_if_ambiguous(name, values, form)
        return _dates(name, column, form)
    return _category(name, values, len(column))


def kind_of(column: Any) -> str:
    """Return the kind of a column, from its dtype or, if that is generic, from its values."""
    present = [value for value in listed(column) if not is_missing(value)]
    if not present:
        return NOTHING
    dtype = getattr(column, "dtype", None)
    if str(dtype) == "category":
        return TEXT  # even numbers are categories if the user says so
    by_dtype = {"b": BOOLS, "i": NUMBERS, "u": NUMBERS, "f": NUMBERS}
    known = by_dtype.get(getattr(dtype, "kind", "O"))
    if known is None and dtype is not None:
        known = {"M": DATES, "m": DURATIONS}.get(np.asarray(column).dtype.kind)
    return known or _kind_of_values(present)


def _kind_of_values(present: Sequence[Any]) -> str:
    kinds: dict[str, tuple[Any, ...]] = {
        BOOLS: (bool, np.bool_),
        NUMBERS: (int, float, Decimal, np.number),
        DURATIONS: (timedelta, np.timedelta64),
        DATES: (datetime, date, np.datetime64),
        TIMES: (time,),
    }
    if all(map(is_period, present)):
        return DATES
    for kind, types in kinds.items():
        if all(isinstance(value, types) for value in present):
            return kind
    if not all(map(_is_number, present)):
        return TEXT
    return TEXT if _has_padded(present) else NUMBERS


def _has_padded(values: Sequence[Any]) -> bool:
    """Return whether text has leading zeros, as postal codes do, which numbers would lose."""
    return any(isinstance(value, str) and _PADDED(value) for value in values)


def whole_range(column: Any) -> tuple[int, int] | None:
    """Return minimum and maximum of a column of integers; None if not all are integers.

    Integers are returned unchanged, because float64 could make them equal.

    >>> whole_range(np.array([2**60, None, 2**60 + 1], object))
    (1152921504606846976, 1152921504606846977)
    """
    dtype = getattr(column, "dtype", None)
    kind = getattr(dtype, "kind", "O")
    if kind in "fbc":
        return None
    if kind in "iu" and isinstance(dtype, np.dtype):
        values = np.asarray(column)
        return int(values.min()), int(values.max())
    present = [value for value in listed(column) if not is_missing(value)]
    if not present or not all(type(v) is int or isinstance(v, np.integer) for v in present):
        return None
    return int(min(present)), int(max(present))


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _category(name: str, values: Sequence[Any], n_rows: int) -> CategoryColumn | None:
    """Return a category of the frequent values; None if values differ in almost all rows."""
    counts = Counter(values)
    alone = sum(count == 1 for count in counts.values())
    if alone > UNIQUE * len(values) and alone > LEAST_ROWS:
        return None
    least = max(LEAST_ROWS, n_rows // ONE_IN)
    frequent = [value for value, count in counts.most_common(MOST_VALUES) if count >= least]
    kept = frequent or [value for value, _ in counts.most_common(MOST_VALUES)]
    if len(kept) == len(counts) - 1:
        kept = list(counts)  # the entry for other values would represent only this one
    return CategoryColumn(name, tuple(sorted(kept, key=str)), len(kept) < len(counts))


def date_form(values: Sequence[str]) -> str | None:
    """Return the format of dates in text, if all values are dates.

    >>> date_form(["24.12.1999", "1.1.2000"]), date_form(["24.12.1999", "soon"])
    ('%d.%m.%Y', None)
    """
    distinct = {value.strip() for value in values if isinstance(value, str)}
    if not distinct or not all(map(_DATE.fullmatch, distinct)):
        return None
    return next((form for form in FORMS if all(_is_written(v, form) for v in distinct)), None)


def _warn_if_ambiguous(name: str, values: Sequence[str], form: str) -> None:
    """Warn if days could be months, and months days."""
    other = _AMBIGUOUS.get(form)
    distinct = {value.strip() for value in values}
    if other is None or not all(_is_written(value, other) for value in distinct):
        return
    read = {value: datetime.strptime(value, form) for value in sorted(distinct)}
    example = next((v for v, at in read.items() if at != datetime.strptime(v, other)), None)
    if example is not None:
        warn(
            f"column {name!r} has dates in which day and month could be swapped, such as "
            f"{example!r}; they were read as {read[example]:%Y-%m-%d}. If this is wrong, write "
            "dates as 2020-01-31, or convert the column with pandas.to_datetime(column, "
            f"format={other!r})."
        )


def _is_written(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def _dates(name: str, column: Any, form: str | None, *, duration: bool = False) -> DateColumn:
    days, _ = DateColumn(name, form=form, duration=duration).encode(column)
    known = days[~np.isnan(days)]
    seconds = known * 86_400
    whole = np.array_equal(known, np.rint(known))
    in_seconds = np.allclose(seconds, np.rint(seconds), rtol=0, atol=1e-5)
    unit = "D" if whole else "s" if in_seconds else "us"
    kinds = {type(value) for value in listed(column) if not is_missing(value)}
    return DateColumn(name, unit, form, duration, kinds == {date})


def _times(name: str, column: Any) -> TimeColumn:
    fractions = {value.microsecond for value in listed(column) if not is_missing(value)}
    return TimeColumn(name, "s" if fractions == {0} else "us")
