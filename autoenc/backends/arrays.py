"""Values of shared variables: copies on the host, and comparison by bits."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

# Sizes of the integers as which NumPy can view the entries of an array.
_SIZES = (1, 2, 4, 8)


def same_bits(array: Array, other: Array) -> bool:
    """Return whether two arrays have the same shape, dtype and bits. NaN has the bits of NaN.

    >>> same_bits(np.array([0.0, np.nan]), np.array([0.0, np.nan]))
    True
    >>> same_bits(np.array([0.0]), np.array([-0.0]))
    False
    """
    if array.shape != other.shape or array.dtype != other.dtype:
        return False
    if array.itemsize not in _SIZES:
        return array.tobytes() == other.tobytes()
    bits = f"u{array.itemsize}"
    return np.array_equal(array.view(bits), other.view(bits))


def on_the_host(value: Any) -> Any:
    """Copy a device array to a writable NumPy array; return other values as they are."""
    if isinstance(value, np.ndarray | np.generic) or not hasattr(value, "__array__"):
        return value
    return np.array(value)
