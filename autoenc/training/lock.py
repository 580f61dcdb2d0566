"""Locks that reserve a checkpoint for one training run at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autoenc.training.checkpoints import CheckpointError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Reserve a checkpoint for this training run while the body runs.

    The lock is on a separate file next to the checkpoint, because the checkpoint is replaced each
    time it is written. The system releases the lock when the process ends for any reason. File
    systems without locks offer no such protection.

    Raises
    ------
    CheckpointError
        If another run holds the lock.
    """
    beside = path.with_name(f".{path.name}.lock")
    handle = _lock(beside, path)
    try:
        yield
    finally:
        if handle is not None:
            # Remove the file while it is still locked, so that no other run can have locked it.
            with suppress(OSError):
                beside.unlink()
            os.close(handle)


def _lock(beside: Path, path: Path) -> int | None:
    if sys.platform == "win32":
        return None
    import fcntl

    while True:
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # writing the checkpoint will fail, too, and report the reason
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise CheckpointError(
                f"another training run uses the checkpoint {path}; wait for it to end, or give "
                "another path."
            ) from None
        except OSError:
            os.close(handle)
            return None
        if _is_at(handle, beside):
            return handle
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    """Return whether the path is still the locked file, which its last user may have removed."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    locked = os.fstat(handle)
    return (there.st_dev, there.st_ino) == (locked.st_dev, locked.st_ino)
