"""Which columns of a table are taken, and what its cells may be."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autoenc.tables.table import TableError


@dataclass(frozen=True)
class Selection:
    """Columns to take, by name, or by position from 0 where a file has no names.

    Attributes
    ----------
    columns : tuple of str, optional
        Those to take, in this order; all by default.
    drop : tuple of str
        Those to leave out.
    label_column : str, optional
        The one that says what each row is; it is kept apart from the numbers.
    expected : tuple of str, optional
        Those to take where neither of the first two is given and the file has names.
    allow_missing : bool
        Whether cells may be empty.

    Examples
    --------
    >>> chosen = Selection(drop=("name",), label_column="kind")
    >>> chosen.positions(("name", "age", "kind"), 3, "a.csv")
    ([1], 2)
    """

    columns: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    label_column: str | None = None
    expected: tuple[str, ...] | None = None
    allow_missing: bool = False

    def is_whole(self, names: Sequence[str] | None) -> bool:
        """Whether every column is taken of a file whose columns have these names, or none."""
        return self._wanted(names) is None and not self.drop and self.label_column is None

    def positions(
        self, names: Sequence[str] | None, n_columns: int, path: str | os.PathLike[str]
    ) -> tuple[list[int], int | None]:
        """Find the columns.

        Parameters
        ----------
        names : sequence of str, optional
            All columns of the file, if they have names.
        n_columns : int
            How many there are.
        path : path
            The file, for the message.

        Returns
        -------
        taken : list of int
        label : int or None

        Raises
        ------
        TableError
            If there is no such column, a name is there twice, or none is left.
        """
        wanted = self._wanted(names)
        names = list(map(str, range(n_columns))) if names is None else list(names)
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise TableError(
                f"{path}: the column {twice[0]!r} is there {names.count(twice[0])} times; "
                "give each column a name of its own."
            )
        place = {name: i for i, name in enumerate(names)}
        label = [] if self.label_column is None else [self.label_column]
        for name in (*(wanted or ()), *self.drop, *label):
            if name not in place:
                raise TableError(f"{path}: there is no column {name!r}; it has {_listed(names)}.")
        taken = [place[name] for name in (wanted or names) if name not in (*self.drop, *label)]
        if not taken:
            raise TableError(f"{path}: no column is left of {_listed(names)}.")
        return taken, place[label[0]] if label else None

    def _wanted(self, names: Sequence[str] | None) -> tuple[str, ...] | None:
        if self.columns is None and not self.drop and names is not None:
            return self.expected
        return self.columns


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
