"""Rows that are stored consecutively in a file.

Rows are read by `pread`, because pages of a memory map count as memory of the process. If a file
is larger than half of the free memory, the system's cache of the file is released after reading,
so that it does not displace other data. A smaller file stays cached for the next epoch.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.sources.integers import Ranges
from autoenc.sources.reader import Array, SourceError
from autoenc.sources.states import changed, state_of
from autoenc.tables.memory import available_memory


class RawFile:
    """Reader of rows of a file; see `Reader`.

    Parameters
    ----------
    path : path
    offset : int
        Bytes before the first row.
    shape : tuple of int
        Rows first.
    dtype : numpy.dtype
    handle : int, optional
        Handle of the open file, which this object closes; by default the file at `path` is opened.
    ranges : dict, optional
        Ranges of columns that were integers before they were written as floats.

    Raises
    ------
    SourceError
        If the file is too short.
    """

    piece = 1

    def __init__(
        self,
        path: str | os.PathLike[str],
        offset: int,
        shape: Sequence[int],
        dtype: Any,
        handle: int | None = None,
        ranges: Ranges | None = None,
    ) -> None:
        self._ranges = {} if ranges is None else ranges
        self.path = Path(path)
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self._is_named = handle is None
        self.files: Sequence[Path] = [self.path] if self._is_named else []
        self.part = str(offset)
        self._offset = offset
        self._row_bytes = int(np.prod(self.shape[1:])) * self.dtype.itemsize
        self._handle = os.open(path, os.O_RDONLY | _flags()) if handle is None else handle
        self._state = self._now()
        self._check_length()
        free = available_memory()
        self._is_released = free is not None and self._state[0] > free // 2

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            os.close(self._handle)

    def __reduce__(self) -> Any:
        if not self._is_named:
            raise TypeError("rows in a temporary file cannot be passed to another process.")
        return _reopened, (self.path, self._offset, self.shape, self.dtype, self._state)

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        view = memoryview(out.reshape(-1).view(np.uint8).data)
        at = self._offset + first * self._row_bytes
        while view:
            n = _read_at(self._handle, view, at)
            if n == 0:
                size = self._now()[0]
                raise SourceError(
                    f"{self.path} ends at byte {size:,}, within row "
                    f"{max(size - self._offset, 0) // self._row_bytes:,} of {self.shape[0]:,}: it "
                    "has become shorter while it was being read. Restore the file, and resume "
                    "from the checkpoint."
                )
            at, view = at + n, view[n:]

    def exact_ranges(self) -> Ranges:
        """Return the ranges of columns that were integers."""
        return self._ranges

    def settle(self) -> None:
        """Release cached pages of a large file, and check it; see `Reader.settle`."""
        if self._is_released and hasattr(os, "posix_fadvise"):
            with suppress(OSError):  # not all file systems accept advice
                os.posix_fadvise(self._handle, 0, 0, os.POSIX_FADV_DONTNEED)
        if self._is_named and self._now() != self._state:
            raise SourceError(changed(self.path, self._state, self._now()))

    def _now(self) -> tuple[int, int]:
        found = os.fstat(self._handle)
        return found.st_size, found.st_mtime_ns

    def _check_length(self) -> None:
        expected = self._offset + self.shape[0] * self._row_bytes
        if self._state[0] < expected:
            raise SourceError(
                f"{self.path} has {self._state[0]:,} bytes, but {expected:,} are needed for "
                f"{self.dtype} {self.shape}: it is incomplete. Write or copy it again."
            )


def _reopened(
    path: Path, offset: int, shape: Sequence[int], dtype: Any, state: tuple[int, int]
) -> RawFile:
    """Open a file in another process, which must be the same as in the first.

    Raises
    ------
    SourceError
        If it was changed or replaced in the meantime.
    """
    if (now := state_of(path)) != state:
        raise SourceError(changed(path, state, now))
    return RawFile(path, offset, shape, dtype)


def _flags() -> int:
    return getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def _read_at(handle: int, view: memoryview, at: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(handle, [view], at)
    with _seeking:  # Windows has one position for all threads
        os.lseek(handle, at, os.SEEK_SET)
        part = os.read(handle, len(view))
    view[: len(part)] = part
    return len(part)


_seeking = threading.Lock()
