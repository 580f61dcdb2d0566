"""Private and usable folders for compiled code, also for users without a home folder.

Compiled code is executed without further checks. It is therefore stored only in a folder that
belongs to the user and to which nobody else can write. If there is no such folder, a temporary one
is used, which is removed when the process ends.

>>> folder = cache_folder()
>>> folder.is_dir()
True
"""

from __future__ import annotations

import atexit
import mmap
import os
import shutil
import stat
import tempfile
import threading
import warnings
from pathlib import Path

SPACE_NEEDED = 96 * 2**20
"""Free bytes that a folder needs to be used: compiled headers take 43 MB, modules 20 MB."""


class FolderError(OSError):
    """Error raised if a folder cannot be used for compiled code; the message gives the reason."""


def expand(path: str | os.PathLike[str]) -> Path:
    """Expand ``~`` if the home folder is known; otherwise return the path unchanged.

    `pathlib.Path.expanduser` raises for a user without HOME and without an account entry,
    which is common in containers.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def cache_folder(*, executable: bool = False) -> Path:
    """Return the folder for compiled code, and create it if needed.

    Parameters
    ----------
    executable : bool
        Whether libraries will be loaded from it.

    Returns
    -------
    Path
        ``$XDG_CACHE_HOME/autoenc`` (``~/.cache/autoenc`` by default), with mode 0700. If it
        cannot be used, a temporary folder; a warning names the reason once per process.

    Raises
    ------
    FolderError
        If neither can be used.
    """
    wanted = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    with _lock:
        key = (wanted, executable)
        if key not in _chosen:
            _chosen[key] = _choose(wanted, executable)
        return _chosen[key]


def temporary_folder() -> Path:
    """Return a folder that is removed when this process ends; the same one at each call."""
    with _lock:
        if os.getpid() not in _temporary:
            folder = Path(tempfile.mkdtemp(prefix="autoenc-"))
            _temporary[os.getpid()] = folder
            atexit.register(_remove, folder, os.getpid())
        return _temporary[os.getpid()]


def make_private(folder: Path) -> None:
    """Create a folder with mode 0700, or check that an existing one is private.

    Raises
    ------
    FolderError
        If it cannot be created, belongs to another user or can be written to by others.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        found = [folder.lstat(), folder.stat()]
    except OSError as error:
        raise FolderError(f"{folder} cannot be created ({error.strerror or error})") from error
    if not hasattr(os, "geteuid"):  # on Windows, folders of the profile are private already
        return
    if any(entry.st_uid != os.geteuid() for entry in found):
        raise FolderError(f"{folder} belongs to another user")
    if found[1].st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise FolderError(f"{folder} can be written to by other users; remove it")
    if stat.S_IMODE(found[1].st_mode) != 0o700:
        folder.chmod(0o700)


def check_usable(folder: Path, *, executable: bool = False) -> None:
    """Check that files can be written to a folder and, if requested, executed from it.

    Raises
    ------
    FolderError
        If the folder is read-only, full or mounted with ``noexec``.
    """
    try:
        if (free := shutil.disk_usage(folder).free) < SPACE_NEEDED:
            raise FolderError(f"the disk of {folder} is full ({free // 2**20} MB are free)")
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".trial-") as file:
            file.write(b"\0" * mmap.PAGESIZE)
            file.flush()
            if executable and hasattr(mmap, "PROT_EXEC"):
                _map_for_execution(file.fileno(), folder)
    except FolderError:
        raise
    except OSError as error:
        raise FolderError(f"{folder} cannot be written to ({error.strerror or error})") from error


_lock = threading.RLock()
_chosen: dict[tuple[str, bool], Path] = {}
_temporary: dict[int, Path] = {}
_warned: set[str] = set()

if hasattr(os, "register_at_fork"):
    # In a child of fork, the thread that may have held the lock does not exist.
    os.register_at_fork(after_in_child=lambda: globals().update(_lock=threading.RLock()))


def _choose(wanted: str, executable: bool) -> Path:
    try:
        return _usable(_below(wanted), executable)
    except FolderError as error:
        reason = str(error)
    folder = temporary_folder()
    check_usable(folder, executable=executable)
    if reason not in _warned:
        _warned.add(reason)
        warnings.warn(
            f"{reason}, so compiled code goes to the temporary folder {folder} and must be "
            "compiled again by every process. Set XDG_CACHE_HOME to a folder of your own to "
            "keep it.",
            stacklevel=4,
        )
    return folder


def _below(wanted: str) -> Path:
    folder = expand(wanted)
    if folder.parts[:1] == ("~",):
        raise FolderError("there is no home folder")
    return folder.absolute() / "autoenc"


def _usable(folder: Path, executable: bool) -> Path:
    make_private(folder)
    check_usable(folder, executable=executable)
    return folder


def _map_for_execution(handle: int, folder: Path) -> None:
    try:
        mmap.mmap(handle, mmap.PAGESIZE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()
    except PermissionError as error:
        raise FolderError(f"{folder} does not allow files to be executed (noexec)") from error


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
