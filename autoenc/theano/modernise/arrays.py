"""Names and behaviour that NumPy 2 no longer has."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np


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


def _equals_in_order(argsort: Callable[..., Any]) -> Callable[..., Any]:
    """Return a stable `argsort`, as NumPy 1's was for up to 16 entries."""

    @functools.wraps(argsort)
    def in_order(a: Any, axis: Any = -1, kind: Any = None, *rest: Any, **more: Any) -> Any:
        if kind is None and not rest and "stable" not in more:
            kind = "stable"
        return argsort(a, axis, kind, *rest, **more)

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
    np.argsort = _equals_in_order(np.argsort)
    np.unique = _flat_inverse(np.unique)
    for name, value in _old_names().items():
        if name not in vars(np):
            setattr(np, name, value)
