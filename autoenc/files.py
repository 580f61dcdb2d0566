"""Writing files so that a good one is never lost to a bad one.

>>> import tempfile, pathlib
>>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.txt"
>>> with atomic_write(path) as temporary:
...     _ = temporary.write_text("1 2 3")
>>> path.read_text()
'1 2 3'
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = ".unfinished"
"""What the names of temporary files have in common."""

# What goes wrong with the disk is about the file that is written, and says so.
_DISK_TROUBLE = {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EROFS}


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file that appears whole or not at all.

    A process that is killed leaves its temporary file behind. The next one that writes the
    same path removes it: writers hold a lock on theirs, which the system releases when they
    end in whatever way.

    Parameters
    ----------
    path : path
        Where the file shall be. Its folder is made if it is not there.

    Yields
    ------
    Path
        A temporary file in the same folder, with the same suffix, to write to. When the
        body ends without an error it is flushed to the disk and takes the name `path`, with
        the permissions of what it replaces; otherwise it is removed, and whatever was at
        `path` stays. A link at `path` keeps being one: the file that it leads to is replaced.

    Raises
    ------
    OSError
        If the file cannot be written, or something at `path` is not a file.
    PermissionError
        If the folder, or the file at `path`, may not be written to.
    """
    target = Path(path).resolve()
    _check(target)
    _make_folder(target.parent)
    _remove_litter(target)
    temporary, lock = _create(target)
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(target)
        _flush(target.parent)
    except OSError as error:
        if error.errno in _DISK_TROUBLE and error.filename in (None, str(temporary)):
            error.filename = str(target)
        raise
    finally:
        # Whatever went wrong before is what has to be heard of.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


def _check(target: Path) -> None:
    if target.exists() and not target.is_file():
        raise OSError(f"{target} is there and is not a file; give the path of a file.")
    # A rename asks for no permission to write the file that it replaces.
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(
            errno.EACCES, "the file is protected from writing; it stays as it is", str(target)
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f"the folder {folder} cannot be made: a part of that path is a file."
        ) from error


def _create(target: Path) -> tuple[Path, int | None]:
    """Return a new, empty file beside the target, and the handle that locks it."""
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    while True:
        name = f"{_prefix(target)}{secrets.token_hex(4)}{UNFINISHED}"
        temporary = target.with_name(name + "".join(target.suffixes)[-20:])
        try:
            handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode or 0o666)
        except FileExistsError:
            continue
        except OSError as error:
            error.filename = str(target)
            raise
        if mode is not None:
            with suppress(OSError):  # some file systems have no permissions
                temporary.chmod(mode)
        if sys.platform == "win32":  # where an open file can be neither renamed nor removed
            os.close(handle)
            return temporary, None
        with suppress(OSError):  # some network file systems have no locks
            _lock(handle, wait=True)
        # Before it was locked, another writer may have taken it for litter.
        if os.fstat(handle).st_nlink:
            return temporary, handle
        os.close(handle)


def _prefix(target: Path) -> str:
    # A name may have 255 bytes, and the temporary one is longer.
    return f".{os.fsencode(target.name)[:100].decode(errors='ignore')}."


def _remove_litter(target: Path) -> None:
    """Remove the temporary files of this target whose writers are dead."""
    if sys.platform == "win32":
        return
    ours = re.compile(re.escape(_prefix(target)) + "[0-9a-f]{8}" + re.escape(UNFINISHED) + ".*")
    with suppress(OSError):
        for entry in list(os.scandir(target.parent)):
            if ours.fullmatch(entry.name):
                _remove_unlocked(Path(entry.path))


def _remove_unlocked(path: Path) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            _lock(handle, wait=False)
            path.unlink()
        finally:
            os.close(handle)


def _lock(handle: int, *, wait: bool) -> None:
    import fcntl

    fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _flush(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # folders cannot be opened on Windows
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
