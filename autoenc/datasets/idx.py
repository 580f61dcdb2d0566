"""IDX, the format in which MNIST was published: a short header followed by one array.

The header is two zero bytes, a code for the type of the numbers, the number of
dimensions, and each dimension as a big-endian 32-bit integer.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "digits-idx1-ubyte")
...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3]) + bytes([5, 0, 4]))
...     read_idx(path)
array([5, 0, 4], dtype=uint8)
"""

import gzip
import io
import math
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoenc.datasets.errors import DatasetFormatError
from autoenc.datasets.gzipped import open_stream

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMENSIONS = 32
_CHUNK = 1 << 20
# Maximum compression ratio of deflate: a gzipped file of n bytes contains at most 1032 n bytes.
_MAX_DEFLATE_RATIO = 1032


def read_idx(
    path: str | os.PathLike[str],
    *,
    shape: tuple[int, ...] | None = None,
    max_bytes: int | None = None,
) -> NDArray[Any]:
    """Read an IDX file, gzipped or not.

    Parameters
    ----------
    path : str or path-like
        The file.
    shape : tuple of int, optional
        Expected shape of the array.
    max_bytes : int, optional
        Maximum size of the array. By default, it is limited by the size of the file only.

    Returns
    -------
    ndarray
        Array of uint8, int8, int16, int32, float32 or float64 in native byte order, C-contiguous
        and writable.

    Raises
    ------
    DatasetFormatError
        If the header is not an IDX header, if the shape is not the expected one, or if the length
        of the file contradicts its header. No memory is allocated for numbers that the file cannot
        contain.

    Examples
    --------
    See the top of this module.
    """
    path = Path(path)
    with open_stream(path) as stream:
        dtype, found = _read_header(stream, path)
        if shape is not None and found != shape:
            raise DatasetFormatError(f"{path}: the array has shape {found}; expected {shape}.")
        _check_length(path, found, dtype, packed=isinstance(stream, gzip.GzipFile))
        n_bytes = math.prod(found) * dtype.itemsize
        if max_bytes is not None and n_bytes > max_bytes:
            raise DatasetFormatError(
                f"{path}: the array has {n_bytes} bytes, more than the {max_bytes} allowed."
            )
        raw = _read_numbers(stream, n_bytes, path)
    array = np.ndarray(found, dtype, raw)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_header(stream: io.BufferedIOBase, path: Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES:
        raise DatasetFormatError(
            f"{path}: not an IDX file: it begins with {magic!r}; expected two zero bytes, "
            "a type code and the number of dimensions."
        )
    n_dimensions = magic[3]
    if not 1 <= n_dimensions <= _MAX_DIMENSIONS:
        raise DatasetFormatError(
            f"{path}: the IDX header promises {n_dimensions} dimensions; expected 1 to "
            f"{_MAX_DIMENSIONS}."
        )
    sizes = stream.read(4 * n_dimensions)
    if len(sizes) < 4 * n_dimensions:
        raise DatasetFormatError(f"{path}: the file ends within its IDX header; get it again.")
    return np.dtype(_DTYPES[magic[2]]), struct.unpack(f">{n_dimensions}I", sizes)


def _check_length(
    path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], *, packed: bool
) -> None:
    """Raise an error if the header states more than the file can contain."""
    promised = 4 + 4 * len(shape) + math.prod(shape) * dtype.itemsize
    on_disk = path.stat().st_size
    possible = promised <= on_disk * _MAX_DEFLATE_RATIO if packed else promised == on_disk
    # NumPy computes the strides of an empty array from its other dimensions.
    strides = math.prod(max(n, 1) for n in shape) * dtype.itemsize
    if not possible or strides > np.iinfo(np.intp).max:
        raise DatasetFormatError(
            f"{path}: the IDX header promises {promised} bytes for shape {shape}, "
            f"but the file has {on_disk}{' gzipped' if packed else ''}; get it again."
        )


def _read_numbers(stream: io.BufferedIOBase, n_bytes: int, path: Path) -> bytearray:
    # Allocate memory as data arrives: a gzipped file may contain less than its size allows.
    raw = bytearray()
    while len(raw) < n_bytes:
        chunk = stream.read(min(_CHUNK, n_bytes - len(raw)))
        if not chunk:
            raise DatasetFormatError(
                f"{path}: cut short: the IDX header promises {n_bytes} bytes of numbers, "
                f"but there are {len(raw)}; get it again."
            )
        raw += chunk
    # Reading to the end makes gzip check its checksum.
    if stream.read(1):
        raise DatasetFormatError(
            f"{path}: there is more data than the IDX header promises; get it again."
        )
    return raw
