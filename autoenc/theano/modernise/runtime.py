"""Python 2's division and NumPy 1's arithmetic and indices, which modernised source calls."""

from __future__ import annotations

import io
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pytensor.graph.basic import Variable

from autoenc.theano.modernise.binary_files import opened
from autoenc.theano.modernise.builtins2 import (
    byte_array,
    drawn,
    dumped,
    is_instance,
    octal,
    printed,
    rounded,
    seeded,
    translate,
    whole,
)
from autoenc.theano.modernise.calls import called, method, stored
from autoenc.theano.modernise.classes2 import (
    arguments,
    completed,
    ended,
    message,
    raised,
)
from autoenc.theano.modernise.comparisons2 import (
    extreme,
    in_order,
    ordering,
    sort,
)
from autoenc.theano.modernise.exec2 import namespace
from autoenc.theano.modernise.indices1 import index
from autoenc.theano.modernise.methods2 import (
    attribute_of,
    get_attribute,
    has_attribute,
    method_of,
)
from autoenc.theano.modernise.names2 import builtin, named
from autoenc.theano.modernise.string_calls import (
    as_text,
    coded,
    communicated,
    computed,
    joined,
    read,
    started,
)
from autoenc.theano.results import Number

__all__ = [
    "arguments",
    "as_text",
    "attribute_of",
    "builtin",
    "byte_array",
    "called",
    "coded",
    "communicated",
    "completed",
    "computed",
    "drawn",
    "dumped",
    "ended",
    "extreme",
    "get_attribute",
    "has_attribute",
    "in_order",
    "index",
    "is_instance",
    "joined",
    "message",
    "method",
    "method_of",
    "named",
    "namespace",
    "octal",
    "opened",
    "printed",
    "raised",
    "read",
    "rounded",
    "seeded",
    "sort",
    "started",
    "stored",
    "translate",
    "whole",
]

_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 2}
_PLAIN = frozenset({int, float, str, list, tuple, bytes, bool})
_WHOLE = (int, np.integer)
# Names of NumPy's functions of two arrays, as they appear in scripts.
UFUNCS = frozenset(
    name
    for name in dir(np)
    if isinstance(function := getattr(np, name), np.ufunc)
    and function.nin == 2
    and function.signature is None
)

Operator = Callable[[Any, Any], Any]


def _numpy1(compute: Operator) -> Operator:
    """Return an operator that promotes dtypes as NumPy 1 did."""

    def operate(a: Any, b: Any) -> Any:
        if type(a) in _PLAIN and type(b) in _PLAIN:
            return compute(a, b)
        return compute(*promoted(a, b))

    return operate


def promoted(a: Any, b: Any) -> tuple[Any, Any]:
    """Return two operands that NumPy 2 promotes as NumPy 1 promoted `a` and `b`.

    In NumPy 1, two scalars kept their dtypes, which are float64 or int64 for Python's numbers.
    The promotion of an array and a scalar depended on the scalar's value, not on its dtype,
    unless the scalar was of a higher kind.
    """
    if not (_is_numeric(a) and _is_numeric(b)):
        return a, b
    if np.ndim(a) == 0 and np.ndim(b) == 0:
        return _own_dtype(a), _own_dtype(b)
    if np.ndim(a) == 0:
        return _beside(b, a), b
    if np.ndim(b) == 0:
        return a, _beside(a, b)
    return a, b


