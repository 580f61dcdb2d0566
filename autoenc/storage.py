"""Model files: parameters as safetensors, settings as JSON in its metadata.

Nothing in a model file is ever executed, and any tool that reads safetensors can
open it.

>>> import tempfile, pathlib, numpy as np
>>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
>>> save_arrays(path, {"W": np.eye(2, dtype="float32")}, {"n_hidden": 2})
>>> arrays, settings = load_arrays(path)
>>> arrays["W"].shape, settings["n_hidden"]
((2, 2), 2)
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.files import atomic_write

METADATA_KEY = "autoenc"


class ModelFileError(ValueError):
    """A file is not a model file, or is damaged."""


def save_arrays(
    path: str | os.PathLike[str],
    arrays: Mapping[str, np.ndarray[Any, Any]],
    settings: Mapping[str, Any],
) -> None:
    """Write arrays and settings to a model file, whole or not at all.

    Parameters
    ----------
    path : path
        Where to write; its folder is made if it is not there.
    arrays : mapping from name to array
        Numeric arrays of any shape.
    settings : mapping
        Anything that JSON can hold.

    Raises
    ------
    TypeError
        If JSON cannot hold a setting.
    """
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content = save(contiguous, metadata={METADATA_KEY: json.dumps(dict(settings))})
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def load_arrays(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Read a model file.

    Returns
    -------
    arrays : dict from name to array
    settings : dict

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is not a model file of autoenc, or is damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no model file at {path}.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFileError(f"{path} is not a model file, or is damaged: {error}") from error
    return arrays, _settings(path, metadata)


def _settings(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    if METADATA_KEY not in metadata:
        raise ModelFileError(
            f"{path} is a safetensors file, but not a model of autoenc: its metadata has no "
            f"{METADATA_KEY!r}."
        )
    try:
        settings = json.loads(metadata[METADATA_KEY])
    except ValueError as error:
        raise ModelFileError(f"the settings in {path} are damaged: {error}") from error
    if not isinstance(settings, dict):
        raise ModelFileError(f"the settings in {path} are damaged: they are not a mapping.")
    return settings
