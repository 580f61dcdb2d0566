"""Ranges of integers in tables that are read as float64, in which integers may become equal.

Columns of integers are read as float64 if other columns are floats or if values are missing. The
ranges, as integers, show whether different integers became equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

Ranges: TypeAlias = dict[int, tuple[int, int]]
"""Minimum and maximum of each column of integers, by its position in the matrix."""


def widen(ranges: Ranges, others: Ranges) -> None:
    """Extend ranges to those of further rows.

    >>> ranges = {0: (1, 2)}
    >>> widen(ranges, {0: (0, 1), 2: (5, 5)})
    >>> ranges
    {0: (0, 2), 2: (5, 5)}
    """
    for column, (least, greatest) in others.items():
        low, high = ranges.get(column, (least, greatest))
        ranges[column] = min(low, least), max(high, greatest)


def ranges_of_tables(tables: Iterable[Any]) -> Ranges:
    """Return the ranges of the columns of integers.

    Parameters
    ----------
    tables : iterable of Arrow tables
        Parts of one table.
    """
    import pyarrow as pa
    from pyarrow import compute

    found: Ranges = {}
    for table in tables:
        at = 0
        for column in table.columns:
            parts = [column]
            if pa.types.is_fixed_size_list(column.type):
                numbers = range(column.type.list_size)
                parts = [compute.list_element(column, number) for number in numbers]
            for place, part in enumerate(parts, start=at):
                ends = compute.min_max(part).as_py() if pa.types.is_integer(part.type) else {}
                if ends.get("min") is not None:
                    widen(found, {place: (ends["min"], ends["max"])})
            at += len(parts)
    return found


def ranges_of_arrays(arrays: Sequence[np.ndarray[Any, Any]]) -> Ranges:
    """Return the ranges of the columns of integers.

    Parameters
    ----------
    arrays : sequence of arrays, (rows,) or (rows, ...)
        Arrays that become columns of one matrix, one after the other.

    >>> ranges_of_arrays([np.array([0.5, 1.5]), np.array([[3, 4], [5, 0]])])
    {1: (3, 5), 2: (0, 4)}
    """
    found: Ranges = {}
    at = 0
    for array in arrays:
        rows = array.reshape(len(array), -1)
        if rows.dtype.kind in "iu" and len(rows):
            ends = zip(rows.min(axis=0).tolist(), rows.max(axis=0).tolist(), strict=True)
            found.update(enumerate(ends, start=at))
        at += rows.shape[1]
    return found


def ranges_of_part(part: Any) -> Ranges:
    """Return the ranges of the columns of integers.

    Parameters
    ----------
    part : object
        Rows: a dict of columns, a table of Arrow, pandas or polars, or anything else, whose
        columns have one dtype.
    """
    if isinstance(part, dict):
        return ranges_of_arrays([np.asarray(column) for column in part.values()])
    if hasattr(part, "iter_columns"):  # polars, which may be installed without Arrow
        return {
            number: (column.min(), column.max())
            for number, column in enumerate(part.iter_columns())
            if column.dtype.is_integer() and column.null_count() < len(column)
        }
    if hasattr(part, "column_names"):  # Arrow
        return ranges_of_tables([part])
    if hasattr(part, "iloc") and part.ndim == 2:  # pandas
        columns = (part.iloc[:, number].dropna() for number in range(part.shape[1]))
        is_integer = [getattr(dtype, "kind", "O") in "iu" for dtype in part.dtypes]
        arrays = [column.to_numpy() for column in columns]
        return {
            number: own[0]
            for number, array in enumerate(arrays)
            if is_integer[number] and (own := ranges_of_arrays([array]))
        }
    return {}


def ranges_of_all(readers: Sequence[Any]) -> Ranges:
    """Return the ranges of the columns that are integers in all readers.

    Parameters
    ----------
    readers : sequence of Reader
        Readers of the same columns.
    """
    of_each = [_ranges_of(reader) for reader in readers]
    found: Ranges = {}
    for own in of_each:
        widen(found, own)
    return {column: found[column] for column in found if all(column in own for own in of_each)}


def _ranges_of(reader: Any) -> Ranges:
    """Return the ranges that a reader states or, if all of its columns are integers, computes."""
    if reader.dtype.kind not in "iu":
        stated: Ranges = getattr(reader, "exact_ranges", dict)()
        return stated
    found: Ranges = {}
    for first in range(0, reader.shape[0], n := max(reader.piece, 1 << 16)):
        rows = np.empty((min(n, reader.shape[0] - first), *reader.shape[1:]), reader.dtype)
        reader.read_into(first, rows)
        widen(found, ranges_of_arrays([rows]))
    return found
