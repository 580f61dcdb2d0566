"""Output files of training: checked before training, and saved elsewhere if writing fails."""

from __future__ import annotations

import argparse
import itertools
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from autoenc.files import check_writable, is_same_file
from autoenc.sources import ARRAYS
from autoenc.tables.table_reading import split_part

# Room for settings and history.
_METADATA_BYTES = 1 << 20
# A model is written twice before the first copy is removed.
_COPIES = 2


# Options that name files which a command reads, and those which it writes.
_READ = {
    "data": "DATA",
    "model": "the model",
    "validation": "--validation",
    "p_values": "--p-values",
    "train": "--train",
}
_WRITTEN = {"output": "the output (-o)", "checkpoint": "the checkpoint (--checkpoint)"}


def check_apart(options: argparse.Namespace) -> None:
    """Refuse options by which a command would overwrite what it reads, or its other output.

    Raises
    ------
    ValueError
        If two of the paths refer to the same file. `autoenc impute --force` may write its
        table in place.
    """
    read, written = _files(options, _READ), _files(options, _WRITTEN)
    if options.command == "impute" and options.force:
        read = [(what, path) for what, path in read if what != "DATA"]
    pairs = [*itertools.product(written, read), *itertools.combinations(written, 2)]
    for (what, path), (other, input_path) in pairs:
        if is_same_file(path, input_path):
            in_place = "; --force writes it in place" * (options.command == "impute")
            raise ValueError(
                f"{path}: {what} would overwrite {other}, which is the same file; choose another "
                f"name{in_place if other == 'DATA' else ''}."
            )
        if _is_part_of(path, input_path):
            raise ValueError(
                f"{path}: {what} would overwrite a file of {other}; choose another name."
            )


def _is_part_of(path: Path, folder: Path) -> bool:
    """Return whether a path is one of the files of a folder whose rows are read."""
    is_read = path.suffix.lower() in ARRAYS and path.exists() and folder.is_dir()
    return is_read and path.resolve().is_relative_to(folder.resolve())


def _files(options: argparse.Namespace, kinds: dict[str, str]) -> list[tuple[str, Path]]:
    given = vars(options)
    if options.command == "train":
        given = {**given, "model": None}  # this option is the kind of the model, not a file
    found = [(what, given[name]) for name, what in kinds.items() if given.get(name) is not None]
    return [(what, split_part(Path(path))[0]) for what, path in found]


def check_output(path: Path, *, force: bool, n_bytes: int = 0) -> None:
    """Check that a model file can be written.

    Parameters
    ----------
    path : Path
    force : bool
        Whether a file at `path` may be overwritten.
    n_bytes : int, default 0
        Expected size of the parameters.

    Raises
    ------
    OSError
        If the file exists, cannot be written, or the disk has no room for it.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; expected the name of a model file.")
    if path.exists() and not force:
        raise FileExistsError(f"{path} exists already; --force overwrites it.")
    try:
        check_writable(path, _COPIES * (n_bytes + _METADATA_BYTES) if n_bytes else 0)
    except OSError as error:
        raise OSError(f"{path}: cannot be written there ({error.strerror or error}).") from error


def save_or_rescue(path: Path, estimator: Any) -> None:
    """Write a model file; if that fails, write it elsewhere and say where.

    Raises
    ------
    OSError
        If the model could not be written to `path`. The message names the file that it was
        written to instead.
    """
    try:
        estimator.save(path)
    except OSError as error:
        reason = error.strerror or str(error)
        rescued = _rescue(path, estimator)
        raise OSError(f"{path}: cannot be written ({reason}). {rescued}") from error


def _rescue(path: Path, estimator: Any) -> str:
    name = f"{path.stem}-{secrets.token_hex(4)}.safetensors"
    tried = []
    for folder in _other_folders(path):
        try:
            estimator.save(folder / name)
        except OSError:
            tried.append(str(folder))
        else:
            return f"The model was saved to {folder / name} instead."
    return f"It could not be saved to {', '.join(tried)} either, and is lost."


def _other_folders(path: Path) -> Iterator[Path]:
    """Iterate over folders in which the user may have space for a file."""
    yield path.absolute().parent
    yield Path.cwd()
    with suppress(RuntimeError):  # some users have no home
        yield Path.home()
    with suppress(OSError):  # tempfile finds no folder that can be written
        yield Path(tempfile.gettempdir())
    yield Path("/dev/shm")
