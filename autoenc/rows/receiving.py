"""Decoded values in the type and format of a column that receives them.

>>> import pandas
>>> column = pandas.Series(["24.12.1999", None])
>>> received(np.array(["2020-02-01"], "M8[D]"), column, "born").tolist()
['01.02.2020']
>>> received(np.array([True], object), pandas.Series([0, None], dtype="Int64"), "member").tolist()
[1]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from autoenc.rows.blocks import Array
from autoenc.rows.encoding import (
    DAY,
    END_OF_DATES,
    FIRST_DATE,
    WHOLE_DATES,
    distinct,
    is_missing,
    is_period,
    listed,
    of_each,
    plain_value,
    written_dates,
)
from autoenc.rows.kinds import date_form

# A type comes before those of which it is a special case.
_TYPES = (bool, int, float, Decimal, str, datetime, date, timedelta, time)
_BY_DTYPE = {"b": bool, "i": int, "u": int, "f": float, "M": datetime, "m": timedelta}
# Types between which values need no conversion, apart from rounding.
_ALIKE = {int: float, Decimal: float, date: datetime}
_ISO = {"D": "%Y-%m-%d", "s": "%Y-%m-%d %H:%M:%S", "us": "%Y-%m-%d %H:%M:%S.%f"}


def type_of(column: Any) -> type | None:
    """Return the Python type of the values of a column, which its dtype or its values show.

    Parameters
    ----------
    column : array, or series of pandas or polars

    Returns
    -------
    type or None
        ``bool``, ``int``, ``float``, ``Decimal``, ``str``, ``datetime``, ``date``, ``timedelta``
        or ``time``; ``object`` for other types and for a mixture. None if there are no values and
        the dtype is that of any object.
    """
    if is_category(column):
        return type_of(column.dtype.categories)
    known = _type_of_dtype(column.dtype)
    if known is not None:
        return known
    present = _present(column)
    if present and all(map(is_period, present)):
        return datetime
    return (_first_type(isinstance, present) or object) if present else None


def is_category(column: Any) -> bool:
    """Return whether a column is a category of pandas."""
    return str(column.dtype) == "category"


def has_type_of(column: Any, values: Array, form: str | None = None) -> bool:
    """Return whether a column without values has the type that it had in the data of `fit`.

    Parameters
    ----------
    column : series of pandas or polars
    values : array
        Decoded values.
    form : str, optional
        Format of dates that were text in the data of `fit`, or `WHOLE_DATES`.
    """
    own, expected = type_of(column), type_of(values)
    if is_category(column):  # of `object` if it has intervals, which are known by their text
        return own in (None, expected, object)
    if own is None or expected is None:
        return False
    if form is not None and form != WHOLE_DATES:
        return own is str
    return _ALIKE.get(own, own) is _ALIKE.get(expected, expected)


def received(values: Array, column: Any, name: str, form: str | None = None) -> Array:
    """Return decoded values as those of a column.

    Parameters
    ----------
    values : array
        Numbers, dates or durations, or objects: the values of a category, or times of day.
    column : series of pandas or polars
        Column that receives the values.
    name : str
        Name of the column, for messages.
    form : str, optional
        Format of dates that were text in the data of `fit`. By default, and if it is
        `WHOLE_DATES`, it is the format of the column.

    Returns
    -------
    array
        Numbers that can be cast to the dtype of the column, dates, durations, or objects of its
        type.

    Raises
    ------
    ValueError
        If the column cannot contain the values.
    """
    kind, form = values.dtype.kind, None if form == WHOLE_DATES else form
    if kind == "f":
        return _numbers(values, column, name)
    if kind == "M":
        return _dates(values, column, name, form)
    return _durations(values, column, name) if kind == "m" else _of_category(values, column, name)


def refusal(values: Any, column: Any, name: str) -> ValueError:
    """Return the error for a column that cannot contain decoded values."""
    value = next((value for value in values if not is_missing(value)), None)
    shown = value if isinstance(value, np.generic) else repr(value)
    return ValueError(
        f"column {name!r} is of type {column.dtype}, which cannot contain values of the model, "
        f"such as {shown}; convert the column to the type that it had in the data of `fit`."
    )


def natural(values: Array, form: str | None = None) -> Array:
    """Return decoded values in the type of the data of `fit`, for a column without values."""
    if form is None or values.dtype.kind != "M":
        return values
    if form == WHOLE_DATES:
        return values.astype("M8[D]").astype(object)
    return written_dates(values, form)


def limited_times(times: Array, unit: str | None, zone: Any) -> Array:
    """Return the nearest dates, or durations, that a column with this unit and zone can hold."""
    is_local = zone is not None and str(zone).lower() not in ("utc", "utc+00:00", "+00:00")
    if unit != "ns" and not is_local:
        return times
    first, last = FIRST_DATE * DAY, END_OF_DATES * DAY - 1
    if unit == "ns":  # 64 bits of nanoseconds, in microseconds
        last = (2**63 - 1) // 1000
        first = -last
    # The local time of a date may be up to a day earlier or later.
    margin = DAY if is_local else 0
    ends = np.array([first + margin, last - margin], f"{times.dtype.kind}8[us]")
    limited: Array = np.clip(times.astype(ends.dtype), *ends)
    return limited


def _type_of_dtype(dtype: Any) -> type | None:
    """Return the Python type of the values that a dtype states; None if it states none."""
    if hasattr(dtype, "freq"):  # periods
        return datetime
    try:
        stated = dtype.to_python() if hasattr(dtype, "to_python") else dtype.type
    except NotImplementedError:  # extensions of polars
        return type(dtype)
    known = _first_type(issubclass, [stated]) if isinstance(stated, type) else None
    return known or _BY_DTYPE.get(getattr(dtype, "kind", "O"))


def _numbers(values: Array, column: Any, name: str) -> Array:
    own = type_of(column)
    if own is int:
        whole = _as_whole(values, *_limits(column.dtype))
        return _each(int, whole) if _has_objects(column) else whole
    if own is bool:
        return _each(bool, _as_whole(values, 0, 1))
    if own is str:
        return _each(str, values)
    if own not in (float, Decimal, object, None):
        raise refusal(values, column, name)
    return values


def _dates(values: Array, column: Any, name: str, form: str | None) -> Array:
    own = type_of(column)
    if own is str or (own is None and form is not None):
        unit, _ = np.datetime_data(values.dtype)
        return written_dates(values, form or date_form(_present(column)) or _ISO[unit])
    if own not in (date, datetime, object, None):
        raise refusal(values, column, name)
    values = values.astype("M8[D]" if own is date else "M8[us]")
    return _moments(values, column) if _has_objects(column) else values


def _moments(values: Array, column: Any) -> Array:
    """Return dates, or durations, as objects; periods, or with a zone, as those of a column."""
    example: Any = next(iter(_present(column)), None)
    if is_period(example):
        return _each(lambda moment: type(example)(moment, freq=example.freq), values)
    zone = getattr(example, "tzinfo", None)
    if zone is None:
        return _each(lambda moment: moment, values)
    local = limited_times(values, None, zone)
    return _each(lambda moment: moment.replace(tzinfo=UTC).astimezone(zone), local)


def _durations(values: Array, column: Any, name: str) -> Array:
    if type_of(column) not in (timedelta, object, None):
        raise refusal(values, column, name)
    return _moments(values.astype("m8[us]"), column) if _has_objects(column) else values


def _of_category(values: Array, column: Any, name: str) -> Array:
    own, distinct = type_of(column), set(values.tolist()) - {None}
    if own is str and not is_category(column) and all(isinstance(one, str) for one in distinct):
        return values
    # Objects, such as the intervals of `pandas.cut`, are known by their text.
    present = _present(column) if own is str or _has_objects(column) else []
    known = {plain_value(one): one for one in present}
    limits = _limits(column.dtype) if own is int else (-math.inf, math.inf)

    def equal(value: Any) -> Any:
        spelling = next((text for text in _spellings(value) if text in known), value)
        found = known[spelling] if spelling in known else _converted(value, own)
        if found is None or (own is int and not limits[0] <= found <= limits[1]):
            raise refusal([value], column, name)
        return found

    found = {value: equal(value) for value in distinct}
    return _each(found.__getitem__, values)


def _spellings(value: Any) -> list[Any]:
    """Return a value and, for a boolean or a number, the text that may represent it."""
    if isinstance(value, str | time):
        return [value]
    whole = [str(int(value))] if float(value).is_integer() else []
    return [value, str(value), str(value).lower(), str(value).upper(), *whole]


def _converted(value: Any, own: type | None) -> Any:
    """Return the equal value of a type; None if there is none."""
    if own in (None, object, type(value)):
        return value
    if own is str:
        return str(value)
    if own is bool:
        return {0: False, 1: True, "False": False, "True": True}.get(value)
    is_number = own in (int, float, Decimal) and isinstance(value, str | int | float)
    return _number(value, own) if is_number else None


def _number(value: Any, own: Any) -> Any:
    """Return a number, or the text of one, as a number of a type; None if it is none."""
    try:
        number = float(value)
        whole = int(number)
    except (ValueError, OverflowError):
        return None
    # Text such as 01 is no number, because the number would be written as another text.
    if isinstance(value, str) and value not in (str(whole), str(number)):
        return None
    if number == whole:
        return own(whole)
    return None if own is int else own(number)


def _as_whole(values: Array, lowest: int, highest: int) -> Array:
    """Return the nearest integers, as floats, that a column with these limits can hold."""
    # 2⁶³ - 1 is no float, and the nearest one, 2⁶³, is beyond the column.
    below = float(highest) if int(float(highest)) <= highest else math.nextafter(highest, 0)
    whole: Array = np.clip(np.rint(values), lowest, below)
    return whole


def _limits(dtype: Any) -> tuple[int, int]:
    """Return the least and the greatest integer of a dtype."""
    name = str(dtype).lower().removesuffix("[pyarrow]")
    limits = np.iinfo(name if name.removeprefix("u").startswith("int") else "int64")
    return int(limits.min), int(limits.max)


def _each(function: Callable[[Any], Any], values: Array) -> Array:
    """Return a function of each value, and None where a value is missing."""
    found = np.empty(len(values), object)
    # Only None, which stands for NaT, too, and NaN are missing in decoded values.
    found[:] = of_each(
        lambda one: None if one is None or one != one else function(one),  # noqa: PLR0124
        values.tolist(),
    )
    return found


def _has_objects(column: Any) -> bool:
    """Return whether the values of a column of pandas are objects, or categories."""
    return is_category(column) or str(column.dtype).lower() == "object"


def _present(column: Any) -> list[Any]:
    """Return the distinct values of a column that are not missing, or its categories."""
    values = distinct(listed(column.dtype.categories if is_category(column) else column))
    known = [value for value in values if not is_missing(value)]
    return [value.item() if isinstance(value, np.number | np.bool_) else value for value in known]


def _first_type(test: Callable[[Any, Any], bool], values: Sequence[Any]) -> type | None:
    """Return the first type for which a test of all values is true."""
    return next((own for own in _TYPES if all(test(value, own) for value in values)), None)
