"""The folder of a backend's compiled modules."""

from __future__ import annotations

import hashlib
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

# Seconds to wait for another process at a time, and how many times before a line says so.
PATIENCE, SILENT_WAITS = 10, 3

_apart: set[str] = set()
_of_thread = threading.local()


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
    for n_waits in itertools.count(1):
        try:
            return compiled()
        except Timeout as error:
            # PyTensor would no longer lock a folder for which it has waited in vain.
            compilelock.local_mem._locks.clear()
            if n_waits == SILENT_WAITS:
                print(
                    f"autoenc: waiting for another process that compiles; it locks "
                    f"{error.lock_file}. If that process is suspended, resume or end it.",
                    file=sys.stderr,
                )
            for check in getattr(_of_thread, "checks", ()):
                check()
    raise AssertionError("count never ends")


@contextmanager
def checking_while_waiting(check: Callable[[], None]) -> Iterator[None]:
    """Call a function from time to time if this thread waits; it may raise an exception."""
    before = getattr(_of_thread, "checks", ())
    _of_thread.checks = (*before, check)
    try:
        yield
    finally:
        _of_thread.checks = before
