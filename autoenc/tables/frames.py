"""csv and parquet files, read by pandas."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.tables.encodings import text_encoding
from autoenc.tables.extras import import_extra
from autoenc.tables.lines import open_text, read_first_line
from autoenc.tables.memory import Budget
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table, TableError, check_numbers
from autoenc.tables.values import as_labels, as_numbers, joined_labels, refuse, values_of
from autoenc.threads import warnings_caught

# Rows, and cells, that are parsed together.
CHUNK = 50_000
_CELLS = 1 << 22
# Parts are joined at the end: for a moment, the table is in memory twice.
_COPIES = 2


def read_csv(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read comma-, semicolon- or tab-separated values; see `autoenc.tables.read_table`."""
    pandas = import_extra("pandas", "tables", "reading csv")
    try:
        return _read_csv(pandas, path, selection)
    except (pandas.errors.ParserError, pandas.errors.ParserWarning) as error:
        detail = str(error).strip().removeprefix("Error tokenizing data. C error: ").rstrip(".")
        raise TableError(
            f"{path}: not every line has as many cells as the first ({detail})."
        ) from error
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path}: the text is not {error.encoding} ({error}); use another --encoding, or save "
            "it as UTF-8."
        ) from error
    except (csv.Error, pandas.errors.EmptyDataError, OverflowError) as error:
        raise TableError(f"{path}: not a readable csv file ({error}).") from error


def read_parquet(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read a parquet file; see `autoenc.tables.read_table`."""
    pandas = import_extra("pandas", "tables", "reading parquet")
    import_extra("pyarrow", "tables", "reading parquet")
    budget = Budget.of(path, selection.max_bytes)
    try:
        _check_parquet(path, budget)
        frame = pandas.read_parquet(path, engine="pyarrow")
    except TableError:
        raise
    # A damaged file makes pyarrow and pandas raise almost anything.
    except Exception as error:
        raise TableError(f"{path}: not a readable parquet file ({error}).") from error
    names = tuple(map(str, frame.columns))
    rows = None if isinstance(frame.index, pandas.RangeIndex) else tuple(map(str, frame.index))
    return _table(path, names, selection, [frame], budget, rows)


def _check_parquet(path: Path, budget: Budget) -> None:
    """Check the size that the file states; repeated values take next to none in the file."""
    from pyarrow.parquet import read_metadata

    stated = read_metadata(path)
    groups = (stated.row_group(i) for i in range(stated.num_row_groups))
    unpacked = sum(group.total_byte_size for group in groups)
    budget.check(_COPIES * max(8 * stated.num_rows * stated.num_columns, unpacked))


def _read_csv(pandas: Any, path: Path, selection: Selection) -> Table:
    budget = Budget.of(path, selection.max_bytes)
    encoding, remark = text_encoding(path, selection.encoding, budget.limit)
    separator, cells, are_names, note = read_first_line(path, selection, encoding)
    notes = tuple(text for text in (remark, note) if text is not None)
    named = cells if are_names else tuple(map(str, range(len(cells))))
    with open_text(path, budget.limit, "a part of the text", encoding) as (text, bounded):
        frames = pandas.read_csv(
            text,
            sep=separator,
            decimal=selection.decimal or ".",
            header=None,
            names=range(len(cells)),
            skiprows=int(are_names),
            index_col=False,
            skipinitialspace=True,
            dtype={i: "string" for i, name in enumerate(named) if name in selection.text},
            # Integers stay exact beside missing values.
            dtype_backend="numpy_nullable",
            chunksize=max(1, min(CHUNK, _CELLS // max(1, len(cells)))),
        )
        comma = selection.decimal is None and separator != ","
        names = cells if are_names else None
        return _table(
            path,
            names,
            selection,
            _renewing(frames, bounded, pandas),
            budget,
            notes=notes,
            comma=comma,
        )


def _renewing(frames: Any, bounded: Any, pandas: Any) -> Iterator[Any]:
    while (frame := _next(frames, pandas)) is not None:
        bounded.renew()
        yield frame


def _next(frames: Any, pandas: Any) -> Any:
    with warnings_caught():
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        return next(frames, None)


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
    """Make a table of frames; `comma` says whether decimals may have a comma."""
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

    read = _mixed if selection.mixed else _numbers
    values = read(path, chosen(), own, selection, comma=comma)
    return Table(
        values,
        columns=own if names or hasattr(values, "columns") else None,
        rows=rows,
        labels=joined_labels(labels) if labels else None,
        notes=notes,
    )


def _numbered(first: Any, others: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """Iterate over frames and the positions of their first rows."""
    yield 0, first
    start = len(first)
    for frame in others:
        yield start, frame
        start += len(frame)


def _numbers(
    path: Path, frames: Iterator[tuple[int, Any]], names: tuple[str, ...], selection: Selection,
    *, comma: bool,
) -> Array:  # fmt: skip
    """Return columns that are all numbers as a matrix."""
    parts = []
    for start, frame in frames:
        columns = []
        for i, name in enumerate(names):
            numbers, bad = as_numbers(path, frame.iloc[:, i], name, comma=comma)
            if numbers is None:
                refuse(path, frame.iloc[:, i], name, bad, start)
            columns.append(numbers)
        part = np.column_stack(columns)
        check_numbers(path, part, names, start, allow_missing=selection.allow_missing)
        parts.append(part)
    return np.concatenate(parts)


def _mixed(
    path: Path, frames: Iterator[tuple[int, Any]], names: tuple[str, ...], selection: Selection,
    *, comma: bool,
) -> Any:  # fmt: skip
    """Return columns as a matrix if they are all numbers, else as a frame."""
    import pandas

    whole = pandas.concat([frame for _, frame in frames], ignore_index=True)
    columns = {
        name: values_of(path, whole.iloc[:, i], name, comma=comma, is_text=name in selection.text)
        for i, name in enumerate(names)
    }
    numbers = {name: own for name, own in columns.items() if isinstance(own, np.ndarray)}
    for name, own in numbers.items():
        column = own.reshape(-1, 1)
        check_numbers(path, column, (name,), allow_missing=selection.allow_missing)
    if len(numbers) == len(columns):
        return np.column_stack(list(numbers.values()))
    return pandas.DataFrame(columns)
