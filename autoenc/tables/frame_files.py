"""csv and parquet files, read by pandas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.tables.delimited import Delimited, readable
from autoenc.tables.extras import import_extra
from autoenc.tables.memory import Budget
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table, TableError, check_numbers
from autoenc.tables.values import (
    as_labels,
    as_numbers,
    check_decimal_marks,
    find_padded,
    find_word,
    have_thousands,
    joined_labels,
    refuse,
    values_of,
)

# While parts are joined at the end, the table is in memory twice.
_COPIES = 2
# The header of an index column as pandas writes it, and as pandas reads it.
_UNNAMED = re.compile(r"(Unnamed: \d+)?")


def read_csv(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read comma-, semicolon-, tab- or space-separated values; see `autoenc.tables.read_table`."""
    with readable(path):
        budget = Budget.of(path, selection.max_bytes)
        file = Delimited.of(path, selection, budget)
        # Numbers with leading zeros are identifiers, and conversion would lose the zeros.
        padded = file.padded()
        names = enumerate(file.column_names)
        text = {
            i
            for i, name in names
            if name in selection.text or (i in padded and not selection.is_number(name))
        }
        # These types keep integers exact in columns with missing values.
        how = {"dtype": dict.fromkeys(text, "string"), "dtype_backend": "numpy_nullable"}
        with file.frames(**how) as frames:
            table = _table(
                path, file.names, selection, frames, budget, notes=file.notes,
                comma=file.may_have_commas,
            )  # fmt: skip
        short = file.short_lines() if _ends_in_missing(table.values) else None
        return table if short is None else replace(table, notes=(*table.notes, short))


def _ends_in_missing(values: Any) -> bool:
    """Return whether the last cell of a row is missing, as where a line has too few cells."""
    if isinstance(values, np.ndarray):
        return bool(np.isnan(values[:, -1]).any())
    return bool(values.iloc[:, -1].isna().any())


