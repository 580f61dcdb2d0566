"""Calls with arguments that NumPy, or PyYAML, no longer accepts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autoenc.theano.ops import sorting

# Positions of the arguments that are lengths; an empty tuple stands for all of them.
_LENGTHS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("zeros", "ones", "empty", "full", "identity", "ndarray"), (0,)),
    **dict.fromkeys(("random", "random_sample", "ranf", "sample", "standard_normal"), (0,)),
    **dict.fromkeys(("uniform", "normal", "binomial", "laplace", "lognormal"), (2,)),
    **dict.fromkeys(("gamma", "beta", "logistic", "gumbel", "multivariate_normal"), (2,)),
    **dict.fromkeys(("exponential", "poisson", "geometric", "chisquare"), (1,)),
    **dict.fromkeys(("tile", "repeat", "roll", "tril", "triu"), (1,)),
    **dict.fromkeys(("eye", "tri"), (0, 1, 2)),
    **dict.fromkeys(("randint", "random_integers"), (0, 1, 2)),
    **dict.fromkeys(("rand", "randn", "reshape", "resize"), ()),
    "choice": (0, 1),
    "multinomial": (0, 2),
    "permutation": (0,),
}
_NAMES_OF_LENGTHS = frozenset(
    ["size", "shape", "newshape", "new_shape", "N", "M", "k", "n", "reps", "repeats", "shift"]
)
_MAKERS = frozenset({"array", "asarray", "asanyarray"})
_STACKING = frozenset({"concatenate", "vstack", "hstack", "dstack", "stack", "column_stack"})
_REDUCTIONS = frozenset({"max", "min", "amax", "amin", "mean", "std", "var", "prod", "median"})
_HISTOGRAMS = frozenset({"histogram", "histogram2d", "histogramdd", "hist"})
_LAZY: tuple[Any, ...] = (map, zip, filter, type({}.keys()), type({}.values()), type({}.items()))
_ROUNDING = frozenset({"floor", "ceil", "trunc", "fix"})
# Names of the functions and methods whose calls `called` makes.
NAMES = frozenset(
    {
        *_LENGTHS,
        *_MAKERS,
        *_STACKING,
        *_REDUCTIONS,
        *_HISTOGRAMS,
        *_ROUNDING,
        "sum",
        "argsort",
        "load",
        "fromstring",
    }
)


def called(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Call a function that has one of the `NAMES`, as NumPy 1 did if it is NumPy's.

    Floats are lengths, truncated as before NumPy 1.12. Ragged lists become arrays of objects.
    Integers out of range wrap around. Rounded integers are floats. `numpy.load` reads pickles, and
    `numpy.fromstring` reads bytes.
    """
    name = getattr(function, "__name__", "")
    if name in _ROUNDING and (isinstance(function, np.ufunc) or function is np.fix):
        return _rounded(function, arguments, more)
    home = str(getattr(function, "__module__", ""))
    if home.startswith(("matplotlib", "yaml")):
        return function(*arguments, **_of_libraries(name, arguments, more))
    of: Any = getattr(function, "__self__", None)
    of_array = isinstance(of, (np.ndarray, np.random.RandomState))
    if not (of_array or home.startswith("numpy")):
        return function(*arguments, **more)
    if name in _LENGTHS:
        return _with_lengths(function, name, arguments, more)
    if name in _OTHERS:
        return _OTHERS[name](function, *arguments, **more)
    return function(*arguments, **more)


def _rounded(function: Any, arguments: Any, more: Any) -> Any:
    """Round numbers; since NumPy 2.1, integers stay integers."""
    number = arguments[0] if len(arguments) == 1 else None
    if isinstance(number, (int, list, tuple, np.ndarray, np.generic)):
        values = np.asarray(number)
        if values.dtype.kind in "bui":
            arguments = (values.astype(np.result_type(values, np.float16))[()],)
    return function(*arguments, **more)


def _of_libraries(name: str, arguments: Any, more: Any) -> Any:
    if name == "hist":
        return _renamed(more)
    if name == "load" and len(arguments) < 2 and "Loader" not in more:
        return {**more, "Loader": sys.modules["yaml"].FullLoader}
    return more


def _with_lengths(function: Any, name: str, arguments: Any, more: Any) -> Any:
    try:
        return function(*arguments, **more)
    except (TypeError, IndexError):
        places = _LENGTHS[name] or range(len(arguments))
        whole = [_whole(a) if i in places else a for i, a in enumerate(arguments)]
        named = {key: _whole(a) if key in _NAMES_OF_LENGTHS else a for key, a in more.items()}
        return function(*whole, **named)


def _whole(length: Any) -> Any:
    """Return a length, or a tuple of them, in which floats are truncated."""
    if isinstance(length, (tuple, list)):
        return type(length)(_whole(part) for part in length)
    if isinstance(length, np.ndarray) and length.size == 1:
        return _whole(length.item())
    return int(length) if isinstance(length, (float, np.floating)) else length


