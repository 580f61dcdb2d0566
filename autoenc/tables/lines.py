"""The text of csv files: bounded decompression, separator and first line."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from autoenc.datasets.gzipped import open_stream
from autoenc.tables.memory import readable_size
from autoenc.tables.selection import Selection
from autoenc.tables.table import TableError

MAX_COLUMNS = 1 << 20
# Maximum number of bytes of the first line, which has room for a million names.
_MAX_LINE = 1 << 26
_SEPARATORS = ",;\t|"
# What pandas calls a separator of any number of spaces and tabs.
WHITESPACE = r"\s+"
# Number of lines that are compared with the first one to detect cells separated by spaces.
_COMPARED = 20
_SHOWN = 6
# Signs between words, other than the separators that are detected.
_PARTS = re.compile(r"\w[\s:#~^/&!\\]+\w")


class FirstLine(NamedTuple):
    """Contents of the first line of a csv file.

    Attributes
    ----------
    separator : str
    cells : tuple of str
    are_names : bool
        Whether the cells are names of columns; otherwise they are the first row.
    note : str or None
        Assumption that was made, if both are possible.
    n_before : int
        Number of empty lines before this one.
    """

    separator: str
    cells: tuple[str, ...]
    are_names: bool
    note: str | None
    n_before: int


def read_first_line(path: Path, selection: Selection, encoding: str) -> FirstLine:
    """Read the first line that is not empty, and decide whether it contains names.

    Raises
    ------
    TableError
        If the line is too long, or has more than `MAX_COLUMNS` cells.
    """
    with open_text(path, _MAX_LINE, "the first line", encoding) as (text, _):
        n_before, line = next(
            ((i, line) for i, line in enumerate(text) if line.strip(" \r\n")), (0, "")
        )
        if _most_cells(line) > MAX_COLUMNS:
            raise TableError(
                f"{path}: the first line has more than {MAX_COLUMNS:,} cells; is it a table?"
            )
        others = list(itertools.islice(text, _COMPARED))
        separator = selection.separator or _separator(line, others)
        if separator == " ":
            separator = WHITESPACE
        first = _cells(line, itertools.chain(others, text), separator)
    cells = tuple(cell.strip() for cell in first)
    numbers = [cell == "" or is_number(cell, comma=separator != ",") for cell in cells]
    are_names = _are_names(cells, numbers, selection)
    note = _note(path, cells, numbers, are_names) if selection.header is None else None
    if note is None and selection.separator is None and _may_be_several(cells, others):
        note = (
            f"{path}: was read as one column; if its cells are separated by another character "
            "than comma, semicolon, tab or bar, use --sep, such as --sep space"
        )
    known = selection.expected is not None and set(selection.expected) <= set(cells)
    return FirstLine(separator, cells, are_names, None if known else note, n_before)


def _most_cells(line: str) -> int:
    return 1 + max(line.count(separator) for separator in (*_SEPARATORS, " "))


def _cells(line: str, others: Iterator[str], separator: str) -> list[str]:
    """Return the cells of the first line, which continues below if a line ends within quotes."""
    if separator == WHITESPACE:
        line = line.strip().replace("\t", " ")
        return next(csv.reader([line], delimiter=" ", skipinitialspace=True), [])
    return next(csv.reader(itertools.chain([line], others), delimiter=separator), [])


def _separator(line: str, others: Sequence[str]) -> str:
    """Return the separator of the cells of a line."""
    for found in _SEPARATORS.replace(",", ""):
        cells = line.split(found)
        if len(cells) > 1 and all(is_number(cell, comma=True) for cell in cells):
            return found  # commas are decimal marks
    if _is_spaced(line, others):
        return WHITESPACE
    return max(_SEPARATORS, key=line.count)


def _is_spaced(line: str, others: Sequence[str]) -> bool:
    """Return whether spaces and tabs separate as many cells in all lines, some of them numbers.

    A tab between names, or a sign between words, shows that a file has another separator.
    """
    has_others = any(line.count(separator) for separator in ",;|")
    tabs = line.strip().split("\t")
    if len(tabs) > 1 and all(name.strip() for name in tabs):
        return False
    rows = [other.split() for other in others if other.strip()]
    first = line.split()
    if len(first) < 2 or any(len(row) != len(first) for row in rows):
        return False
    kinds = [[_is_plain_number(cell) for cell in row] for row in (rows or [first])]
    if has_others or not rows:
        return all(map(all, [*kinds, map(_is_plain_number, first)]))
    return any(map(all, zip(*kinds, strict=True)))


def _is_plain_number(cell: str) -> bool:
    """Return whether a cell is a number that does not end in a comma, which would separate."""
    return not cell.endswith((",", ";")) and is_number(cell, comma=True)


def _may_be_several(cells: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether lines have one cell each, but contain signs that may be separators."""
    return len(cells) == 1 and all(
        any(map(_PARTS.search, lines)) for lines in (cells, [line.strip() for line in others])
    )


def _are_names(cells: tuple[str, ...], numbers: list[bool], selection: Selection) -> bool:
    if selection.header is not None:
        return selection.header
    # A model recognises its columns even if their names are numbers, such as years.
    if selection.expected is not None and set(selection.expected) <= set(cells):
        return True
    return not all(numbers)


def _note(path: Path, cells: tuple[str, ...], numbers: list[bool], are_names: bool) -> str | None:
    """Return the assumption that was made, unless all cells are words."""
    # An empty cell among words is the name of an index.
    if not any(is_one and cell for cell, is_one in zip(cells, numbers, strict=True)):
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
    """Return whether a cell can be read as a number, with a decimal comma if that is allowed."""
    try:
        float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return False
    return True


@contextmanager
def open_text(
    path: Path, limit: int, what: str, encoding: str
) -> Iterator[tuple[io.TextIOWrapper, LimitedReader]]:
    """Open a csv file, compressed or not, as text.

    Parameters
    ----------
    path : Path
    limit : int
        Maximum number of bytes to read before `LimitedReader.renew` is called.
    what : str
        Description of the text, for messages.
    encoding : str
        Character encoding; see `autoenc.tables.encodings`.
    """
    with open_stream(path) as stream:
        bounded = LimitedReader(path, stream, limit, what)
        yield io.TextIOWrapper(io.BufferedReader(bounded), encoding, newline=""), bounded


class LimitedReader(io.RawIOBase):
    """Stream that raises an error after a number of bytes.

    Compressed text can be a thousand times as long as its file, and a whole line or cell is kept
    in memory.
    """

    def __init__(self, path: Path, stream: io.BufferedIOBase, limit: int, what: str) -> None:
        self._path = path
        self._stream = stream
        self._limit = self._left = limit
        self._what = what

    def readable(self) -> bool:
        """Return True, as `io.RawIOBase` requires."""
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
        """Allow the same number of bytes again."""
        self._left = self._limit
