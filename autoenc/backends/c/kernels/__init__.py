"""Inner loops of autoenc, compiled for this processor when they are first used.

They compute products of matrices of few rows, for which no BLAS is optimised (``gemm.h``),
products in mixed precision (``mixed.cpp``) and sums (``sums.cpp``), all with the threads of
``workers.h``. Other kernels draw Bernoulli variables (``draws.cpp``, ``mt19937.cpp``) and the
streams of MRG31k3p (``mrg.cpp``), and compute convolutions (``images.cpp``) and pooling
(``pools.cpp``).
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pytensor import config

from autoenc.backends.c.blas import Blas
from autoenc.backends.c.compiler import compiler_version
from autoenc.backends.c.processor_flags import WIDE_VECTORS
from autoenc.backends.cpu import cpu_kind, usable_threads
from autoenc.files import atomic_write
from autoenc.folders import cache_folder, make_private

logger = logging.getLogger(__name__)

_FOLDER = Path(__file__).parent
_SOURCES = sorted(_FOLDER.glob("*.cpp"))
_HEADERS = sorted(_FOLDER.glob("*.h"))
_FLAGS = ("-O3", "-march=native", *WIDE_VECTORS, "-pthread", "-fPIC", "-std=c++17")


def with_kernels(blas: Blas) -> Blas:
    """Compile the kernels for thin products; larger ones still go to the BLAS.

    Parameters
    ----------
    blas : Blas

    Returns
    -------
    Blas
        The BLAS with kernels; unchanged if they cannot be compiled, and the reason is logged.
    """
    if not sys.platform.startswith("linux"):
        return blas
    command = [*shlex.split(config.cxx), *_FLAGS, *_definitions(blas)]
    libraries = shlex.split(blas.ldflags)
    searched = [f"-L{folder}" for folder in blas.folders]
    code = [source.read_text(encoding="utf-8") for source in (*_SOURCES, *_HEADERS)]
    version = compiler_version(config.cxx)
    text = "\n".join([*code, *command, version, *libraries, blas.soname, cpu_kind()])
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    # Modules find the library by its name, so other kernels need another name.
    name = f"autoenc_kernels_{key}"
    folder = cache_folder(executable=True) / f"kernels-{key}"
    found = replace(
        blas, ldflags=f"-l{name} {blas.ldflags}", folders=(folder, *blas.folders),
        kernels=folder / f"lib{name}.so",
    )  # fmt: skip
    try:
        make_private(folder)
        _compile(folder / f"lib{name}.so", command, [*searched, *libraries])
        found.load()
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        logger.warning("small products are left to the BLAS: %s", reason)
        return blas
    ctypes.CDLL(str(found.kernels)).autoenc_limit_threads(usable_threads())
    return found


def has_mixed_products(library: Path) -> bool:
    """Return whether processor and compiler support mixed precision."""
    return hasattr(ctypes.CDLL(str(library)), "autoenc_mixed_sgemm_")


def _compile(library: Path, command: list[str], libraries: list[str]) -> None:
    if library.exists():
        return
    with TemporaryDirectory() as folder, atomic_write(library) as temporary:
        objects = [f"{folder}/{source.stem}.o" for source in _SOURCES]
        # A compiler uses only one core.
        with ThreadPoolExecutor() as pool:
            each = [[*command, "-c", str(source)] for source in _SOURCES]
            list(pool.map(_run, each, objects))
        named = f"-Wl,-soname,{library.name}"
        _run([*command, "-shared", named, *objects, *libraries], str(temporary))


def _run(command: list[str], output: str) -> None:
    subprocess.run([*command, "-o", output], check=True, capture_output=True, text=True)


def _definitions(blas: Blas) -> list[str]:
    """Return names of the BLAS's routines, and of those that limit it to one thread, if any."""
    definitions = [f"-DBLAS_{name.upper()}={blas.prefix}{name}_" for name in ("sgemm", "dgemm")]
    if blas.name == "mkl":
        definitions.append("-DBLAS_IS_MKL")
    if blas.name == "openblas":
        definitions.append(f"-DBLAS_GET_THREADS={blas.prefix}openblas_get_num_threads")
        definitions.append(f"-DBLAS_SET_THREADS={blas.prefix}openblas_set_num_threads")
    return definitions
