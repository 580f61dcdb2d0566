"""Rows held out of training for validation."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from autoenc.rows.blocks import Array
from autoenc.sources import Numbers

# Beyond this number of rows without classes, rows are held out chunk by chunk. The rule does not
# depend on where the rows are stored.
MOST_AT_ONCE = 2**20
ROWS_OF_A_CHUNK = 4_096


def check_validation(validation: Any, fraction: float | None, early_stopping: Any) -> None:
    """Refuse two kinds of validation at once, and a stopping rule without validation.

    Raises
    ------
    ValueError
    """
    if validation is not None and fraction is not None:
        raise ValueError(
            f"validation was given, and validation_fraction is {fraction!r}; expected one of them."
        )
    if validation is None and fraction is None and early_stopping is not None:
        raise ValueError(
            "early_stopping needs validation=... in fit, or validation_fraction; give one of "
            "them, or leave early_stopping out."
        )


def hold_out(
    n_rows: int, fraction: float, seed: int, classes: Array | None = None
) -> tuple[Numbers, Numbers]:
    """Choose rows to train on and rows to hold out.

    The numbers of many rows are computed when they are read. They take no memory.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float
        Part to hold out, in (0, 1).
    seed : int
        Seed of the choice.
    classes : array, (rows,), optional
        Classes, whose proportions are kept.

    Returns
    -------
    trained_on, held_out : int arrays or `PartOfRows`, sorted

    Raises
    ------
    ValueError
        If there are too few rows.

    Examples
    --------
    >>> [len(numbers) for numbers in hold_out(100, 0.2, seed=0)]
    [80, 20]
    """
    n_held_out = -int(-n_rows * fraction // 1)
    if n_rows > MOST_AT_ONCE and classes is None and n_held_out < n_rows:
        own, others = (PartOfRows(n_rows, n_held_out, seed, held) for held in (False, True))
        return own, others
    try:
        trained_on, held_out = train_test_split(
            np.arange(n_rows), test_size=fraction, random_state=seed, stratify=classes
        )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction is {fraction!r}, which is not possible with these {n_rows} rows "
            f"({error})"
        ) from error
    return np.sort(trained_on), np.sort(held_out)


class PartOfRows:
    """Numbers of the rows that are trained on or held out, computed chunk by chunk.

    The number of rows that are held out before row r is ``r * n_held_out // n_rows``. Within a
    chunk, they are drawn at random.

    Parameters
    ----------
    n_rows : int
        Number of all rows.
    n_held_out : int
        Number of rows to hold out.
    seed : int
        Seed of the choice.
    held : bool
        Whether these are the rows that are held out.

    Examples
    --------
    >>> own, others = (PartOfRows(20, 5, seed=0, held=held) for held in (False, True))
    >>> len(own), len(others), sorted([*own[:], *others[:]]) == list(range(20))
    (15, 5, True)
    """

    def __init__(self, n_rows: int, n_held_out: int, seed: int, held: bool) -> None:
        self._n_rows, self._n_held_out, self._held = n_rows, n_held_out, held
        self._seed = seed
        self._chunk = lru_cache(256)(self._draw)

    def __len__(self) -> int:
        return self._before(self._n_rows)

    def __getitem__(self, span: slice) -> Array:
        """Return the numbers of consecutive rows of the part."""
        first, last, _ = span.indices(len(self))
        if first >= last:
            return np.empty(0, np.int64)
        low, high = self._chunk_of(first), self._chunk_of(last - 1)
        numbers = np.concatenate([self._chunk(k) for k in range(low, high + 1)])
        skipped = first - self._before(low * ROWS_OF_A_CHUNK)
        return numbers[skipped : skipped + last - first]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Return all numbers."""
        return self[:].astype(dtype or np.int64, copy=False)

    def _before(self, row: int) -> int:
        """Return how many rows of the part are before a row."""
        held = row * self._n_held_out // self._n_rows
        return held if self._held else row - held

    def _chunk_of(self, i: int) -> int:
        """Return the chunk that contains row i of the part."""
        if self._held:
            row = -(-(i + 1) * self._n_rows // self._n_held_out) - 1
        else:
            row = i * self._n_rows // (self._n_rows - self._n_held_out)
        return row // ROWS_OF_A_CHUNK

    def _draw(self, chunk: int) -> Array:
        """Return the numbers of the rows of a chunk that belong to the part."""
        first = chunk * ROWS_OF_A_CHUNK
        last = min(first + ROWS_OF_A_CHUNK, self._n_rows)
        rows = np.random.default_rng((self._seed, chunk)).permutation(np.arange(first, last))
        held = last * self._n_held_out // self._n_rows - first * self._n_held_out // self._n_rows
        return np.sort(rows[:held] if self._held else rows[held:])
