"""Strings as in Python 2, in which text and bytes were one type."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

# Methods of bytes whose arguments may be text, and whose results are strings of Python 2.
_METHODS = (
    *("split", "rsplit", "splitlines", "partition", "rpartition", "join", "replace"),
    *("strip", "lstrip", "rstrip", "center", "ljust", "rjust", "zfill", "expandtabs"),
    *("lower", "upper", "title", "capitalize", "swapcase", "translate"),
    *("startswith", "endswith", "find", "rfind", "index", "rindex", "count"),
)


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
        return bool(bytes(self) == as_bytes(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return bool(bytes(self) < as_bytes(other))

    def __gt__(self, other: Any) -> bool:
        return bool(bytes(self) > as_bytes(other))

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __contains__(self, part: Any) -> bool:
        return super().__contains__(as_bytes(part))

    def __iter__(self) -> Iterator[Any]:
        return (self[i : i + 1] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            index = slice(index, index + 1 or None)
        return ByteString(super().__getitem__(index))

    def __add__(self, other: Any) -> ByteString:
        return ByteString(bytes(self) + as_bytes(other))

    def __radd__(self, other: Any) -> ByteString:
        return ByteString(as_bytes(other) + bytes(self))

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
        return as_string(of_bytes(self, *map(as_bytes, arguments)))

    return method


for _name in _METHODS:
    setattr(ByteString, _name, _method(_name))


def as_string(value: Any) -> Any:
    """Return bytes, or those in a list or tuple, as strings of Python 2; others as they are."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_string, value))
    return ByteString(value) if type(value) is bytes else value


def as_bytes(value: Any) -> Any:
    """Return text, or a list or tuple of text, as bytes; a character up to 255 is one byte."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_bytes, value))
    if not isinstance(value, str):
        return value
    try:
        return value.encode("latin1")
    except UnicodeEncodeError:
        return value.encode()
