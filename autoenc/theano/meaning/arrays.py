"""NumPy arrays of a given dtype: ``theano._asarray``."""

from __future__ import annotations

from typing import Any

import numpy as np


def _asarray(a: Any, dtype: Any, order: Any = None) -> Any:
    """Return an array of exactly this dtype; ``"floatX"`` means the configured one."""
    if str(dtype) == "floatX":
        from autoenc.theano.flags import config

        dtype = config.floatX
    dtype = np.dtype(dtype)
    result = np.asarray(a, dtype=dtype, order=order)
    # Two of C's integer types may be equivalent and yet have different type numbers.
    return result if result.dtype.num == dtype.num else result.view(dtype)
