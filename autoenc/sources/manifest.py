"""Summaries of large files, stored in the user's cache folder.

A file is recognised by its path, size and time, and by a sample of its rows. Hashing 20 GB would
take as long as computing the summary again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from autoenc.folders import FolderError, cache_folder
from autoenc.sources.reader import Array
from autoenc.sources.source import Source
from autoenc.sources.states import state_of
from autoenc.storage import ModelFileError, load_arrays, save_arrays

FORMAT = "autoenc manifest 2"


class Manifest:
    """Stored summary of a source, valid as long as its files stay the same.

    Parameters
    ----------
    source : Source
        Nothing is stored for a source that is not in files.
    """

    def __init__(self, source: Source) -> None:
        files = [[str(file.resolve()), *(state_of(file) or ())] for file in source.reader.files]
        # Arrays of one file may agree in the rows that are sampled.
        part = getattr(source.reader, "part", "")
        self._info = {
            "format": FORMAT, "rows": source.identity(), "files": files, "part": part,
        }  # fmt: skip
        self._path = None if not files or part is None else _path(self._info)

    def recall(self) -> dict[str, Array] | None:
        """Return the summary; None if it is not stored."""
        if self._path is None or not self._path.exists():
            return None
        try:
            arrays, info = load_arrays(self._path)
        except (ModelFileError, OSError):
            return None
        return arrays if info == self._info else None

    def remember(self, arrays: dict[str, Array]) -> None:
        """Store a summary, if there is a folder for it."""
        if self._path is not None:
            with suppress(OSError):  # the summary is then computed again the next time
                save_arrays(self._path, arrays, self._info)


def _path(info: Mapping[str, object]) -> Path | None:
    name = hashlib.sha256(json.dumps(info).encode()).hexdigest()[:32]
    try:
        return cache_folder() / "manifests" / f"{name}.safetensors"
    except FolderError:
        return None
