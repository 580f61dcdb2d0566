"""The compiler's flags for this processor, found once.

PyTensor asks the compiler which flags stand for ``-march=native``, and compiles and runs a small
program with them. It does so in every process, even if all modules are compiled.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
from pathlib import Path

import pytensor
from pytensor import config
from pytensor.link.c.cmodule import GCC_compiler

from autoenc.backends.c.compiler import compiler_version
from autoenc.backends.cpu import cpu_kind
from autoenc.files import atomic_write
from autoenc.folders import cache_folder
from autoenc.threads import once

logger = logging.getLogger(__name__)

# For several kinds of processors with registers of 512 bits, compilers prefer 256 bits. They would
# compute the kernels' tiles number by number, and twice as many exponentials and logarithms.
WIDE_VECTORS = ("-mprefer-vector-width=512",) if platform.machine() in ("x86_64", "AMD64") else ()


@once
def set_processor_flags() -> None:
    """Set the flags of PyTensor's compiler for this processor; search for them if needed.

    The flags are stored in the cache folder by compiler, processor and PyTensor version. If none
    of them work, nothing is stored, because the reason may be a full disk. Call this while
    ``config.gcc__cxxflags`` is set: if it contains ``-march``, PyTensor adds no flags.
    """
    if GCC_compiler.march_flags is not None or "-march=" in config.gcc__cxxflags:
        return
    path = cache_folder(executable=True) / f"processor-{_key()}.json"
    stored = _read(path)
    GCC_compiler.march_flags = stored
    if stored is None and (found := _search()):
        _write(path, found)


def _search() -> list[str] | None:
    GCC_compiler.compile_args()
    flags: list[str] | None = GCC_compiler.march_flags
    return flags


def _key() -> str:
    parts = (config.cxx, compiler_version(config.cxx), cpu_kind(), pytensor.__version__)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _read(path: Path) -> list[str] | None:
    """Return the stored flags; None if the file is missing or is not a list of strings."""
    try:
        flags = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_list = isinstance(flags, list) and all(isinstance(flag, str) for flag in flags)
    return flags if is_list else None


def _write(path: Path, flags: list[str]) -> None:
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(flags), encoding="utf-8")
    except OSError as error:
        logger.info("each process searches for the processor's flags: %s", error)
