"""The headers of PyTensor's C modules, compiled once.

GCC takes longer to compile the headers of a module than its code: a module takes about 0.9 s on a
core of 2023, and 0.55 s with precompiled headers and without the debugging information that
PyTensor requests. A first fit compiles five to thirty modules.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytensor
from pytensor import config
from pytensor.link.c.cmodule import GCC_compiler, std_include_dirs

from autoenc.backends.c.compiler import compiler_version
from autoenc.backends.cpu import cpu_kind
from autoenc.files import atomic_write
from autoenc.folders import cache_folder, make_private
from autoenc.threads import once

logger = logging.getLogger(__name__)

# Headers that the modules include, in this order.
HEADERS = """\
#include <Python.h>
#include <iostream>
#include "pytensor_mod_helper.h"
#include <math.h>
#include <algorithm>
#include <vector>
#include <numpy/npy_math.h>
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
"""
_NAME = "headers.h"
_NO_DEBUGGING = "-g0"


@once
def with_compiled_headers(flags: str) -> str:
    """Return a compiler's flags with those that include the precompiled headers.

    Parameters
    ----------
    flags : str
        Value of PyTensor's ``gcc__cxxflags``, which is set when this is called.

    Returns
    -------
    str
        The flags, unchanged if the compiler is not GCC on Linux. If the headers cannot be
        compiled, they are not included, and the reason is logged.

    Notes
    -----
    If a module is compiled with other flags, GCC ignores the precompiled headers and reads their
    text.
    """
    version = compiler_version(config.cxx)
    if not sys.platform.startswith("linux") or "clang" in version:
        return flags
    flags = f"{flags} {_NO_DEBUGGING}"
    command = [*shlex.split(config.cxx), *GCC_compiler.compile_args(), _NO_DEBUGGING]
    command += ["-fvisibility=hidden"]
    versions = (version, cpu_kind(), sys.version, np.__version__, pytensor.__version__)
    # Folders of headers are left out: virtual environments with these versions share the headers.
    key = hashlib.sha256("\n".join([HEADERS, *command, *versions]).encode()).hexdigest()[:16]
    command += [f"-I{folder}" for folder in std_include_dirs()]
    try:
        header = cache_folder(executable=True) / f"headers-{key}" / _NAME
        _compile(header, command)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or error
        logger.info("headers are compiled with each module: %s", reason)
        return flags
    # PyTensor splits flags at spaces, even within quotes.
    return flags if " " in str(header) else f"{flags} -include {header}"


def _compile(header: Path, command: list[str]) -> None:
    compiled = Path(f"{header}.gch")
    if header.exists() and compiled.exists():
        return
    make_private(header.parent)
    with atomic_write(header) as temporary:
        temporary.write_text(HEADERS, encoding="utf-8")
    with atomic_write(compiled) as temporary:
        _run([*command, "-x", "c++-header", str(header), "-o", str(temporary)])
    try:
        _try(header, command)
    except subprocess.CalledProcessError:
        compiled.unlink()
        raise


def _try(header: Path, command: list[str]) -> None:
    """Compile a module with the headers, because GCC cannot map them to memory on some systems."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "trial.cpp"
        source.write_text("int trial() { return NPY_VERSION; }\n", encoding="utf-8")
        how = ["-Winvalid-pch", "-Werror", "-include", str(header), "-c", str(source)]
        _run([*command, *how, "-o", os.devnull])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
