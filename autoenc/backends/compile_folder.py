"""The folder of a backend's compiled modules."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytensor
from filelock import Timeout
from pytensor import config
from pytensor.compile import compilelock

from autoenc.backends.cpu import cpu_kind
from autoenc.configuration import Settings
from autoenc.folders import cache_folder, expand, make_private

Result = TypeVar("Result")

# Seconds to wait for another process before a line says so.
PATIENCE = 30

_apart: set[str] = set()


def compile_folder(settings: Settings, *flags: str, executable: bool) -> Path:
    """Return the folder for modules compiled with these flags; create it if needed.

    Modules for another processor, Python, NumPy or PyTensor are in another folder.

    Parameters
    ----------
    settings : Settings
        Settings, which may name the user's own folder.
    *flags : str
        Other properties on which the modules depend.
    executable : bool
        Whether libraries will be loaded from it.

    Raises
    ------
    FolderError
        If the folder cannot be used.
    """
    versions = [cpu_kind(), sys.version, np.__version__, pytensor.__version__]
    key = "\n".join([*flags, *versions, *sorted(_apart)])
    given = settings.base_compiledir
    base = expand(given) if given else cache_folder(executable=executable)
    folder = base / f"compiled-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    make_private(folder)
    return folder


def keep_apart(name: str) -> None:
    """Use a compile folder that is shared only by processes with the same names.

    PyTensor's key of a module is a pickle of its operation. A process that reads the folder
    unpickles all keys, and so imports the modules that define the operations. Call this before
    anything is compiled.
    """
    _apart.add(name)


def user_chose_folder() -> bool:
    """Return whether PyTensor's own flags name a folder."""
    return not config._config_var_dict["base_compiledir"].is_default


def waiting_for_others(compiled: Callable[[], Result]) -> Result:
    """Call a function that compiles, again for as long as another process locks the folder.

    PyTensor raises an error if it has waited for a time. The other process may be compiling for a
    long time, or be suspended. The system unlocks the folder if it ends, however it ends.

    Parameters
    ----------
    compiled : callable
        Function without arguments. Modules that it has compiled are found when it is called again.
    """
    has_said_so = False
    while True:
        try:
            return compiled()
        except Timeout as error:
            # PyTensor would no longer lock a folder for which it has waited in vain.
            compilelock.local_mem._locks.clear()
            if not has_said_so:
                has_said_so = True
                print(
                    f"autoenc: waiting for another process that compiles; it locks "
                    f"{error.lock_file}. If that process is suspended, resume or end it.",
                    file=sys.stderr,
                )
