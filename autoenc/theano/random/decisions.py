"""Bernoulli draws from a ``RandomState``: ``binomial`` with one trial, in a compiled loop.

Masks of autoencoders and units of Boltzmann machines are drawn in this way. NumPy computes a
logarithm and an exponential for each draw. The kernel returns the same bits, and leaves the
generator in the same state.
"""

from __future__ import annotations

from ctypes import c_long, c_void_p
from typing import Any

import numpy as np

from autoenc.backends.c.library import kernels

Array = Any

_PROBABILITIES = ("float32", "float64")
_RESULTS = ("float32", "float64", "int64")


def decisions(
    state: np.random.RandomState, n: Array, p: Array, size: tuple[int, ...] | None, dtype: str
) -> Array | None:
    """Draw 1 with probability p, else 0.

    Parameters
    ----------
    state : numpy.random.RandomState
    n : int array
        Numbers of trials.
    p : array
        Probabilities.
    size : tuple of int, optional
        Shape of the draw.
    dtype : str
        Dtype of the draw.

    Returns
    -------
    array or None
        None if NumPy has to draw: for other numbers of trials, for probabilities that broadcast
        or are invalid, for other dtypes, or without kernels.
    """
    if size is None or n.size != 1 or n.item() != 1 or dtype not in _RESULTS:
        return None
    generator = state._bit_generator
    library = kernels() if isinstance(generator, np.random.MT19937) else None
    if library is None or not _are_probabilities(p, size):
        return None
    p, draw = np.ascontiguousarray(p), np.empty(size, dtype)
    kernel = getattr(library, f"autoenc_mt19937_{p.dtype}_to_{dtype}")
    pointers = map(c_void_p, (generator.ctypes.state_address, p.ctypes.data, draw.ctypes.data))
    with generator.lock:
        kernel(*pointers, p.size == 1, c_long(draw.size))
    return draw


def _are_probabilities(p: Array, size: tuple[int, ...]) -> bool:
    """Return whether there is one probability, or one per draw; NumPy reports invalid ones."""
    if p.dtype.name not in _PROBABILITIES or not p.size or (p.size > 1 and p.shape != size):
        return False
    return bool(p.min() >= 0 and p.max() <= 1)
