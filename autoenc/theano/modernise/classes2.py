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


def raised(kind: Any, value: Any, trace: Any = None) -> BaseException:
    """Return the exception of ``raise kind, value, trace``, whose value may be the exception."""
    is_one = isinstance(kind, type) and isinstance(value, kind)
    error: BaseException = value if is_one else _with_value(kind, value)
    return error.with_traceback(trace)


def _with_value(kind: Any, value: Any) -> Any:
    if value is None:
        return kind()
    return kind(*value) if isinstance(value, tuple) else kind(value)


def arguments(of: Any) -> Any:
    """Return the arguments of an exception, which could be indexed and unpacked in Python 2."""
    is_plain = isinstance(of, BaseException) and not hasattr(type(of), "__getitem__")
    return of.args if is_plain and not hasattr(type(of), "__iter__") else of


def message(of: Any) -> Any:
    """Return the attribute `message` of an object, which exceptions had in Python 2."""
    if isinstance(of, BaseException) and not hasattr(of, "message"):
        return of.args[0] if len(of.args) == 1 else ""
    return of.message


def completed(of: Any) -> Any:
    """Return a class whose special methods of Python 2 are called today.

    Instances and other objects are returned as they are.
    """
    if not isinstance(of, type):
        return of
    cls: Any = of
    own = vars(cls)
    _divide(cls)
    if "__cmp__" in own:
        for name, test in _TESTS.items():
            if name not in own:
                setattr(cls, name, _by_cmp(test))
    if "__getslice__" in own:
        cls.__getitem__ = _with_slices(own["__getslice__"], cls.__dict__.get("__getitem__"), cls)
    for name, changed in _OF_PARTS.items():
        if name in own:
            setattr(cls, changed, _with_parts(own[name], cls.__dict__.get(changed), changed, cls))
    if "next" in own and "__next__" not in own:
        cls.__next__ = own["next"]
    if "__unicode__" in own and "__str__" in own:
        cls.__str__ = own["__unicode__"]
    if "__nonzero__" in own:
        cls.__bool__ = lambda self: bool(self.__nonzero__())
    if "__eq__" in own:
        _as_before_equality(cls)
    return cls


def _divide(cls: Any) -> None:
    """Let ``/`` call the methods of a class that Python 2 called."""
    own = vars(cls)
    for name in ("", "r", "i"):
        if f"__{name}div__" in own and f"__{name}truediv__" not in own:
            setattr(cls, f"__{name}truediv__", own[f"__{name}div__"])


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


_OF_PARTS = {"__setslice__": "__setitem__", "__delslice__": "__delitem__"}


def _with_slices(get_slice: Any, get_item: Any, cls: Any) -> Callable[[Any, Any], Any]:
    def item(self: Any, index: Any) -> Any:
        if _is_part(index):
            return get_slice(self, *_limits(self, index))
        return get_item(self, index) if get_item else super(cls, self).__getitem__(index)

    return item


def _with_parts(of_slice: Any, of_item: Any, name: str, cls: Any) -> Callable[..., None]:
    """Return `__setitem__` or `__delitem__` of a class that has a method for slices."""

    def item(self: Any, index: Any, *values: Any) -> None:
        if _is_part(index):
            of_slice(self, *_limits(self, index), *values)
        elif of_item:
            of_item(self, index, *values)
        else:
            getattr(super(cls, self), name)(index, *values)

    return item


def _is_part(index: Any) -> bool:
    return isinstance(index, slice) and index.step is None


def _limits(of: Any, part: slice) -> tuple[int, int]:
    start, stop = part.start or 0, sys.maxsize if part.stop is None else part.stop
    length = len(of) if min(start, stop) < 0 else 0
    return start + length * (start < 0), stop + length * (stop < 0)
