"""Methods of Python 2's dictionaries, iterators and lists."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, ItemsView, KeysView, ValuesView
from typing import Any

from autoenc.theano.modernise.python2 import RUNTIME

# Binary files return text if a module of a script reads them, which has this name.
globals()[RUNTIME] = None
_VIEWS = (KeysView, ValuesView, ItemsView)


def method_of(of: Any, name: str, *arguments: Any, **more: Any) -> Any:
    """Call a method that Python 2's dictionaries, iterators and lists had.

    An object's own method of that name takes precedence. `of` may also be a class, as in
    ``dict.iteritems(d)``. Views of dictionaries become lists.
    """
    if name in _ATTRIBUTES:
        return attribute_of(of, name)(*arguments, **more)
    if _is_missing(of, name):
        of = vars(super)["__self__"].__get__(of) if isinstance(of, super) else of
        return _MISSING[name](*(() if isinstance(of, type) else (of,)), *arguments, **more)
    result = getattr(of, name)(*arguments, **more)
    return list(result) if isinstance(result, _VIEWS) and not name.startswith("view") else result


def attribute_of(of: Any, name: str) -> Any:
    """Return an attribute of such a name, which may be a method that Python 3 lacks."""
    if name in _ATTRIBUTES:
        return _of_method(of, name)
    if _is_missing(of, name):
        missing = _MISSING[name]
        return missing if isinstance(of, type) else functools.partial(missing, of)
    value = getattr(of, name)
    if name not in _LISTS:
        return value
    if value is getattr(dict, name):
        return lambda of: list(value(of))
    is_of_dictionary = isinstance(getattr(value, "__self__", None), dict)
    return functools.partial(method_of, of, name) if is_of_dictionary else value


def has_attribute(function: Any, of: Any, name: str) -> Any:
    """Call a function named ``hasattr``; Python 2's treated any error as a missing attribute."""
    if function is not builtins.hasattr:
        return function(of, name)
    try:
        return hasattr(of, name) or _is_missing(of, name)
    except Exception:
        return False


def get_attribute(function: Any, of: Any, name: str, *default: Any) -> Any:
    """Call a function named ``getattr``."""
    is_list = name in _LISTS and isinstance(of, dict)
    if function is builtins.getattr and (is_list or _is_missing(of, name)):
        return attribute_of(of, name)
    return function(of, name, *default)


def _of_method(of: Any, name: str) -> Any:
    """Return the function or the object of a method; functions of classes were methods, too."""
    if hasattr(of, name) or not callable(of):
        return getattr(of, name)
    return getattr(of, _ATTRIBUTES[name], of if name == "im_func" else None)


def _is_missing(of: Any, name: str) -> bool:
    """Return whether an object had a method of this name only in Python 2."""
    kind = of if isinstance(of, type) else type(of)
    if name not in _COUNTERPARTS or any(name in vars(base) for base in kind.__mro__):
        return False
    if issubclass(kind, (dict, list)):
        return hasattr(kind, _COUNTERPARTS[name])
    return not hasattr(of, name) and hasattr(of, _COUNTERPARTS[name])


def _has_key(of: Any, key: Any) -> bool:
    return key in of


def _iterator(name: str) -> Callable[[Any], Any]:
    return lambda of: iter(getattr(of, name)())


def _view(name: str) -> Callable[[Any], Any]:
    return lambda of: getattr(of, name)()


def _get_slice(of: Any, start: Any, stop: Any) -> Any:
    # The method of the base, because a subclass's own calls this one.
    base = next(kind for kind in type(of).__mro__ if kind in (list, tuple, str))
    return base.__getitem__(of, slice(start, stop))


def _set_slice(of: Any, start: Any, stop: Any, values: Any) -> None:
    list.__setitem__(of, slice(start, stop), values)


def _delete_slice(of: Any, start: Any, stop: Any) -> None:
    list.__delitem__(of, slice(start, stop))


_ATTRIBUTES = {"im_func": "__func__", "im_self": "__self__"}
_LISTS = ("keys", "values", "items")
_MISSING: dict[str, Callable[..., Any]] = {
    "has_key": _has_key,
    **{f"iter{name}": _iterator(name) for name in _LISTS},
    **{f"view{name}": _view(name) for name in _LISTS},
    "next": next,
    "__getslice__": _get_slice,
    "__setslice__": _set_slice,
    "__delslice__": _delete_slice,
    "__nonzero__": bool,
}
# The attributes that objects with such a method have in Python 3.
_COUNTERPARTS = {
    "has_key": "__contains__",
    **{f"{kind}{name}": name for kind in ("iter", "view") for name in _LISTS},
    "next": "__next__",
    "__getslice__": "__getitem__",
    "__setslice__": "__setitem__",
    "__delslice__": "__delitem__",
    "__nonzero__": "__bool__",
}
NAMES = frozenset((*_MISSING, *_LISTS, *_ATTRIBUTES))
