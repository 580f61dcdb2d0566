"""Load MNIST from any of its files.

>>> train, valid, test = load_mnist(sample=True)
>>> train.images.shape, valid.images.shape, test.images.shape
((5000, 784), (1000, 784), (1000, 784))
>>> train.labels[:5]
array([5, 0, 4, 1, 9])
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from autoenc.datasets import places, splits
from autoenc.datasets.archives import ZIP_MAGIC, read_npz
from autoenc.datasets.errors import (
    DatasetDownloadError,
    DatasetFormatError,
    DatasetNotFoundError,
)
from autoenc.datasets.idx import read_idx
from autoenc.datasets.mirrors import fetch_mnist
from autoenc.datasets.pickles import read_pickle
from autoenc.datasets.splits import Mnist, Split, check_sizes, make_split
from autoenc.folders import expand

_KERAS_NAMES = {"x_train", "y_train", "x_test", "y_test"}
_SPLIT_NAMES = {f"{part}_{field}" for part in Mnist._fields for field in Split._fields}


def load_mnist(
    path: str | os.PathLike[str] | None = None,
    *,
    sample: bool = False,
    download: bool = False,
) -> Mnist:
    """Load the MNIST handwritten digits.

    The full data is read from the first of these that exists:

    1. `path`, if given;
    2. the file or folder that the environment variable ``AUTOENC_DATA`` names, if set;
    3. the folder ``data`` of the package or the checkout;
    4. the user's cache folder;
    5. the network, if `download` is true; the files are stored in the cache.

    A folder is searched for ``mnist.pkl.gz``, ``mnist.pkl``, ``mnist.npz`` and the four IDX
    files, gzipped or not, in this order. All of them give identical arrays. The first 50,000 of
    the 60,000 training images are the training part, and the others the validation part.

    Parameters
    ----------
    path : str or path-like, optional
        File or folder. A bare name, such as ``"mnist.pkl.gz"``, is searched in the working
        directory and then in the folder ``data``. A file is one of

        - a pickle of ``((images, labels),) * 3``, gzipped or not, as in the deep learning
          tutorials; nothing in it is executed;
        - an ``.npz`` archive with ``x_train``, ``y_train``, ``x_test``, ``y_test``, as from
          Keras, or with ``train_images``, ``train_labels``, and the same of ``valid`` and
          ``test``, as the bundled sample.
    sample : bool, default False
        Whether to load the 7,000 bundled digits instead, which are the first of each part.
    download : bool, default False
        Whether to download the data if it is in none of the other places. A `path` or
        ``AUTOENC_DATA`` that does not exist is still an error.

    Returns
    -------
    Mnist
        ``(train, valid, test)``, each ``(images, labels)``: 50,000, 10,000 and 10,000
        images (of the sample 5,000, 1,000 and 1,000), float32 in [0, 1] of shape (n, 784),
        each pixel its byte divided by 256; labels int64 of shape (n,), 0 to 9.

    Raises
    ------
    DatasetNotFoundError
        If the data is not found. The message lists the places and the ways to get it.
    DatasetDownloadError
        If no mirror works. It is a `DatasetNotFoundError`.
    DatasetFormatError
        If a file is damaged, not MNIST, or a pickle with anything but arrays.

    Examples
    --------
    >>> train, valid, test = load_mnist(sample=True)
    >>> train.images.dtype, float(train.images.min()), float(train.images.max())
    (dtype('float32'), 0.0, 0.99609375)
    """
    if not (path is None or isinstance(path, (str, os.PathLike))) or path == "":
        raise TypeError(
            f"path is {path!r}; expected the name of a file or folder. For the bundled sample, "
            "call load_mnist(sample=True)."
        )
    if not sample:
        return _read(_find(path, download))
    if path is not None or download:
        raise ValueError(
            "sample=True loads the bundled digits, but path or download was given too; "
            "leave them out, or leave out sample."
        )
    return _read((places.sample_file(),))


def _find(path: str | os.PathLike[str] | None, download: bool) -> tuple[Path, ...]:
    if path is not None:
        return places.find_named(expand(path))
    # A variable with a wrong path is an error; searching elsewhere would hide it.
    if files := places.find_in_environment():
        return files
    try:
        return places.find_in_folders()
    except DatasetNotFoundError:
        if not download:
            raise
    folder = places.download_folder()
    if folder is None:
        raise DatasetDownloadError(
            "there is no home folder to store MNIST in; set XDG_CACHE_HOME, or put the data into "
            f"another folder. {places.HOW_TO_GET_IT}"
        )
    fetch_mnist(folder)
    return places.files_at(folder)


def _read(files: tuple[Path, ...]) -> Mnist:
    if len(files) == len(places.IDX_NAMES):
        return _read_idx_files(files)
    (path,) = files
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == ZIP_MAGIC:
        return _read_archive(path)
    if magic.startswith(b"\0\0"):
        raise DatasetFormatError(
            f"{path}: a single IDX file; give the folder that has all four of them."
        )
    return _read_pickled(path)


def _read_pickled(path: Path) -> Mnist:
    tree = read_pickle(path)
    if not (_is_sequence(tree, 3) and all(_is_pair(part) for part in tree)):
        raise DatasetFormatError(
            f"{path}: a pickled {type(tree).__name__}; expected three pairs of arrays: the "
            "images and labels of the train, valid and test parts."
        )
    data = Mnist(*(make_split(images, labels, path) for images, labels in tree))
    return check_sizes(data, path, (splits.FULL,))


def _is_pair(part: object) -> bool:
    return _is_sequence(part, 2) and all(isinstance(array, np.ndarray) for array in part)


def _is_sequence(value: object, length: int) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (tuple, list)) and len(value) == length


def _read_archive(path: Path) -> Mnist:
    arrays = read_npz(path)
    if arrays.keys() >= _KERAS_NAMES:
        train = arrays["x_train"], arrays["y_train"]
        return _divide(train, (arrays["x_test"], arrays["y_test"]), path)
    if arrays.keys() >= _SPLIT_NAMES:
        data = Mnist(
            *(
                make_split(arrays[f"{part}_images"], arrays[f"{part}_labels"], path)
                for part in Mnist._fields
            )
        )
        return check_sizes(data, path, (splits.FULL, splits.SAMPLE))
    raise DatasetFormatError(
        f"{path}: it has the arrays {sorted(arrays)}; expected {sorted(_KERAS_NAMES)} or "
        f"{sorted(_SPLIT_NAMES)}."
    )


def _read_idx_files(files: tuple[Path, ...]) -> Mnist:
    n_train, n_valid, n_test = splits.FULL
    counts = (n_train + n_valid, n_train + n_valid, n_test, n_test)
    tails = ((28, 28), (), (28, 28), ())
    images, labels, test_images, test_labels = (
        read_idx(path, shape=(count, *tail))
        for path, count, tail in zip(files, counts, tails, strict=True)
    )
    return _divide((images, labels), (test_images, test_labels), files[0].parent)


def _divide(
    train: tuple[NDArray[Any], NDArray[Any]], test: tuple[NDArray[Any], NDArray[Any]], path: Path
) -> Mnist:
    """Divide MNIST as published; its last training images become the validation part."""
    n_train = splits.FULL[0]
    images, labels = train
    data = Mnist(
        make_split(images, labels, path, slice(n_train)),
        make_split(images, labels, path, slice(n_train, None)),
        make_split(*test, path),
    )
    return check_sizes(data, path, (splits.FULL,))
