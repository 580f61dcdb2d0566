"""Products of thin matrices in front of a BLAS, compiled for this processor when first used.

A minibatch is a matrix of a few rows, for which no BLAS is made; see ``products.cpp``.
"""

from __future__ import annotations

import hashlib
import logging
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from pytensor import config

from autoenc.backends.blas import Blas
from autoenc.backends.cache import cache_folder
from autoenc.backends.cpu import cpu_model
from autoenc.files import atomic_write

logger = logging.getLogger(__name__)

_SOURCES = [Path(__file__).with_name(name) for name in ("products.cpp", "workers.h")]
_FLAGS = ("-O3", "-march=native", "-pthread", "-fPIC", "-shared", "-std=c++17")
_LIBRARY = "autoenc_products"


def with_thin_products(blas: Blas) -> Blas:
    """Let products of thin float32 matrices be made here, and all others by the BLAS.

    Parameters
    ----------
    blas : Blas

    Returns
    -------
    Blas
        As it was if this cannot be compiled; the reason is logged.
    """
    if not sys.platform.startswith("linux"):
        return blas
    command = [*shlex.split(config.cxx), *_FLAGS, f"-DBLAS_SGEMM={blas.prefix}sgemm_"]
    libraries = [*shlex.split(blas.ldflags), *_run_paths(blas)]
    code = [source.read_text(encoding="utf-8") for source in _SOURCES]
    key = "\n".join([*code, *command, *libraries, cpu_model()])
    folder = cache_folder() / f"products-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    try:
        _compile(folder / f"lib{_LIBRARY}.so", command, libraries)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        logger.warning("products of thin matrices are left to the BLAS: %s", reason)
        return blas
    ldflags = f"{shlex.quote(f'-L{folder}')} -l{_LIBRARY} {blas.ldflags}"
    return replace(blas, ldflags=ldflags, sgemm="autoenc_sgemm_")


def _compile(library: Path, command: list[str], libraries: list[str]) -> None:
    if library.exists():
        return
    with atomic_write(library) as temporary:
        arguments = [*command, str(_SOURCES[0]), "-o", str(temporary), *libraries]
        subprocess.run(arguments, check=True, capture_output=True, text=True)


def _run_paths(blas: Blas) -> list[str]:
    folders = [flag[2:] for flag in shlex.split(blas.ldflags) if flag.startswith("-L")]
    return [f"-Wl,-rpath,{folder}" for folder in folders]
