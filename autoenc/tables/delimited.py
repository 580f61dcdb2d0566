"""The format of csv files: encoding, separator, names, and parts of their cells."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoenc.tables.encodings import text_encoding
from autoenc.tables.extras import import_extra
from autoenc.tables.lines import WHITESPACE, open_text, read_first_line
from autoenc.tables.memory import Budget
from autoenc.tables.selection import Selection
from autoenc.tables.table import TableError
from autoenc.tables.values import PADDED
from autoenc.threads import warnings_caught

# Maximum numbers of rows, and of cells, that are parsed together.
CHUNK = 50_000
_CELLS = 1 << 22
# Number of characters that are searched together; the next part repeats the last _REPEATED.
_SEARCHED = 1 << 20
_REPEATED = 256


@dataclass(frozen=True)
class Delimited:
    """A csv file and its format.

    Parameters
    ----------
    path : Path
    budget : Budget
        Maximum memory for a part of the text.
    encoding, separator : str
    cells : tuple of str
        Cells of the first line that is not empty.
    are_names : bool
        Whether these cells are the names of the columns.
    n_before : int
        Number of empty lines before them.
    decimal : str, optional
        The decimal mark, if it was given.
    notes : tuple of str
        Assumptions made.
    """

    path: Path
    budget: Budget
    encoding: str
    separator: str
    cells: tuple[str, ...]
    are_names: bool
    n_before: int
    decimal: str | None
    notes: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, selection: Selection, budget: Budget) -> Delimited:
        """Detect the format of a file, where the selection does not specify it."""
        encoding, remark = text_encoding(path, selection.encoding, budget.limit)
        first = read_first_line(path, selection, encoding)
        return cls(
            path, budget, encoding, first.separator, first.cells, first.are_names, first.n_before,
            selection.decimal, tuple(text for text in (remark, first.note) if text is not None),
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns; None if the file has none."""
        return self.cells if self.are_names else None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, or their positions from 0."""
        return self.names or tuple(map(str, range(len(self.cells))))

    @property
    def may_have_commas(self) -> bool:
        """Whether text may contain numbers with a decimal comma."""
        return self.decimal == "," or (self.decimal is None and self.separator != ",")

    @contextmanager
    def frames(self, **how: Any) -> Iterator[Iterator[Any]]:
        """Open the file as frames of consecutive rows, whose columns are numbered from 0.

        Parameters
        ----------
        how : dict
            Arguments of `pandas.read_csv` that specify the types of the cells.
        """
        pandas = import_extra("pandas", "tables", "reading csv")
        with open_text(self.path, self.budget.limit, "a part of the text", self.encoding) as (
            text,
            bounded,
        ):
            for _ in range(self.n_before):  # pandas counts empty lines that end in \r twice
                text.readline()
            frames = pandas.read_csv(
                text,
                sep=self.separator,
                decimal=self.decimal or ".",
                header=None,
                names=range(len(self.cells)),
                skiprows=int(self.are_names),
                index_col=False,
                skipinitialspace=True,
                chunksize=max(1, min(CHUNK, _CELLS // max(1, len(self.cells)))),
                **how,
            )
            yield _renewing(frames, bounded, pandas)

    @contextmanager
    def texts(self) -> Iterator[Iterator[Any]]:
        """Open the file as frames of consecutive rows, all cells as text; empty ones are ''."""
        with self.frames(dtype=str, na_filter=False) as frames:
            yield (frame.fillna("") for frame in frames)

    def short_lines(self) -> str | None:
        """Describe the lines that have fewer cells than the first; None if there are none."""
        if self.separator == WHITESPACE:
            return None
        expected, count, first = len(self.cells), 0, None
        limit = self.budget.limit
        with open_text(self.path, limit, "a part of the text", self.encoding) as (text, bounded):
            rows = csv.reader(text, delimiter=self.separator)
            for number, row in enumerate(rows):
                if number % CHUNK == 0:
                    bounded.renew()
                if row and len(row) < expected:
                    count, first = count + 1, first or (rows.line_num, len(row))
        if first is None:
            return None
        line, found = first
        lines = "1 line has" if count == 1 else f"{count:,} lines have"
        return (
            f"{self.path}: {lines} fewer cells than the first, such as line {line} ({found} of "
            f"{expected}); the missing cells were read as empty"
        )

    def padded(self) -> set[int]:
        """Return the positions of columns in which a number has leading zeros."""
        if not self._may_be_padded():
            return set()
        found: set[int] = set()
        with self.texts() as frames:
            for frame in frames:
                left = [i for i in frame if i not in found]
                found |= {i for i in left if frame[i].str.fullmatch(PADDED).any()}
        return found

    def _may_be_padded(self) -> bool:
        """Search the text for a possible cell with leading zeros."""
        border = rf"[\s\"'{re.escape(self.separator[-1])}]"
        pattern = re.compile(rf"(?:^|{border})0\d+(?:{border}|$)")
        before = ""
        limit = self.budget.limit
        with open_text(self.path, limit, "a part of the text", self.encoding) as (text, bounded):
            while part := text.read(_SEARCHED):
                bounded.renew()
                if pattern.search(before + part):
                    return True
                before = part[-_REPEATED:]
        return False


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Convert errors of pandas and of decoding to errors that name the file."""
    pandas = import_extra("pandas", "tables", "reading csv")
    try:
        yield
    except (pandas.errors.ParserError, pandas.errors.ParserWarning) as error:
        detail = str(error).strip().removeprefix("Error tokenizing data. C error: ").rstrip(".")
        raise TableError(
            f"{path}: not every line has as many cells as the first ({detail}); if the cells are "
            "separated by another character, use --sep."
        ) from error
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path}: the text is not {error.encoding} ({error}); use another --encoding, or save "
            "it as UTF-8."
        ) from error
    except (csv.Error, pandas.errors.EmptyDataError, OverflowError) as error:
        raise TableError(f"{path}: not a readable csv file ({error}).") from error


def _renewing(frames: Any, bounded: Any, pandas: Any) -> Iterator[Any]:
    while (frame := _next(frames, pandas)) is not None:
        bounded.renew()
        yield frame


def _next(frames: Any, pandas: Any) -> Any:
    with warnings_caught():
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        return next(frames, None)
