"""Rows of several files, one after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autoenc.sources.integers import Ranges, ranges_of_all
from autoenc.sources.reader import Array, Reader, SourceError
from autoenc.sources.selected import Cast


class Joined:
    """Reader of the rows of several readers, one after the other; see `Reader`.

    Parameters
    ----------
    readers : sequence of Reader
    names : sequence of str
        Names for messages.

    Raises
    ------
    SourceError
        If the readers differ in width.
    """

    def __init__(self, readers: Sequence[Reader], names: Sequence[str]) -> None:
        for reader, name in zip(readers, names, strict=True):
            if reader.shape[1:] != readers[0].shape[1:]:
                raise SourceError(
                    f"{name} has rows of shape {reader.shape[1:]}, {names[0]} of "
                    f"{readers[0].shape[1:]}; all need the same."
                )
        self._stored = readers
        self._ends = np.cumsum([reader.shape[0] for reader in readers])
        self.shape: tuple[int, ...] = (int(self._ends[-1]), *readers[0].shape[1:])
        self.dtype = np.result_type(*(reader.dtype for reader in readers))
        self._readers = [
            reader if reader.dtype == self.dtype else Cast(reader, self.dtype)
            for reader in readers
        ]
        self.piece = max(reader.piece for reader in readers)
        self.files: Sequence[Path] = [file for reader in readers for file in reader.files]
        # None if some of the rows are not in files, which then do not identify all of them.
        stated = [getattr(reader, "part", "") for reader in readers]
        is_in_files = None not in stated and all(reader.files for reader in readers)
        self.part = json.dumps(stated) if is_in_files else None

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        while len(out):
            number = int(np.searchsorted(self._ends, first, side="right"))
            if number == len(self._readers):
                raise SourceError(f"there are {self.shape[0]:,} rows, and none after them.")
            reader = self._readers[number]
            start = int(self._ends[number]) - reader.shape[0]
            n = min(len(out), int(self._ends[number]) - first)
            reader.read_into(first - start, out[:n])
            first, out = first + n, out[n:]

    def exact_ranges(self) -> Ranges:
        """Return the ranges of the columns that are integers in all readers."""
        return ranges_of_all(self._stored)

    def settle(self) -> None:
        """Settle each; see `Reader.settle`."""
        for reader in self._readers:
            reader.settle()