def read_parquet(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read a parquet file; see `autoenc.tables.read_table`."""
    pandas = import_extra("pandas", "tables", "reading parquet")
    import_extra("pyarrow", "tables", "reading parquet")
    import pyarrow.parquet

    budget = Budget.of(path, selection.max_bytes)
    try:
        _check_parquet(path, budget)
        frame = pyarrow.parquet.read_table(path).to_pandas(types_mapper=_exact_integers().get)
    except TableError:
        raise
    # For a damaged file, pyarrow and pandas raise many kinds of errors.
    except Exception as error:
        raise TableError(f"{path}: not a readable parquet file ({error}).") from error
    names = tuple(map(str, frame.columns))
    rows = None if isinstance(frame.index, pandas.RangeIndex) else tuple(map(str, frame.index))
    return _table(path, names, selection, [frame], budget, rows)


def _exact_integers() -> dict[Any, Any]:
    """Return pandas' types that keep integers exact in columns with missing values."""
    import pandas
    import pyarrow

    return {pyarrow.int64(): pandas.Int64Dtype(), pyarrow.uint64(): pandas.UInt64Dtype()}


def _check_parquet(path: Path, budget: Budget) -> None:
    """Check the size that the file states. Repeated values take almost no room in the file."""
    from pyarrow.parquet import read_metadata

    stated = read_metadata(path)
    groups = (stated.row_group(i) for i in range(stated.num_row_groups))
    unpacked = sum(group.total_byte_size for group in groups)
    budget.check(_COPIES * max(8 * stated.num_rows * stated.num_columns, unpacked))


def _table(
    path: Path,
    names: tuple[str, ...] | None,
    selection: Selection,
    frames: Any,
    budget: Budget,
    rows: tuple[str, ...] | None = None,
    notes: tuple[str, ...] = (),
    *,
    comma: bool = False,
) -> Table:
    """Make a table of frames; `comma` states whether decimals may have a comma."""
    frames = iter(frames)
    first = next(frames, None)
    if first is None or not len(first):
        said = "".join(f" Note: {note}." for note in notes)
        raise TableError(f"{path}: there are no rows.{said}")
    taken, label = selection.positions(names, first.shape[1], path)
    own = tuple(names[i] if names else str(i) for i in taken)
    labels: list[Array] = []

    def chosen() -> Iterator[tuple[int, Any]]:
        for start, frame in _numbered(first, frames):
            budget.check(_COPIES * 8 * (start + len(frame)) * len(taken))
            if label is not None:
                labels.append(as_labels(frame.iloc[:, label]))
            yield start, frame.iloc[:, taken]

    remarks = list(notes)
    read = _mixed if selection.mixed else _numbers
    values = read(path, chosen(), own, selection, remarks, comma=comma)
    if names and not selection.index and _is_index(own, values, selection):
        remarks.append(_left_out(path, own[0]))
        own, values = own[1:], _without_first(values)
    return Table(
        values,
        columns=own if names or hasattr(values, "columns") else None,
        rows=rows,
        labels=joined_labels(labels) if labels else None,
        notes=tuple(remarks),
    )


def _is_index(names: tuple[str, ...], values: Any, selection: Selection) -> bool:
    """Return whether the first of several columns numbers the rows: unnamed, unique integers."""
    if selection.names(names[0]) or len(names) < 2 or not _UNNAMED.fullmatch(names[0]):
        return False
    first = values[:, 0] if isinstance(values, np.ndarray) else values.iloc[:, 0].to_numpy()
    if first.dtype.kind != "f":
        return False
    return bool((first == np.rint(first)).all()) and len(np.unique(first)) == len(first)


def _left_out(path: Path, name: str) -> str:
    return (
        f"{path}: the first column, {name!r}, has no name and numbers the rows, so it was left "
        "out; to keep it, give it a name in the first line"
    )


def _without_first(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values[:, 1:])
    rest = values.iloc[:, 1:]
    is_numbers = all(rest[name].dtype == np.float64 for name in rest)
    return rest.to_numpy() if is_numbers else rest


def _numbered(first: Any, others: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """Yield frames and the positions of their first rows."""
    yield 0, first
    start = len(first)
    for frame in others:
        yield start, frame
        start += len(frame)


def _numbers(
    path: Path, frames: Iterator[tuple[int, Any]], names: tuple[str, ...], selection: Selection,
    remarks: list[str], *, comma: bool,
) -> Array:  # fmt: skip
    """Return columns as a matrix; all of them must be numbers."""
    parts = []
    for start, frame in frames:
        if comma and selection.decimal is None:
            check_decimal_marks(path, frame, names)
        columns = []
        for i, name in enumerate(names):
            padded = None if selection.is_number(name) else find_padded(frame.iloc[:, i])
            if padded is not None:
                raise TableError(
                    f"{path}: column {name!r} has values with leading zeros, such as {padded!r}, "
                    "which are text, but here all columns must be numbers; leave the column out "
                    f"(--drop {name}), or write it without the zeros."
                )
            numbers, bad = as_numbers(path, frame.iloc[:, i], name, comma=comma)
            if numbers is None:
                refuse(path, frame.iloc[:, i], name, bad, start)
            _note_thousands(path, frame.iloc[:, i], name, remarks)
            columns.append(numbers)
        part = np.column_stack(columns)
        check_numbers(path, part, names, start, allow_missing=selection.allow_missing)
        parts.append(part)
    return np.concatenate(parts)


def _note_thousands(path: Path, column: Any, name: str, remarks: list[str]) -> None:
    """Remark that commas were read as separators of thousands; they may separate other numbers."""
    if have_thousands(column):
        remark = f"{path}: column {name!r} was read as numbers in which commas separate thousands"
        remarks += [] if remark in remarks else [remark]


def _mixed(
    path: Path, frames: Iterator[tuple[int, Any]], names: tuple[str, ...], selection: Selection,
    remarks: list[str], *, comma: bool,
) -> Any:  # fmt: skip
    """Return columns as a matrix if they are all numbers, else as a frame."""
    import pandas

    whole = pandas.concat([frame for _, frame in frames], ignore_index=True)
    if comma and selection.decimal is None:
        check_decimal_marks(path, whole, names)
    columns = {}
    for i, name in enumerate(names):
        column = whole.iloc[:, i]
        is_text = name in selection.text
        padded = None if is_text or selection.is_number(name) else find_padded(column)
        columns[name] = values_of(
            path, column, name, comma=comma, is_text=is_text or bool(padded),
            stored=selection.stored,
        )  # fmt: skip
        if padded is not None:
            # Otherwise an estimator would treat text that consists of numbers as numbers.
            columns[name] = columns[name].astype("category")
            remarks.append(
                f"{path}: column {name!r} has values with leading zeros, such as {padded!r}, and "
                "was read as text"
            )
        elif isinstance(columns[name], np.ndarray):
            _note_thousands(path, column, name, remarks)
        elif not is_text and (word := find_word(column)) is not None:
            remarks.append(
                f"{path}: column {name!r} was read as text, because {word} is not a number; if it "
                "marks missing values, leave these cells empty"
            )
    numbers = {name: own for name, own in columns.items() if isinstance(own, np.ndarray)}
    for name, own in numbers.items():
        column = own.reshape(-1, 1)
        check_numbers(path, column, (name,), allow_missing=selection.allow_missing)
    if len(numbers) == len(columns):
        return np.column_stack(list(numbers.values()))
    return pandas.DataFrame(columns)
