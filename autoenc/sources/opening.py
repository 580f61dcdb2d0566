"""Open rows of any format as a source.

>>> open_source([np.zeros((2, 3)), np.ones((1, 3))]).shape
(3, 3)
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.processes import ALONE, Processes
from autoenc.sources.columnar import (
    HuggingFace,
    Parquet,
    Table,
    dataset_parts,
    is_filtered,
    parquet_columns,
)
from autoenc.sources.integers import Ranges
from autoenc.sources.items import Items, are_values
from autoenc.sources.joined import Joined
from autoenc.sources.npy import read_npy, read_npz
from autoenc.sources.reader import Reader, SourceError, check_same_columns, refuse_masked
from autoenc.sources.slices import Slices, chunk_rows, read_array, read_hdf5, read_zarr
from autoenc.sources.source import Source
from autoenc.sources.spool import dask_frames, dask_parts, polars_parts, spool
from autoenc.tables.arrow import columns_of_schema
from autoenc.tables.memory import available_memory

HDF5 = (".h5", ".hdf5", ".hdf")
PARQUET = (".parquet", ".pq")
# Suffixes of files that are always read in parts, and of those that can be read whole, too.
IN_PARTS = (*HDF5, ".zarr")
ARRAYS = (".npy", ".npz", *PARQUET)


def open_source(
    rows: Any, *, key: str | int | None = None, columns: Sequence[str] | None = None
) -> Source:
    """Open rows that are read on demand.

    Parameters
    ----------
    rows : object
        One of

        - a path: of an ``.npy`` or ``.npz`` file, an HDF5 file, a Zarr store, a Parquet file,
          or a folder of ``.npy``, ``.npz`` or Parquet files, which are taken in the order of
          their names;
        - an array, a memory map, a data set of HDF5, an array of Zarr or dask;
        - a table or data set of Arrow, a frame of polars (lazy or not), a data set of
          Hugging Face;
        - a PyTorch ``Dataset``, or any object with a length and either slices of rows or single
          items;
        - a list of arrays, one after the other;
        - an iterable of arrays of rows, which is read once and kept in a temporary file.
    key : str or int, optional
        Array of a file, or field of an item, if there are several.
    columns : sequence of str, optional
        Columns of a table to read, in this order; by default all columns, except the index of a
        pandas frame that was written as Parquet.

    Returns
    -------
    Source
        The rows.

    Raises
    ------
    SourceError
        If rows cannot be read; the message states the remedy.
    FileNotFoundError
        If the file does not exist.
    """
    if isinstance(rows, Source):
        if key is not None or columns is not None:
            raise SourceError(
                f"{rows.name} is already open; pass key and columns when you open it."
            )
        return rows
    if columns is not None and not len(columns):
        raise SourceError("columns is empty; name the columns to read, or leave it out for all.")
    name = _name(rows)
    reader = _reader(rows, name, key, columns)
    return Source(reader, name, _names_of_columns(rows, reader, columns, name))


def stored_columns(path: Path) -> list[str] | None:
    """Return the names of the columns of a Parquet file or a folder of them.

    Parameters
    ----------
    path : Path
        A file or folder that `open_source` accepts.

    Returns
    -------
    list of str or None
        None if the format has no names of columns.
    """
    files = _array_files(path) if path.is_dir() and not _is_zarr(path) else [path]
    is_parquet = bool(files) and all(
        file.suffix.lower() in PARQUET and file.exists() for file in files
    )
    return parquet_columns(path) if is_parquet else None


def opened(rows: Any) -> Any:
    """Open rows that are read in parts; return all others unchanged.

    Arrays, memory maps, nested lists, frames in memory and sparse matrices are returned unchanged.

    Parameters
    ----------
    rows : object
        Rows in any form that `open_source` or an estimator accepts.

    Returns
    -------
    Source or object
        A source of the rows, or the same object.

    Examples
    --------
    >>> opened(np.zeros((1, 3))), opened([np.zeros((2, 3)), np.ones((1, 3))])
    (array([[0., 0., 0.]]), <Source the list: float64 (3, 3)>)
    """
    if isinstance(rows, np.ndarray | Source):
        return rows
    return open_source(rows) if _is_read_in_parts(rows) else rows


def _is_read_in_parts(rows: Any) -> bool:
    if isinstance(rows, str | os.PathLike):
        return True
    if isinstance(rows, list):
        return _are_arrays(rows)
    if isinstance(rows, tuple | Mapping | Set) or rows is None or np.isscalar(rows):
        return False
    return not (_is_frame(rows) or _is_sparse(rows)) and (
        _kind(rows) in OBJECTS or _is_iterable_only(rows) or _has_items(rows)
    )


def within(
    memory: int | None, dtypes: Sequence[Any], *arrays: Any, processes: Processes = ALONE
) -> list[Any]:
    """Return arrays; those too large for conversion in memory are returned as sources.

    An array is too large if it needs more than half of `memory`. If `memory` is None, the limit is
    half of the free memory, and applies only if data would be copied or read from a file. An array
    that is too large for one of several processes is treated as too large by all.

    Parameters
    ----------
    memory : int, optional
        Number of bytes.
    dtypes : sequence of dtype-like
        For each array, the dtype to which it will be converted.
    *arrays : array or object
        Arrays. Other objects are returned unchanged.
    processes : Processes, optional
        Processes that have the same arrays; by default this one alone.

    Returns
    -------
    list
        The arrays, or a source for each.

    Examples
    --------
    >>> within(100, ["float32"], np.zeros((20, 2), "uint8"))
    [<Source the array: uint8 (20, 2)>]
    """
    n_bytes, is_copied = 0, False
    for array, dtype in zip(arrays, dtypes, strict=True):
        if _is_plain(array):
            n_bytes += array.size * np.dtype(dtype).itemsize
            is_copied |= isinstance(array, np.memmap) or array.dtype != dtype
    free = memory if memory is not None or not is_copied else available_memory()
    is_too_large = free is not None and n_bytes > free // 2
    if processes.count > 1:
        is_too_large = bool(processes.gather([is_too_large]).any())
    if not is_too_large:
        return list(arrays)
    return [open_source(array) if _is_plain(array) else array for array in arrays]


def _is_plain(array: Any) -> bool:
    """Return whether an object is an array of numbers without masked entries."""
    is_array = isinstance(array, np.ndarray) and not isinstance(array, np.ma.MaskedArray)
    return is_array and array.dtype.kind in "biuf" and array.ndim > 0


def _reader(rows: Any, name: str, key: Any, columns: Sequence[str] | None) -> Reader:
    if isinstance(rows, str | os.PathLike):
        return _of_path(Path(rows), key, columns)
    if isinstance(rows, np.ndarray | list | tuple):
        return _of_arrays(rows, name)
    if _kind(rows) in OBJECTS:
        return OBJECTS[_kind(rows)](rows, name, columns)
    if _is_frame(rows):  # of pandas
        return read_array(rows[list(columns)].to_numpy() if columns else rows.to_numpy(), name)
    return _of_object(rows, name, key)


def _of_object(rows: Any, name: str, key: Any) -> Reader:
    """Open an object of an unknown class, according to its methods."""
    if isinstance(rows, Mapping | Set):
        raise SourceError(f"{name} has no order of rows; give a table or an array of its values.")
    if _is_iterable_only(rows):
        return _of_iterable(rows, name)
    if hasattr(rows, "__len__") and hasattr(rows, "__getitem__"):
        return _of_items(rows, name, key)
    raise SourceError(
        f"rows cannot be read from {name}; expected an array, a path, a table, a data set with "
        "a length and rows by number, or an iterable of arrays. For data of another engine, such "
        "as Spark, write Parquet files and give their folder."
    )


def _of_path(path: Path, key: Any, columns: Sequence[str] | None) -> Reader:
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder.")
    suffix = path.suffix.lower()
    if _is_zarr(path):
        return read_zarr(path, key)
    if path.is_dir():
        return _of_folder(path, key, columns)
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        return read_npz(path, key)
    if suffix in HDF5:
        return read_hdf5(path, key)
    if suffix in PARQUET:
        return Parquet(path, columns)
    raise SourceError(
        f"{path} has a format that cannot be read in parts; expected .npy, .npz, "
        f"{', '.join((*HDF5, *PARQUET))}, .zarr, or a folder of them. autoenc.tables.read_table "
        "reads csv and other small files whole."
    )


def _is_zarr(path: Path) -> bool:
    if path.suffix.lower() == ".zarr":
        return True
    return (path / "zarr.json").exists() or (path / ".zarray").exists()


def _of_folder(folder: Path, key: Any, columns: Sequence[str] | None) -> Reader:
    files = _array_files(folder)
    suffixes = {file.suffix.lower() for file in files}
    if not files or (len(suffixes & {".npy", ".npz"}) and suffixes & set(PARQUET)):
        found = f"files of {', '.join(sorted(suffixes))}" if suffixes else "no such files"
        raise SourceError(
            f"the folder {folder} has {found}; expected .npy and .npz files, or Parquet files "
            "alone."
        )
    if suffixes & set(PARQUET):
        return Parquet(folder, columns)
    return Joined([_of_path(file, key, columns) for file in files], [str(file) for file in files])


def _array_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in ARRAYS)


def _of_arrays(rows: Any, name: str) -> Reader:
    """Open an array, or a list of arrays with the same columns."""
    if isinstance(rows, np.ndarray):
        refuse_masked(rows, name)
        return read_array(rows, name)
    if not _are_arrays(rows):
        return read_array(np.asarray(rows), name)
    first = open_source(rows[0]).names
    names = [f"array {i} of the list" for i in range(len(rows))]
    parts = zip(rows, names, strict=True)
    return Joined([_in_order(part, first, name).reader for part, name in parts], names)


def _in_order(rows: Any, columns: Sequence[str] | None, name: str) -> Source:
    """Open a part of a list, with the columns of the first part in their order."""
    refuse_masked(rows, name)
    source = open_source(rows)
    if columns is None or source.names in (None, columns):
        return source
    check_same_columns(source.names, columns, name)
    return open_source(rows, columns=columns)


def _of_iterable(rows: Iterable[Any], name: str) -> Reader:
    warnings.warn(
        f"{name} can be iterated only once: its rows are copied to a temporary file, because "
        "training visits them in a different order.",
        stacklevel=4,
    )
    return spool(rows, name)


def _of_items(rows: Any, name: str, key: Any) -> Reader:
    """Open an object by its slices or, if it has none, by its items."""
    if hasattr(rows, "__getitems__") or key is not None:
        return Items(rows, name, key)
    try:
        given = rows[0:1]
        if isinstance(given, tuple | dict) or _have_fields(given):
            return Items(rows, name, key)
        found = np.asarray(given)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return Items(rows, name, key)
    is_slice = found.dtype.kind in "biuf" and found.ndim >= 1 and len(found) == min(len(rows), 1)
    return Slices(rows, name, chunk_rows(rows)) if is_slice else Items(rows, name, key)


def _have_fields(rows: Any) -> bool:
    """Return whether rows are tuples of arrays, such as image and label."""
    return isinstance(rows, list) and any(
        isinstance(row, tuple) and not are_values([*row]) for row in rows
    )


def _of_chunks(rows: Any, name: str, columns: Any) -> Reader:
    """Open an array whose rows are stored in chunks."""
    return Slices(rows, name, chunk_rows(rows))


def _of_dask(rows: Any, name: str, columns: Any) -> Reader:
    if hasattr(rows, "to_dask_array"):
        return spool(dask_frames(rows[list(columns)] if columns else rows), name)
    return spool(dask_parts(rows), name)


def _of_polars(rows: Any, name: str, columns: Any) -> Reader:
    if not hasattr(rows, "collect_batches"):
        return Table(rows.to_arrow(), name, columns)
    ranges: Ranges = {}
    return spool(polars_parts(rows.select(columns) if columns else rows, ranges), name, ranges)


def _of_column(rows: Any, name: str, columns: Any) -> Reader:
    """Open a column of Arrow, whose rows are numbers or lists of numbers."""
    import pyarrow as pa

    return Table(pa.table({"0": rows}), name)


def _of_arrow_dataset(rows: Any, name: str, columns: Any) -> Reader:
    if type(rows).__name__ == "FileSystemDataset" and not is_filtered(rows):
        return Parquet.of_dataset(rows, columns)
    ranges: Ranges = {}
    return spool(dataset_parts(rows, name, ranges, columns), name, ranges)


def _of_batches(rows: Any, name: str, columns: Any) -> Reader:
    """Open a data set of Ray, which provides batches of columns."""
    return spool(rows.iter_batches(batch_format="numpy"), name)


# Functions that open objects of known classes, by package and class.
OBJECTS: dict[tuple[str, str], Callable[[Any, str, Any], Reader]] = {
    ("h5py", "Dataset"): _of_chunks,
    ("zarr", "Array"): _of_chunks,
    ("dask", "Array"): _of_dask,
    ("dask", "DataFrame"): _of_dask,
    ("polars", "LazyFrame"): _of_polars,
    ("polars", "DataFrame"): _of_polars,
    ("pyarrow", "Table"): Table,
    ("pyarrow", "ChunkedArray"): _of_column,
    ("pyarrow", "FileSystemDataset"): _of_arrow_dataset,
    ("pyarrow", "InMemoryDataset"): _of_arrow_dataset,
    ("pyarrow", "UnionDataset"): _of_arrow_dataset,
    ("datasets", "Dataset"): HuggingFace,
    ("ray", "Dataset"): _of_batches,
    ("ray", "MaterializedDataset"): _of_batches,
}


def _kind(rows: Any) -> tuple[str, str]:
    """Return package and class of an object by name, so that no package is imported."""
    kind = type(rows)
    package = kind.__module__.split(".")[0]
    return ("dask" if package.startswith("dask") else package), kind.__name__


def _names_of_columns(
    rows: Any, reader: Reader, columns: Sequence[str] | None, name: str
) -> list[str] | None:
    """Return a name for each column of the matrix; None if columns have no names."""
    names = getattr(reader, "names", None)
    if names is None and hasattr(rows, "collect_schema"):  # polars warns about `columns`
        names = rows.collect_schema().names() if columns is None else columns
    elif names is None and hasattr(rows, "to_batches"):  # a data set of pyarrow that was copied
        names = columns_of_schema(rows.schema) if columns is None else columns
    elif names is None and hasattr(rows, "columns"):
        names = rows.columns if columns is None else columns
    if names is None:
        if columns is not None:
            raise SourceError(f"{name} has no columns with names, but columns is {columns!r}.")
        return None
    is_matrix = reader.shape[1:] == (len(names),)
    return list(names) if is_matrix and all(isinstance(column, str) for column in names) else None


def _are_arrays(rows: Sequence[Any]) -> bool:
    """Return whether a list contains arrays of rows, rather than rows."""
    return bool(rows) and all(hasattr(part, "shape") and len(part.shape) > 1 for part in rows)


def _is_iterable_only(rows: Any) -> bool:
    return hasattr(rows, "__iter__") and not hasattr(rows, "__getitem__")


def _has_items(rows: Any) -> bool:
    """Return whether an object has a length and items, and is neither an array nor a frame."""
    is_array = hasattr(rows, "__array__") or hasattr(rows, "__dataframe__")
    return hasattr(rows, "__len__") and hasattr(rows, "__getitem__") and not is_array


def _is_frame(rows: Any) -> bool:
    return hasattr(rows, "to_numpy") and hasattr(rows, "columns")


def _is_sparse(rows: Any) -> bool:
    return hasattr(rows, "tocsr")


def _name(rows: Any) -> str:
    if isinstance(rows, str | os.PathLike):
        return str(rows)
    kind = type(rows)
    if kind.__module__ in ("builtins", "numpy"):
        return "the array" if kind is np.ndarray else f"the {kind.__qualname__}"
    return f"the {kind.__module__}.{kind.__qualname__}"
