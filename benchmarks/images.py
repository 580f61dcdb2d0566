"""The training images as the one file that all workers read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks import work


def write_images(source: str | None, folder: Path) -> Path:
    """Return a ``.npy`` of the MNIST training images, (rows, 784), float32 in [0, 1].

    Parameters
    ----------
    source : str or None
        A ``.npy`` of that kind, or whatever `autoenc.load_mnist` reads; None for its default.
    folder : Path
        Where to write it if it is not there as ``.npy`` yet.
    """
    if source and Path(source).suffix == ".npy":
        path = Path(source).resolve()
    else:
        path = folder / "images.npy"
        np.save(path, load_images(source))
    check_images(path)
    return path


def load_images(source: str | None) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Read the training images through autoenc."""
    from autoenc import load_mnist

    train, _, _ = load_mnist(source)
    return np.ascontiguousarray(train.images, dtype=np.float32)


def check_images(path: Path) -> None:
    """Refuse a file that the workers would stumble over."""
    images = np.load(path, mmap_mode="r")
    if images.dtype != np.float32 or images.shape[1:] != (work.N_VISIBLE,):
        raise ValueError(
            f"{path} holds {images.dtype} of shape {images.shape}; "
            f"expected float32 of shape (rows, {work.N_VISIBLE})."
        )
