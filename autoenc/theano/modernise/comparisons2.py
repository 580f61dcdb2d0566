"""Comparisons and sorting as in Python 2, which ordered values of any kinds."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

from autoenc.theano.modernise.calls import called


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
