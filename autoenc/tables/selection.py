"""Selection of the part of a file to read: columns, kinds of cells, and format."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autoenc.tables.table import TableError


@dataclass(frozen=True)
class Selection:
    """Columns to read, by name, or by position from 0 in a file without names.

    Parameters
    ----------
    columns : tuple of str, optional
        Columns to read, in this order. By default all.
    drop : tuple of str
        Columns to leave out.
    label_column : str, optional
        Column of labels. It is returned separately from the numbers.
    expected : tuple of str, optional
        Columns of a model. If the file has these names, its columns are brought into this
        order.
    allow_missing : bool
        Whether cells may be empty.
    header : bool, optional
        Whether the first line of a text file contains the names of the columns. By default, it
        does unless all of its cells are numbers.
    max_bytes : int, optional
        The most memory that the table may take. By default half of the free memory.
    size : tuple of int, optional
        Height and width to which images are resized. By default all must have the same size.
    grey : bool
        Whether to convert colours to grey levels.
    separator, decimal, encoding : str, optional
        Format of a text file: separator, decimal mark and character encoding. By default they are
        detected.
    mixed : bool
        Whether columns may have values other than numbers.
    text : tuple of str
        Columns of which all values are text, even if they can be read as numbers.
    index : bool
        Whether to read an unnamed first column that numbers the rows.
    stored : bool
        Whether arrays keep their type and shape in the file, and columns of integers too long for
        float64 keep their values.

    Examples
    --------
    >>> chosen = Selection(drop=("name",), label_column="kind")
    >>> chosen.positions(("name", "age", "kind"), 3, "a.csv")
    ([1], 2)
    >>> Selection(expected=("age", "height")).positions(("height", "age"), 2, "a.csv")
    ([1, 0], None)
    """

    columns: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    label_column: str | None = None
    expected: tuple[str, ...] | None = None
    allow_missing: bool = False
    header: bool | None = None
    max_bytes: int | None = None
    size: tuple[int, int] | None = None
    grey: bool = False
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    mixed: bool = False
    text: tuple[str, ...] = ()
    index: bool = False
    stored: bool = False

    def names(self, name: str) -> bool:
        """Return whether the user or a model requests a column by its name.

        Parameters
        ----------
        name : str
            Name of the column.

        Returns
        -------
        bool
            False for columns that are read only because all columns are read.
        """
        return name in (*(self.columns or ()), *(self.expected or ()))

    def is_number(self, name: str) -> bool:
        """Return whether the column is numeric according to a model.

        Parameters
        ----------
        name : str
            Name of the column.

        Returns
        -------
        bool
            Also False without a model.
        """
        return name in (self.expected or ()) and name not in self.text

    def is_whole(self, names: Sequence[str] | None) -> bool:
        """Return whether all columns of a file are read in their order.

        Parameters
        ----------
        names : sequence of str, optional
            All columns of the file, if they have names.

        Returns
        -------
        bool
            True if nothing is selected.
        """
        if self.columns is not None or self.drop or self.label_column is not None:
            return False
        return names is None or self.expected is None

    def positions(
        self, names: Sequence[str] | None, n_columns: int, path: str | os.PathLike[str]
    ) -> tuple[list[int], int | None]:
        """Find the columns.

        Parameters
        ----------
        names : sequence of str, optional
            All columns of the file, if they have names.
        n_columns : int
            Number of columns of the file.
        path : path
            The file, for the message.

        Returns
        -------
        taken : list of int
            Positions of the columns to read.
        label : int or None
            Position of the labels.

        Raises
        ------
        TableError
            If a column does not exist, two columns have the same name, or none is left.
        """
        expected = None if names is None else self.expected
        names = list(map(str, range(n_columns))) if names is None else list(names)
        self._check_unique(names, path)
        place = {name: i for i, name in enumerate(names)}
        label = [] if self.label_column is None else [self.label_column]
        for name in (*(self.columns or ()), *self.drop, *label):
            _check_known(name, names, path)
        # Labels are not part of the rows, unless a model expects the column.
        out = {*self.drop, *(name for name in label if name not in (self.expected or ()))}
        left = [name for name in (self.columns or names) if name not in out]
        if not left:
            raise TableError(f"{path}: no column is left of {listed(names)}.")
        taken = left if expected is None else self._in_order(left, expected, path)
        return [place[name] for name in taken], place[label[0]] if label else None

    def chosen(self, names: Sequence[str], path: str | os.PathLike[str]) -> list[str]:
        """Return the names of the columns to read.

        Parameters
        ----------
        names : sequence of str
            All columns of the file.
        path : path
            The file, for the message.

        Returns
        -------
        list of str
            In the order in which they are to be read.

        Raises
        ------
        TableError
            As for `positions`.
        """
        taken, _ = self.positions(names, len(names), path)
        return [names[i] for i in taken]

    def _in_order(
        self, left: list[str], expected: tuple[str, ...], path: str | os.PathLike[str]
    ) -> list[str]:
        """Return the columns of a model, in its order."""
        # Columns that are selected by name may have other names than those of the model.
        if self.columns is not None and set(left) != set(expected):
            return left
        reason = "; the model was trained on a column of this name"
        if list(expected) == [str(i) for i in range(len(expected))]:
            reason = "; the model was trained on columns without names, as --header no reads them"
        for name in expected:
            _check_known(name, left, path, reason)
        return list(expected)

    @staticmethod
    def _check_unique(names: list[str], path: str | os.PathLike[str]) -> None:
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            is_number = twice[0].replace(".", "").replace("-", "").isdigit()
            of_row = "; if the first line is a row of data, use --header no" if is_number else ""
            raise TableError(
                f"{path}: {names.count(twice[0])} columns are named {twice[0]!r}; give each "
                f"column a name of its own{of_row}."
            )


def _check_known(
    name: str, names: Sequence[str], path: str | os.PathLike[str], reason: str = ""
) -> None:
    if name not in names:
        raise TableError(f"{path}: there is no column {name!r} in {listed(names)}{reason}.")


def listed(names: Sequence[str], most: int = 12) -> str:
    """Return names for a message, the first of them if there are many."""
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
