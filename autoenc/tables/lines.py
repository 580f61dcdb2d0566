"""The text of csv files: decompressed within bounds, its separator and its first line."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from autoenc.datasets.streams import open_stream
from autoenc.tables.memory import readable_size
from autoenc.tables.selection import Selection
from autoenc.tables.table import TableError

MAX_COLUMNS = 1 << 20
# Bytes of the first line; a million names have room.
_MAX_LINE = 1 << 26
_SEPARATORS = ",;\t|"
_SHOWN = 6


class FirstLine(NamedTuple):
    """What the first line of a csv file says.

    Attributes
    ----------
    separator : str
    cells : tuple of str
    are_names : bool
        Whether the cells are names of columns; otherwise they are the first row.
    note : str or None
        What was assumed, if it could be either.
    """

    separator: str
    cells: tuple[str, ...]
    are_names: bool
    note: str | None


def read_first_line(path: Path, selection: Selection, encoding: str) -> FirstLine:
    """Read the first line, and decide whether it has names.

    Raises
    ------
    TableError
        If the line is too long, or has more than `MAX_COLUMNS` cells.
    """
    with open_text(path, _MAX_LINE, "the first line", encoding) as (text, _):
        line = text.readline()
        separator = selection.separator or _separator(line)
        if line.count(separator) >= MAX_COLUMNS:
            raise TableError(
                f"{path}: the first line has more than {MAX_COLUMNS:,} cells; is it a table?"
            )
        first = next(csv.reader(itertools.chain([line], text), delimiter=separator), [])
    cells = tuple(cell.strip() for cell in first)
    numbers = [cell == "" or is_number(cell, comma=separator != ",") for cell in cells]
    are_names = _are_names(cells, numbers, selection)
    note = _note(path, cells, numbers, are_names) if selection.header is None else None
    known = selection.expected is not None and set(selection.expected) <= set(cells)
    return FirstLine(separator, cells, are_names, None if known else note)


def _separator(line: str) -> str:
    """Return what is between the cells of a line."""
    for found in _SEPARATORS.replace(",", ""):
        cells = line.split(found)
        if len(cells) > 1 and all(is_number(cell, comma=True) for cell in cells):
            return found  # commas are those of decimals
    return max(_SEPARATORS, key=line.count)


def _are_names(cells: tuple[str, ...], numbers: list[bool], selection: Selection) -> bool:
    if selection.header is not None:
        return selection.header
    # A model knows its columns even if they are named by numbers, such as years.
    if selection.expected is not None and set(selection.expected) <= set(cells):
        return True
    return not all(numbers)


def _note(path: Path, cells: tuple[str, ...], numbers: list[bool], are_names: bool) -> str | None:
    """Return what was assumed, unless all cells are words."""
    if not any(numbers):
        return None
    shown = ", ".join(cell[:20] for cell in cells[:_SHOWN]) + (", ..." * (len(cells) > _SHOWN))
    if are_names:
        return (
            f"{path}: the first line ({shown}) was read as the names of the columns; if it is a "
            "row of data, use --header no"
        )
    return (
        f"{path}: the first line ({shown}) was read as a row of data; if it has the names of the "
        "columns, use --header yes"
    )


def is_number(cell: str, *, comma: bool = False) -> bool:
    """Whether a cell can be read as a number, with a decimal comma if that is allowed."""
    try:
        float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return False
    return True


@contextmanager
def open_text(
    path: Path, limit: int, what: str, encoding: str
) -> Iterator[tuple[io.TextIOWrapper, BoundedReader]]:
    """Open a csv file, compressed or not, as text.

    Parameters
    ----------
    path : Path
    limit : int
        The most bytes to read before `BoundedReader.renew` is called.
    what : str
        What is read, for the message.
    encoding : str
        Character encoding; see `autoenc.tables.encodings`.
    """
    with open_stream(path) as stream:
        bounded = BoundedReader(path, stream, limit, what)
        yield io.TextIOWrapper(io.BufferedReader(bounded), encoding, newline=""), bounded


class BoundedReader(io.RawIOBase):
    """A stream that raises an error after a number of bytes.

    Compressed text can be a thousand times as long as its file, and one line of it, or one
    cell, is held in memory as a whole.
    """

    def __init__(self, path: Path, stream: io.BufferedIOBase, limit: int, what: str) -> None:
        self._path = path
        self._stream = stream
        self._limit = self._left = limit
        self._what = what

    def readable(self) -> bool:
        """Return True, as `io.RawIOBase` asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, as `io.RawIOBase` does."""
        n = self._stream.readinto(buffer)
        self._left -= n
        if self._left < 0:
            raise TableError(
                f"{self._path}: {self._what} takes more than {readable_size(self._limit)}; is it "
                "a table?"
            )
        return n

    def renew(self) -> None:
        """Allow as many bytes again."""
        self._left = self._limit
