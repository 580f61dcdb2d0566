"""Description of the machine on which a measurement was made."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from autoenc.backends.cpu import cpu_model, processors


def describe() -> str:
    """Return the processor, its usable cores, the memory and the system in one line."""
    python = platform.python_version()
    system = f"{platform.system()} {platform.machine()}"
    machine = f"{cpu_model()}, {processors()} cores, {memory_gib():.0f} GiB"
    return f"{machine}; {system}; Python {python}"


def memory_gib() -> float:
    """Return the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def describe_blas() -> str:
    """Return the BLAS libraries that are installed, with their versions."""
    found = []
    for package in ("mkl", "scipy-openblas32"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    numpy = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return ", ".join([*found, f"NumPy's {numpy['name']} {numpy['version']}"])
