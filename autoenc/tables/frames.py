"""csv and parquet, by pandas."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.datasets.streams import open_stream
from autoenc.tables.extras import import_extra
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table, TableError, check_numbers

# Rows that are parsed together.
CHUNK = 50_000
_SEPARATORS = ",;\t"
_DECIMAL_COMMA = ": decimals begin with a point, not with a comma"


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


def read_parquet(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read a parquet file; see `autoenc.tables.read_table`."""
    pandas = import_extra("pandas", "tables", "reading parquet")
    pyarrow = import_extra("pyarrow", "tables", "reading parquet")
    try:
        frame = pandas.read_parquet(path, engine="pyarrow")
    except (pyarrow.ArrowException, OSError) as error:
        raise TableError(f"{path}: not a readable parquet file ({error}).") from error
    names = tuple(map(str, frame.columns))
    rows = None if isinstance(frame.index, pandas.RangeIndex) else tuple(map(str, frame.index))
    return _table(path, names, selection, [frame], rows)


def _read_csv(pandas: Any, path: Path, selection: Selection) -> Table:
    with open_stream(path) as stream:
        raw: Any = stream
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        separator = _separator(text.readline())
        text.seek(0)
        first = next(csv.reader(text, delimiter=separator), [])
        text.seek(0)
        names = tuple(cell.strip() for cell in first)
        has_names = not all(map(_is_number, names))
        with warnings.catch_warnings():
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            chunks = pandas.read_csv(
                text,
                sep=separator,
                header=None,
                names=range(len(names)),
                skiprows=int(has_names),
                index_col=False,
                skipinitialspace=True,
                chunksize=CHUNK,
            )
            return _table(path, names if has_names else None, selection, chunks)


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _table(
    path: Path,
    names: tuple[str, ...] | None,
    selection: Selection,
    frames: Any,
    rows: tuple[str, ...] | None = None,
) -> Table:
    frames = iter(frames)
    first = next(frames, None)
    if first is None or not len(first):
        raise TableError(f"{path}: there are no rows.")
    taken, label = selection.positions(names, first.shape[1], path)
    own = tuple(names[i] if names else str(i) for i in taken)
    parts: list[Array] = []
    labels: list[Array] = []
    for start, frame in _numbered(first, frames):
        numbers = frame.iloc[:, taken]
        parts.append(_numbers(path, numbers, own, start, allow_missing=selection.allow_missing))
        if label is not None:
            labels.append(frame.iloc[:, label].to_numpy())
    return Table(
        np.concatenate(parts),
        columns=own if names else None,
        rows=rows,
        labels=_joined(labels) if labels else None,
    )


def _numbered(first: Any, others: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """Frames with the position of their first row."""
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
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if kinds.is_string_dtype(column.dtype) or kinds.is_object_dtype(column.dtype):
        numbers = pandas.to_numeric(column.astype(str).where(column.notna()), errors="coerce")
        bad = np.flatnonzero(column.notna().to_numpy() & numbers.isna().to_numpy())
        if not len(bad):
            return np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
        found, row = repr(column.iloc[bad[0]]), start + int(bad[0])
    else:
        found, row = str(column.iloc[0]), start
    why = _DECIMAL_COMMA if _has_decimal_comma(found) else ""
    raise TableError(
        f"{path}: column {name!r} has {found} at row {row} (from 0), which is not a number{why}; "
        f"correct it, leave the column out (--drop {name}), or keep it as the label "
        f"(--label-column {name})."
    )


def _has_decimal_comma(found: str) -> bool:
    return re.fullmatch(r"'[-+]?\d+,\d+'", found) is not None


def _joined(labels: list[Array]) -> Array:
    """Numbers where all labels are, else text."""
    if all(part.dtype.kind in "biuf" for part in labels):
        return np.concatenate(labels)
    return np.concatenate([part.astype(str) for part in labels])
