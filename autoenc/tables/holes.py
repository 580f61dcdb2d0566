r"""Fill in the empty cells of a file, and leave all other cells unchanged.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "a.csv")
...     _ = path.write_text("a,b\n1.50,2\n,3\n")
...     cells = open_cells(path, Selection(), path)
...     cells.fill(0, Fill(np.array([1.5, np.nan]), np.array([0, 2.5])))
...     cells.write(path)
...     path.read_text()
'a,b\n1.50,2\n2.5,3\n'
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autoenc.files import atomic_write
from autoenc.tables.arrow import columns_of_schema
from autoenc.tables.delimited import Delimited, readable
from autoenc.tables.extras import import_extra
from autoenc.tables.formats import FOLDER, format_of
from autoenc.tables.lines import WHITESPACE
from autoenc.tables.memory import Budget
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table
from autoenc.tables.table_reading import read_selection, split_part
from autoenc.tables.values import have_decimal_commas
from autoenc.tables.writing import separator_of, write_delimited, write_table

_ARRAYS = ("npy", "npz", "idx", "pickle")


@dataclass(frozen=True)
class Fill:
    """Values of a column, and replacements for its missing values.

    Parameters
    ----------
    given : array or pandas.Series, (rows,)
        Values of the column as read, some of which are missing.
    found : array or pandas.Series, (rows,)
        Replacements, which are used where a value of `given` is missing.
    """

    given: Any
    found: Any

    @cached_property
    def holes(self) -> Array:
        """Whether the value of each row is missing, and so filled in."""
        return missing(self.given) & ~missing(self.found)

    @cached_property
    def values(self) -> list[Any]:
        """The values to fill in: integers if all given values are integers."""
        filled = self.found[self.holes]
        if not self.is_whole:
            return list(filled)
        return [int(value) for value in np.rint(np.asarray(filled, np.float64))]

    @cached_property
    def is_whole(self) -> bool:
        """Whether all given values are integers that float64 can represent."""
        known = np.asarray(self.given[~missing(self.given)])
        if known.dtype.kind != "f" or not len(known):
            return False
        return bool((known == np.rint(known)).all()) and bool((np.abs(known) < 2**53).all())


class Cells(Protocol):
    """All cells of a file, in their original form."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns; None if they have none."""

    @property
    def n_columns(self) -> int:
        """Number of columns."""

    def fill(self, position: int, fill: Fill) -> None:
        """Replace the missing values of a column."""

    def write(self, output: Path) -> None:
        """Write all cells to a file."""


def open_cells(path: Path, selection: Selection, output: Path) -> Cells:
    """Read a file that is to be written again.

    Parameters
    ----------
    path : Path
        The file.
    selection : Selection
        Format of the file, and columns that are text. All columns are read.
    output : Path
        The file to write. If it has the format of `path`, cells that are not filled are unchanged:
        csv keeps its text and formatting, parquet and arrays keep their types.

    Returns
    -------
    Cells
    """
    path, part = split_part(path)
    own, other = format_of(path), format_of(output)
    if own == other == "csv":
        return TextCells.of(path, selection)
    if own == other == "parquet":
        return ArrowCells.of(path)
    every = replace(
        selection, columns=None, drop=(), label_column=None, expected=None, index=True,
        mixed=True, allow_missing=True,
    )  # fmt: skip
    whole = path if part is None else Path(f"{path}:{part}")
    stored = FOLDER not in (own, other)  # pixels of images must be fractions of 1
    return TableCells(read_selection(whole, replace(every, stored=stored)))


