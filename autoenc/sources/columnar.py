"""Columns of numbers as a matrix: Arrow tables, Parquet, Hugging Face data sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.sources.integers import Ranges, ranges_of_arrays, ranges_of_tables, widen
from autoenc.sources.reader import Array, SourceError, copy_values
from autoenc.sources.states import FileStates
from autoenc.tables.arrow import columns_of_schema


class Table:
    """Reads slices of an Arrow table; see `Reader`."""

    piece = 1
    files: Sequence[Path] = ()

    def __init__(self, table: Any, name: str, columns: Sequence[str] | None = None) -> None:
        chosen = columns_of_schema(table.schema) if columns is None else list(columns)
        self._table = table if chosen == table.column_names else table.select(chosen)
        self.names: list[str] = self._table.column_names
        self.width, self.dtype = layout(
            self._table.schema, name, any(map(_has_nulls, self._table.columns))
        )
        self.shape: tuple[int, ...] = (self._table.num_rows, self.width)

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        fill(self._table.slice(first, len(out)), out)

    def settle(self) -> None:
        """Do nothing: the table is in memory or mapped."""

    def exact_ranges(self) -> Ranges:
        """Return the ranges of the columns of integers."""
        return ranges_of_tables([self._table])


class Parquet:
    """Reads row groups of a Parquet file or a folder of them; see `Reader`.

    The last row group is kept, so that rows that are read in order are decoded only once.
    """

    def __init__(self, path: Path, columns: Sequence[str] | None = None) -> None:
        import pyarrow.dataset

        self._open(pyarrow.dataset.dataset(str(path), format="parquet"), str(path), columns)

    @classmethod
    def of_dataset(cls, dataset: Any, columns: Sequence[str] | None = None) -> Parquet:
        """Open a data set of pyarrow.

        Raises
        ------
        SourceError
            If the data set does not consist of Parquet files.
        """
        opened = cls.__new__(cls)
        opened._open(dataset, "the data set of pyarrow", columns)
        return opened

    def _open(self, dataset: Any, name: str, columns: Sequence[str] | None) -> None:
        self.names = columns_of_schema(dataset.schema) if columns is None else list(columns)
        groups = [(fragment, _row_groups(fragment, name)) for fragment in dataset.get_fragments()]
        fragments = [fragment for fragment, own in groups if own]  # others have no rows
        self._groups = [group for _, own in groups for group in own]
        lengths = [group.row_groups[0].num_rows for group in self._groups]
        if not sum(lengths):
            raise SourceError(f"{name} has no rows.")
        with_nulls = _nulls_of(self._groups, self.names)
        self.width, self.dtype = _layout_of_files(fragments, self.names, name, with_nulls)
        self._ends = np.cumsum(lengths)
        self.shape: tuple[int, ...] = (int(self._ends[-1]), self.width)
        self.piece = max(lengths)
        self.files: Sequence[Path] = [Path(file) for file in dataset.files]
        self.part = json.dumps(self.names)
        self._states = FileStates(self.files)
        self._decoded: tuple[int, Array] | None = None

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        while len(out):
            number = int(np.searchsorted(self._ends, first, side="right"))
            rows = self._decode(number)
            start = int(self._ends[number]) - len(rows)
            n = min(len(out), int(self._ends[number]) - first)
            out[:n] = rows[first - start : first - start + n]
            first, out = first + n, out[n:]

    def settle(self) -> None:
        """Check files; see `Reader.settle`."""
        self._states.check()

    def exact_ranges(self) -> Ranges:
        """Return the ranges of the columns of integers."""
        return ranges_of_tables(group.to_table(columns=self.names) for group in self._groups)

    def _decode(self, number: int) -> Array:
        decoded = self._decoded  # another thread may replace it
        if decoded is None or decoded[0] != number:
            self._decoded = None
            try:
                table = self._groups[number].to_table(columns=self.names)
            except OSError:
                self._states.check()
                raise
            rows = np.empty((table.num_rows, self.width), self.dtype)
            fill(table, rows)
            self._decoded = decoded = number, rows
        return decoded[1]


def is_filtered(dataset: Any) -> bool:
    """Return whether a data set of pyarrow has a filter, so that its files have other rows."""
    try:
        next(iter(dataset.get_fragments()), None)
    except ValueError:  # pyarrow has no other way to ask
        return True
    return False


def dataset_parts(
    dataset: Any, name: str, ranges: Ranges, columns: Sequence[str] | None = None
) -> Iterator[Array]:
    """Compute the rows of a data set of pyarrow, one batch after the other.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
        Data set of any kind, which may have a filter.
    name : str
        Name for messages.
    ranges : dict
        Is widened to the ranges of the columns of integers.
    columns : sequence of str, optional
        Columns to read; by default all except an index of pandas.

    Yields
    ------
    array, (rows, columns)
        Rows in a dtype that can represent all of them.
    """
    import pyarrow as pa

    names = columns_of_schema(dataset.schema) if columns is None else list(columns)

    def tables() -> Iterator[Any]:
        return (pa.Table.from_batches([batch]) for batch in dataset.to_batches(columns=names))

    with_nulls = any(any(map(_has_nulls, table.columns)) for table in tables())
    width, dtype = layout([dataset.schema.field(one) for one in names], name, with_nulls)
    for table in tables():
        widen(ranges, ranges_of_tables([table]))
        rows = np.empty((table.num_rows, width), dtype)
        fill(table, rows)
        yield rows


def parquet_columns(path: Path) -> list[str]:
    """Return the names of the columns of a Parquet file, or a folder of them."""
    import pyarrow.dataset

    return columns_of_schema(pyarrow.dataset.dataset(str(path), format="parquet").schema)


def layout(fields: Any, name: str, with_nulls: bool) -> tuple[int, np.dtype[Any]]:
    """Return the width of the matrix of some columns, and a dtype that can represent all of them.

    Raises
    ------
    SourceError
        If a column does not contain numbers, which the message names, or if there are none.
    """
    import pyarrow as pa

    width, dtypes = 0, []
    for field in fields:
        kind, n = field.type, 1
        if pa.types.is_fixed_size_list(kind):
            kind, n = kind.value_type, kind.list_size
        if not (_is_number(kind) or pa.types.is_null(kind)):
            raise SourceError(
                f"column {field.name!r} of {name} has {field.type}; expected numbers. Give "
                "autoenc.sources.open_source(rows, columns=[...]) with the columns to read."
            )
        is_small = pa.types.is_boolean(kind) or pa.types.is_null(kind)
        dtypes.append(np.dtype("uint8") if is_small else kind.to_pandas_dtype())
        width += n
    if not dtypes:
        raise SourceError(f"{name} has no columns.")
    dtype = np.result_type(*dtypes)
    return width, _with_room_for_nan(dtype) if with_nulls else dtype


def _layout_of_files(
    fragments: Sequence[Any], names: Sequence[str], name: str, with_nulls: bool
) -> tuple[int, np.dtype[Any]]:
    """Return the width and the dtype of all files; their columns may have different types.

    Raises
    ------
    SourceError
        If a file has other columns, or the columns of a file are not numbers.
    """
    found = set()
    for fragment in fragments:
        schema = fragment.physical_schema
        file = name if name.endswith(fragment.path) else f"{fragment.path}, a file of {name},"
        unknown = set(names).difference(schema.names)
        if unknown:
            raise SourceError(f"{file} has no column {sorted(unknown)}.")
        found.add(layout([schema.field(column) for column in names], file, with_nulls))
    widths = {width for width, _ in found}
    if len(widths) > 1:
        raise SourceError(f"the files of {name} have lists of different lengths in their columns.")
    return widths.pop(), np.result_type(*(dtype for _, dtype in found))


def fill(table: Any, out: Array) -> None:
    """Write the columns of an Arrow table into a matrix; a null is NaN."""
    import pyarrow as pa

    at = 0
    for column in table.columns:
        values = column.combine_chunks() if hasattr(column, "combine_chunks") else column
        if isinstance(values, pa.ChunkedArray):
            values = pa.concat_arrays(values.chunks) if values.num_chunks else values
        if pa.types.is_fixed_size_list(column.type):
            n = column.type.list_size
            if values.null_count:
                raise SourceError(
                    f"a column has {values.null_count:,} rows without a list of {n} numbers; fill "
                    "them in, or leave the rows out."
                )
            flat = values.flatten().to_numpy(zero_copy_only=False)
            out[:, at : at + n] = flat.reshape(len(out), n)
        else:
            n = 1
            out[:, at] = values.to_numpy(zero_copy_only=False)
        at += n


def _is_number(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def _is_list(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _has_nulls(values: Any) -> bool:
    """Return whether a column of Arrow has nulls, also within lists."""
    if hasattr(values, "chunks"):
        return any(map(_has_nulls, values.chunks))
    if hasattr(values, "storage"):
        return _has_nulls(values.storage)
    return bool(values.null_count) or (_is_list(values.type) and _has_nulls(values.flatten()))


def _row_groups(fragment: Any, name: str) -> list[Any]:
    if not hasattr(fragment, "split_by_row_group"):
        raise SourceError(
            f"{name} does not consist of Parquet files; write it as Parquet, or give a table, "
            "as returned by dataset.to_table()."
        )
    return [group for group in fragment.split_by_row_group() if group.row_groups[0].num_rows]


def _nulls_of(groups: Sequence[Any], columns: Sequence[str]) -> bool:
    """Return whether any column has nulls, or may have them according to the files' statistics."""
    for group in groups:
        metadata = group.metadata.row_group(group.row_groups[0].id)
        for i in range(metadata.num_columns):
            column = metadata.column(i)
            path = column.path_in_schema  # of a list, with names of its parts
            if any(path == name or path.startswith(f"{name}.") for name in columns):
                found = column.statistics
                if found is None or not found.has_null_count or found.null_count:
                    return True
    return False


