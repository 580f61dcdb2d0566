"""Formats of files, identified by their suffixes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from autoenc.tables.table import TableError

FOLDER = "folder"
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".npy": "npy",
    ".npz": "npz",
    ".idx": "idx",
    ".pkl": "pickle",
}
# Formats that may be gzipped.
_GZIPPED = ("csv", "idx", "pickle")
_IDX_NAME = re.compile(r"[-.]idx\d-ubyte$")


def known_formats() -> str:
    """Return the suffixes of all formats, for messages and help.

    Returns
    -------
    str
        A list for a sentence.

    Examples
    --------
    >>> known_formats()
    '.csv, .tsv, .parquet, .npy, .npz, .idx, .pkl (.csv, .tsv, .idx, .pkl also .gz) or a folder
    of images'
    """
    gzipped = ", ".join(suffix for suffix, name in _FORMATS.items() if name in _GZIPPED)
    return f"{', '.join(_FORMATS)} ({gzipped} also .gz) or a folder of images"


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format of a path.

    Parameters
    ----------
    path : path
        Path of a file or folder, which need not exist.

    Returns
    -------
    {"csv", "parquet", "npy", "npz", "idx", "pickle", "folder"}
        The format; ``"folder"`` for an existing folder, and for a name without a suffix.

    Raises
    ------
    TableError
        If the suffix is not known.

    Examples
    --------
    >>> format_of("people.csv.gz"), format_of("train-images-idx3-ubyte"), format_of("faces")
    ('csv', 'idx', 'folder')
    """
    path = Path(path)
    name = path.name.lower()
    plain = name.removesuffix(".gz")
    found = "idx" if _IDX_NAME.search(plain) else _FORMATS.get(Path(plain).suffix)
    if path.is_dir() or (found is None and not path.suffix and not path.is_file()):
        return FOLDER
    if found is None or (plain != name and found not in _GZIPPED):
        raise TableError(f"{path}: the suffix is not known; expected {known_formats()}.")
    return found


def is_gzipped(path: str | os.PathLike[str]) -> bool:
    """Return whether the suffix is that of a gzipped file."""
    return Path(path).name.lower().endswith(".gz")
