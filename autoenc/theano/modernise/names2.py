"""Builtin names of Python 2 that Python 3 lacks, or whose meaning has changed."""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import sys
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from autoenc.theano.modernise.comparisons2 import cmp


def builtin(name: str) -> Any:
    """Return what a name meant in Python 2, unless a module defined it."""
    return NAMES[name]


def named(name: str, read: Callable[[], Any]) -> Any:
    """Return the value of a name in text that is evaluated, or Python 2's object of that name."""
    try:
        value = read()
    except NameError:
        return NAMES[name]
    return NAMES[name] if value is vars(builtins).get(name) else value


def _apply(function: Any, arguments: Any = (), named: Any = None) -> Any:
    """Call a function with a sequence of arguments and a dictionary of named ones."""
    return function(*arguments, **(named or {}))


def _buffer(of: Any, offset: int = 0, size: int = -1) -> memoryview:
    """Return a view of some bytes of text or of an object."""
    view = memoryview(of.encode("latin-1") if isinstance(of, str) else of)[offset:]
    return view if size < 0 else view[:size]


def _coerce(a: Any, b: Any) -> tuple[Any, Any]:
    """Return two numbers as numbers of one type."""
    kind = type(a + b)
    return kind(a), kind(b)


def _input(prompt: Any = "") -> Any:
    """Evaluate what the user enters, in the namespace of the caller."""
    caller = sys._getframe(1)
    return eval(input(prompt), caller.f_globals, caller.f_locals)


def _map(compute: Any, *sequences: Any) -> list[Any]:
    """Return a list; short sequences are extended with None."""
    if len(sequences) == 1:
        return list(sequences[0]) if compute is None else [compute(x) for x in sequences[0]]
    entries = list(zip_longest(*sequences))
    return entries if compute is None else [compute(*each) for each in entries]


def _filter(accepts: Any, of: Any) -> Any:
    """Return text, a tuple or a list."""
    result = builtins.filter(accepts, of)
    if isinstance(of, str):
        return "".join(result)
    return tuple(result) if isinstance(of, tuple) else list(result)


def _listed(function: Callable[..., Any]) -> Callable[..., list[Any]]:
    @functools.wraps(function, updated=())
    def listed(*arguments: Any) -> list[Any]:
        return list(function(*arguments))

    return listed


# The class with which scripts test whether an object is a file.
NAMES: dict[str, Any] = {
    "apply": _apply,
    "basestring": str,
    "buffer": _buffer,
    "cmp": cmp,
    "coerce": _coerce,
    "file": io.IOBase,
    "filter": _filter,
    "input": _input,
    "intern": sys.intern,
    "long": int,
    "map": _map,
    "range": _listed(range),
    "raw_input": input,
    "reduce": functools.reduce,
    "reload": importlib.reload,
    "unichr": chr,
    "unicode": str,
    "xrange": range,
    "zip": _listed(zip),
}
