"""Writing of files that never damages an existing file.

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
"""Part of the name of every temporary file."""

# Errors of the disk, which concern the file being written. Their messages name it.
_DISK_ERRORS = {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EROFS}
# Errors of systems and file systems that cannot flush a folder.
_CANNOT_FLUSH = {errno.EACCES, errno.EBADF, errno.EINVAL, errno.ENOTSUP, errno.EPERM}
_ZEROS = bytes(1 << 20)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file completely or not at all.

    A process that is killed leaves its temporary file behind. The next process that writes to the
    same path removes it: each writer holds a lock on its temporary file, and the system releases
    the lock when the writer ends.

    Parameters
    ----------
    path : path
        Path of the file. Its folder is created if it does not exist.

    Yields
    ------
    Path
        A temporary file in the same folder, with the same suffix. If the body succeeds, the
        temporary file is flushed to the disk and renamed to `path`; it takes the permissions
        and, where the system allows it, the owner of the file that it replaces. If the body
        fails, the temporary file is removed and `path` is unchanged. If `path` is a link, the
        file that it points to is replaced.

    Raises
    ------
    OSError
        If the file cannot be written, or `path` exists and is not a regular file.
    PermissionError
        If the folder or the existing file is write-protected.
    """
    target = resolved(path)
    _check(target)
    _make_folder(target.parent)
    _remove_litter(target)
    temporary, lock = _create(target)
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(target)
        _flush_folder(target.parent)
    except OSError as error:
        if error.errno in _DISK_ERRORS and error.filename in (None, str(temporary)):
            error.filename = str(target)
        raise
    finally:
        # An error of the clean-up must not hide an earlier error.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


def check_writable(path: str | os.PathLike[str], n_bytes: int = 0) -> None:
    """Check that `atomic_write` can write a file, before the work that computes its content.

    Parameters
    ----------
    path : path
        Path of the file. Its folder is created if it does not exist.
    n_bytes : int, default 0
        Expected size. A trial file of this size is written and removed again.

    Raises
    ------
    OSError
        If the file could not be written. `path` is unchanged in any case.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_writable(Path(folder, "model.safetensors"), n_bytes=1_000)
    ...     list(Path(folder).iterdir())
    []
    """
    target = resolved(path)
    _check(target)
    _make_folder(target.parent)
    temporary, lock = _create(target)
    try:
        _fill(temporary, n_bytes)
    except OSError as error:
        error.filename = str(target)
        raise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


def resolved(path: str | os.PathLike[str]) -> Path:
    """Return the file to which a path leads, with links followed.

    Raises
    ------
    OSError
        If links form a loop.
    """
    try:
        return Path(path).resolve()
    except RuntimeError as error:  # raised for a loop before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def path_of_layer(path: str | os.PathLike[str], number: int) -> Path:
    """Return the path of a layer of a stack, from the path of a file of the whole stack.

    >>> print(path_of_layer("run.ckpt", 2))
    run.layer_2.ckpt
    """
    path = Path(path)
    return path.with_name(f"{path.stem}.layer_{number}{path.suffix}")


def _check(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_file():
        raise OSError(f"{target} exists and is not a regular file; choose another path.")
    # Renaming needs no permission to write to the file that is replaced.
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is write-protected", str(target))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f"the folder {folder} cannot be created: a part of that path is a file."
        ) from error


def _create(target: Path) -> tuple[Path, int | None]:
    """Return a new, empty file next to the target, and the handle that locks it."""
    replaced = target.stat() if target.exists() else None
    while True:
        name = f"{_prefix(target)}{secrets.token_hex(4)}{UNFINISHED}"
        temporary = target.with_name(name + "".join(target.suffixes)[-20:])
        try:
            handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, _first_mode(replaced))
        except FileExistsError:
            continue
        except OSError as error:
            error.filename = str(target)
            raise
        if sys.platform != "win32":  # Windows has no such locks
            with suppress(OSError):  # nor do some network file systems
                _lock(handle, wait=True)
        # Another writer may have removed the file as litter before it was locked.
        if not os.fstat(handle).st_nlink:
            os.close(handle)
            continue
        if replaced is not None:
            _copy_owner_and_mode(replaced, temporary)
        if sys.platform == "win32":  # an open file can be neither renamed nor removed there
            os.close(handle)
            return temporary, None
        return temporary, handle


def _first_mode(replaced: os.stat_result | None) -> int:
    # Nobody else may read the file until it has the owner and mode of the file that it replaces.
    return 0o666 if replaced is None else 0o600


def _copy_owner_and_mode(replaced: os.stat_result, temporary: Path) -> None:
    mode = stat.S_IMODE(replaced.st_mode)
    own = temporary.stat()
    if (own.st_uid, own.st_gid) != (replaced.st_uid, replaced.st_gid):
        try:
            os.chown(temporary, replaced.st_uid, replaced.st_gid)
        except (OSError, AttributeError):  # only root may change it, and Windows has no owners
            mode &= 0o777  # set-user-ID would give the file the rights of the wrong user
    with suppress(OSError):  # some file systems have no permissions
        temporary.chmod(mode)


def _fill(path: Path, n_bytes: int) -> None:
    """Write zeros to a file. A sparse file would not reveal a full disk."""
    with path.open("r+b", buffering=0) as file:
        for start in range(0, n_bytes, len(_ZEROS)):
            part = _ZEROS[: n_bytes - start]
            if file.write(part) != len(part):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _prefix(target: Path) -> str:
    # A name may have at most 255 bytes, and the temporary name is longer than that of the target.
    return f".{os.fsencode(target.name)[:100].decode(errors='ignore')}."


def _remove_litter(target: Path) -> None:
    """Remove the temporary files of this target whose writers have died."""
    if sys.platform == "win32":
        return
    ours = re.compile(re.escape(_prefix(target)) + "[0-9a-f]{8}" + re.escape(UNFINISHED) + ".*")
    with suppress(OSError):
        for entry in list(os.scandir(target.parent)):
            if ours.fullmatch(entry.name):
                _remove_unlocked(Path(entry.path))


def _remove_unlocked(path: Path) -> None:
    with suppress(OSError):
        # Without O_NONBLOCK, opening a pipe with that name would wait for its other end.
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            _lock(handle, wait=False)
            path.unlink()
        finally:
            os.close(handle)


def _lock(handle: int, *, wait: bool) -> None:
    import fcntl

    fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _flush(path: Path) -> None:
    # Windows flushes only files that are open for writing.
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    """Flush the folder's entry of a renamed file, if the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise


def is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Return whether two paths lead to the same file, which need not exist.

    >>> is_same_file("rows.npy", "./rows.npy")
    True
    """
    try:
        return Path(one).samefile(other)
    except OSError:  # one of the files does not exist
        return resolved(one) == resolved(other)
