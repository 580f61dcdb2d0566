"""Check by one small compilation whether C code can be compiled and loaded here.

A compiler alone is not enough. Debian's ``build-essential`` comes without Python's headers, and
folders may be read-only, full or mounted with ``noexec``.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
from pytensor import config

from autoenc.configuration import has_python_headers
from autoenc.files import atomic_write
from autoenc.folders import FolderError, cache_folder
from autoenc.threads import once

logger = logging.getLogger(__name__)

# Requirements of PyTensor's modules: headers of Python and NumPy, and the C++ library.
TRIAL = """
#include <Python.h>
#include <numpy/arrayobject.h>
#include <vector>
extern "C" int autoenc_trial() { return (int)std::vector<int>(3, NPY_VERSION).size(); }
"""


def compiler_trouble() -> str | None:
    """Return why C code cannot be compiled here and what to install; None if it can.

    A success is stored in the cache folder, by compiler, Python and NumPy. A failure is stored
    only in the process, so that installing what is missing is enough.
    """
    if not config.cxx:
        if shutil.which("g++") and not has_python_headers():
            return _explain("g++", "Python.h")
        return "there is no C++ compiler (Debian: apt install g++ python3-dev)"
    return _trouble_of(config.cxx)


@once
def compiler_version(cxx: str) -> str:
    """Return the first line of what ``cxx --version`` prints."""
    if not cxx:
        return ""
    result = subprocess.run(
        [*shlex.split(cxx), "--version"], capture_output=True, text=True, check=False
    )
    return result.stdout.partition("\n")[0]


@once
def _trouble_of(cxx: str) -> str | None:
    try:
        folder = cache_folder(executable=True)
        library = folder / f"trial-{_key(cxx)}.so"
        if not library.exists():
            _compile(cxx, library)
        ctypes.CDLL(str(library))
    except subprocess.CalledProcessError as error:
        logger.info("trial compilation: %s", error.stderr)
        return _explain(Path(shlex.split(cxx)[0]).name, error.stderr)
    except FolderError as error:
        return f"compiled code cannot be loaded: {error}"
    except OSError as error:
        return f"the C++ compiler {cxx} does not work ({error})"
    return None


def _key(cxx: str) -> str:
    parts = (cxx, compiler_version(cxx), sys.version, np.__version__, *_include_folders(), TRIAL)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _include_folders() -> list[str]:
    return [sysconfig.get_path("include"), np.get_include()]


def _compile(cxx: str, library: Path) -> None:
    headers = [f"-I{folder}" for folder in _include_folders()]
    shared = ["-shared", "-fPIC"]
    if sys.platform == "darwin":
        shared += ["-undefined", "dynamic_lookup"]
    with atomic_write(library) as temporary:
        subprocess.run(
            [*shlex.split(cxx), *shared, *headers, "-x", "c++", "-", "-o", str(temporary)],
            input=TRIAL,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        )


def _explain(compiler: str, output: str) -> str:
    if "Python.h" in output:
        return f"{compiler} finds no Python.h (Debian: apt install python3-dev)"
    errors = [line for line in output.splitlines() if "error" in line] or output.splitlines()[-1:]
    return f"a trial compilation with {compiler} failed: {''.join(errors[:1])[:200]}"
