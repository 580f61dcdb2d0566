"""Builtin functions as in Python 2, and those that Python 3 has moved."""

from __future__ import annotations

import builtins
import contextlib
import functools
import logging
import math
import random
import sys
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from weakref import WeakSet

import numpy as np

from autoenc.theano.modernise.calls import called

logger = logging.getLogger("theano")

# All digits of any float64.
_EXACT = Context(prec=1_200)


def rounded(function: Any, number: Any, *digits: Any, **more: Any) -> Any:
    """Call a function named ``round``; Python 2's rounded half away from zero, to a float."""
    if function is not builtins.round or hasattr(number, "owner"):
        return function(number, *digits, **more)
    value = float(number)
    if not math.isfinite(value):
        return value
    unit = Decimal(1).scaleb(-int(*digits, **more))
    nearest = Decimal(value).quantize(unit, ROUND_HALF_UP, _EXACT)
    return math.copysign(float(nearest), value)


def whole(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``floor`` or ``ceil``; those of `math` returned floats."""
    if function in (math.floor, math.ceil):
        return float(function(np.asarray(*arguments).item()))
    return called(function, *arguments, **more)


def byte_array(function: Any, *arguments: Any) -> Any:
    """Call a function named ``bytearray``; in Python 2, text was bytes."""
    if function is builtins.bytearray and len(arguments) == 1 and isinstance(arguments[0], str):
        return bytearray(arguments[0], "latin-1")
    return function(*arguments)


def is_instance(function: Any, of: Any, kinds: Any) -> Any:
    """Call a function named ``isinstance``; in Python 2, `numpy.int64` was a kind of ``int``."""
    if function is builtins.isinstance and isinstance(of, np.int64):
        return isinstance(of, kinds) or isinstance(0, kinds)
    return function(of, kinds)


def dumped(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``dump`` or ``dumps``; those of `json` wrote `numpy.int64`."""
    if getattr(function, "__module__", "") == "json":
        more.setdefault("default", _as_int)
    return function(*arguments, **more)


def _as_int(value: Any) -> int:
    if isinstance(value, np.int64):
        return int(value)
    raise TypeError(f"{value!r} is not JSON serializable")


_unfinished: WeakSet[Any] = WeakSet()


def printed(function: Any, *values: Any, sep: str | None = None, **more: Any) -> Any:
    """Call a function named ``print``, to which the statement of Python 2 is converted.

    The statement wrote a space only before a value, and not after text that ends a line. If it
    ended with a comma, the next statement wrote the space.
    """
    if function is not builtins.print or sep is not None:
        return function(*values, **({} if sep is None else {"sep": sep}), **more)
    stream, end = more.pop("file", None) or sys.stdout, more.pop("end", "\n")
    text, space = "", _is_unfinished(stream)
    for value in values:
        text += (" " if space else "") + str(value)
        space = not (isinstance(value, (str, bytes)) and _ends_a_line(str(value)))
    _note(stream, unfinished=end == " " and (space if values else False))
    return function(text, end="" if end == " " else end, file=stream, **more)


def _ends_a_line(text: str) -> bool:
    return text[-1:].isspace() and text[-1:] != " "


def _is_unfinished(stream: Any) -> bool:
    return any(stream is known for known in _unfinished)


def _note(stream: Any, *, unfinished: bool) -> None:
    with contextlib.suppress(TypeError):  # a stream without weak references or a hash
        (_unfinished.add if unfinished else _unfinished.discard)(stream)


def octal(function: Any, number: Any) -> Any:
    """Call a function named ``oct``; Python 2 wrote 010 for 8."""
    text = function(number)
    if function is not builtins.oct:
        return text
    return text.replace("0o", "0") if number else "0"


# Python's own generator, which is in the list `_seeded` once a script has seeded it.
_COMMON: Any = getattr(random.seed, "__self__", None)
_seeded: list[Any] = []


def seeded(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``seed``, which may be that of Python's own generator."""
    if arguments and function == random.seed:
        _seeded.append(_COMMON)
    return called(function, *arguments, **more)


def drawn(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function that may draw from Python's own generator, and log what has changed."""
    of = getattr(function, "__self__", None)
    if isinstance(of, random.Random) and (_seeded or of is not _COMMON):
        _say_that_draws_differ(function.__name__)
    return called(function, *arguments, **more)


@functools.cache
def _say_that_draws_differ(name: str) -> None:
    logger.warning(
        "random.%s draws as in Python 3. From the same seed, Python 2 drew other numbers.", name
    )


def translate(of: Any, table: Any, *deleted: Any) -> Any:
    """Call the method `translate`; Python 2's also took characters to delete."""
    if not isinstance(of, str):
        return of.translate(table, *deleted)
    text = of.translate(dict.fromkeys(map(ord, *deleted))) if deleted else of
    return text if table is None else text.translate(table)
