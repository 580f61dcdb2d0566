"""Restore attributes of the standard library that Python 3 has removed."""

from __future__ import annotations

import base64
import collections
import collections.abc
import contextlib
import fractions
import inspect
import io
import itertools
import math
import numbers
import operator
import os
import string
import sys
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from autoenc.theano.modernise.builtins2 import translate


class ArgSpec(NamedTuple):
    """Result of ``inspect.getargspec``."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def getargspec(func: Any) -> ArgSpec:
    """Return the names and defaults of a function's arguments."""
    return ArgSpec(*inspect.getfullargspec(func)[:4])


def _removed() -> dict[Any, dict[str, Any]]:
    abstract = {name: getattr(collections.abc, name) for name in collections.abc.__all__}
    return {
        base64: {"encodestring": base64.encodebytes, "decodestring": base64.decodebytes},
        collections: abstract,
        fractions: {"gcd": math.gcd},
        inspect: {"getargspec": getargspec},
        itertools: {
            "izip": zip,
            "imap": lambda compute, *of: map(compute, *of) if compute else zip(*of, strict=False),
            "ifilter": filter,
            "ifilterfalse": itertools.filterfalse,
            "izip_longest": itertools.zip_longest,
        },
        contextlib: {"nested": _nested},
        operator: {
            **dict.fromkeys(("div", "__div__", "idiv", "__idiv__"), _div),
            "isCallable": callable,
            "isMappingType": lambda of: isinstance(of, collections.abc.Mapping),
            "isNumberType": lambda of: isinstance(of, numbers.Number),
            "isSequenceType": lambda of: hasattr(of, "__getitem__"),
            "sequenceIncludes": operator.contains,
        },
        os: {"getcwdu": os.getcwd},
        os.path: {"walk": _walk},
        string: _of_strings(),
        threading.Thread: {"isAlive": threading.Thread.is_alive},
        sys: {
            "maxint": sys.maxsize,
            "setdefaultencoding": lambda name: None,
            "exc_clear": lambda: None,
        },
        time: {"clock": time.perf_counter},
    }


def _div(a: Any, b: Any) -> Any:
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b


@contextlib.contextmanager
def _nested(*managers: Any) -> Iterator[tuple[Any, ...]]:
    """Enter several context managers, one after the other."""
    with contextlib.ExitStack() as stack:
        yield tuple(map(stack.enter_context, managers))


def _walk(top: str, visit: Any, argument: Any) -> None:
    """Call ``visit(argument, folder, names)`` for a folder and the folders in it."""
    names = [path.name for path in Path(top).iterdir()]
    visit(argument, top, names)
    for path in (Path(top, name) for name in names):
        if path.is_dir() and not path.is_symlink():
            _walk(str(path), visit, argument)


def _of_strings() -> dict[str, Any]:
    """Return the functions and constants of ``string``, which today are methods."""
    names = (
        *("capitalize", "center", "count", "expandtabs", "find", "index", "ljust", "lower"),
        *("lstrip", "replace", "rfind", "rindex", "rjust", "rsplit", "rstrip", "split"),
        *("strip", "swapcase", "upper", "zfill"),
    )
    return {
        "letters": string.ascii_letters,
        "lowercase": string.ascii_lowercase,
        "uppercase": string.ascii_uppercase,
        "maketrans": str.maketrans,
        "atof": float,
        "atoi": int,
        "atol": int,
        **{name: _method(name) for name in names},
        "join": lambda words, separator=" ": separator.join(words),
        "splitfields": _method("split"),
        "translate": translate,
        "joinfields": lambda words, separator=" ": separator.join(words),
    }


def _method(name: str) -> Any:
    """Return a function that calls a method of its first argument."""
    return lambda of, *arguments: getattr(of, name)(*arguments)


_TYPES: dict[str, Any] = {
    "BooleanType": bool, "ComplexType": complex, "DictType": dict, "DictionaryType": dict,
    "FileType": io.IOBase, "FloatType": float, "InstanceType": object, "IntType": int,
    "ListType": list, "LongType": int, "NoneType": type(None), "ObjectType": object,
    "SliceType": slice, "StringType": str, "StringTypes": (str, bytes), "TupleType": tuple,
    "TypeType": type, "UnicodeType": str, "XRangeType": range, "ClassType": type,
}  # fmt: skip


def install() -> None:
    """Restore missing attributes; existing ones are not changed."""
    for module, names in _removed().items():
        for name, value in names.items():
            if not hasattr(module, name):
                setattr(module, name, value)
    if not hasattr(types, "ObjectType"):
        _look_up_types(getattr(types, "__getattr__", None))


def _look_up_types(otherwise: Any) -> None:
    """Give `types` the names of Python 2, which are looked up but not listed.

    cloudpickle stores built-in classes by the names that the module lists. With a name of Python
    2, other processes could not read what it writes, such as Numba's cache of compiled functions.
    """

    def look_up(name: str) -> Any:
        if name in _TYPES:
            return _TYPES[name]
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module 'types' has no attribute {name!r}")

    setattr(types, "__getattr__", look_up)  # noqa: B010 - mypy takes it for a method
