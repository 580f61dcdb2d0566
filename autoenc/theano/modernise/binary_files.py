"""Binary files that take text and read strings, as in Python 2."""

from __future__ import annotations

import builtins
import bz2
import codecs
import functools
import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from autoenc.theano.modernise.byte_strings import ByteString, as_bytes
from autoenc.theano.modernise.python2 import RUNTIME

_OPENERS = (builtins.open, gzip.open, bz2.open)
# Number of bytes that are examined to distinguish text from other data.
_LOOKED_AT = 1 << 16


class BinaryFile:
    """Binary file that takes text as well as bytes, and reads `ByteString`.

    Libraries, such as those that decode images, read plain bytes from it.

    Parameters
    ----------
    file : binary file object
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        if name == "_file":  # before __init__, when a copy is made
            raise AttributeError(name)
        return getattr(self._file, name)

    def write(self, text: Any) -> Any:
        """Write text or bytes."""
        return self._file.write(as_bytes(text))

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write lines of text or bytes."""
        self._file.writelines(map(as_bytes, lines))

    def read(self, *size: Any) -> Any:
        """Read the rest of the file, or a given number of bytes."""
        return _for(_caller(), self._file.read(*size))

    def readline(self, *size: Any) -> Any:
        """Read a line."""
        return _for(_caller(), self._file.readline(*size))

    def readlines(self, *size: Any) -> list[Any]:
        """Read the remaining lines."""
        caller = _caller()
        return [_for(caller, line) for line in self._file.readlines(*size)]

    def __iter__(self) -> Iterator[Any]:
        return map(functools.partial(_for, _caller()), self._file)

    def __next__(self) -> Any:
        return _for(_caller(), next(self._file))

    next = __next__  # name in Python 2

    def __enter__(self) -> BinaryFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class WrittenFile(BinaryFile):
    """File opened for writing text, which takes bytes as well as text."""

    def write(self, text: Any) -> Any:
        """Write text or bytes."""
        if not isinstance(text, bytes):
            return self._file.write(text)
        self._file.flush()
        return self._file.buffer.write(text)

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write lines of text or bytes."""
        for line in lines:
            self.write(line)


class MemoryFile(BinaryFile):
    """``StringIO`` of Python 2: a file of text until bytes are written to it.

    Parameters
    ----------
    value : str or bytes, default ''
        Content of the file.
    """

    def __init__(self, value: Any = "") -> None:
        super().__init__((io.BytesIO if isinstance(value, bytes) else io.StringIO)(value))

    @property
    def _is_text(self) -> bool:
        return isinstance(self._file, io.StringIO)

    def write(self, text: Any) -> Any:
        """Write text or bytes."""
        if self._is_text and isinstance(text, bytes):
            before, self._file = self._file, io.BytesIO()
            self._file.write(as_bytes(before.getvalue()))
            # A position counts characters there, and bytes here.
            before.truncate()
            self._file.seek(len(as_bytes(before.getvalue())))
        return self._file.write(text if self._is_text else as_bytes(text))

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write lines of text or bytes."""
        for line in lines:
            self.write(line)

    def getvalue(self) -> Any:
        """Return the content of the file."""
        return _for(_caller(), self._file.getvalue())


def _caller() -> dict[str, Any]:
    """Return the globals of the code that called a method of a file."""
    return sys._getframe(2).f_globals


def _for(caller: dict[str, Any], data: Any) -> Any:
    """Return data that was read; scripts get strings of Python 2 instead of bytes.

    Modules of scripts import `modernise.runtime` under the name `RUNTIME`; libraries do not.
    """
    return ByteString(data) if isinstance(data, bytes) and RUNTIME in caller else data


def opened(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function that is named like one that opens files; read and write as in Python 2.

    A file that is opened as text, and whose beginning is not text, is read as a binary file.
    """
    if function is io.IOBase:  # what `file` is in Python 2's source
        function = builtins.open
    if function is io.StringIO and not more:
        return MemoryFile(*arguments)
    if function is builtins.open:
        arguments, more = _with_mode_of_today(*arguments, **more)
    file = function(*arguments, **more)
    if not any(function is opener for opener in _OPENERS):
        return file
    if not hasattr(file, "encoding"):
        return BinaryFile(file)
    return WrittenFile(file) if hasattr(file, "buffer") and file.writable() else file


def _with_mode_of_today(
    name: Any, mode: str = "r", *others: Any, **more: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments of ``open`` without "U", and in binary mode if the file is not text."""
    if "U" in mode:
        mode = mode.replace("U", "") if "r" in mode else mode.replace("U", "r")
    is_plain = mode in ("r", "rt", "r+") and not (others or more)
    if is_plain and Path(name).is_file() and not _is_text(Path(name)):
        mode = f"{mode.strip('t')}b"
    if others[:1] == (0,) and "b" not in mode:  # which Python 3 refuses for text
        others = (1, *others[1:])
    return (name, mode, *others), more


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        beginning = file.read(_LOOKED_AT)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return b"\0" not in beginning


def change_csv(csv: Any) -> None:
    """Let ``csv`` read the lines of binary files."""
    read = csv.reader

    @functools.wraps(read)
    def reader(lines: Iterable[Any], *arguments: Any, **more: Any) -> Any:
        as_text = (str(ByteString(x)) if isinstance(x, bytes) else x for x in lines)
        return read(as_text, *arguments, **more)

    csv.reader = reader
