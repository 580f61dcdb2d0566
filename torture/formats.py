"""A small valid file of every format that autoenc reads, and its reader."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save

from autoenc.datasets import DatasetFormatError, read_pickle, read_pickles
from autoenc.datasets.archives import read_npz
from autoenc.datasets.idx import read_idx
from autoenc.storage import METADATA_KEY, ModelFileError, load_arrays, save_arrays


class Format(NamedTuple):
    """A kind of file.

    Attributes
    ----------
    name, file_name : str
    content : bytes
        Content of a valid file.
    header : int
        Number of bytes before the numbers.
    checked : bool
        Whether a checksum covers the whole file.
    read : function
        Function from the path to the contents of the file.
    error : type
        The only exception that `read` may raise.
    """

    name: str
    file_name: str
    content: bytes
    header: int
    checked: bool
    read: Callable[[Path], object]
    error: type[Exception]


ARRAYS: dict[str, Any] = {
    "W": np.random.default_rng(0).normal(size=(12, 8)).astype("float32"),
    "b": np.linspace(-1, 1, 8),
    "n": np.array(3),
    "empty": np.zeros((0, 5), "uint8"),
}
SETTINGS = {
    "class": "AutoEncoder",
    "settings": {"n_hidden": 8, "activation": "sigmoid", "corruption": 0.3, "name": 'é"\\'},
    "history": [{"epoch": 1, "cost": 0.5}, {"epoch": 2, "cost": float("nan")}],
}


def formats() -> list[Format]:
    """Return a valid file of every format."""
    numbers = np.arange(600, dtype=np.uint8).reshape(6, 10, 10)
    idx = struct.pack(">BBBB3I", 0, 0, 8, 3, *numbers.shape) + numbers.tobytes()
    pair = (ARRAYS["W"], np.arange(12))
    tree = pickle.dumps((pair, pair, [1.5, {"a": b"x", "b": None}]), 2)
    rows = b"".join(pickle.dumps(ARRAYS[name], 4) for name in ("W", "b"))
    model, old = _model(), _model_without_checksum()
    return [
        Format("model", "m.safetensors", model, _header(model), True, load_arrays, ModelFileError),
        Format(
            "model, no checksum", "o.safetensors", old, _header(old), False, load_arrays,
            ModelFileError,
        ),
        _data("pickle", "mnist.pkl", tree, 300, False, read_pickle),
        _data("pickle, gzipped", "mnist.pkl.gz", _packed(tree), 20, True, read_pickle),
        _data("pickle, protocol 5", "five.pkl", pickle.dumps(pair, 5), 200, False, read_pickle),
        _data("pickle, protocol 0", "zero.pkl", pickle.dumps(pair, 0), 300, False, read_pickle),
        _data("pickles in a row", "weights.pkl", rows, 200, False, read_pickles),
        _data("IDX", "images-idx3-ubyte", idx, 16, False, read_idx),
        _data("IDX, gzipped", "images-idx3-ubyte.gz", _packed(idx), 20, True, read_idx),
        _data("npz", "digits.npz", _npz(np.savez), 128, False, read_npz),
        _data("npz, deflated", "small.npz", _npz(np.savez_compressed), 60, False, read_npz),
    ]  # fmt: skip


def same(one: Any, other: Any) -> bool:
    """Return whether two trees have the same contents, bit for bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


def _data(
    name: str, file_name: str, content: bytes, header: int, checked: bool, read: Any
) -> Format:
    return Format(name, file_name, content, header, checked, read, DatasetFormatError)


def _model() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        save_arrays(path, ARRAYS, SETTINGS)
        return path.read_bytes()


def _model_without_checksum() -> bytes:
    return bytes(save(ARRAYS, metadata={METADATA_KEY: json.dumps(SETTINGS)}))


def _header(model: bytes) -> int:
    return 8 + int.from_bytes(model[:8], "little")


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _npz(write: Any) -> bytes:
    file = io.BytesIO()
    write(file, images=np.arange(60, dtype=np.uint8).reshape(6, 10), labels=np.arange(6))
    return file.getvalue()