class HuggingFace:
    """Reads slices of a data set of Hugging Face's `datasets`; see `Reader`."""

    piece = 1
    files: Sequence[Path] = ()

    def __init__(self, dataset: Any, name: str, columns: Sequence[str] | None = None) -> None:
        self.names: list[str] = list(dataset.column_names if columns is None else columns)
        if not len(dataset):
            raise SourceError(f"{name} has no rows.")
        self._columns = {column: _in_own_dtype(dataset, column) for column in self.names}
        self._name = name
        first = self._matrix(0, 1)
        self.dtype = first.dtype
        self.shape: tuple[int, ...] = (len(dataset), first.shape[1])

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        copy_values(self._matrix(first, first + len(out)), out, self._name)

    def settle(self) -> None:
        """Do nothing: the data set itself maps its files."""

    def exact_ranges(self) -> Ranges:
        """Return the ranges of the columns of integers."""
        found: Ranges = {}
        for first in range(0, self.shape[0], n := 1 << 16):
            widen(found, ranges_of_arrays(self._parts(first, min(first + n, self.shape[0]))))
        return found

    def _matrix(self, first: int, last: int) -> Array:
        parts = self._parts(first, last)
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def _parts(self, first: int, last: int) -> list[Array]:
        return [
            self._part(column, np.asarray(dataset[first:last][column]))
            for column, dataset in self._columns.items()
        ]

    def _part(self, column: str, values: Array) -> Array:
        if values.dtype.kind not in "biuf":
            raise SourceError(
                f"column {column!r} of {self._name} has {values.dtype}; expected numbers of the "
                "same shape in every row. Give autoenc.sources.open_source("
                "rows, columns=[...]) with the columns to read."
            )
        return values.reshape(len(values), -1)


def _in_own_dtype(dataset: Any, column: str) -> Any:
    """Return a column as NumPy arrays of its dtype; by default, `datasets` casts to float32."""
    import pyarrow as pa

    kind = dataset.features.arrow_schema.field(column).type
    while hasattr(kind, "storage_type") or _is_list(kind):
        kind = kind.storage_type if hasattr(kind, "storage_type") else kind.value_type
    alone = dataset.select_columns([column])
    if not _is_number(kind) or pa.types.is_boolean(kind):
        return alone.with_format("numpy")
    dtype = np.dtype(kind.to_pandas_dtype())
    with_nulls = _has_nulls(dataset.data.column(column))
    return alone.with_format("numpy", dtype=_with_room_for_nan(dtype) if with_nulls else dtype)


def _with_room_for_nan(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the float dtype in which integers of a dtype are read beside nulls."""
    if dtype.kind not in "iu":
        return dtype
    return np.dtype("float32" if dtype.itemsize <= 2 else "float64")