def _is_numeric(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in _KINDS
    return type(value) in (int, float, complex, bool)


def _own_dtype(number: Any) -> Any:
    value = np.asarray(number)
    # An integer beyond int64 and uint64 stays an array, so that NumPy 2 computes with objects too.
    return value if value.dtype == object else value[()]


def _beside(array: Any, number: Any) -> Any:
    value = np.asarray(number)
    if value.dtype == object:
        return value
    if _KINDS[value.dtype.kind] > _KINDS[array.dtype.kind]:
        return np.promote_types(array.dtype, value.dtype).type(value)
    if _fits(array.dtype, value):
        return array.dtype.type(value)
    smallest = np.min_scalar_type(_signed(array.dtype, value[()]))
    return np.promote_types(array.dtype, smallest).type(value)


def _signed(dtype: np.dtype[Any], number: Any) -> Any:
    """Return a number whose smallest dtype is signed if `dtype` is signed."""
    if dtype.kind == "i" and np.asarray(number).dtype.kind in "ui" and number > 0:
        return -int(number) - 1
    return number


def _fits(dtype: np.dtype[Any], value: Any) -> bool:
    """Return whether a dtype of the same or a higher kind can represent a number."""
    kind = value.dtype.kind
    if kind == "b" or (kind in "ui" and dtype.kind in "fc"):
        return True
    if kind in "ui" and dtype.kind in "ui":
        limits = np.iinfo(dtype)
        return bool(limits.min <= int(value) <= limits.max)
    if kind == "f" or dtype.kind == "c":
        size = abs(complex(value))
        return bool(not np.isfinite(size) or size <= float(np.finfo(dtype).max))
    return False


def ufunc(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function named like a ufunc; if it is one, promote the operands as in NumPy 1."""
    if isinstance(function, np.ufunc) and function.nin == 2 and len(arguments) >= 2:
        a, b, *rest = arguments
        return function(*promoted(a, b), *rest, **more)
    return function(*arguments, **more)


def in_place(name: str, a: Any, b: Any) -> Any:
    """Return `a` after ``a += b`` or the like: arrays keep their dtype, scalars are promoted."""
    if isinstance(a, np.ndarray):
        return _IN_PLACE[name](a, promoted(a, b)[1])
    if isinstance(a, np.generic) or isinstance(b, (np.ndarray, np.generic)):
        return globals()[name](a, b)
    return _IN_PLACE[name](a, b)


_IN_PLACE: dict[str, Operator] = {
    "add": operator.iadd,
    "subtract": operator.isub,
    "multiply": operator.imul,
    "true_divide": operator.itruediv,
    "floor_divide": operator.ifloordiv,
    "remainder": operator.imod,
    "power": operator.ipow,
}

_equal = _numpy1(operator.eq)
_not_equal = _numpy1(operator.ne)
less = _numpy1(operator.lt)
less_equal = _numpy1(operator.le)
greater = _numpy1(operator.gt)
greater_equal = _numpy1(operator.ge)
add = _numpy1(operator.add)
subtract = _numpy1(operator.sub)
multiply = _numpy1(operator.mul)
true_divide = _numpy1(operator.truediv)
floor_divide = _numpy1(operator.floordiv)
less_of_kinds = ordering(less, lambda sign: sign < 0)
less_equal_of_kinds = ordering(less_equal, lambda sign: sign <= 0)
greater_of_kinds = ordering(greater, lambda sign: sign > 0)
greater_equal_of_kinds = ordering(greater_equal, lambda sign: sign >= 0)
power = _numpy1(operator.pow)
_remainder = _numpy1(operator.mod)


def equal(a: Any, b: Any) -> Any:
    """Return ``a == b``, which is False if the shapes of two arrays do not match."""
    return _equal(a, b) if _match(a, b) else False


def not_equal(a: Any, b: Any) -> Any:
    """Return ``a != b``, which is True if the shapes of two arrays do not match."""
    return _not_equal(a, b) if _match(a, b) else True


def _match(a: Any, b: Any) -> bool:
    """Return False for two arrays whose shapes cannot be broadcast together."""
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)) or a.shape == b.shape:
        return True
    lengths = zip(reversed(a.shape), reversed(b.shape), strict=False)
    return all(m == n or 1 in (m, n) for m, n in lengths)


def compiled(function: Any, source: Any, filename: Any = "", mode: str = "", *more: Any) -> Any:
    """Call ``compile``; source text of modules, such as that of ``execfile``, is modernised."""
    if function is not compile or more or not isinstance(source, (str, bytes)):
        return function(source, filename, mode, *more)
    if mode == "eval":
        return compiling.text(source if isinstance(source, str) else source.decode(), mode)
    data = source.encode() if isinstance(source, str) else source
    return (
        compiling.module(data, str(filename)) if mode == "exec" else compile(data, filename, mode)
    )


def source(text: Any, mode: str, imports: str = "") -> Any:
    """Return the argument of ``eval`` or ``exec``; source text is modernised and compiled.

    The argument of ``exec`` may be a file. `imports` are the statements with which the module
    imported features from ``__future__``, which the text has, too.
    """
    if mode == "exec" and isinstance(text, io.TextIOBase):
        text = text.read()
    if not isinstance(text, str):
        return text
    return compiling.text(imports + (text.strip() if mode == "eval" else text), mode)


@dataclass
class Compiling:
    """Functions that compile source text. `modernise.imports` sets them.

    It imports this module, so this module cannot import it.

    Attributes
    ----------
    module : callable
        Function of the text and the filename of a module.
    text : callable
        Function of other text and its mode, "eval" or "exec".
    """

    module: Callable[[bytes, str], Any]
    text: Callable[[str, str], Any]


compiling = Compiling(lambda data, name: compile(data, name, "exec"), lambda text, _: text)


def load_yaml(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call ``yaml.load``, whose loader was optional before PyYAML 6."""
    if len(arguments) == 1 and "Loader" not in more and function.__module__ == "yaml":
        more["Loader"] = function.__globals__["FullLoader"]
    return function(*arguments, **more)


def remainder(a: Any, b: Any) -> Any:
    """Return ``a % b``; values for a format string may be arrays of one entry."""
    if isinstance(a, (str, bytes)):
        return a % _fillings(b)
    return _remainder(a, b)


def _fillings(given: Any) -> Any:
    if isinstance(given, tuple):
        return tuple(_single(value) for value in given)
    return _single(given)


def _single(value: Any) -> Any:
    # OneEntry serves both: "%s" prints the array, and "%f" its only entry.
    if type(value) is np.ndarray and value.ndim and value.size == 1:
        return value.view(OneEntry)
    return value


class OneEntry(np.ndarray):
    """Array of one entry, which converts to a number as in NumPy 1."""

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return operator.index(self.item())

    def __repr__(self) -> str:
        return repr(np.asarray(self))


def as_float(kind: Any, value: Any) -> Any:
    """Return ``float(value)``, where `value` may be an array of one entry."""
    return kind(_entry(value)) if kind is float else kind(value)


def as_int(kind: Any, value: Any) -> Any:
    """Return ``int(value)``, where `value` may be an array of one entry."""
    return kind(_entry(value)) if kind is int else kind(value)


def of_numbers(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function of `math`, whose arguments may be arrays of one entry."""
    return function(*map(_entry, arguments), **more)


def as_type(kind: Any, value: Any) -> Any:
    """Return ``type(value)``; for the numbers that functions return, it is that of arrays."""
    of = kind(value)
    return np.ndarray if kind is type and of in (Number, OneEntry) else of


def _entry(value: Any) -> Any:
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def divide(a: Any, b: Any) -> Any:
    """Return a / b as in Python 2: the floor of the quotient for integers."""
    own = _own_division(a, b)
    if own is not None:
        return own()
    if _is_whole(a) and _is_whole(b):
        return _floor_of_quotient(a, b)
    return true_divide(a, b)


def _floor_of_quotient(a: Any, b: Any) -> Any:
    if not isinstance(a, Variable) and not isinstance(b, Variable):
        return a // b
    from autoenc.theano.meaning.division import divide_integers

    return divide_integers(a, b)


def _own_division(a: Any, b: Any) -> Callable[[], Any] | None:
    """Return the division that a class of a script derived from a number defines, or None."""
    if _is_derived(a) and hasattr(a, "__div__"):
        return lambda: a.__div__(b)
    if _is_derived(b) and hasattr(b, "__rdiv__"):
        return lambda: b.__rdiv__(a)
    return None


def _is_derived(number: Any) -> bool:
    return type(number) not in _PLAIN and isinstance(number, (int, float))


def divide_attribute(of: Any, name: str, by: Any) -> None:
    """Divide an attribute, as ``of.name /= by`` did in Python 2."""
    setattr(of, name, divide_in_place(getattr(of, name), by))


def divide_entry(of: Any, key: Any, by: Any) -> None:
    """Divide an entry, as ``of[key] /= by`` did in Python 2."""
    key = index(key)
    of[key] = divide_in_place(of[key], by)


def divide_in_place(a: Any, b: Any) -> Any:
    """Return `a` after ``a /= b``, as in Python 2."""
    if hasattr(type(a), "__itruediv__") and not isinstance(a, np.ndarray):
        return _IN_PLACE["true_divide"](a, b)
    if not isinstance(a, np.ndarray) or a.ndim == 0:
        return divide(a, b)
    if _is_whole(a) and _is_whole(b):
        a //= b
    else:
        a /= promoted(a, b)[1]
    return a


def _is_whole(value: Any) -> bool:
    if isinstance(value, (int, np.integer)):
        return True
    if isinstance(value, (np.ndarray, Variable)):
        return str(getattr(value, "dtype", "")).startswith(("int", "uint", "bool"))
    return False
