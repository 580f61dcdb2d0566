"""The compiled kernels, for operations whose `perform` calls them."""

from __future__ import annotations

import ctypes
from functools import cache

from autoenc.backends.c.blas import find_blas, prepare_mkl
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.backends.c.kernels import with_kernels


@cache
def kernels() -> ctypes.CDLL | None:
    """Load the kernels, which are compiled when they are first requested.

    Returns
    -------
    ctypes.CDLL or None
        None if there is no compiler or no BLAS; callers then use NumPy.
    """
    blas = None if compiler_trouble() else find_blas()
    if blas is None:
        return None
    if blas.name == "mkl":
        prepare_mkl()
    path = with_kernels(blas).kernels
    return ctypes.CDLL(str(path)) if path else None
