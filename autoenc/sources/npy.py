"""NumPy's files: arrays in ``.npy`` files, and in ``.npz`` archives of them."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numpy as np

from autoenc.datasets.archives import read_npy_header
from autoenc.sources.raw import RawFile
from autoenc.sources.reader import Array, Reader, SourceError
from autoenc.sources.states import FileStates
from autoenc.sources.stored_arrays import check_numbers, undecided

# Size of a local header in a zip file, without the name.
_HEADER = 30


def read_npy(path: Path) -> RawFile:
    """Open an ``.npy`` file.

    Raises
    ------
    SourceError
        If it is not an ``.npy`` file, or if its rows are not stored consecutively.
    """
    with path.open("rb") as file:
        shape, dtype = _header(file, str(path))
        return RawFile(path, file.tell(), shape, dtype)


def read_npz(path: Path, key: str | None) -> Reader:
    """Open an array of an ``.npz`` archive: read in place if it is stored, else decompressed.

    Raises
    ------
    SourceError
        If it is not an archive, or does not contain the array.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(_choose(path, archive.namelist(), key))
            if member.compress_type != zipfile.ZIP_STORED:
                return CompressedMember(path, member.filename)
            start = _data_offset(path, member)
            with archive.open(member) as file:
                shape, dtype = _header(file, f"{path}:{member.filename}")
                return RawFile(path, start + file.tell(), shape, dtype)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path} is not a readable .npz archive ({error}).") from error


class CompressedMember:
    """Reader of a compressed array, which decompresses all preceding data; see `Reader`.

    Rows that are requested in order are decompressed only once.
    """

    def __init__(self, path: Path, member: str) -> None:
        self.files: Sequence[Path] = [path]
        self._member = member
        self._states = FileStates(self.files)
        self._stream: IO[bytes] | None = None
        self._next: float = 0
        self._lock = Lock()
        self.part = member
        self.shape, self.dtype = self._restart()
        self.piece = self.shape[0]

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        row_bytes = int(np.prod(self.shape[1:])) * self.dtype.itemsize
        with self._lock:
            if self._stream is None or first < self._next:
                self._restart()
            n_skipped = first - int(self._next)
            self._next = math.inf  # the position is unknown if reading is interrupted
            self._skip(n_skipped * row_bytes)
            self._fill(memoryview(out.reshape(-1).view(np.uint8).data))
            self._next = first + len(out)

    def settle(self) -> None:
        """Check the file; see `Reader.settle`."""
        self._states.check()

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        if stream := getattr(self, "_stream", None):
            stream.close()

    def _restart(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        self._close()
        with zipfile.ZipFile(self.files[0]) as archive:  # the file is open as long as the stream
            self._stream = archive.open(self._member)
        self._next = 0
        return _header(self._stream, f"{self.files[0]}:{self._member}")

    def _skip(self, n_bytes: int) -> None:
        while n_bytes:
            n_bytes -= self._read(min(n_bytes, _SKIPPED_AT_A_TIME))

    def _fill(self, view: memoryview) -> None:
        assert self._stream is not None
        while len(view):
            n = self._stream.readinto(view)  # type: ignore[attr-defined]
            if not n:
                raise SourceError(f"{self.files[0]} ends within {self._member}.")
            view = view[n:]

    def _read(self, n_bytes: int) -> int:
        assert self._stream is not None
        found = self._stream.read(n_bytes)
        if not found:
            raise SourceError(f"{self.files[0]} ends within {self._member}.")
        return len(found)


_SKIPPED_AT_A_TIME = 1 << 20


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        shape, is_fortran, dtype = read_npy_header(file)
    except (ValueError, EOFError) as error:
        raise SourceError(f"{name} is not a readable .npy file ({error}).") from error
    check_numbers(shape, dtype, name)
    if is_fortran and len(shape) > 1:
        raise SourceError(
            f"{name} is stored column by column (Fortran order), so its rows cannot be read "
            "separately; save np.ascontiguousarray(array) instead."
        )
    return shape, dtype


def _choose(path: Path, names: Sequence[str], key: str | None) -> str:
    arrays = [name.removesuffix(".npy") for name in names]
    if key is None and len(arrays) == 1:
        key = arrays[0]
    if key not in arrays:
        raise undecided(path, arrays, key)
    return f"{key}.npy"


def _data_offset(path: Path, member: zipfile.ZipInfo) -> int:
    """Return the position of a member's first byte, which only its local header determines."""
    with path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(_HEADER)
    lengths = np.frombuffer(header, "<u2", count=2, offset=26)
    return member.header_offset + _HEADER + int(lengths.sum())
