"""The folder of a backend's compiled modules."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytensor
from pytensor import config

from autoenc.backends.cpu import cpu_kind
from autoenc.configuration import Settings
from autoenc.folders import cache_folder, expand, make_private

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
