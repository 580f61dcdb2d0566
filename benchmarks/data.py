"""Training rows, in one file that all workers read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from benchmarks.work import Work

N_TABLE_ROWS = 50_000
N_FACTORS = 8


def write_rows(work: Work, folder: Path, source: str | None, n_rows: int | None = None) -> Path:
    """Write the rows of ``work`` as ``.npy``, float32 in [0, 1], and return the path.

    Parameters
    ----------
    work : Work
        Model that is trained on the rows.
    folder : Path
        Folder of the file; an existing file is used.
    source : str or None
        MNIST as `autoenc.load_mnist` reads it; None for its default.
    n_rows : int, optional
        Number of rows: the first ones, repeated as often as necessary; by default all rows once.
    """
    path = folder / f"{work.n_visible}-{n_rows or 'all'}.npy"
    if not path.exists():
        rows = load_images(source) if work.n_visible == 784 else make_table(work.n_visible)
        tile_rows(rows, path, n_rows or len(rows))
    return path


def tile_rows(rows: npt.NDArray[np.float32], path: Path, n_rows: int) -> None:
    """Write ``rows`` repeatedly until there are ``n_rows``; not all of them are in memory."""
    shape = (n_rows, rows.shape[1])
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    for first in range(0, n_rows, len(rows)):
        out[first : first + len(rows)] = rows[: n_rows - first]
    out.flush()


def load_images(source: str | None) -> npt.NDArray[np.float32]:
    """Read the training images with autoenc."""
    from autoenc import load_mnist

    train, _, _ = load_mnist(source)
    return np.ascontiguousarray(train.images, dtype=np.float32)


def make_table(n_columns: int) -> npt.NDArray[np.float32]:
    """Generate rows whose columns depend on a few hidden factors, with noise."""
    rng = np.random.default_rng(100)
    factors = rng.standard_normal((N_TABLE_ROWS, N_FACTORS))
    noise = rng.standard_normal((N_TABLE_ROWS, n_columns))
    loadings = rng.standard_normal((N_FACTORS, n_columns))
    return (1 / (1 + np.exp(-(factors @ loadings + noise)))).astype(np.float32)
