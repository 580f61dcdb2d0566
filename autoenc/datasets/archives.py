"""NumPy's ``.npz`` archives, read without pickle."""

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoenc.datasets.errors import DatasetFormatError

ZIP_MAGIC = b"PK\x03\x04"
MAX_BYTES = 1 << 30


def read_npz(
    path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES
) -> dict[str, NDArray[Any]]:
    """Read all arrays of an ``.npz`` archive.

    Parameters
    ----------
    path : str or path-like
        The archive.
    max_bytes : int, default 2**30
        The most bytes that its arrays may unpack to.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    DatasetFormatError
        If the archive is damaged, too large, or holds anything but plain arrays;
        arrays of Python objects are never read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder, "digits.npz"), labels=np.array([5, 0, 4]))
    ...     read_npz(Path(folder, "digits.npz"))
    {'labels': array([5, 0, 4])}
    """
    path = Path(path)
    with path.open("rb") as file:
        try:
            _check_size(zipfile.ZipFile(file), max_bytes)
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                return {name: _array(archive, name) for name in archive.files}
        # A damaged archive makes zipfile, zlib and NumPy raise almost anything.
        except Exception as error:
            raise DatasetFormatError(
                f"{path}: not a readable .npz archive of plain arrays ({error})"
            ) from error


def _check_size(archive: zipfile.ZipFile, max_bytes: int) -> None:
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > max_bytes:
        raise ValueError(f"it unpacks to {unpacked} bytes, more than the {max_bytes} allowed")


def _array(archive: Any, name: str) -> NDArray[Any]:
    array = archive[name]
    if not isinstance(array, np.ndarray):
        # NumPy hands out a member that is no .npy file as bytes.
        raise ValueError(f"its member {name!r} is not an array")
    return array
