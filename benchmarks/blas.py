"""Locations of the BLAS libraries of the package index, and their ``sgemm``."""

from __future__ import annotations

import ctypes
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path
from typing import Any


def load_sgemm(name: str) -> tuple[Any, dict[str, str]]:
    """Load ``sgemm`` of "mkl" or "openblas"; return it and the version of its package."""
    package, symbol = {
        "mkl": ("mkl", "sgemm_"),
        "openblas": ("scipy-openblas32", "scipy_sgemm_"),
    }[name]
    sgemm = getattr(ctypes.CDLL(library(name)), symbol)
    sgemm.restype = None
    return sgemm, {package: version(package)}


def library(name: str) -> str:
    """Return the path of the shared library of "mkl" or "openblas"."""
    package, stem = {
        "mkl": ("mkl", "libmkl_rt."),
        "openblas": ("scipy-openblas32", "libscipy_openblas."),
    }[name]
    try:
        found = [path for path in files(package) or [] if path.name.startswith(stem)]
    except PackageNotFoundError:
        found = []
    if not found:
        raise FileNotFoundError(f"{package} is not installed")
    return str(Path(str(found[0].locate())).resolve())
