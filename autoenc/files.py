"""Writing files so that a good one is never lost to a bad one.

>>> import tempfile, pathlib
>>> path = pathlib.Path(tempfile.mkdtemp()) / "numbers.txt"
>>> with atomic_write(path) as temporary:
...     _ = temporary.write_text("1 2 3")
>>> path.read_text()
'1 2 3'
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file that appears whole or not at all.

    Parameters
    ----------
    path : path
        Where the file shall be. Its folder is made if it is not there.

    Yields
    ------
    Path
        A temporary file in the same folder, with the same suffix, to write to. When the
        body ends without an error it is flushed to the disk and takes the name `path`;
        otherwise it is removed, and whatever was at `path` stays. A link at `path` keeps
        being one: the file that it leads to is replaced.

    Raises
    ------
    OSError
        If the file cannot be written, or something at `path` is not a file.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is there and is not a file; give the path of a file.")
    _make_folder(path.parent)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name[:100]}.", suffix="".join(path.suffixes)[-20:]
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _flush(temporary)
        # mkstemp makes files that only their owner may read.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f"the folder {folder} cannot be made: a part of that path is a file."
        ) from error


def _flush(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # folders cannot be opened on Windows
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
