"""Memory budgets of tables.

A small file can contain a large table: compressed text, repeated values of parquet, an image of
one colour. Every reader checks its table against a budget before it allocates memory.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from autoenc.tables.table import TableError

# Use half of the free memory; the rest is for the model and for copies of the rows.
SHARE = 2
# Assumed free memory if the system does not report it.
UNKNOWN = 8 << 30
_MEMINFO = Path("/proc/meminfo")
_GROUPS = Path("/proc/self/cgroup")
_GROUP_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Budget:
    """Maximum memory for the table of one file.

    Attributes
    ----------
    path : path
        The file, for messages.
    limit : int
        Bytes.

    Examples
    --------
    >>> budget = Budget("a.csv.gz", 1_000)
    >>> budget.check(800)
    >>> budget.check(80_000_000_000)
    Traceback (most recent call last):
        ...
    autoenc.tables.table.TableError: a.csv.gz: the table needs 80 GB of memory, but at most 1 kB
    may be used; read fewer columns or rows, or store it as an .npy file of float32, which is not
    loaded into memory.
    """

    path: str | os.PathLike[str]
    limit: int

    @classmethod
    def of(cls, path: str | os.PathLike[str], max_bytes: int | None) -> Budget:
        """Return a budget of `max_bytes`, by default half of the free memory."""
        if max_bytes is None:
            free = available_memory()
            max_bytes = UNKNOWN if free is None else free // SHARE
        return cls(path, max_bytes)

    def check(self, n_bytes: int, what: str = "the table") -> None:
        """Raise TableError if a size exceeds the limit."""
        if n_bytes > self.limit:
            raise TableError(
                f"{self.path}: {what} needs {readable_size(n_bytes)} of memory, but at most "
                f"{readable_size(self.limit)} may be used; read fewer columns or rows, or store "
                "it as an .npy file of float32, which is not loaded into memory."
            )


def available_memory() -> int | None:
    """Return the number of bytes of memory that this process can still allocate.

    Returns
    -------
    int or None
        The smaller of the free memory of the machine and the rest of the container's limit
        (control group); None if the system does not report it.
    """
    known = [free for free in (_free_memory(), *_group_memory()) if free is not None]
    return min(known) if known else None


def readable_size(n_bytes: int) -> str:
    """Return a size in decimal units.

    >>> readable_size(1_500), readable_size(20_300_000_000)
    ('1.5 kB', '20.3 GB')
    """
    size, units = float(n_bytes), ["bytes", "kB", "MB", "GB", "TB", "PB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.3g} {units[0]}"


def _free_memory() -> int | None:
    try:
        for line in _MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return None
    except (OSError, ValueError, IndexError):
        return None


def _group_memory() -> list[int | None]:
    """Return the remaining memory of this process's control group, and of each group above it."""
    try:
        lines = _GROUPS.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    own = next((line[3:].lstrip("/") for line in lines if line.startswith("0::")), "")
    if ".." in Path(own).parts:
        own = ""
    folder = _GROUP_ROOT / own
    return [_left_in(group) for group in (folder, *folder.parents) if _is_group(group)]


def _is_group(folder: Path) -> bool:
    return folder.is_relative_to(_GROUP_ROOT)


def _left_in(group: Path) -> int | None:
    try:
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        stat = (group / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):  # no such file, or "max"
        return None
    # The kernel releases cached files when memory is short.
    cached = sum(int(line.split()[1]) for line in stat if line.startswith("inactive_file "))
    return max(0, limit - used + cached)
