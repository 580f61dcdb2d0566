"""Python 2's builtin functions, comparisons and classes, for source that was converted."""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import io
import logging
import math
import random
import sys
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import zip_longest
from numbers import Number
from typing import Any
from weakref import WeakSet

import numpy as np

from autoenc.theano.modernise.calls import called

logger = logging.getLogger("theano")

# All digits of any float64.
_EXACT = Context(prec=1_200)
# What scripts compare to find out whether something is a file.
file = io.IOBase
reduce, reload, intern = functools.reduce, importlib.reload, sys.intern
raw_input, unichr, xrange = input, chr, range


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


def mapped(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``map``; Python 2's continued short sequences by None."""
    if function is not builtins.map:
        return function(*arguments, **more)
    compute, *sequences = arguments
    if len(sequences) == 1:
        return list(sequences[0]) if compute is None else [compute(x) for x in sequences[0]]
    entries = list(zip_longest(*sequences))
    return entries if compute is None else [compute(*each) for each in entries]


def filtered(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``filter``; Python 2's returned text, a tuple or a list."""
    result = function(*arguments, **more)
    if function is not builtins.filter:
        return result
    of = arguments[1]
    if isinstance(of, str):
        return "".join(result)
    return tuple(result) if isinstance(of, tuple) else list(result)


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
    """Call a function named ``print``, as which the statement of Python 2 is converted.

    The statement wrote a space only before a value, and not after text that ends a line. After a
    comma at its end, the next statement wrote the space.
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


# Python's own generator; in the list, once a script has seeded it.
_COMMON: Any = getattr(random.seed, "__self__", None)
_seeded: list[Any] = []


def seeded(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``seed``, which may be that of Python's own generator."""
    if arguments and function == random.seed:
        _seeded.append(_COMMON)
    return called(function, *arguments, **more)


def drawn(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function that may draw from Python's own generator, and say what has changed."""
    of = getattr(function, "__self__", None)
    if isinstance(of, random.Random) and (_seeded or of is not _COMMON):
        _say_that_draws_differ(function.__name__)
    return called(function, *arguments, **more)


@functools.cache
def _say_that_draws_differ(name: str) -> None:
    logger.warning(
        "random.%s draws as in Python 3. From the same seed, Python 2 drew other numbers.", name
    )


# Comparisons ------------------------------------------------------------------------------------


def cmp(a: Any, b: Any) -> int:
    """Return −1, 0 or 1, as ``cmp`` did in Python 2.

    Values that Python 3 cannot compare are ordered: None, numbers, others by the names of types.

    >>> cmp(None, 0), cmp("a", 5), cmp([1, "a"], [1, None]), cmp(2, 2.0)
    (-1, 1, 1, 0)
    """
    if hasattr(type(a), "__cmp__"):
        return int(a.__cmp__(b))
    try:
        return 0 if a == b else -1 if a < b else 1
    except TypeError:
        if _is_symbolic(a) or _is_symbolic(b):
            raise
        return _cmp_of_kinds(a, b)


def _is_symbolic(value: Any) -> bool:
    return hasattr(value, "owner")


def _cmp_of_kinds(a: Any, b: Any) -> int:
    if type(a) is type(b) and isinstance(a, dict):
        return cmp(len(a), len(b)) or cmp(*(in_order(sorted, of.items()) for of in (a, b)))
    if type(a) is type(b) and isinstance(a, (list, tuple)):
        pairs = zip(a, b, strict=False)
        return next((sign for x, y in pairs if (sign := cmp(x, y))), cmp(len(a), len(b)))
    first, second = _rank(a), _rank(b)
    return (first > second) - (first < second)


def _rank(value: Any) -> tuple[int, str, int]:
    if value is None:
        return 0, "", 0
    if isinstance(value, Number):
        return 1, "", 0
    return 2, type(value).__name__, id(value)


def ordering(compare: Callable[[Any, Any], Any], test: Callable[[int], bool]) -> Any:
    """Return a comparison that orders values which Python 3 cannot compare."""

    def compared(a: Any, b: Any) -> Any:
        try:
            return compare(a, b)
        except TypeError:
            if _is_symbolic(a) or _is_symbolic(b):
                raise
            return test(_cmp_of_kinds(a, b))

    return compared


_cmp, _key = cmp, functools.cmp_to_key(cmp)


def in_order(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``sorted``, to which Python 2 could give a comparison."""
    if function is not builtins.sorted:
        return function(*arguments, **more)
    values, *others = arguments
    return _sorted(list(values), **_named(others, more))


def sort(of: Any, *arguments: Any, **more: Any) -> Any:
    """Call the method `sort` of an object; to that of lists, Python 2 could give a comparison."""
    if not (isinstance(of, list) and type(of).sort is list.sort):
        return of.sort(*arguments, **more)
    of[:] = _sorted(of, **_named(arguments, more))
    return None


def _named(arguments: Sequence[Any], more: dict[str, Any]) -> dict[str, Any]:
    return {**dict(zip(("cmp", "key", "reverse"), arguments, strict=False)), **more}


def _sorted(
    values: list[Any], cmp: Any = None, key: Any = None, reverse: Any = False
) -> list[Any]:
    if cmp is None:
        try:
            return sorted(values, key=key, reverse=bool(reverse))
        except TypeError:
            cmp = _cmp
    of = functools.cmp_to_key(cmp)
    return sorted(values, key=of if key is None else lambda x: of(key(x)), reverse=bool(reverse))


def extreme(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named ``min`` or ``max``, whose arguments Python 2 could always compare."""
    if function not in (builtins.min, builtins.max) or more:
        return called(function, *arguments, **more)
    values = arguments if len(arguments) > 1 else (list(arguments[0]),)
    try:
        return function(*values)
    except TypeError:
        return function(*values, key=_key)


# Objects ----------------------------------------------------------------------------------------


def ended(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose generators end if StopIteration is raised in them."""

    @functools.wraps(function)
    def generate(*arguments: Any, **more: Any) -> Any:
        try:
            return (yield from function(*arguments, **more))
        except RuntimeError as error:
            if not isinstance(error.__cause__, StopIteration):
                raise

    return generate


def message(of: Any) -> Any:
    """Return the attribute `message` of an object, which exceptions had in Python 2."""
    if isinstance(of, BaseException) and not hasattr(of, "message"):
        return of.args[0] if len(of.args) == 1 else ""
    return of.message


def translate(of: Any, table: Any, *deleted: Any) -> Any:
    """Call the method `translate`; Python 2's also took characters to delete."""
    if not isinstance(of, str):
        return of.translate(table, *deleted)
    text = of.translate(dict.fromkeys(map(ord, *deleted))) if deleted else of
    return text if table is None else text.translate(table)


def apply(function: Any, arguments: Any = (), named: Any = None) -> Any:
    """Call a function with a sequence of arguments and a dictionary of named ones."""
    return function(*arguments, **(named or {}))


def coerce(a: Any, b: Any) -> tuple[Any, Any]:
    """Return two numbers as numbers of one type."""
    kind = type(a + b)
    return kind(a), kind(b)


def completed(cls: Any) -> Any:
    """Return a class whose special methods of Python 2 are called today."""
    own = vars(cls)
    for name in ("", "r", "i"):
        if f"__{name}div__" in own and f"__{name}truediv__" not in own:
            setattr(cls, f"__{name}truediv__", own[f"__{name}div__"])
    if "__cmp__" in own:
        for name, test in _TESTS.items():
            if name not in own:
                setattr(cls, name, _by_cmp(test))
    if "__getslice__" in own:
        cls.__getitem__ = _with_slices(own["__getslice__"], cls.__dict__.get("__getitem__"), cls)
    if "__eq__" in own:
        _as_before_equality(cls)
    return cls


def _as_before_equality(cls: Any) -> None:
    """Let objects of a class with `__eq__` have hashes, and differ if they are not the same."""
    if cls.__hash__ is None:
        inherited = (vars(base).get("__hash__") for base in cls.__mro__[1:])
        cls.__hash__ = next(filter(None, inherited))
    # Libraries expect of their classes that != is the negation of ==.
    if cls.__ne__ is object.__ne__ and all(_is_of_scripts(base) for base in cls.__mro__[:-1]):
        cls.__ne__ = lambda self, other: self is not other


def _is_of_scripts(cls: Any) -> bool:
    file = getattr(sys.modules.get(cls.__module__), "__file__", "")
    return cls.__module__ == "__main__" or "site-packages" not in str(file)


_TESTS: dict[str, Callable[[int], bool]] = {
    "__eq__": lambda sign: sign == 0,
    "__ne__": lambda sign: sign != 0,
    "__lt__": lambda sign: sign < 0,
    "__le__": lambda sign: sign <= 0,
    "__gt__": lambda sign: sign > 0,
    "__ge__": lambda sign: sign >= 0,
}


def _by_cmp(test: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    return lambda self, other: test(self.__cmp__(other))


def _with_slices(get_slice: Any, get_item: Any, cls: Any) -> Callable[[Any, Any], Any]:
    def item(self: Any, index: Any) -> Any:
        if not isinstance(index, slice) or index.step is not None:
            return get_item(self, index) if get_item else super(cls, self).__getitem__(index)
        start, stop = index.start or 0, sys.maxsize if index.stop is None else index.stop
        length = len(self) if min(start, stop) < 0 else 0
        return get_slice(self, start + length * (start < 0), stop + length * (stop < 0))

    return item
