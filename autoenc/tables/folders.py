"""Folders of images, by Pillow."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from autoenc.tables.arrays import WHITE
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table, TableError

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".webp")
# Pillow's modes of 8 bits: grey, and those that are colours.
_GREY = ("1", "L", "LA")
_COLOUR = ("P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def read_folder(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read a folder of images; see `autoenc.tables.read_table`."""
    if not selection.is_whole(None):
        raise TableError(f"{path}: a folder of images has no columns to choose from.")
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise TableError(f"{path}: there is no image in this folder; expected {_listed()}.")
    size, is_grey = _common(files)
    shape = (size[1], size[0]) if is_grey else (size[1], size[0], 3)
    values = np.empty((len(files), int(np.prod(shape))), np.float32)
    for row, file in zip(values, files, strict=True):
        with _opened(file) as image:
            row[:] = np.asarray(image.convert("L" if is_grey else "RGB")).ravel()
    values /= WHITE
    names = tuple(file.relative_to(path).as_posix() for file in files)
    return Table(values, None, shape, names, _labels(path, files))


def write_folder(
    path: Path, values: Array, shape: Sequence[int], names: Sequence[str] | None
) -> None:
    """Write rows as PNG files of a new folder, which appears whole or not at all.

    Raises
    ------
    TableError
        If there is something at `path` already, or two rows have one name.
    """
    from PIL import Image

    if path.exists():
        raise TableError(f"{path}: is there already; remove it, or give another name.")
    files = _file_names(path, len(values), names)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as temporary:
        folder = Path(temporary, "images")
        folder.mkdir()
        for row, name in zip(to_bytes(values).reshape(len(values), *shape), files, strict=True):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(row).save(folder / name)
        folder.replace(path)


def to_bytes(values: Array) -> Array:
    """Pixels in [0, 1] as bytes; what is beyond becomes the nearer end."""
    return np.clip(np.rint(values * np.float64(WHITE)), 0, 255).astype(np.uint8)


def _file_names(path: Path, n: int, names: Sequence[str] | None) -> list[str]:
    if names is None:
        return [f"{i:0{len(str(n - 1))}d}.png" for i in range(n)]
    files = [str(Path(name).with_suffix(".png")) for name in names]
    outside = [name for name in files if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside or len(set(files)) < n:
        raise TableError(
            f"{path}: the names of the rows do not make one file each; give each its own."
        )
    return files


def _common(files: list[Path]) -> tuple[tuple[int, int], bool]:
    """Size of all images, and whether all are grey."""
    first: tuple[int, int] | None = None
    is_grey = True
    for file in files:
        with _opened(file) as image:
            if image.mode not in (*_GREY, *_COLOUR):
                raise TableError(f"{file}: has mode {image.mode}; expected 8 bits a colour.")
            first = first or image.size
            if image.size != first:
                raise TableError(
                    f"{file}: is {image.width} by {image.height}, but {files[0].name} is "
                    f"{first[0]} by {first[1]}; give all images one size."
                )
            is_grey = is_grey and image.mode in _GREY
    assert first is not None
    return first, is_grey


def _opened(file: str | os.PathLike[str]) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(file)
            image.load()
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise TableError(f"{file}: not a readable image ({error}).") from error
    return image


def _labels(path: Path, files: list[Path]) -> Array | None:
    parents = [file.parent for file in files]
    if path in parents:
        return None
    return np.array([parent.relative_to(path).as_posix() for parent in parents])


def _listed() -> str:
    return ", ".join(SUFFIXES)
