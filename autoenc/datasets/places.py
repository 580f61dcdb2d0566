"""Where the files of MNIST, and those that come with the package, are looked for."""

import os
from pathlib import Path

from autoenc.datasets.errors import DatasetNotFoundError

SAMPLE_NAME = "mnist_sample.npz"
SINGLE_NAMES = ("mnist.pkl.gz", "mnist.pkl", "mnist.npz")
IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
VARIABLE = "AUTOENC_DATA"
HOW_TO_GET_IT = (
    "To get MNIST, call load_mnist(download=True), or set AUTOENC_DATA to a file or folder "
    "that has it; for 7,000 digits that need no download, call load_mnist(sample=True)."
)


def data_folders() -> tuple[Path, Path]:
    """Return where the bundled data may be: in an installed package, and in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return package / "data", package.parent / "data"


def data_folder() -> Path | None:
    """Return the folder of the bundled data, None where it was not installed.

    Any folder called ``data`` may lie beside an installed package, so ours is told by
    the sample in it.
    """
    return next((folder for folder in data_folders() if (folder / SAMPLE_NAME).is_file()), None)


def cache_folder() -> Path:
    """Return the user's folder for downloaded data."""
    import pooch

    return Path(pooch.os_cache("autoenc"))


def sample_file() -> Path:
    """Return the bundled sample of MNIST; see `bundled_file`."""
    return bundled_file(SAMPLE_NAME)


def bundled_file(name: str) -> Path:
    """Return a file that comes with the package.

    Raises
    ------
    DatasetNotFoundError
        If the package was installed without it.
    """
    for folder in data_folders():
        if (folder / name).is_file():
            return folder / name
    looked = _listing([(str(folder), "no " + name) for folder in data_folders()])
    raise DatasetNotFoundError(
        f"{name}, which comes with autoenc, was not found.{looked}\nInstall autoenc again."
    )


def find_named(path: Path) -> tuple[Path, ...]:
    """Return the files that a path given by the caller stands for.

    Parameters
    ----------
    path : Path
        A file, or a folder with the files. A bare name is also looked up in the folder of
        the bundled data.

    Returns
    -------
    tuple of Path
        One file, or the four IDX files in the order of `IDX_NAMES`.

    Raises
    ------
    DatasetNotFoundError
        If there is no such file or folder, or MNIST is not in the folder.
    """
    places = [path]
    bare = path.parent == Path() and path.name not in ("", "..")
    if bare and (folder := data_folder()):
        places.append(folder / path)
    for place in places:
        if files := files_at(place):
            return files
    raise not_found([(str(place.absolute()), _lack(place)) for place in places])


def find_in_environment() -> tuple[Path, ...]:
    """Return the files that the environment variable names, none if it is not set.

    Raises
    ------
    DatasetNotFoundError
        If it is set to a place that MNIST is not at.
    """
    value = os.environ.get(VARIABLE)
    if not value:
        return ()
    place = Path(value).expanduser()
    if files := files_at(place):
        return files
    raise not_found([(f"{place.absolute()} (set by {VARIABLE})", _lack(place))])


def find_in_folders() -> tuple[Path, ...]:
    """Return the files from the folder of the bundled data, else from the user's cache.

    Raises
    ------
    DatasetNotFoundError
        If the files are in neither.
    """
    looked = [(f"${VARIABLE}", "not set")]
    for place in (data_folder() or data_folders()[0], cache_folder()):
        if files := files_at(place):
            return files
        looked.append((str(place), _lack(place)))
    raise not_found(looked)


def files_at(place: Path) -> tuple[Path, ...]:
    """Return the files of MNIST at a place: itself, or those in it; none if they are not."""
    if place.is_file():
        return (place,)
    for name in SINGLE_NAMES:
        if (place / name).is_file():
            return (place / name,)
    idx = tuple(file for name in IDX_NAMES if (file := _plain_or_gzipped(place / name)))
    return idx if len(idx) == len(IDX_NAMES) else ()


def not_found(looked: list[tuple[str, str]]) -> DatasetNotFoundError:
    """Return the error that says where MNIST was looked for, and how to get it."""
    return DatasetNotFoundError(f"MNIST was not found.{_listing(looked)}\n{HOW_TO_GET_IT}")


def _plain_or_gzipped(path: Path) -> Path | None:
    candidates = (path, path.with_name(path.name + ".gz"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _lack(place: Path) -> str:
    """Say why the files are not at a place."""
    if not place.exists():
        return "does not exist"
    if not place.is_dir():
        return "is neither a file nor a folder"
    missing = [name for name in IDX_NAMES if not _plain_or_gzipped(place / name)]
    if len(missing) < len(IDX_NAMES):
        return f"lacks {', '.join(missing)} (plain or .gz)"
    return f"holds none of {', '.join(SINGLE_NAMES)} and the four IDX files"


def _listing(looked: list[tuple[str, str]]) -> str:
    lines = "".join(f"\n  {place}: {lack}" for place, lack in looked)
    return f" These places were looked at:{lines}"
