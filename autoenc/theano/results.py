"""Numbers returned by functions, which follow NumPy 1's rules in arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np


class Number(np.ndarray):
    """0-d array whose dtype does not limit the precision of Python numbers.

    Under NumPy 1, ``1e100 - np.float32(3)`` was a float64. NumPy 2 makes it a float32, which is
    infinite. Between a `Number` and other numbers, NumPy 1's rule applies. Arrays with one or more
    dimensions are treated as usual.
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **more: Any) -> Any:
        """Apply a ufunc as in NumPy 1, where Python numbers were float64 or int64 scalars."""
        numbers = all(np.ndim(given) == 0 for given in inputs)
        plain = [_widened(given) if numbers else _weak(given) for given in inputs]
        if "out" in more:
            more["out"] = tuple(np.asarray(out) for out in more["out"])
        return getattr(ufunc, method)(*plain, **more)

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()

    def __deepcopy__(self, _: Any) -> Any:
        return guarded(np.array(self))


def guarded(result: Any) -> Any:
    """Return a 0-d array as a `Number`, and anything else unchanged."""
    if type(result) is np.ndarray and result.ndim == 0:
        return result.view(Number)
    return result


def _widened(number: Any) -> Any:
    if type(number) in (float, int, complex):
        return np.asarray(number)[()]
    return np.asarray(number) if isinstance(number, Number) else number


def _weak(given: Any) -> Any:
    """Return a Python number for a `Number`, because it does not promote arrays."""
    if isinstance(given, Number):
        return given.item()
    return given
