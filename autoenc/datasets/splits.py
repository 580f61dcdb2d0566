"""The arrays of a data set, and their validation."""

from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autoenc.datasets.errors import DatasetFormatError

Sizes: TypeAlias = tuple[int, int, int]

FULL: Sizes = (50_000, 10_000, 10_000)
SAMPLE: Sizes = (5_000, 1_000, 1_000)
N_PIXELS = 784
_ALL_ROWS = slice(None)


class Split(NamedTuple):
    """Images and their labels.

    Parameters
    ----------
    images : ndarray of float32, shape (n, 784), or (n, 64) for scikit-learn's digits
        One image per row, C-contiguous and writable, with pixels in [0, 1].
    labels : ndarray of int64, shape (n,)
        Digit of each image, 0 to 9.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


class Mnist(NamedTuple):
    """The three parts of MNIST.

    Parameters
    ----------
    train, valid, test : Split
        Parts of 50,000, 10,000 and 10,000 images; 5,000, 1,000 and 1,000 in the bundled sample.
    """

    train: Split
    valid: Split
    test: Split


def make_split(
    images: NDArray[Any], labels: NDArray[Any], path: Path, rows: slice = _ALL_ROWS
) -> Split:
    """Return the arrays of a file as a Split.

    Parameters
    ----------
    images : ndarray, shape (n, 784) or (n, 28, 28)
        Bytes, which are divided by 256, or floating-point numbers in [0, 1].
    labels : ndarray of integers, shape (n,)
        Digits, 0 to 9.
    path : Path
        The file, for messages.
    rows : slice, optional
        Rows to use; by default all.

    Returns
    -------
    Split

    Raises
    ------
    DatasetFormatError
        If the arrays are not images and their digits.
    """
    if images.shape[1:] not in ((N_PIXELS,), (28, 28)):
        raise DatasetFormatError(
            f"{path}: images have shape {images.shape}; expected (n, 784) or (n, 28, 28)."
        )
    if labels.shape != images.shape[:1]:
        raise DatasetFormatError(
            f"{path}: labels have shape {labels.shape}, but there are {len(images)} images."
        )
    flat = images.reshape(len(images), N_PIXELS)
    return Split(_pixels(flat[rows], path), _digits(labels[rows], path))


def check_sizes(data: Mnist, path: Path, allowed: tuple[Sizes, ...]) -> Mnist:
    """Return `data`; raise an error unless its parts have one of the allowed sizes."""
    sizes = tuple(len(part.labels) for part in data)
    if sizes not in allowed:
        expected = " or ".join(map(str, allowed))
        raise DatasetFormatError(
            f"{path}: the train, valid and test parts have {sizes} images; "
            f"expected {expected}, as MNIST has. Is the file complete?"
        )
    return data


def _pixels(rows: NDArray[Any], path: Path) -> NDArray[np.float32]:
    if rows.dtype == np.uint8:
        pixels = rows.astype(np.float32, order="C")
        # The quotient is exact, as 256 is a power of two, and so the same for every source.
        pixels /= 256
        return pixels
    if rows.dtype.kind != "f":
        raise DatasetFormatError(
            f"{path}: images have dtype {rows.dtype}; expected bytes or floating point."
        )
    # This form of the comparison is false for NaN.
    if rows.size and not (rows.min() >= 0 and rows.max() <= 1):
        raise DatasetFormatError(
            f"{path}: pixels lie in [{rows.min()}, {rows.max()}]; expected [0, 1]."
        )
    return np.ascontiguousarray(rows, dtype=np.float32)


def _digits(labels: NDArray[Any], path: Path) -> NDArray[np.int64]:
    if labels.dtype.kind not in "iu":
        raise DatasetFormatError(f"{path}: labels have dtype {labels.dtype}; expected integers.")
    if labels.size and not (labels.min() >= 0 and labels.max() <= 9):
        raise DatasetFormatError(
            f"{path}: labels lie in [{labels.min()}, {labels.max()}]; expected 0 to 9."
        )
    return np.ascontiguousarray(labels, dtype=np.int64)
