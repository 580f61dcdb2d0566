"""Folders of images."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autoenc.tables.image_files import SUFFIXES, WHITE, ImageProperties, pixels_of, properties_of
from autoenc.tables.memory import Budget
from autoenc.tables.selection import Selection
from autoenc.tables.table import Array, Table, TableError


def read_folder(path: Path, selection: Selection, part: str | None = None) -> Table:
    """Read a folder of images; see `autoenc.tables.read_table`."""
    if not selection.is_whole(None):
        raise TableError(f"{path}: a folder of images has no columns to select.")
    files = _files(path)
    budget = Budget.of(path, selection.max_bytes)
    images = _properties(files, budget, selection)
    is_grey = selection.grey or all(image.is_grey for image in images)
    height, width = selection.size or (images[0].height, images[0].width)
    shape = (height, width) if is_grey else (height, width, 3)
    values = np.empty((len(files), int(np.prod(shape))), np.float32)
    for row, file in zip(values, files, strict=True):
        row[:] = pixels_of(file, budget, is_grey=is_grey, size=selection.size).ravel()
    names = tuple(file.relative_to(path).as_posix() for file in files)
    return Table(values, None, shape, names, _labels(path, files), _notes(path, images))


def write_folder(
    path: Path, values: Array, shape: Sequence[int], names: Sequence[str] | None
) -> None:
    """Write rows as PNG files to a new folder, which is written completely or not at all.

    Raises
    ------
    TableError
        If `path` exists, two rows have the same name, or a value is missing.
    """
    from PIL import Image

    if path.exists() or path.is_symlink():
        raise TableError(f"{path}: exists already; remove it, or choose another name.")
    files = _file_names(path, len(values), names)
    levels = to_bytes(values).reshape(len(values), *shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as temporary:
        folder = Path(temporary, "images")
        folder.mkdir()
        for row, name in zip(levels, files, strict=True):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(row).save(folder / name)
        folder.replace(path)


def to_bytes(values: Array) -> Array:
    """Return pixels in [0, 1] as bytes; values outside are clipped.

    Raises
    ------
    ValueError
        If a value is missing, because no byte represents a missing value.
    """
    if np.isnan(values).any():
        raise ValueError("a pixel is missing (NaN); write .npy, .npz or .csv instead.")
    return np.clip(np.rint(values * np.float64(WHITE)), 0, 255).astype(np.uint8)


def _files(path: Path) -> list[Path]:
    """Return the images below a folder, in the order of their names."""
    found: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=_refuse_unreadable):
        _refuse_links([Path(folder, name) for name in folders])
        found += [Path(folder, name) for name in names if Path(name).suffix.lower() in SUFFIXES]
    if not found:
        raise TableError(f"{path}: there is no image in this folder; expected {_listed()}.")
    for file in found:
        _check_inside(file, path)
    return sorted(found)


def _refuse_unreadable(error: OSError) -> None:
    raise TableError(f"{error.filename}: cannot be read ({error.strerror}).") from error


def _refuse_links(folders: list[Path]) -> None:
    for folder in folders:
        if folder.is_symlink():
            raise TableError(
                f"{folder}: a link to a folder, which is not followed; remove it, or put a copy "
                "of the folder there."
            )


def _check_inside(file: Path, folder: Path) -> None:
    """Refuse a link to a file outside the folder, which its owner may not be allowed to read."""
    if not file.is_symlink():
        return
    try:
        is_inside = file.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:
        raise TableError(f"{file}: a broken link; remove it.") from error
    if not is_inside:
        raise TableError(
            f"{file}: a link to a file outside the folder; put a copy of the image there."
        )


def _properties(files: list[Path], budget: Budget, selection: Selection) -> list[ImageProperties]:
    """Return the properties of each image.

    Unless images are resized, all have the size of the first.
    """
    images: list[ImageProperties] = []
    for file in files:
        image = properties_of(file, budget)
        first = images[0] if images else image
        height, width = selection.size or (image.height, image.width)
        if selection.size is None and (image.width, image.height) != (first.width, first.height):
            raise TableError(
                f"{file}: is {image.width} by {image.height}, but {files[0].name} is "
                f"{first.width} by {first.height}; give all images the same size, or resize them "
                "while they are read: --resize HEIGHTxWIDTH."
            )
        images.append(image)
        colours = 1 if image.is_grey or selection.grey else 3
        budget.check(4 * len(files) * width * height * colours)
    return images


def _notes(path: Path, images: list[ImageProperties]) -> tuple[str, ...]:
    n = sum(image.has_alpha for image in images)
    if not n:
        return ()
    return (f"{path}: {n:,} of {len(images):,} images have transparent pixels, shown on white",)


def _labels(path: Path, files: list[Path]) -> Array | None:
    parents = [file.parent for file in files]
    if path in parents:
        return None
    return np.array([parent.relative_to(path).as_posix() for parent in parents])


def _file_names(path: Path, n: int, names: Sequence[str] | None) -> list[str]:
    if names is None:
        return [f"{i:0{len(str(n - 1))}d}.png" for i in range(n)]
    files = [_file_name(path, name) for name in names]
    if len(set(files)) < n:
        twice = next(file for k, file in enumerate(files) if file in files[:k])
        raise TableError(f"{path}: two rows would have the file name {twice}; rename one of them.")
    return files


def _file_name(path: Path, name: str) -> str:
    """Return the name of a row as a file name inside the folder."""
    outside = Path(name).is_absolute() or ".." in Path(name).parts or not Path(name).name
    if outside or "\0" in name:
        raise TableError(f"{path}: the row name {name!r} is not a file name; rename the row.")
    # Not every point begins a suffix: rows may be named 1.5 and 1.6.
    is_image = Path(name).suffix.lower() in SUFFIXES
    return str(Path(name).with_suffix(".png")) if is_image else f"{name}.png"


def _listed() -> str:
    return ", ".join(SUFFIXES)
