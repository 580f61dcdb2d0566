"""Names and behaviour that NumPy 2 no longer has."""

from __future__ import annotations

import functools
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from autoenc.theano.ops import sorting


def _old_names() -> dict[str, Any]:
    return {
        "float": float,
        "int": int,
        "complex": complex,
        "object": object,
        "str": str,
        "unicode": str,
        "float_": np.float64,
        "complex_": np.complex128,
        "singlecomplex": np.complex64,
        "cfloat": np.complex128,
        "longfloat": np.longdouble,
        "string_": np.bytes_,
        "unicode_": np.str_,
        "Inf": np.inf,
        "Infinity": np.inf,
        "infty": np.inf,
        "PINF": np.inf,
        "NINF": -np.inf,
        "NaN": np.nan,
        "NAN": np.nan,
        "PZERO": 0.0,
        "NZERO": -0.0,
        "product": np.prod,
        "cumproduct": np.cumprod,
        "alltrue": np.all,
        "sometrue": np.any,
        "round_": np.round,
        "row_stack": np.vstack,
        "in1d": lambda a, b, *rest, **more: np.isin(np.ravel(a), b, *rest, **more),
        "trapz": np.trapezoid,
        "asscalar": lambda a: np.asarray(a).item(),
        "rank": np.ndim,
        "msort": lambda a: np.sort(a, axis=0),
        "asfarray": lambda a, dtype=np.float64: np.asarray(a, dtype=dtype),
        "find_common_type": lambda arrays, scalars: np.result_type(*arrays, *scalars),
        "cast": _Casts(),
        "alen": lambda a: len(np.atleast_1d(a)),
        "bool8": np.bool_,
        "int0": np.intp,
        "uint0": np.uintp,
        "object0": np.object_,
        "str0": np.str_,
        "bytes0": np.bytes_,
        "void0": np.void,
        "longcomplex": np.clongdouble,
        "clongfloat": np.clongdouble,
        "loads": pickle.loads,
        "mat": np.asmatrix,
        "math": math,
        "MAXDIMS": 32,
        "MachAr": lambda float_conv=float, *_, **__: np.finfo(float_conv),
        "DataSource": np.lib.npyio.DataSource,
        "byte_bounds": np.lib.array_utils.byte_bounds,
        "issctype": lambda kind: isinstance(kind, type) and issubclass(kind, np.generic),
        "issubclass_": lambda kind, base: isinstance(kind, type) and issubclass(kind, base),
        "issubsctype": lambda a, b: issubclass(_scalar_type(a), _scalar_type(b)),
        "maximum_sctype": _largest,
        "obj2sctype": _scalar_type,
        "sctype2char": lambda kind: np.dtype(kind).char,
        "sctypes": _scalar_types(),
        "typeDict": np.sctypeDict,
        "RankWarning": np.exceptions.RankWarning,
        **{name: getattr(np.exceptions, name) for name in np.exceptions.__all__},
    }


def _scalar_type(given: Any, default: Any = None) -> Any:
    """Return the type of scalars of an array, a dtype or its name."""
    if isinstance(given, (np.ndarray, np.generic)):
        return given.dtype.type
    if isinstance(given, type) and issubclass(given, np.generic):
        return given
    try:
        return np.dtype(given).type
    except TypeError:
        return default


def _largest(given: Any) -> Any:
    """Return the type of the same kind with the highest precision."""
    kind = _scalar_type(given)
    return next((types[-1] for types in _scalar_types().values() if kind in types[:-1]), kind)


def _scalar_types() -> dict[str, list[type]]:
    return {
        "int": [np.int8, np.int16, np.int32, np.int64],
        "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
        "float": [np.float16, np.float32, np.float64, np.longdouble],
        "complex": [np.complex64, np.complex128, np.clongdouble],
        "others": [bool, object, bytes, str, np.void],
    }


class _Casts(dict[Any, Any]):
    """``np.cast[dtype](x)``."""

    def __missing__(self, dtype: Any) -> Any:
        return lambda x: np.asarray(x).astype(dtype)


def _whole_count(linspace: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `linspace` that accepts a float as the number of points, as before NumPy 1.18."""

    @functools.wraps(linspace)
    def of_whole_count(start: Any, stop: Any, num: Any = 50, *rest: Any, **more: Any) -> Any:
        return linspace(start, stop, int(num), *rest, **more)

    return of_whole_count


def _as_in_numpy1(argsort: Callable[..., Any]) -> Callable[..., Any]:
    """Return an `argsort` with NumPy 1's order of equal entries."""

    @functools.wraps(argsort)
    def in_order(a: Any, axis: Any = -1, kind: Any = None, *rest: Any, **more: Any) -> Any:
        is_plain = isinstance(a, (list, tuple)) or type(a) is np.ndarray
        if not is_plain or rest or more or kind not in (None, "quicksort"):
            return argsort(a, axis, kind, *rest, **more)
        return sorting.argsort(a, axis)

    return in_order


def _flat_inverse(unique: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `unique` whose inverse is flat, as before NumPy 2."""

    @functools.wraps(unique)
    def of_flat_inverse(
        ar: Any,
        return_index: bool = False,
        return_inverse: bool = False,
        return_counts: bool = False,
        axis: Any = None,
        **more: Any,
    ) -> Any:
        found = unique(ar, return_index, return_inverse, return_counts, axis, **more)
        if not return_inverse or axis is not None:
            return found
        place = 1 + return_index
        return (*found[:place], found[place].ravel(), *found[place + 1 :])

    return of_flat_inverse


def install() -> None:
    """Add missing names of NumPy 1 to NumPy, and restore its behaviour and printing."""
    np.set_printoptions(legacy="1.25")
    np.linspace = _whole_count(np.linspace)
    np.argsort = _as_in_numpy1(np.argsort)
    np.unique = _flat_inverse(np.unique)
    for name, value in _old_names().items():
        if name not in vars(np):
            setattr(np, name, value)
    if "linalg" not in vars(np.linalg):
        vars(np.linalg)["linalg"] = np.linalg
