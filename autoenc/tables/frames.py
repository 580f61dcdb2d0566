"""csv and parquet files, read by pandas."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.tables.extras import import_extra
from autoenc.tables.lines import open_text, read_first_line
from autoenc.tables.memory import Budget
from autoenc.tables.selection import Selection
from autoenc.tables.table import (
    Array,
    Table,
    TableError,
    check_distinct,
    check_numbers,
    to_float64,
)
from autoenc.threads import warnings_caught

# Rows, and cells, that are parsed together.
CHUNK = 50_000
_CELLS = 1 << 22
# Parts are joined at the end: for a moment, the table is in memory twice.
_COPIES = 2
_DECIMAL_COMMA = ": write decimals with a point, not with a comma"


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
        raise TableError(f"{path}: the text is not UTF-8 ({error}); save it as UTF-8.") from error
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
    separator, cells, are_names, note = read_first_line(path, selection)
    budget = Budget.of(path, selection.max_bytes)
    with open_text(path, budget.limit, "a part of the text") as (text, bounded):
        frames = pandas.read_csv(
            text,
            sep=separator,
            header=None,
            names=range(len(cells)),
            skiprows=int(are_names),
            index_col=False,
            skipinitialspace=True,
            # Integers stay exact beside missing values.
            dtype_backend="numpy_nullable",
            chunksize=max(1, min(CHUNK, _CELLS // max(1, len(cells)))),
        )
        names = cells if are_names else None
        return _table(
            path, names, selection, _renewing(frames, bounded, pandas), budget, note=note
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
    note: str | None = None,
) -> Table:
    frames = iter(frames)
    first = next(frames, None)
    if first is None or not len(first):
        raise TableError(f"{path}: there are no rows." + (f" Note: {note}." if note else ""))
    taken, label = selection.positions(names, first.shape[1], path)
    own = tuple(names[i] if names else str(i) for i in taken)
    parts: list[Array] = []
    labels: list[Array] = []
    for start, frame in _numbered(first, frames):
        numbers = frame.iloc[:, taken]
        budget.check(_COPIES * 8 * (start + len(frame)) * len(taken))
        parts.append(_numbers(path, numbers, own, start, allow_missing=selection.allow_missing))
        if label is not None:
            labels.append(_as_labels(frame.iloc[:, label]))
    return Table(
        np.concatenate(parts),
        columns=own if names else None,
        rows=rows,
        labels=_joined(labels) if labels else None,
        notes=() if note is None else (note,),
    )


def _numbered(first: Any, others: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """Iterate over frames and the positions of their first rows."""
    yield 0, first
    start = len(first)
    for frame in others:
        yield start, frame
        start += len(frame)


def _numbers(
    path: Path, frame: Any, names: tuple[str, ...], start: int, *, allow_missing: bool
) -> Array:
    columns = [_column(path, frame.iloc[:, i], name, start) for i, name in enumerate(names)]
    values = np.column_stack(columns)
    check_numbers(path, values, names, start, allow_missing=allow_missing)
    return values


def _column(path: Path, column: Any, name: str, start: int) -> Array:
    import pandas

    kinds = pandas.api.types
    if kinds.is_numeric_dtype(column.dtype) and not kinds.is_complex_dtype(column.dtype):
        return _as_floats(path, column, name)
    if kinds.is_string_dtype(column.dtype) or kinds.is_object_dtype(column.dtype):
        numbers = pandas.to_numeric(column.astype(str).where(column.notna()), errors="coerce")
        bad = np.flatnonzero(column.notna().to_numpy() & numbers.isna().to_numpy())
        if not len(bad):
            check_distinct(path, numbers, column.nunique(), repr(name))
            return _as_floats(path, numbers, name)
        found, row = _quoted(column.iloc[bad[0]]), start + int(bad[0])
    else:
        found, row = str(column.iloc[0]), start
    why = _DECIMAL_COMMA if _has_decimal_comma(found) else ""
    raise TableError(
        f"{path}: column {name!r} has {found} at row {row} (from 0), which is not a number{why}; "
        f"correct it, leave the column out (--drop {name}), or keep it as the label "
        f"(--label-column {name})."
    )


def _as_floats(path: Path, column: Any, name: str) -> Array:
    import pandas

    if pandas.api.types.is_integer_dtype(column.dtype):
        present = column.dropna().to_numpy(np.dtype(str(column.dtype).split("[")[0].lower()))
        to_float64(path, present, repr(name))
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _quoted(cell: object, most: int = 60) -> str:
    text = repr(cell)
    return text if len(text) <= most else f"{text[:most]}...'"


def _has_decimal_comma(found: str) -> bool:
    return re.fullmatch(r"'[-+]?\d+,\d+'", found) is not None


def _as_labels(column: Any) -> Array:
    """Return a column as NumPy's own numbers, or as objects."""
    kind = getattr(column.dtype, "kind", "O")
    if kind in "biuf" and not column.isna().any():
        return np.asarray(column.to_numpy(np.dtype(str(column.dtype).lower())))
    return np.asarray(column.to_numpy(object, na_value=np.nan))


def _joined(labels: list[Array]) -> Array:
    """Return labels as numbers if all of them are, else as text."""
    if all(part.dtype.kind in "biuf" for part in labels):
        return np.concatenate(labels)
    return np.concatenate([part.astype(str) for part in labels])
