"""Copies of rows that can be read only once, or only in large pieces, in an unnamed file.

A shuffled epoch reads small chunks in random order. Reading a chunk of a Parquet row group, a dask
block or a lazy frame costs as much as reading the whole piece, and an iterable has no chunks.
Reading a chunk of the file takes a single read operation.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import numpy as np

from autoenc.sources.integers import Ranges, ranges_of_part, widen
from autoenc.sources.raw import RawFile
from autoenc.sources.reader import (
    Array,
    SourceError,
    check_same_columns,
    copy_values,
    refuse_masked,
)
from autoenc.sources.source import Source


def spooled(source: Source) -> Source:
    """Return a source with the same rows, which can be read separately.

    Parameters
    ----------
    source : Source
        The rows.

    Returns
    -------
    Source
        The rows, copied to a file that is deleted when it is closed.
    """
    return Source(spool(source.parts(), source.name), source.name, source.names)


def spool(parts: Iterable[Any], name: str, ranges: Ranges | None = None) -> RawFile:
    """Write rows to a temporary file, which is deleted when it is closed.

    Parameters
    ----------
    parts : iterable
        Arrays of rows, or single rows; dicts of columns; tables of Arrow, pandas or polars.
    name : str
        Name for messages.
    ranges : dict, optional
        Ranges of columns of integers, which the iteration over arrays of floats widens.

    Raises
    ------
    SourceError
        If there are no rows, their widths differ, or the disk is full.
    """
    ranges = {} if ranges is None else ranges
    # If the disk is full, the buffer of a file could raise a further error when it is closed.
    with tempfile.TemporaryFile(prefix="autoenc-rows-", buffering=0) as file:
        shape, dtype = _write(parts, name, file, ranges)
        return RawFile(name, 0, shape, dtype, os.dup(file.fileno()), ranges)


def _write(
    parts: Iterable[Any], name: str, file: IO[bytes], ranges: Ranges
) -> tuple[tuple[int, ...], Any]:
    n_rows, first, columns = 0, None, None
    for part in parts:
        columns = names_of(part) if first is None else columns
        part = in_order(part, name, columns)  # noqa: PLW2901
        rows = as_rows(part, name)
        if rows.dtype.kind not in "iu":
            widen(ranges, ranges_of_part(part))
        first = rows[:0] if first is None else first
        _check(rows, first, n_rows, name)
        try:
            _write_all(file, _in_dtype(rows, first.dtype, f"part of {name} after {n_rows:,} rows"))
        except OSError as error:
            raise _full(error, name, n_rows) from error
        n_rows += len(rows)
    if first is None or not n_rows:
        raise SourceError(f"{name} has no rows.")
    return (n_rows, *first.shape[1:]), first.dtype


def _write_all(file: IO[bytes], rows: Array) -> None:
    left = rows.data.cast("B") if rows.size else memoryview(b"")
    while left:
        left = left[file.write(left) :]


def in_order(part: Any, name: str, columns: Sequence[Any] | None) -> Any:
    """Return a part with its columns in the order of the first part.

    Parameters
    ----------
    part : object
        An array, a dict of columns, or a table.
    name : str
        Name for messages.
    columns : sequence or None
        Names of the columns of the first part, if they have names.

    >>> in_order({"b": 0, "a": 1}, "numbers", ["a", "b"])
    {'a': 1, 'b': 0}
    """
    found = names_of(part)
    if columns is None or found is None or found == columns:
        return part
    check_same_columns(found, columns, f"a part of {name}")
    return _select(part, columns)


def as_rows(part: Any, name: str) -> Array:
    """Return a part of an iterable as an array of rows; a vector is a single row.

    Parameters
    ----------
    part : object
        An array, a dict of columns, or a table.
    name : str
        Name for messages.

    >>> as_rows([1.0, 2.0], "numbers").shape
    (1, 2)
    """
    refuse_masked(part, f"a part of {name}")
    if isinstance(part, dict):
        arrays = [np.asarray(column) for column in part.values()]
        part = np.hstack([column.reshape(len(column), -1) for column in arrays])
    elif hasattr(part, "to_pandas") and hasattr(part, "schema"):  # Arrow, polars
        part = part.to_pandas()
    rows = part.to_numpy(np.float64, na_value=np.nan) if _is_nullable(part) else np.asarray(part)
    if rows.dtype.kind not in "biuf" or rows.ndim == 0:
        raise SourceError(
            f"{name} returned {type(part).__name__} of {rows.dtype} {rows.shape}; expected arrays "
            "of numbers, (rows, columns)."
        )
    return rows[np.newaxis] if rows.ndim == 1 else rows


def _is_nullable(part: Any) -> bool:
    """Return whether a part is a frame of pandas with nullable columns of numbers."""
    dtypes = list(part.dtypes) if hasattr(part, "iloc") and hasattr(part, "dtypes") else []
    is_number = all(getattr(dtype, "kind", "O") in "biuf" for dtype in dtypes)
    return is_number and not all(isinstance(dtype, np.dtype) for dtype in dtypes)


def names_of(part: Any) -> list[Any] | None:
    """Return the names of the columns of a dict or table; None if they have none."""
    if isinstance(part, dict):
        return list(part)
    if hasattr(part, "column_names"):  # Arrow, whose `columns` are arrays
        return list(part.column_names)
    return list(part.columns) if hasattr(part, "columns") else None


def _select(part: Any, columns: Sequence[Any]) -> Any:
    if isinstance(part, dict):
        return {column: part[column] for column in columns}
    return part.select(columns) if hasattr(part, "schema") else part[list(columns)]


def _check(rows: Array, first: Array, n_rows: int, name: str) -> None:
    if rows.shape[1:] != first.shape[1:]:
        raise SourceError(
            f"{name} has rows of shape {rows.shape[1:]} after {n_rows:,} rows of "
            f"{first.shape[1:]}; all rows need the same shape."
        )
    if not np.can_cast(rows.dtype, first.dtype, "same_kind"):
        raise SourceError(
            f"{name} has {rows.dtype} after {n_rows:,} rows of {first.dtype}, which does "
            "not fit; give all parts in the same dtype."
        )


def _in_dtype(rows: Array, dtype: Any, name: str) -> Array:
    if rows.dtype == dtype:
        return np.ascontiguousarray(rows)
    cast = np.empty(rows.shape, dtype)
    copy_values(rows, cast, name)
    return cast


def _full(error: OSError, name: str, n_rows: int) -> OSError:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return error
    return OSError(
        error.errno,
        f"{tempfile.gettempdir()} has no room for more than {n_rows:,} rows of {name}, which are "
        "copied because they cannot be read in any order; set TMPDIR to a folder on a larger disk",
    )


def dask_parts(array: Any) -> Iterator[Array]:
    """Compute the blocks of rows of a dask array, one after the other."""
    if array.ndim > 1:
        array = array.rechunk(dict.fromkeys(range(1, array.ndim), -1))
    for i in range(array.numblocks[0]):
        block = array.blocks[i].compute()
        refuse_masked(block, f"block {i} of the dask array")
        yield np.asarray(block)


def dask_frames(frame: Any) -> Iterator[Any]:
    """Compute the partitions of a dask frame, one after the other, as pandas frames."""
    for i in range(frame.npartitions):
        yield frame.partitions[i].compute()


def polars_parts(frame: Any, ranges: Ranges) -> Iterator[Array]:
    """Compute a lazy frame, one batch of rows after the other.

    Parameters
    ----------
    frame : polars.LazyFrame
        The frame.
    ranges : dict
        Is widened to the ranges of the columns of integers.

    Yields
    ------
    array, (rows, columns)
        Rows.
    """
    for batch in frame.collect_batches(maintain_order=True):
        widen(ranges, ranges_of_part(batch))
        yield batch.to_numpy()
