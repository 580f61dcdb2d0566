"""Rows of objects that support slices: arrays, HDF5, Zarr and similar objects."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.sources.mappings import is_mapped_from
from autoenc.sources.raw import RawFile
from autoenc.sources.reader import Array, Reader, SourceError, copy_values
from autoenc.sources.states import FileStates
from autoenc.sources.stored_arrays import check_numbers, undecided


class Slices:
    """Reader of slices ``rows[first:last]`` of an object; see `Reader`.

    Parameters
    ----------
    rows : object with a length and slices
        Object to read. If it lacks ``shape`` or ``dtype``, they are taken from its first row.
    name : str
        Name for messages.
    piece : int
        Number of rows that must be decoded to read a single row.
    """

    def __init__(self, rows: Any, name: str, piece: int = 1, files: Sequence[Path] = ()) -> None:
        self._rows = rows
        self._name = name
        self.piece = piece
        self.files = files
        self.part = name
        self._states = FileStates(files)
        if hasattr(rows, "shape") and hasattr(rows, "dtype"):
            self.shape, self.dtype = tuple(rows.shape), np.dtype(rows.dtype)
        else:
            first = _numbers(rows[0:1], name)
            self.shape, self.dtype = (len(rows), *first.shape[1:]), first.dtype
        check_numbers(self.shape, self.dtype, name)

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        found = _numbers(self._rows[first : first + len(out)], self._name)
        if found.shape != out.shape:
            raise SourceError(
                f"{self._name} returned an array of shape {found.shape} for rows {first:,} to "
                f"{first + len(out):,}; expected {out.shape}. It has changed, or its slices are "
                "inconsistent with its length."
            )
        copy_values(found, out, self._name)

    def settle(self) -> None:
        """Check files, if rows are known to be in files; see `Reader.settle`."""
        self._states.check()


def read_array(array: Array, name: str) -> Reader:
    """Open an array; a memory map of consecutive rows is read from its file."""
    offset = _offset_in_file(array) if isinstance(array, np.memmap) else None
    if offset is None:
        return Slices(array, name)
    return RawFile(str(array.filename), offset, array.shape, array.dtype)  # type: ignore[attr-defined]


def read_hdf5(path: Path, key: str | None) -> Slices:
    """Open a data set of an HDF5 file.

    Raises
    ------
    SourceError
        If the file does not contain it, or if it contains several data sets and none is named.
    """
    import h5py

    file = h5py.File(path, "r")
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if _is_array(item) else None)
    found = _chosen(file, names, key, path)
    return Slices(found, f"{path}:{found.name}", chunk_rows(found), [path])


def read_zarr(path: Path, key: str | None) -> Slices:
    """Open an array of a Zarr store.

    Raises
    ------
    SourceError
        If the store does not contain it, or if it contains several arrays and none is named.
    """
    import zarr

    found: Any = zarr.open(str(path), mode="r")
    name = str(path)
    if not _is_array(found):
        found = _chosen(found, [name for name, _ in found.arrays()], key, path)
        name = f"{path}:{found.name}"
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    return Slices(found, name, chunk_rows(found), files)


def chunk_rows(array: Any) -> int:
    """Return the number of rows of an array that are compressed together."""
    chunks = getattr(array, "shards", None) or getattr(array, "chunks", None)
    return int(chunks[0]) if chunks else 1


def _is_array(item: Any) -> bool:
    return hasattr(item, "shape") and hasattr(item, "dtype")


def _chosen(group: Any, names: Sequence[str], key: str | None, path: Path) -> Any:
    if key is None and len(names) == 1:
        key = names[0]
    if not isinstance(key, str) or key not in group or not _is_array(group[key]):
        raise undecided(path, names, key)
    return group[key]


def _offset_in_file(array: Any) -> int | None:
    """Return the position of the values of a memory map in its file.

    Return None if they are not consecutive there, if they were changed in memory only, or if the
    file has been replaced by another one.
    """
    root = array
    while isinstance(root.base, np.memmap):
        root = root.base
    is_mapped = isinstance(root.base, mmap.mmap) and root.mode != "c"
    path = Path(root.filename or "")
    if not (is_mapped and array.flags.c_contiguous and path.is_file()):
        return None
    offset = int(root.offset + array.ctypes.data - root.ctypes.data)
    return offset if is_mapped_from(array, path, offset) else None


def _numbers(found: Any, name: str) -> Array:
    array = np.asarray(found)
    if array.dtype.kind not in "biuf":
        raise SourceError(f"{name} has {array.dtype}; expected numbers.")
    return array
