"""What has been found of large files is remembered, in the user's cache folder.

A file is known again by its path, size and time, and a sample of its rows: to hash 20 GB would
take as long as to look at them again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from autoenc.folders import FolderError, cache_folder
from autoenc.sources.reader import Array
from autoenc.sources.source import Source
from autoenc.sources.states import state_of
from autoenc.storage import ModelFileError, load_arrays, save_arrays

FORMAT = "autoenc manifest 1"


def recall(source: Source) -> dict[str, Array] | None:
    """Return what is remembered of a source; None if there is nothing, or it is of no file."""
    path = _path(source)
    if path is None or not path.exists():
        return None
    try:
        arrays, info = load_arrays(path)
    except (ModelFileError, OSError):
        return None
    return arrays if info.get("source") == _describe(source) else None


def remember(source: Source, arrays: dict[str, Array]) -> None:
    """Keep what has been found of a source, if it is of files and there is a folder to keep it."""
    path = _path(source)
    if path is None:
        return
    try:
        save_arrays(path, arrays, {"format": FORMAT, "source": _describe(source)})
    except OSError:  # it is found again the next time
        return


def _path(source: Source) -> Path | None:
    if not source.reader.files:
        return None
    described = json.dumps(_describe(source))
    name = hashlib.sha256(described.encode()).hexdigest()[:32]
    try:
        return cache_folder() / "manifests" / f"{name}.safetensors"
    except FolderError:
        return None


def _describe(source: Source) -> dict[str, object]:
    files = [[str(file.resolve()), *(state_of(file) or ())] for file in source.reader.files]
    return {"rows": source.identity(), "files": files}
