"""Write a table to a file or folder."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.files import atomic_write
from autoenc.tables.extras import import_extra
from autoenc.tables.formats import FOLDER, format_of, is_gzipped
from autoenc.tables.image_folders import to_bytes, write_folder
from autoenc.tables.table import Array, TableError

# Type codes of IDX.
_IDX_CODES = {"|u1": 0x08, ">f4": 0x0D, ">f8": 0x0E}


def write_table(
    path: str | os.PathLike[str],
    values: Any,
    names: Sequence[str] | None = None,
    *,
    rows: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
) -> None:
    """Write a table in the format given by the suffix of the path.

    The file is written completely or not at all.

    Parameters
    ----------
    path : path
        ``.csv`` or ``.tsv``, gzipped or not; ``.parquet``, ``.npy``, ``.npz``; ``.idx``, gzipped
        or not; or, without a suffix, a new folder of PNG images.
    values : float array or pandas.DataFrame, (rows, columns)
        Values to write. A frame has its own names and can be written to csv and parquet.
        `autoenc.tables.read_table` reads back the same bits, except from IDX files of images and
        folders, in which pixels are rounded to the 256 levels of a byte.
    names : sequence of str, optional
        Names of the columns, for formats that store them.
    rows : sequence of str, optional
        Names of the rows: a first column ``row`` of csv, the index of parquet, the file names
        of images.
    image_shape : (height, width) or (height, width, 3), optional
        Shape of the image in each row, for ``.npy``, ``.npz``, IDX and folders.

    Raises
    ------
    TableError
        If the suffix is unknown, if a folder exists already or would not contain images, or if the
        format cannot store the values.
    MissingExtraError
        If pandas or pyarrow is needed and not installed.
    """
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise TableError(f"{path}: not a regular file; expected the name of a file or a folder.")
    found = format_of(path)
    if hasattr(values, "columns"):
        names = list(values.columns)
        if found not in ("csv", "parquet"):
            raise TableError(
                f"{path}: contains only numbers, but these columns are not all numbers; end the "
                "name in .csv or .parquet."
            )
    else:
        values = np.asarray(values)
    if found == FOLDER:
        if image_shape is None:
            raise TableError(
                f"{path}: a folder has images, but these rows are not images; end the name in "
                ".csv, .parquet, .npy, .npz or .idx."
            )
        with _named(path):
            write_folder(path, values, image_shape, rows)
        return
    if found not in _WRITERS:
        raise TableError(
            f"{path}: {found} can be read but not written; end the name in .npy or .npz."
        )
    with atomic_write(path) as temporary, _named(path):
        _WRITERS[found](temporary, values, names, rows, image_shape)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Add the path of the file to errors about its values."""
    try:
        yield
    except TableError:
        raise
    except ValueError as error:
        raise TableError(f"{path}: {error}") from error


def _write_csv(
    path: Path, values: Array, names: Any, rows: Any, shape: Sequence[int] | None
) -> None:
    frame = _frame("writing csv", values, names, rows)
    how = {"header": names is not None, "index": rows is not None, "index_label": "row"}
    write_delimited(path, frame, sep=separator_of(path), **how)


def separator_of(path: Path) -> str:
    """Return the separator of cells in a file with this name."""
    return "\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else ","


def write_delimited(path: Path, frame: Any, **how: Any) -> None:
    """Write a frame as csv, gzipped if the suffix is .gz; `how` are arguments of pandas."""
    with path.open("wb") as file:
        # By default, gzip stores name and time, but equal values must give equal bytes.
        packed = gzip.GzipFile("", "wb", fileobj=file, mtime=0) if is_gzipped(path) else None
        frame.to_csv(packed or file, **how)
        if packed:
            packed.close()


def _write_parquet(
    path: Path, values: Array, names: Any, rows: Any, shape: Sequence[int] | None
) -> None:
    import_extra("pyarrow", "tables", "writing parquet")
    if names is None:
        names = list(map(str, range(values.shape[1])))
    _frame("writing parquet", values, names, rows).to_parquet(path, engine="pyarrow")


def _frame(purpose: str, values: Any, names: Any, rows: Any) -> Any:
    pandas = import_extra("pandas", "tables", purpose)
    if hasattr(values, "columns"):
        return values if rows is None else values.set_axis(list(rows))
    return pandas.DataFrame(values, columns=names, index=rows)


def _write_npy(
    path: Path, values: Array, names: Any, rows: Any, shape: Sequence[int] | None
) -> None:
    np.save(path, _imaged(values, shape))


def _write_npz(
    path: Path, values: Array, names: Any, rows: Any, shape: Sequence[int] | None
) -> None:
    arrays = {"values": _imaged(values, shape)}
    arrays |= {} if names is None else {"columns": np.array(names, dtype=str)}
    arrays |= {} if rows is None else {"rows": np.array(rows, dtype=str)}
    np.savez(path, allow_pickle=False, **arrays)


def _write_idx(
    path: Path, values: Array, names: Any, rows: Any, shape: Sequence[int] | None
) -> None:
    content = _imaged(values if shape is None else to_bytes(values), shape)
    content = content.astype(content.dtype.newbyteorder(">"))
    if content.dtype.str not in _IDX_CODES:
        raise ValueError(
            f"IDX files can contain float32, float64 and bytes, not {values.dtype}; convert the "
            "values, or write .npy."
        )
    code = _IDX_CODES[content.dtype.str]
    header = struct.pack(f">4B{content.ndim}I", 0, 0, code, content.ndim, *content.shape)
    packed = header + content.tobytes()
    path.write_bytes(gzip.compress(packed, mtime=0) if is_gzipped(path) else packed)


def _imaged(values: Array, shape: Sequence[int] | None) -> Array:
    return values if shape is None else values.reshape(len(values), *shape)


_WRITERS: dict[str, Callable[[Path, Array, Any, Any, Sequence[int] | None], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "npy": _write_npy,
    "npz": _write_npz,
    "idx": _write_idx,
}
