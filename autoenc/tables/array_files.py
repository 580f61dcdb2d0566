"""Files of arrays: NumPy's formats, IDX and pickles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from autoenc.datasets import read_pickle
from autoenc.datasets.archives import read_npz
from autoenc.datasets.idx import read_idx
from autoenc.tables.image_files import WHITE
from autoenc.tables.memory import Budget
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table, TableError, check_numbers, to_float64

MNIST_SHAPE = (28, 28)
_PARTS = ("train", "valid", "test")


def read_npy(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read an ``.npy`` file, mapped into memory; see `autoenc.tables.read_table`."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    # For a damaged header, NumPy raises many kinds of errors.
    except Exception as error:
        raise TableError(f"{path}: not a readable .npy file of numbers ({error}).") from error
    return as_table(path, array, selection)


def read_npz_table(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read one array of an ``.npz`` archive; see `autoenc.tables.read_table`."""
    arrays = read_npz(path, max_bytes=Budget.of(path, selection.max_bytes).limit)
    if part is None:
        part = "values" if "values" in arrays else next(iter(arrays), "values")
        if "values" not in arrays and len(arrays) > 1:
            raise TableError(
                f"{path}: has the arrays {', '.join(arrays)}; choose one, as in {path}:{part}."
            )
    if part not in arrays:
        raise TableError(f"{path}: has no array {part!r}, only {', '.join(arrays) or 'none'}.")
    own = part == "values"
    names = tuple(map(str, arrays["columns"])) if own and "columns" in arrays else None
    rows = tuple(map(str, arrays["rows"])) if own and "rows" in arrays else None
    return as_table(path, arrays[part], selection, names=names, rows=rows)


def read_idx_table(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read an IDX file; see `autoenc.tables.read_table`."""
    limit = Budget.of(path, selection.max_bytes).limit
    return as_table(path, read_idx(path, max_bytes=limit), selection)


def read_pickled(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read a pickle of arrays without executing it; see `autoenc.tables.read_table`."""
    tree = read_pickle(path, max_bytes=Budget.of(path, selection.max_bytes).limit)
    if _is_sequence(tree, len(_PARTS)):
        part = part or _PARTS[0]
        if part not in _PARTS:
            raise TableError(f"{path}: has no part {part!r}; expected {', '.join(_PARTS)}.")
        tree = tree[_PARTS.index(part)]
    elif part is not None:
        raise TableError(f"{path}: has no part {part!r}, because it contains a single table.")
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
    """Return an array of rows or of images as a table."""
    if array.dtype.kind not in "biuf" or array.ndim not in (2, 3, 4):
        raise TableError(
            f"{path}: an array of {array.dtype} of shape {array.shape}; expected numbers, of "
            "shape (rows, columns), or (images, height, width) for images."
        )
    if not array.size:
        raise TableError(f"{path}: there are no rows; the array has shape {array.shape}.")
    shape = _image_shape(path, array)
    budget = Budget.of(path, selection.max_bytes)
    if selection.stored:
        values, shape = array, array.shape[1:] if array.ndim > 2 else None
    else:
        values = _floats(path, array, budget, is_image=shape is not None)
    values = values.reshape(len(array), -1)
    is_mnist = names is None and values.shape[1] == np.prod(MNIST_SHAPE)
    if shape is None and is_mnist and not selection.stored:
        shape = MNIST_SHAPE
    if not selection.is_whole(names):
        taken, label = selection.positions(names, values.shape[1], path)
        labels = labels if label is None else np.asarray(values[:, label])
        names = tuple(names[i] for i in taken) if names else None
        budget.check(len(values) * len(taken) * values.itemsize)
        values, shape = np.asarray(values[:, taken]), None
    check_numbers(path, values, names, allow_missing=selection.allow_missing)
    return Table(values, names, shape, rows, labels)


def _image_shape(path: Path, array: Array) -> tuple[int, ...] | None:
    if array.ndim == 2:
        return None
    if array.ndim == 4 and array.shape[3] not in (1, 3):
        raise TableError(
            f"{path}: images of shape {array.shape[1:]}; expected (height, width), or one or "
            "three colours as the last axis."
        )
    height, width, *colours = map(int, array.shape[1:])
    return (height, width, 3) if colours == [3] else (height, width)


def _floats(path: Path, array: Array, budget: Budget, *, is_image: bool) -> Array:
    if array.dtype in (np.float32, np.float64) and array.flags.c_contiguous:
        return array
    if is_image and array.dtype == np.uint8:
        budget.check(array.size * 4)
        return np.divide(array, WHITE, dtype=np.float32)
    budget.check(array.size * 8)
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):  # infinite values are refused afterwards
            return np.ascontiguousarray(array, np.float32 if array.itemsize <= 4 else np.float64)
    if array.ndim == 2 and array.itemsize == 8:
        columns = [to_float64(path, column, i) for i, column in enumerate(array.T)]
        return np.stack(columns, axis=1)
    return array.astype(np.float64)


def _is_sequence(value: Any, length: int) -> bool:
    return isinstance(value, tuple | list) and len(value) == length