class TextCells:
    """Text of a csv file.

    Parameters
    ----------
    file : Delimited
    frame : pandas.DataFrame
        Cells as text.
    """

    def __init__(self, file: Delimited, frame: Any) -> None:
        self._file = file
        self._frame = frame

    @classmethod
    def of(cls, path: Path, selection: Selection) -> TextCells:
        """Read a file."""
        pandas = import_extra("pandas", "tables", "reading csv")
        with readable(path):
            file = Delimited.of(path, selection, Budget.of(path, selection.max_bytes))
            with file.texts() as frames:
                return cls(file, pandas.concat(list(frames), ignore_index=True))

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns; None if they have none."""
        return self._file.names

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self._file.cells)

    def fill(self, position: int, fill: Fill) -> None:
        """Replace missing values of a column, formatted like the other values."""
        text = self._frame[position].copy()
        known = ~missing(fill.given)
        written = text[known]
        has_commas = bool(written.str.contains(",", regex=False).any())
        comma = self._file.decimal == "," or (
            self._file.may_have_commas and has_commas and have_decimal_commas(written)
        )
        if getattr(fill.found.dtype, "kind", "O") == "f":
            text[fill.holes] = [_number(value, comma=comma) for value in fill.values]
        else:
            spellings = dict(zip(fill.given[known], written, strict=True))
            # pandas writes dates without times if none of them has a time.
            texts = fill.found[fill.holes].astype(object if known.any() else str)
            text[fill.holes] = [spellings.get(value, str(value)) for value in texts]
        self._frame[position] = text

    def write(self, output: Path) -> None:
        """Write the text with its original separator, unless the suffix implies another one."""
        file = self._file
        header = False if file.names is None else list(file.names)
        with atomic_write(output) as temporary:
            write_delimited(
                temporary, self._frame, sep=self._separator(output), header=header, index=False,
                encoding=file.encoding,
            )  # fmt: skip

    def _separator(self, output: Path) -> str:
        own = " " if self._file.separator == WHITESPACE else self._file.separator
        if separator_of(output) == separator_of(self._file.path):
            return own
        # A decimal comma is only recognised if the comma is not the separator.
        return separator_of(output) if own == "," else {",": ";"}.get(separator_of(output), "\t")


class ArrowCells:
    """Typed values of a parquet file.

    Parameters
    ----------
    table : pyarrow.Table
    """

    def __init__(self, table: Any) -> None:
        self._table = table

    @classmethod
    def of(cls, path: Path) -> ArrowCells:
        """Read a file."""
        import_extra("pyarrow", "tables", "reading parquet")
        import pyarrow.parquet

        return cls(pyarrow.parquet.read_table(path))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, without those of an index of pandas."""
        return tuple(columns_of_schema(self._table.schema))

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.names)

    def fill(self, position: int, fill: Fill) -> None:
        """Replace the missing values of a column, in its type."""
        import pyarrow
        from pyarrow import compute

        number = self._table.column_names.index(self.names[position])
        column = self._table.column(number)
        is_dictionary = pyarrow.types.is_dictionary(column.type)
        plain = column.cast(column.type.value_type) if is_dictionary else column
        values = [_of_python(value) for value in fill.values]
        kind = pyarrow.array(values).type
        if missing(fill.given).all() and not _are_alike(kind, plain.type):
            plain = pyarrow.nulls(len(column), kind)
            self._forget_dtype(self.names[position])
        elif pyarrow.types.is_integer(plain.type):
            limits = np.iinfo(plain.type.to_pandas_dtype())
            values = [min(max(round(v), int(limits.min)), int(limits.max)) for v in values]
        cells = np.full(len(column), None, dtype=object)
        cells[fill.holes] = values
        found = pyarrow.array(list(cells)).cast(plain.type, safe=False)
        filled = compute.if_else(pyarrow.array(fill.holes), found, plain)
        if is_dictionary:
            filled = filled.dictionary_encode()
        field = self._table.schema.field(number).with_type(filled.type)
        self._table = self._table.set_column(number, field, filled)

    def _forget_dtype(self, name: str) -> None:
        """Remove the dtype that pandas would give to a column, whose type is another one now."""
        about = self._table.schema.pandas_metadata
        if about is not None:
            about["columns"] = [own for own in about["columns"] if own["field_name"] != name]
            stored = {**self._table.schema.metadata, b"pandas": json.dumps(about).encode()}
            self._table = self._table.replace_schema_metadata(stored)

    def write(self, output: Path) -> None:
        """Write the table again."""
        import pyarrow.parquet

        with atomic_write(output) as temporary:
            pyarrow.parquet.write_table(self._table, temporary)


class TableCells:
    """Values of a table to write in another format, and arrays of any format.

    Parameters
    ----------
    table : Table
        All columns of the file.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._is_copy = False

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns; None if they have none."""
        return self._table.columns

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self._table.values.shape[1])

    def fill(self, position: int, fill: Fill) -> None:
        """Replace the missing values of a column."""
        values = self._table.values
        if isinstance(values, np.ndarray):
            values = values if self._is_copy else np.array(values)
            self._is_copy = True
            values[fill.holes, position] = fill.values
        else:
            column = values.iloc[:, position].copy()
            if getattr(fill.found.dtype, "kind", "O") != "f" or missing(fill.given).all():
                column = fill.found.set_axis(values.index)
            elif getattr(column.dtype, "kind", "O") in "iuf":
                column[fill.holes] = fill.values
            else:  # numbers with leading zeros, which are text in another file
                column = column.astype(object)
                column[fill.holes] = [_number(value, comma=False) for value in fill.values]
            values = values.assign(**{values.columns[position]: column})
        self._table = replace(self._table, values=values)

    def write(self, output: Path) -> None:
        """Write the table."""
        table, shape = self._table, self._table.image_shape
        values = table.values
        if format_of(output) in _ARRAYS and shape is not None and isinstance(values, np.ndarray):
            values, shape = values.reshape(len(values), *shape), None
        elif format_of(output) in ("csv", "parquet") and table.columns is not None:
            values = _with_integers(values, table.columns)
        write_table(output, values, table.columns, rows=table.rows, image_shape=shape)


def missing(values: Any) -> Array:
    """Return whether each value of a column is missing."""
    found = np.isnan(values) if isinstance(values, np.ndarray) else values.isna()
    return np.asarray(found)


def _number(value: Any, *, comma: bool) -> str:
    """Return the shortest text of a number in the precision in which it was computed.

    >>> _number(np.float64(np.float32(0.1)), comma=True)
    '0,1'
    """
    if isinstance(value, int):
        return str(value)
    single = np.float32(value)
    text = str(single) if np.float64(single) == value else repr(float(value))
    return text.replace(".", ",") if comma else text


def _are_alike(one: Any, other: Any) -> bool:
    """Return whether two types of Arrow contain values of the same kind."""
    from pyarrow import types

    def is_number(kind: Any) -> bool:
        return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))

    def is_text(kind: Any) -> bool:
        return bool(types.is_string(kind) or types.is_large_string(kind))

    kinds = (is_number, is_text, types.is_boolean, types.is_temporal)
    return any(is_kind(one) and is_kind(other) for is_kind in kinds)


def _of_python(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) and value.dtype.kind != "M" else value


def _with_integers(values: Any, names: tuple[str, ...]) -> Any:
    """Return a frame in which columns that contain only integers have an integer type."""
    pandas = import_extra("pandas", "tables", "names of columns")
    frame = values
    if isinstance(values, np.ndarray):
        frame = pandas.DataFrame(values, columns=list(names))
    whole = {name: frame[name].astype("Int64") for name in frame if _is_whole(frame[name])}
    return frame.assign(**whole)


def _is_whole(column: Any) -> bool:
    return bool(column.dtype == np.float64) and Fill(column, column).is_whole
