"""Encoding of the user's columns as numbers, and decoding.

A number stays a number, a date becomes the days since 1970, a time of day a fraction of the day,
and a category of k values becomes k entries, one of which is 1. A missing value is NaN in all
entries of its column. Copies of the NumPy reader contain this module, which therefore imports only
NumPy.

>>> encoding = Encoding((NumberColumn("age"), CategoryColumn("sex", ("f", "m"))))
>>> numbers, unknown = encoding.encode({"age": [36.0, None], "sex": ["f", "m"]})
>>> numbers
array([[36.,  1.,  0.],
       [nan,  0.,  1.]])
>>> encoding.decode(np.array([[41.0, 0.25, 0.75]]))
{'age': array([41.]), 'sex': array(['m'], dtype=object)}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np

OTHER = "other"
# Minimum entropy, in nats, by which the cost of a category is divided. Otherwise a single row
# could outweigh all others: a value of one row in 1,000 would cost 870 times as much as a number.
LEAST_ENTROPY = 0.1
# Used in place of the number of an entry: the value is missing, or has no entry.
MISSING, NO_ENTRY = -1, -2
# Number of microseconds in a day; dates are read in microseconds.
DAY = 86_400_000_000
# Days from 1970-01-01 to the first date of Python, and to the end of its last one.
FIRST_DATE, END_OF_DATES = -719_162, 2_932_897
# Days of the longest duration whose microseconds 64 bits can count.
LONGEST = 2**63 // DAY
# Used in place of a format: dates are of a type without a time of day.
WHOLE_DATES = "date"
# Names of the types of missing values of pandas, and types whose equal values are the same.
_NONE = ("NAType", "NaTType")
_PLAIN = {str, bool, int, float, date, timedelta, type(None)}


class EntryNames(tuple[str, ...]):
    """Names of the entries into which columns of a frame are encoded.

    Attributes
    ----------
    columns : tuple of str
        Name of the column of each entry, by which messages name an entry.
    """

    columns: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str], columns: Sequence[str]) -> EntryNames:
        """Return the names of entries and of their columns."""
        found = cls(names)
        found.columns = tuple(columns)
        return found


class EncodedRows(np.ndarray[Any, Any]):
    """Rows of numbers created by an `Encoding`, which are not encoded again.

    Attributes
    ----------
    encoding : Encoding or None
        Encoding that created the rows; a model that is fitted on them stores it.
    """

    encoding: Encoding | None = None

    @classmethod
    def of(cls, numbers: np.ndarray[Any, Any], encoding: Encoding) -> EncodedRows:
        """Return numbers, (rows, entries), marked as created by an encoding."""
        rows = numbers.view(cls)
        rows.encoding = encoding
        return rows

    def __array_finalize__(self, source: Any) -> None:
        """Keep the encoding in copies and parts."""
        self.encoding = getattr(source, "encoding", None)


def _own_name(column: Any) -> tuple[str, ...]:
    """Return the name of the column, which is that of its only entry."""
    return (column.name,)


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers.

    Attributes
    ----------
    name : str
    """

    name: str
    kind: ClassVar[str] = "number"
    n_values: ClassVar[int] = 0

    entries = property(_own_name)

    def encode(self, column: Any) -> tuple[np.ndarray[Any, Any], list[Any]]:
        """Return the numbers, (rows, 1).

        Raises
        ------
        ValueError
            If a value is not a number; the message names the column and the row.
        """
        if getattr(getattr(column, "dtype", None), "kind", "O") == "c":
            raise ValueError(
                f"column {self.name!r} has complex numbers; expected real ones. Give real and "
                "imaginary part as two columns."
            )
        try:
            numbers = np.asarray(column, np.float64)
        except (TypeError, ValueError):  # for example, None in frames of some libraries
            values = listed(column)
            numbers = np.array(of_each(partial(self._number, values), values), np.float64)
        return numbers.reshape(-1, 1), []

    def decode(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the numbers, (rows,)."""
        return numbers[:, 0]

    def described(self) -> dict[str, Any]:
        """Return the column in a form that JSON can store."""
        return {"kind": self.kind, "name": self.name}

    def _number(self, values: list[Any], value: Any) -> float:
        if is_missing(value):
            return math.nan
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"column {self.name!r} has {_placed(value, values)}, which is not a number; the "
                "model was fitted on numbers in this column."
            ) from None


@dataclass(frozen=True)
class CategoryColumn:
    """Column with few distinct values.

    Attributes
    ----------
    name : str
    values : tuple of str, bool or number
        Values, each of which has an entry.
    other : bool
        Whether an additional entry represents all other values.
    """

    name: str
    values: tuple[Any, ...]
    other: bool = False
    kind: ClassVar[str] = "category"

    @property
    def n_values(self) -> int:
        """Number of entries."""
        return len(self.values) + self.other

    @property
    def entries(self) -> tuple[str, ...]:
        """Names of the entries."""
        shown = [str(value) for value in self.values] + [OTHER] * self.other
        return tuple(f"{self.name}={value}" for value in shown)

    def encode(
        self, column: Any, unknown_as: float = math.nan
    ) -> tuple[np.ndarray[Any, Any], list[Any]]:
        """Return 1 in the entry of each value, (rows, entries), and values without an entry.

        Entries are NaN for a missing value, and `unknown_as` for a value without an entry.
        """
        place = {value: i for i, value in enumerate(self.values)}
        others = len(self.values) if self.other else NO_ENTRY
        unknown: dict[Any, None] = {}

        def place_of(value: Any) -> int:
            if is_missing(value):
                return MISSING
            key = plain_value(value)
            found = place.get(key, others)
            if found == NO_ENTRY:
                unknown[key] = None
            return found

        places = np.array(of_each(place_of, listed(column)), np.intp)
        entries = np.eye(self.n_values)[np.maximum(places, 0)]
        entries[places == MISSING] = np.nan
        entries[places == NO_ENTRY] = unknown_as
        return entries, list(unknown)

    def decode(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the most probable of the values, (rows,); None where entries are NaN."""
        known = numbers[:, : len(self.values)]
        values = np.empty(len(self.values) + 1, object)
        values[: len(self.values)] = self.values
        best = np.argmax(known, axis=1)
        found: np.ndarray[Any, Any] = values[np.where(np.isnan(known).any(axis=1), -1, best)]
        return found

    def described(self) -> dict[str, Any]:
        """Return the column in a form that JSON can store."""
        stated = {"values": list(self.values), "other": self.other}
        return {"kind": self.kind, "name": self.name, **stated}


@dataclass(frozen=True)
class DateColumn:
    """A column of dates, times or durations: numbers of days.

    Attributes
    ----------
    name : str
    unit : {"D", "s", "us"}
        Unit to which reconstructions are rounded.
    form : str, optional
        Format of dates, in the notation of `datetime.strptime`, if they are text.
    duration : bool
        Whether the values are differences between dates.
    whole : bool
        Whether the values are of a type without a time of day, such as `datetime.date`.
    """

    name: str
    unit: str = "D"
    form: str | None = None
    duration: bool = False
    whole: bool = False
    kind: ClassVar[str] = "date"
    n_values: ClassVar[int] = 0

    entries = property(_own_name)

    def encode(self, column: Any) -> tuple[np.ndarray[Any, Any], list[Any]]:
        """Return days since 1970-01-01, or days, (rows, 1); NaN where there is no date.

        Raises
        ------
        ValueError
            If a value is not a date; the message names the column and the row.
        """
        times = np.asarray(column) if hasattr(column, "dtype") else np.empty(0, object)
        if times.dtype.kind not in "mM":
            times = self._times(column)
        times = times.astype("m8[us]" if self.duration else "M8[us]")
        days = times.astype(np.int64) / DAY
        days[np.isnat(times)] = np.nan
        return days.reshape(-1, 1), []

    def decode(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return dates rounded to the unit, (rows,): datetime64, timedelta64 or text.

        Dates outside of the years from 1 to 9999, which Python's dates cannot represent, become
        the first or the last one; durations are limited likewise.
        """
        step = DAY if self.unit == "D" else 1_000_000 if self.unit == "s" else 1
        days = numbers[:, 0]
        first, end = (-LONGEST, LONGEST) if self.duration else (FIRST_DATE, END_OF_DATES)
        known = np.clip(np.where(np.isnan(days), 0, days), first, end)
        counts = np.rint(known * (DAY / step)).astype(np.int64)
        counts = np.minimum(counts, end * (DAY // step) - 1)
        times = counts.astype(f"{'m' if self.duration else 'M'}8[{self.unit}]")
        times[np.isnan(days)] = "NaT"
        return times if self.form is None else written_dates(times, self.form)

    def described(self) -> dict[str, Any]:
        """Return the column in a form that JSON can store."""
        stated = {"unit": self.unit, "form": self.form, "duration": self.duration}
        whole = {"whole": True} if self.whole else {}
        return {"kind": self.kind, "name": self.name, **stated, **whole}

    def _times(self, column: Any) -> np.ndarray[Any, Any]:
        values = listed(column)
        moments = of_each(partial(self._moment, values), values)
        return np.array(moments, "m8[us]" if self.duration else "M8[us]")

    def _moment(self, values: list[Any], value: Any) -> Any:
        if is_missing(value):
            return "NaT"
        try:
            if isinstance(value, str) and not self.duration:
                text = value.strip()
                # Dates that were stored as dates are written so in csv files.
                read = datetime.fromisoformat(text) if self.form is None else None
                return without_zone(read or datetime.strptime(text, str(self.form)))
            return without_zone(value)
        except (TypeError, ValueError):
            written = f" written as {self.form or '2020-01-31'}" * (not self.duration)
            raise ValueError(
                f"column {self.name!r} has {_placed(value, values)}, which is not a "
                f"date{written}; the model was fitted on dates in this column."
            ) from None


@dataclass(frozen=True)
class TimeColumn:
    """A column of times of day: fractions of a day.

    Attributes
    ----------
    name : str
    unit : {"s", "us"}
        Unit to which reconstructions are rounded.
    """

    name: str
    unit: str = "s"
    kind: ClassVar[str] = "time"
    n_values: ClassVar[int] = 0

    entries = property(_own_name)

    def encode(self, column: Any) -> tuple[np.ndarray[Any, Any], list[Any]]:
        """Return fractions of a day in [0, 1), (rows, 1); NaN where there is no time.

        Raises
        ------
        ValueError
            If a value is not a time of day; the message names the column and the row.
        """
        values = listed(column)
        parts = of_each(partial(self._part, values), values)
        return np.array(parts, np.float64).reshape(-1, 1), []

    def decode(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return times rounded to the unit, (rows,): `datetime.time`, or None where it is NaN.

        Numbers outside of [0, 1) become the earliest or the latest time.
        """
        step = 1_000_000 if self.unit == "s" else 1
        found = np.empty(len(numbers), object)
        for row, part in enumerate(numbers[:, 0].tolist()):
            if not math.isnan(part):
                count = min(max(round(part * DAY / step), 0), DAY // step - 1)
                found[row] = (datetime.min + timedelta(microseconds=count * step)).time()
        return found

    def described(self) -> dict[str, Any]:
        """Return the column in a form that JSON can store."""
        return {"kind": self.kind, "name": self.name, "unit": self.unit}

    def _part(self, values: list[Any], value: Any) -> float:
        if is_missing(value):
            return math.nan
        if not isinstance(value, time):
            raise ValueError(
                f"column {self.name!r} has {_placed(value, values)}, which is not a time of day; "
                "the model was fitted on times in this column."
            )
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return (seconds * 1_000_000 + value.microsecond) / DAY


KINDS: dict[str, Any] = {
    "number": NumberColumn,
    "category": CategoryColumn,
    "date": DateColumn,
    "time": TimeColumn,
}


@dataclass(frozen=True)
class Encoding:
    """Encoding of the columns of a table.

    Attributes
    ----------
    columns : tuple of NumberColumn, CategoryColumn, DateColumn and TimeColumn
        Columns in the order of the table.
    left_out : tuple of str
        Uninformative columns of the table that are dropped, such as names.
    library : {"pandas", "polars"}
        Library of the frame.
    """

    columns: tuple[Any, ...]
    left_out: tuple[str, ...] = ()
    library: str = "pandas"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def entry_names(self) -> EntryNames:
        """Names of the entries, such as ``"sex=m"``."""
        pairs = [(name, column.name) for column in self.columns for name in column.entries]
        return EntryNames.of(*zip(*pairs, strict=True))

    @property
    def text_names(self) -> tuple[str, ...]:
        """Names of the columns whose values are text."""
        return tuple(
            column.name
            for column in self.columns
            if getattr(column, "form", None) is not None
            or any(isinstance(value, str) for value in getattr(column, "values", ()))
        )

    @cached_property
    def forms(self) -> dict[str, str]:
        """Formats of the columns whose dates are text, or `WHOLE_DATES`, by name."""
        dates = [column for column in self.columns if isinstance(column, DateColumn)]
        stated = {one.name: WHOLE_DATES if one.whole else one.form for one in dates}
        return {name: form for name, form in stated.items() if form is not None}

    @cached_property
    def without_forms(self) -> Encoding:
        """The same encoding, which decodes dates as datetime64 even if they were text."""
        columns = [replace(c, form=None) if c.name in self.forms else c for c in self.columns]
        return replace(self, columns=tuple(columns))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Entries of each category; 0 for numbers and dates, which have one."""
        return tuple(column.n_values for column in self.columns)

    @cached_property
    def column_of_entries(self) -> tuple[int, ...]:
        """Number of the column of each entry."""
        widths = [max(size, 1) for size in self.sizes]
        return tuple(np.repeat(np.arange(len(widths)), widths).tolist())

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Entries of each column."""
        ends = np.cumsum([max(size, 1) for size in self.sizes]).tolist()
        return tuple(map(slice, [0, *ends[:-1]], ends))

    def encode(
        self, table: Any, unknown_as: float = math.nan
    ) -> tuple[np.ndarray[Any, Any], dict[str, list[Any]]]:
        """Return a table as numbers, (rows, entries), and unknown values of its categories.

        Parameters
        ----------
        table : frame or mapping
            A column for each name, in any order.
        unknown_as : float
            Value of all entries of a category whose value has no entry: NaN, as for a missing
            value, or 0.

        Raises
        ------
        ValueError, TypeError
            If a column is missing or unknown, or if a value does not match the kind of its column.
        """
        columns = columns_by_name(table)
        self._check_names(tuple(columns))
        parts, unknown = [], {}
        for column in self.columns:
            own = columns[column.name]
            of_category = (unknown_as,) if column.n_values else ()
            part, strange = column.encode(own, *of_category)
            parts.append(part)
            if strange:
                unknown[column.name] = strange
        if len({len(part) for part in parts}) > 1:
            raise ValueError("the columns have different lengths; expected a value in each row.")
        return np.concatenate(parts, axis=1), unknown

    def decode(self, numbers: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        """Return the values of each column, by name.

        Parameters
        ----------
        numbers : float array, (rows, entries)
            Numbers of the entries; for a category, the probabilities of its values.
        """
        numbers = np.asarray(numbers, np.float64)
        pairs = zip(self.columns, self.slices, strict=True)
        return {column.name: column.decode(numbers[:, part]) for column, part in pairs}

    def weights(self, frequencies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Compute the factor of the cost of each column, (columns,).

        The cross-entropy of a category is divided by the entropy of its frequencies, at least
        0.1 nats. The cost is then 1 on average if the reconstruction consists of these
        frequencies, like the squared error of a standardised number reconstructed by its mean.
        The factor is 1 for numbers.

        Parameters
        ----------
        frequencies : array, (entries,)
            Fraction of rows with each value of a category; ignored for numbers.
        """
        found = np.ones(len(self.columns))
        for column, (size, entries) in enumerate(zip(self.sizes, self.slices, strict=True)):
            if size:
                p = np.clip(np.asarray(frequencies[entries], np.float64), 0, 1)
                entropy = -float((p * np.log(np.where(p > 0, p, 1))).sum())
                found[column] = 1 / max(entropy, LEAST_ENTROPY)
        return found

    def missing(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return which columns of encoded rows are missing, (rows, columns) of bool."""
        found: np.ndarray[Any, Any] = np.isnan(numbers[:, [part.start for part in self.slices]])
        return found

    def summed(self, entries: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Sum the values of entries for each column, (rows, columns)."""
        starts = [part.start for part in self.slices]
        total: np.ndarray[Any, Any] = np.add.reduceat(entries, starts, axis=1)
        return total

    def described(self) -> dict[str, Any]:
        """Return the encoding in a form for JSON: the argument of `from_description`."""
        columns = [column.described() for column in self.columns]
        left_out = list(self.left_out)
        return {"columns": columns, "left_out": left_out, "library": self.library}

    @classmethod
    def from_description(cls, stated: Mapping[str, Any]) -> Encoding:
        """Return the encoding that `described` described."""
        columns = []
        for one in stated["columns"]:
            own = {name: value for name, value in one.items() if name != "kind"}
            if "values" in own:
                own["values"] = tuple(own["values"])
            columns.append(KINDS[one["kind"]](**own))
        return cls(tuple(columns), tuple(stated["left_out"]), stated["library"])

    def _check_names(self, found: Sequence[str]) -> None:
        missing = [name for name in self.names if name not in found]
        if missing:
            raise ValueError(
                f"X has no column {', '.join(map(repr, missing))}; the model was fitted on "
                f"{', '.join(map(repr, self.names))}."
            )
        strange = [name for name in found if name not in (*self.names, *self.left_out)]
        if strange:
            raise ValueError(
                f"X has the columns {', '.join(map(repr, strange))}, which the model was not "
                "fitted on; leave them out."
            )


def columns_by_name(table: Any) -> dict[str, Any]:
    """Return the columns of a frame or mapping by the text of their names.

    Raises
    ------
    TypeError
        If the table is neither a frame nor a mapping.
    ValueError
        If two columns have the same name.
    """
    labels = list(table) if isinstance(table, Mapping) else getattr(table, "columns", None)
    if labels is None:
        raise TypeError(
            f"X is of type {type(table).__name__}; expected a frame, as the model was fitted "
            "on columns that are not all numbers."
        )
    names = [str(label) for label in labels]
    refuse_equal_names(names)
    return {name: table[label] for name, label in zip(names, labels, strict=True)}


def refuse_equal_names(names: Sequence[str], data: str = "X") -> None:
    """Refuse columns of which two have the same name.

    Raises
    ------
    ValueError
        The message states the name.
    """
    if len(set(names)) < len(names):
        name = next(one for k, one in enumerate(names) if one in names[:k])
        raise ValueError(f"{data} has {names.count(name)} columns named {name!r}; rename them.")


def listed(column: Any) -> list[Any]:
    """Return the values of a column as Python objects, as far as possible."""
    for method in ("tolist", "to_list"):
        if hasattr(column, method):
            values: list[Any] = getattr(column, method)()
            return values
    return list(column)


def distinct(values: list[Any]) -> list[Any]:
    """Return the values without those that equal an earlier one of the same type.

    Values of some types, such as times with a zone, may be equal and have different texts, and
    others have no hash. If there are any, all values are returned.

    >>> distinct(["b", "a", "b", 1, True])
    ['b', 'a', 1, True]
    """
    if not all(kind in _PLAIN or kind.__name__ in _NONE for kind in set(map(type, values))):
        return values
    return [value for _, value in dict.fromkeys(zip(map(type, values), values, strict=True))]


def of_each(function: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    """Return a function of each value, which is called once for values that are equal.

    >>> of_each(str, ["a", "b", "a"])
    ['a', 'b', 'a']
    """
    few = distinct(values)
    if few is values:
        return list(map(function, values))
    known = {(type(value), value): function(value) for value in few}
    return list(map(known.__getitem__, zip(map(type, values), values, strict=True)))


def _placed(value: Any, values: list[Any]) -> str:
    """Return a value with the number of its row, for messages."""
    return f"{value!r} at row {next(row for row, one in enumerate(values) if one is value)}"


def is_missing(value: Any) -> bool:
    """Return whether a value marks a missing entry: None, NaN, or an equivalent of pandas.

    >>> [is_missing(value) for value in (None, float("nan"), "", 0)]
    [True, True, False, False]
    """
    if value is None or type(value).__name__ in _NONE:
        return True
    return isinstance(value, float | np.floating | np.datetime64 | np.timedelta64) and bool(
        value != value  # noqa: PLR0124 - only NaN differs from itself
    )


def is_period(value: Any) -> bool:
    """Return whether a value is a period of pandas."""
    return type(value).__name__ == "Period" and hasattr(value, "to_timestamp")


def plain_value(value: Any) -> Any:
    """Return a value as text, bool or number, which JSON can store."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, str | bool | int | float) else str(value)


def written_dates(times: np.ndarray[Any, Any], form: str) -> np.ndarray[Any, Any]:
    """Return dates as text in a format of `datetime.strptime`, and None for NaT.

    >>> written_dates(np.array(["2020-02-01", "NaT"], "M8[D]"), "%d.%m.%Y").tolist()
    ['01.02.2020', None]
    """
    moments: list[Any] = times.astype("M8[us]").tolist()
    if form.endswith("%z"):
        moments = [moment and moment.replace(tzinfo=UTC) for moment in moments]
    # `strftime` uses fewer than four digits for some years.
    texts = [
        moment and moment.strftime(form.replace("%Y", f"{moment.year:04}")) for moment in moments
    ]
    return np.array(texts, object)


def without_zone(value: Any) -> Any:
    """Return a date, time or duration as a NumPy value; times with a zone are converted to UTC.

    A pandas period, such as a month, is converted to its start.

    Raises
    ------
    TypeError
        If the value is none of these.
    """
    if is_period(value):
        value = value.to_timestamp()
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, str | int | float):
        raise TypeError(f"{value!r} is no date")
    kind: Any = np.datetime64 if isinstance(value, date | np.datetime64) else np.timedelta64
    return kind(value, "us")
