"""Find the fastest available BLAS for the C backend to link with.

Nothing has to be installed by hand: the ``mkl`` and ``scipy-openblas32`` wheels each contain a
BLAS, and PyTensor only needs its location.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import importlib.metadata
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoenc.backends.cpu import cpu_quota, cpu_vendor, has_cpu_flag
from autoenc.folders import cache_folder, make_private
from autoenc.threads import once

NAMES = ("mkl", "openblas", "system")

# The routines that PyTensor's C code calls, for each precision.
_ROUTINES = ("axpy", "copy", "dot", "gemm", "gemv", "ger", "nrm2", "scal", "swap", "symm", "syrk")


@dataclass(frozen=True)
class Blas:
    """A BLAS to link with.

    Attributes
    ----------
    name : {"mkl", "openblas", "system", "settings"}
    description : str
        Name and version.
    ldflags : str
        Flags for the linker.
    prefix : str
        Prefix of the names of its routines.
    folders : tuple of paths
        Where the linker finds the libraries of `ldflags`.
    library : path, optional
        Library to load before compiled modules, which find it by its name.
    kernels : path, optional
        Library of autoenc that multiplies matrices instead of the BLAS.
    """

    name: str
    description: str
    ldflags: str
    prefix: str = ""
    folders: tuple[Path, ...] = ()
    library: Path | None = None
    kernels: Path | None = None

    @property
    def cxxflags(self) -> str:
        """Flags for the compiler."""
        names = {f"{p}{r}_": f"{self.prefix}{p}{r}_" for p in "sd" for r in _ROUTINES}
        if self.kernels:
            names |= {f"{p}gemm_": f"autoenc_{p}gemm_" for p in "sd"}
        return " ".join(f"-D{name}={called}" for name, called in names.items() if name != called)

    @property
    def soname(self) -> str:
        """Name by which modules find the library; it changes with incompatible versions."""
        return self.library.name if self.library else ""

    def load(self) -> None:
        """Load the libraries.

        Modules link with them by name, not by path. Modules compiled in one virtual environment
        can therefore be used in another.
        """
        for library in (self.library, self.kernels):
            if library:
                ctypes.CDLL(str(library))


def find_blas(name: str | None = None) -> Blas | None:
    """Find a BLAS.

    Parameters
    ----------
    name : {"mkl", "openblas", "system"}, optional
        Name of the BLAS; by default ``$AUTOENC_BLAS``, else the fastest that is available.

    Returns
    -------
    Blas or None
        None if there is no BLAS.

    Raises
    ------
    ValueError
        If the name is not known.
    """
    name = name or os.environ.get("AUTOENC_BLAS")
    finders = {"mkl": _mkl, "openblas": _scipy_openblas, "system": _system}
    if name and name not in finders:
        raise ValueError(
            f"BLAS {name!r} is not known; expected one of {', '.join(NAMES)}. "
            "Correct AUTOENC_BLAS."
        )
    found = (finders[candidate]() for candidate in ([name] if name else _preference()))
    return next((blas for blas in found if blas), None)


def prepare_mkl() -> None:
    """Set MKL's threads and code branch before it is loaded; keep what the user has set."""
    for name, value in mkl_environment().items():
        os.environ.setdefault(name, value)
    _survive_fork()


@once
def _survive_fork() -> None:
    """Make a child process of fork compute with one thread.

    The threads of GNU's layer do not exist in the child, which would wait for them forever.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_keep_mkl_to_one_thread)


def _keep_mkl_to_one_thread() -> None:
    if library := _mkl_library():
        with suppress(OSError):  # MKL is not loaded
            loaded = ctypes.CDLL(str(library), mode=os.RTLD_NOW | os.RTLD_NOLOAD)
            loaded.MKL_Set_Num_Threads(1)


def respect_quota() -> None:
    """Limit a BLAS that is not loaded yet to a container's quota; keep what the user has set.

    It would start a thread for every processor, and the system would slow all of them down.
    """
    if quota := cpu_quota():
        for name in ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, str(quota))


def mkl_environment() -> dict[str, str]:
    """Return environment variables with which MKL is fast and reproducible.

    GNU's threading layer is MKL's fastest. MKL guarantees equal bits from run to run only in a
    fixed code branch (``MKL_CBWR``).
    """
    branch = "COMPATIBLE"
    if has_cpu_flag("avx2"):
        branch = "AVX512,STRICT" if has_cpu_flag("avx512f") else "AVX2,STRICT"
    return {"MKL_THREADING_LAYER": "GNU", "MKL_CBWR": branch}


def _preference() -> tuple[str, ...]:
    # On AMD processors, OpenBLAS uses AVX-512, but MKL does not.
    if cpu_vendor() == "AuthenticAMD":
        return ("openblas", "mkl", "system")
    return ("mkl", "openblas", "system")


def _mkl() -> Blas | None:
    if library := _mkl_library():
        return _linked("mkl", f"MKL {importlib.metadata.version('mkl')}", library)
    return None


@once
def _mkl_library() -> Path | None:
    try:
        distribution = importlib.metadata.distribution("mkl")
    except importlib.metadata.PackageNotFoundError:
        return None
    names = [file for file in distribution.files or [] if file.name.startswith("libmkl_rt.so")]
    return Path(str(distribution.locate_file(names[0]))).resolve() if names else None


def _scipy_openblas() -> Blas | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        import scipy_openblas32
    except ImportError:
        return None
    folder = Path(scipy_openblas32.get_lib_dir())
    library = folder / scipy_openblas32.get_library(fullname=True)
    version = importlib.metadata.version("scipy-openblas32")
    # The wheel adds a prefix to its symbols, to avoid conflicts with SciPy's.
    return _linked("openblas", f"OpenBLAS {version}", library, prefix="scipy_")


def _system() -> Blas | None:
    for name in ("openblas", "blis", "blas"):
        library = ctypes.util.find_library(name)
        if library and sys.platform.startswith("linux"):
            return Blas("system", f"the system's {library}", f"-l:{library}")
    return None


def _linked(name: str, description: str, library: Path, prefix: str = "") -> Blas:
    stem = library.name.partition(".so")[0].removeprefix("lib")
    folders = [library.parent]
    if library.suffix != ".so":
        # The linker searches for a name without a version.
        folders.append(_unversioned(library, f"lib{stem}.so"))
    return Blas(name, description, f"-l{stem}", prefix, tuple(folders), library)


@once
def _unversioned(library: Path, name: str) -> Path:
    """Return a folder that contains a link with this name to the library."""
    key = hashlib.sha256(str(library).encode()).hexdigest()[:16]
    folder = cache_folder(executable=True) / f"blas-{key}"
    make_private(folder)
    if not (folder / name).exists():
        temporary = folder / f"{name}.{secrets.token_hex(8)}"
        temporary.symlink_to(library)
        temporary.replace(folder / name)
    return folder
