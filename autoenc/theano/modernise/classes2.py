"""Classes, generators and exceptions with the special methods and attributes of Python 2."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any


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


def following(of: Any, *arguments: Any, **more: Any) -> Any:
    """Call the method `next` of an object; in Python 2, iterators had it."""
    if hasattr(of, "next") or arguments or more:
        return of.next(*arguments, **more)
    return next(of)


def message(of: Any) -> Any:
    """Return the attribute `message` of an object, which exceptions had in Python 2."""
    if isinstance(of, BaseException) and not hasattr(of, "message"):
        return of.args[0] if len(of.args) == 1 else ""
    return of.message


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
    """Give a class with `__eq__` a hash, and let ``!=`` compare the identity of its objects."""
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
