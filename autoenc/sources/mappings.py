"""Whether a memory map shows the file that its name now refers to.

A map keeps the file that it was opened with, even if another file has been moved to its path.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.sources.reader import Array

# Range of addresses, device, inode and path of a mapping of this process, as Linux lists them.
_LINES = re.compile(r"^(\w+)-(\w+) \S+ \S+ (\w+):(\w+) (\d+) *(.*)$", re.MULTILINE)
# Values that are compared where the system does not list mappings.
_SAMPLED = 4096


def is_mapped_from(array: Array, path: Path, offset: int) -> bool:
    """Return whether the values of a memory map are those of the file at a path.

    Parameters
    ----------
    array : array
        C-contiguous values within the map.
    path : Path
        The path.
    offset : int
        Position of the values in the file.

    Returns
    -------
    bool
        If the system does not list mappings, some of the values are compared.
    """
    if not array.nbytes:
        return True
    try:
        listed = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return _values_agree(array, path, offset)
    address = array.ctypes.data
    for first, last, major, minor, inode, name in _LINES.findall(listed):
        if int(first, 16) <= address < int(last, 16):
            # Some file systems list another device than `stat` returns, so a path is enough.
            found = path.stat()
            device = os.makedev(int(major, 16), int(minor, 16))
            same_file = (device, int(inode)) == (found.st_dev, found.st_ino)
            return same_file or name == os.path.realpath(path)
    return _values_agree(array, path, offset)


def _values_agree(array: Array, path: Path, offset: int) -> bool:
    given: Any = array.reshape(-1).view(np.uint8)
    numbers = np.linspace(0, len(given) - 1, min(len(given), _SAMPLED)).astype(np.int64)
    if path.stat().st_size < offset + len(given):
        return False
    there = np.memmap(path, np.uint8, "r", offset, given.shape)
    return bool((there[numbers] == given[numbers]).all())
