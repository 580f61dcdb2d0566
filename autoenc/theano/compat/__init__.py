"""The names of ``theano.compat``, which bridge Python 2 and 3."""

from __future__ import annotations

import builtins
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, MutableMapping, ValuesView
from importlib import reload
from io import BytesIO
from typing import Any

from six import PY3, b, integer_types, iteritems, itervalues, string_types
from six.moves import configparser
from six.moves import filter as ifilter
from six.moves import map as imap
from six.moves import zip as izip

DictMixin = MutableMapping
# The builtin function, which scripts import from here.
next = builtins.next  # noqa: A001

__all__ = [
    "PY3",
    "BytesIO",
    "DefaultOrderedDict",
    "DictMixin",
    "Iterable",
    "Mapping",
    "OrderedDict",
    "b",
    "cmp",
    "configparser",
    "decode",
    "decode_iter",
    "decode_with",
    "exc_message",
    "get_unbound_function",
    "ifilter",
    "imap",
    "integer_types",
    "iteritems",
    "itervalues",
    "izip",
    "next",
    "operator_div",
    "reload",
    "string_types",
]


class DefaultOrderedDict(defaultdict[Any, Any]):
    """Dictionary with default values, which keeps the order of insertion."""


def cmp(x: Any, y: Any) -> int:
    """Return −1, 0 or 1 as `x` is less than, equal to or greater than `y`."""
    return int(x > y) - int(x < y)


def decode(x: bytes | str) -> str:
    """Decode bytes; return text unchanged."""
    return x.decode() if isinstance(x, bytes) else x


def decode_iter(itr: ValuesView[Any]) -> Any:
    """Return an iterator that decodes each value."""
    return (decode(x) for x in itr)


def decode_with(x: bytes, encoding: str) -> str:
    """Decode bytes in an encoding."""
    return x.decode(encoding)


def exc_message(e: BaseException) -> Any:
    """Return the argument, or the tuple of arguments, of an exception."""
    return e.args[0] if len(e.args) == 1 else e.args


def get_unbound_function(unbound: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function underlying a method."""
    return getattr(unbound, "__func__", unbound)


def operator_div(x: Any, y: Any) -> Any:
    """Return x / y as in Python 2."""
    return x // y if isinstance(x, int) and isinstance(y, int) else x / y