def _made(make: Any, *arguments: Any, **more: Any) -> Any:
    """Return an array of what may be a lazy sequence, a ragged list or integers out of range."""
    arguments = _in_full(arguments)
    has_dtype = len(arguments) > 1 or more.get("dtype") is not None
    try:
        return make(*arguments, **more)
    except ValueError as error:
        if has_dtype or "inhomogeneous" not in str(error):
            raise
        return make(*arguments, **{**more, "dtype": object})
    except OverflowError:
        if not has_dtype:
            raise
        dtype = more.get("dtype", *arguments[1:2])
        return make(np.asarray(arguments[0]).astype(dtype), *arguments[1:], **more)


def _listed(function: Any, *arguments: Any, **more: Any) -> Any:
    """Call a function whose first argument may be lazy."""
    return function(*_in_full(arguments, Iterator), **more)


def _in_full(arguments: Any, *kinds: Any) -> Any:
    """Return arguments of which the first is a list if it was lazy."""
    is_lazy = bool(arguments) and isinstance(arguments[0], (*kinds, *_LAZY))
    return (list(arguments[0]), *arguments[1:]) if is_lazy else arguments


def _reduced(reduce: Any, *arguments: Any, **more: Any) -> Any:
    """Reduce what may be a list of arrays and numbers."""
    try:
        return reduce(*arguments, **more)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        return reduce(np.asarray(arguments[0], object), *arguments[1:], **more)


def _sum(function: Any, *arguments: Any, **more: Any) -> Any:
    if arguments and isinstance(arguments[0], Iterator):
        return sum(arguments[0])
    return _reduced(function, *arguments, **more)


def _argsort(function: Any, *arguments: Any, **more: Any) -> Any:
    """Sort an array by its method, with equal entries in NumPy 1's order."""
    of = getattr(function, "__self__", None)
    given = {**dict(zip(("axis", "kind", "order"), arguments, strict=False)), **more}
    by_default = given.keys() <= {"axis", "kind"} and given.get("kind") in (None, "quicksort")
    if type(of) is not np.ndarray or not by_default:
        return function(*arguments, **more)
    return sorting.argsort(of, given.get("axis", -1))


def _load(function: Any, *arguments: Any, **more: Any) -> Any:
    """Read arrays, which may contain pickles of Python 2."""
    defaults: dict[str, Any] = {"encoding": "latin1"} if len(arguments) < 5 else {}
    if len(arguments) < 3:
        defaults = {"allow_pickle": True, **defaults}
    return function(*arguments, **{**defaults, **more})


def _fromstring(
    function: Any, string: Any, dtype: Any = float, count: int = -1, sep: str = "", **more: Any
) -> Any:
    if sep:
        return function(string, dtype, count, sep=sep, **more)
    data = string.encode("latin1") if isinstance(string, str) else string
    return np.frombuffer(data, dtype, count).copy()


def _histogram(function: Any, *arguments: Any, **more: Any) -> Any:
    return function(*arguments, **_renamed(more))


def _renamed(more: dict[str, Any]) -> dict[str, Any]:
    """Replace the parameter ``normed`` by its successor."""
    return {"density" if key == "normed" else key: value for key, value in more.items()}


_OTHERS: dict[str, Callable[..., Any]] = {
    "argsort": _argsort,
    "sum": _sum,
    "load": _load,
    "fromstring": _fromstring,
    **dict.fromkeys(_HISTOGRAMS, _histogram),
    **dict.fromkeys(_STACKING, _listed),
    **dict.fromkeys(_REDUCTIONS, _reduced),
    **dict.fromkeys(_MAKERS, _made),
}


def method(of: Any, name: str, *arguments: Any, **more: Any) -> Any:
    """Call a method of an object; arrays have methods that NumPy 2 has removed."""
    if hasattr(of, name) or not hasattr(of, "tobytes"):
        return getattr(of, name)(*arguments, **more)
    return METHODS[name](of, *arguments, **more)


def _itemset(array: Any, *arguments: Any) -> None:
    *index, value = arguments
    if len(index) == 1 and not isinstance(index[0], tuple):
        array.flat[index[0]] = value
    else:
        array[index[0] if len(index) == 1 else tuple(index)] = value


METHODS: dict[str, Callable[..., Any]] = {
    "tostring": lambda array, *order: array.tobytes(*order),
    "itemset": _itemset,
    "newbyteorder": lambda array, order="S": array.view(array.dtype.newbyteorder(order)),
    "ptp": np.ptp,
}


def stored(value: Any, into: Any) -> Any:
    """Return a value to assign to a part of `into`; an array of one entry becomes a number."""
    if not (isinstance(into, np.ndarray) and isinstance(value, np.ndarray)):
        return value
    if value.ndim and value.size == 1 and into.dtype.kind in "biufc":
        return value.reshape(())[()]
    return value
