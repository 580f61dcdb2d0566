"""Binary files as in Python 2, in which text and bytes were one type."""

from __future__ import annotations

import builtins
import bz2
import functools
import gzip
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autoenc.theano.modernise.python2 import RUNTIME

# Methods of bytes whose arguments may be text, and whose results are strings of Python 2.
_METHODS = (
    *("split", "rsplit", "splitlines", "partition", "rpartition", "join", "replace"),
    *("strip", "lstrip", "rstrip", "center", "ljust", "rjust", "zfill", "expandtabs"),
    *("lower", "upper", "title", "capitalize", "swapcase", "translate"),
    *("startswith", "endswith", "find", "rfind", "index", "rindex", "count"),
)
_OPENERS = (builtins.open, gzip.open, bz2.open)


class ByteString(bytes):
    """String of Python 2: bytes that also behave as text.

    Examples
    --------
    >>> line = ByteString(b"1,2;")
    >>> line.strip(";").split(",") == ["1", "2"], line[0] == "1", "a" + line
    (True, True, 'a1,2;')
    """

    def __str__(self) -> str:
        try:
            return self.decode()
        except UnicodeDecodeError:
            return self.decode("latin1")

    def __repr__(self) -> str:
        return repr(str(self))

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return bool(bytes(self) == _encoded(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return bool(bytes(self) < _encoded(other))

    def __gt__(self, other: Any) -> bool:
        return bool(bytes(self) > _encoded(other))

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __contains__(self, part: Any) -> bool:
        return super().__contains__(_encoded(part))

    def __iter__(self) -> Iterator[Any]:
        return (self[i : i + 1] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            index = slice(index, index + 1 or None)
        return ByteString(super().__getitem__(index))

    def __add__(self, other: Any) -> ByteString:
        return ByteString(bytes(self) + _encoded(other))

    def __radd__(self, other: Any) -> ByteString:
        return ByteString(_encoded(other) + bytes(self))

    def __mul__(self, times: Any) -> ByteString:
        return ByteString(bytes(self) * times)

    def __mod__(self, values: Any) -> Any:
        return str(self) % values

    def format(self, *values: Any, **named: Any) -> str:
        """Insert values as `str.format` does."""
        return str(self).format(*values, **named)


def _method(name: str) -> Callable[..., Any]:
    of_bytes = getattr(bytes, name)

    @functools.wraps(of_bytes)
    def method(self: ByteString, *arguments: Any) -> Any:
        return _as_string(of_bytes(self, *map(_encoded, arguments)))

    return method


for _name in _METHODS:
    setattr(ByteString, _name, _method(_name))


def _as_string(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_as_string, value))
    return ByteString(value) if type(value) is bytes else value


def _encoded(value: Any) -> Any:
    """Return text, or a list or tuple of text, as bytes; a character up to 255 is one byte."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_encoded, value))
    if not isinstance(value, str):
        return value
    try:
        return value.encode("latin1")
    except UnicodeEncodeError:
        return value.encode()


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
        return self._file.write(_encoded(text))

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write lines of text or bytes."""
        self._file.writelines(map(_encoded, lines))

    def read(self, *size: Any) -> Any:
        """Read the rest of the file, or so many bytes."""
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


class MemoryFile(BinaryFile):
    """``StringIO`` of Python 2: a file of text until bytes are written to it.

    Parameters
    ----------
    value : str or bytes, default ''
        What is in the file.
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
            self._file.write(_encoded(before.getvalue()))
            # A position counts characters there, and bytes here.
            before.truncate()
            self._file.seek(len(_encoded(before.getvalue())))
        return self._file.write(text if self._is_text else _encoded(text))

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write lines of text or bytes."""
        for line in lines:
            self.write(line)

    def getvalue(self) -> Any:
        """Return what is in the file."""
        return _for(_caller(), self._file.getvalue())


def _caller() -> dict[str, Any]:
    """Return the globals of the code that called a method of a file."""
    return sys._getframe(2).f_globals


def _for(caller: dict[str, Any], data: Any) -> Any:
    """Return data that were read; scripts get strings of Python 2 instead of bytes.

    Modules of scripts import `modernise.runtime` under the name `RUNTIME`; libraries do not.
    """
    return ByteString(data) if isinstance(data, bytes) and RUNTIME in caller else data


def opened(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function that is named like one that opens files; read and write as in Python 2."""
    if function is io.StringIO and not more:
        return MemoryFile(*arguments)
    file = function(*arguments, **more)
    if not any(function is opener for opener in _OPENERS) or hasattr(file, "encoding"):
        return file
    return BinaryFile(file)


def change_csv(csv: Any) -> None:
    """Let ``csv`` read the lines of binary files."""
    read = csv.reader

    @functools.wraps(read)
    def reader(lines: Iterable[Any], *arguments: Any, **more: Any) -> Any:
        as_text = (str(ByteString(x)) if isinstance(x, bytes) else x for x in lines)
        return read(as_text, *arguments, **more)

    csv.reader = reader
