"""Model files: parameters as safetensors, settings as JSON in its metadata.

Nothing in a model file is ever executed, and any tool that reads safetensors can open it. The
metadata entry "autoenc" consists of ``sha256:``, a checksum, a space and the settings. The
checksum detects damage anywhere in the file.

>>> import tempfile, pathlib, numpy as np
>>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
>>> save_arrays(path, {"W": np.eye(2, dtype="float32")}, {"n_hidden": 2})
>>> arrays, settings = load_arrays(path)
>>> arrays["W"].shape, settings["n_hidden"]
((2, 2), 2)
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.files import atomic_write

METADATA_KEY = "autoenc"
_CHECKSUM_MARK = "sha256:"
# JSON takes up to twenty times the memory of its text. These limits bound it to 100 MB, and allow
# a history of 130,000 epochs.
MAX_VALUES = 1_500_000
MAX_ARRAYS = 10_000
_MAX_HEADER_VALUES = 25 * MAX_ARRAYS
_STRUCTURE = "[{:,"
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_MAX_HEADER = 100_000_000  # limit of safetensors, which opens no file with a longer header

Array = np.ndarray[Any, Any]


class ModelFileError(ValueError):
    """Error raised if a file is not a model file, or is damaged."""


def save_arrays(
    path: str | os.PathLike[str], arrays: Mapping[str, Array], settings: Mapping[str, Any]
) -> None:
    """Write arrays and settings to a model file, completely or not at all.

    Parameters
    ----------
    path : path
        File to write. Its folder is created if it does not exist.
    arrays : mapping from name to array
        Arrays of any shape, of booleans, integers, or floats of at most 64 bits. They are stored
        in C order and little-endian, regardless of their memory layout.
    settings : mapping
        JSON values, including NaN and infinity. A tuple is read back as a list.

    Raises
    ------
    TypeError
        If a setting is not a JSON value, a key is not a string, or an array has another dtype.
    ValueError
        If a name cannot be stored, if there are more than 10,000 arrays, or if the settings
        contain more than some million values.
    """
    from safetensors.numpy import save

    if len(arrays) > MAX_ARRAYS:
        raise ValueError(f"{len(arrays)} arrays are more than the {MAX_ARRAYS} of a model file.")
    native = {name: _native(name, array) for name, array in arrays.items()}
    text = _to_json(settings)
    # Use a single entry, because safetensors writes several entries in any order.
    stated = f"{_CHECKSUM_MARK}{_checksum(native, text)} {text}"
    content = save(native, metadata={METADATA_KEY: stated})
    if (header := int.from_bytes(content[:8], "little")) > _MAX_HEADER:
        raise ValueError(
            f"names and settings take {header} bytes, but a model file has room for "
            f"{_MAX_HEADER}; leave out long entries."
        )
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def load_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read a model file.

    Older files without a checksum are read without this check.

    Returns
    -------
    arrays : dict from name to array
        Writable arrays in C order and native byte order.
    settings : dict

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ModelFileError
        If the file is not a model file of autoenc, or is damaged.
    """
    from safetensors import safe_open

    path = Path(path)
    if not path.is_file():
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder; expected a model file.")
        raise FileNotFoundError(f"there is no model file at {path}.")
    _check_header(path)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    # Dtypes and shapes that NumPy does not have cause many kinds of errors.
    except Exception as error:
        raise ModelFileError(f"{path} is not a model file, or is damaged: {error}") from error
    if METADATA_KEY not in metadata:
        raise ModelFileError(
            f"{path} is a safetensors file, but not a model of autoenc: its metadata has no "
            f"{METADATA_KEY!r}."
        )
    return arrays, _settings(path, _checked(path, arrays, metadata[METADATA_KEY]))


def _native(name: object, array: Array) -> Array:
    if not isinstance(name, str):
        raise TypeError(f"the array {name!r} is named by a {type(name).__name__}, not a string.")
    # Safetensors uses this name for its metadata, and encodes names as UTF-8.
    if name == "__metadata__" or not _is_unicode(name):
        raise ValueError(f"a model file cannot store an array named {name!r}; rename it.")
    # np.ascontiguousarray would turn a number into a vector.
    array = np.asarray(array, order="C")
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"the array {name!r} has dtype {array.dtype}, but a model file stores booleans, "
            "integers and floats of at most 64 bits; convert it, for example to float32."
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _to_json(settings: Mapping[str, Any]) -> str:
    _check_keys(settings)
    text = json.dumps(dict(settings))
    if _n_values(text) > MAX_VALUES:
        raise ValueError(
            f"the settings have more than the {MAX_VALUES} values that a model file may have; "
            "leave out long entries, such as the history."
        )
    return text


def _check_keys(value: Any) -> None:
    """Refuse keys that JSON would silently turn into strings."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"the settings have the key {key!r}, but JSON has only strings.")
            _check_keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_keys(inner)


def _n_values(text: str) -> int:
    """Return an upper bound on the number of keys and values in a JSON text."""
    return sum(text.count(mark) for mark in _STRUCTURE)


def _n_header_values(header: bytes) -> int:
    """Return an upper bound on the number of values in a header, besides the settings."""
    n = start = 0
    for string in _STRING.finditer(header):
        n += 1 + _count(header, start, string.start())
        start = string.end()
        if n > _MAX_HEADER_VALUES:
            return n
    return n + _count(header, start, len(header))


def _count(text: bytes, start: int, end: int) -> int:
    return sum(text.count(mark.encode(), start, end) for mark in _STRUCTURE)


def _checksum(arrays: Mapping[str, Array], settings: str) -> str:
    """Return the SHA-256 checksum of the content of a model file."""
    digest = hashlib.sha256()
    names = sorted(arrays)
    described = [[name, arrays[name].dtype.str[1:], arrays[name].shape] for name in names]
    digest.update(json.dumps([described, settings]).encode())
    for name in names:
        array = arrays[name]
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).data)
    return digest.hexdigest()


def _checked(path: Path, arrays: Mapping[str, Array], stated: str) -> str:
    """Return the settings, as JSON, if the checksum before them is correct."""
    if not stated.startswith(_CHECKSUM_MARK):
        return stated
    expected, _, text = stated.removeprefix(_CHECKSUM_MARK).partition(" ")
    if _checksum(arrays, text) != expected:
        raise ModelFileError(f"{path} is damaged: its content does not match its checksum.")
    return text


def _check_header(path: Path) -> None:
    """Refuse a header that is expensive to read, or that can be read in two ways."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        # A header longer than the file is refused by safetensors.
        header = file.read(min(length, _MAX_HEADER, path.stat().st_size))
    if _n_header_values(header) > _MAX_HEADER_VALUES:
        raise ModelFileError(
            f"{path} is damaged: its header has more than the {MAX_ARRAYS} arrays allowed."
        )
    try:
        json.loads(header, object_pairs_hook=_unique)
    # Text that is not JSON is refused by safetensors.
    except _TwiceError as error:
        raise ModelFileError(f"{path} is damaged: its header has {error} twice.") from error
    except (ValueError, RecursionError):
        return


class _TwiceError(Exception):
    """Error for a JSON object that has a key twice; it never leaves this module."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(repr(name[:100]))
        found[name] = value
    return found


def _settings(path: Path, text: str) -> dict[str, Any]:
    if _n_values(text) > MAX_VALUES:
        raise ModelFileError(
            f"the settings in {path} are damaged: there are more than {MAX_VALUES} of them."
        )
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"the settings in {path} are damaged: {error}") from error
    if not isinstance(settings, dict):
        raise ModelFileError(f"the settings in {path} are damaged: they are not a mapping.")
    return settings
