"""Files of arrays: NumPy's, IDX and pickles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from autoenc.datasets import read_pickle
from autoenc.datasets.archives import read_npz
from autoenc.datasets.idx import read_idx
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table, TableError, check_numbers

# A byte's share of white; a power of two, so that quotients are exact. As in load_mnist.
WHITE = 256
MNIST_SHAPE = (28, 28)
_PARTS = ("train", "valid", "test")


def read_npy(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read an ``.npy`` file, mapped into memory; see `autoenc.tables.read_table`."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    # A damaged header makes NumPy raise one of these.
    except (ValueError, EOFError, OSError, SyntaxError) as error:
        raise TableError(f"{path}: not a readable .npy file of numbers ({error}).") from error
    return as_table(path, array, selection)


def read_npz_table(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read one array of an ``.npz`` archive; see `autoenc.tables.read_table`."""
    arrays = read_npz(path)
    if part is None:
        part = "values" if "values" in arrays else next(iter(arrays), "values")
        if "values" not in arrays and len(arrays) > 1:
            raise TableError(
                f"{path}: holds {', '.join(arrays)}; choose one, as in {path}:{part}."
            )
    if part not in arrays:
        raise TableError(f"{path}: holds no array {part!r}, only {', '.join(arrays) or 'none'}.")
    own = part == "values"
    names = tuple(map(str, arrays["columns"])) if own and "columns" in arrays else None
    rows = tuple(map(str, arrays["rows"])) if own and "rows" in arrays else None
    return as_table(path, arrays[part], selection, names=names, rows=rows)


def read_idx_table(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read an IDX file; see `autoenc.tables.read_table`."""
    return as_table(path, read_idx(path), selection)


def read_pickled(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read a pickle of arrays, without running it; see `autoenc.tables.read_table`."""
    tree = read_pickle(path)
    if _is_sequence(tree, len(_PARTS)):
        part = part or _PARTS[0]
        if part not in _PARTS:
            raise TableError(f"{path}: has no part {part!r}; expected {', '.join(_PARTS)}.")
        tree = tree[_PARTS.index(part)]
    elif part is not None:
        raise TableError(f"{path}: has no part {part!r}, as it holds one table.")
    values, labels = tree if _is_sequence(tree, 2) else (tree, None)
    if not isinstance(values, np.ndarray):
        raise TableError(
            f"{path}: a pickled {type(values).__name__}; expected an array, a pair of images and "
            "labels, or three such pairs."
        )
    if labels is not None and np.shape(labels) != values.shape[:1]:
        raise TableError(
            f"{path}: labels have shape {np.shape(labels)}, but there are {len(values)} rows."
        )
    return as_table(path, values, selection, labels=labels)


def as_table(
    path: Path,
    array: Array,
    selection: Selection,
    *,
    names: tuple[str, ...] | None = None,
    rows: tuple[str, ...] | None = None,
    labels: Array | None = None,
) -> Table:
    """Make a table of an array of rows or of images."""
    if array.dtype.kind not in "biuf" or array.ndim not in (2, 3, 4):
        raise TableError(
            f"{path}: an array of {array.dtype} of shape {array.shape}; expected numbers, a row "
            "or an image for each first index."
        )
    if not array.size:
        raise TableError(f"{path}: there are no rows; the array has shape {array.shape}.")
    shape = _image_shape(path, array)
    values = _floats(array, is_image=shape is not None).reshape(len(array), -1)
    if shape is None and names is None and values.shape[1] == np.prod(MNIST_SHAPE):
        shape = MNIST_SHAPE
    if not selection.is_whole(names):
        taken, label = selection.positions(names, values.shape[1], path)
        labels = labels if label is None else np.asarray(values[:, label])
        names = tuple(names[i] for i in taken) if names else None
        values, shape = np.asarray(values[:, taken]), None
    check_numbers(path, values, names, allow_missing=selection.allow_missing)
    return Table(values, names, shape, rows, labels)


def _image_shape(path: Path, array: Array) -> tuple[int, ...] | None:
    if array.ndim == 2:
        return None
    if array.ndim == 4 and array.shape[3] not in (1, 3):
        raise TableError(
            f"{path}: images of shape {array.shape[1:]}; expected (height, width), or one or "
            "three colours in the last place."
        )
    height, width, *colours = map(int, array.shape[1:])
    return (height, width, 3) if colours == [3] else (height, width)


def _floats(array: Array, *, is_image: bool) -> Array:
    if array.dtype in (np.float32, np.float64) and array.flags.c_contiguous:
        return array
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, np.promote_types(array.dtype, np.float32))
    if is_image and array.dtype == np.uint8:
        return np.divide(array, WHITE, dtype=np.float32)
    return array.astype(np.float64)


def _is_sequence(value: Any, length: int) -> bool:
    return isinstance(value, tuple | list) and len(value) == length
