"""NumPy's ``.npz`` archives, read without pickle."""

import math
import os
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from autoenc.datasets.errors import DatasetFormatError

ZIP_MAGIC = b"PK\x03\x04"
MAX_BYTES = 1 << 30
# Maximum compression ratios.
_MAX_RATIOS = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1032}
_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    # Differs only in the encoding of names of fields, which arrays of numbers do not have.
    (3, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(
    path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES
) -> dict[str, NDArray[Any]]:
    """Read all arrays of an ``.npz`` archive.

    Parameters
    ----------
    path : str or path-like
        The archive.
    max_bytes : int, default 2**30
        Maximum size of the unpacked arrays.

    Returns
    -------
    dict of str to ndarray
        Arrays by name.

    Raises
    ------
    DatasetFormatError
        If the archive is damaged, too large, or contains anything but plain arrays. Arrays of
        Python objects are never read.

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
            with zipfile.ZipFile(file) as archive:
                _check_sizes(archive, path.stat().st_size, max_bytes)
                return dict(_read_member(archive, member) for member in archive.infolist())
        # For a damaged archive, zipfile, zlib and NumPy raise many kinds of errors.
        except Exception as error:
            raise DatasetFormatError(
                f"{path}: not a readable .npz archive of plain arrays ({error})"
            ) from error


def _check_sizes(archive: zipfile.ZipFile, on_disk: int, max_bytes: int) -> None:
    """Raise ValueError for members that state sizes which the file cannot contain."""
    members = archive.infolist()
    names = {member.filename for member in members}
    if len(names) < len(members):
        raise ValueError("two of its members have the same name")
    unpacked = sum(member.file_size for member in members)
    if unpacked > max_bytes:
        raise ValueError(f"it unpacks to {unpacked} bytes, more than the {max_bytes} allowed")
    if sum(member.compress_size for member in members) > on_disk:
        raise ValueError("its members overlap")
    for member in members:
        if member.compress_type not in _MAX_RATIOS:
            raise ValueError(f"its member {member.filename!r} is packed in a way NumPy never uses")
        if member.file_size > member.compress_size * _MAX_RATIOS[member.compress_type]:
            raise ValueError(f"its member {member.filename!r} cannot unpack to its stated size")


def read_npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of an array in NumPy's format.

    Parameters
    ----------
    stream : binary stream
        At the start of the array; afterwards at its first number.

    Returns
    -------
    shape : tuple of int
    is_fortran : bool
        Whether the numbers are stored column by column.
    dtype : dtype

    Raises
    ------
    ValueError
        If the header is damaged, or of a version that arrays of numbers do not have.
    """
    version = np.lib.format.read_magic(stream)
    if version not in _HEADER_READERS:
        raise ValueError(f"its format has the version {version[0]}.{version[1]}")
    shape, is_fortran, dtype = _HEADER_READERS[version](stream)
    return shape, is_fortran, dtype


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[str, NDArray[Any]]:
    if not member.filename.endswith(".npy"):
        raise ValueError(f"its member {member.filename!r} is not an array")
    with archive.open(member) as stream:
        shape, _, dtype = read_npy_header(stream)
        promised = math.prod(shape) * dtype.itemsize
        if not dtype.hasobject and stream.tell() + promised != member.file_size:
            raise ValueError(
                f"its member {member.filename!r} states {promised} bytes of numbers, but has "
                f"{member.file_size - stream.tell()}"
            )
        stream.seek(0)
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        # Reading to the end makes zipfile compare its checksum.
        stream.read(1)
    return member.filename.removesuffix(".npy"), array
