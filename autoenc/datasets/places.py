"""Find the files of MNIST, and the bundled files of the package."""

import os
from pathlib import Path

from autoenc.datasets.errors import DatasetNotFoundError
from autoenc.folders import expand

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
    """Return the possible folders of the bundled data: installed, and in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return package / "data", package.parent / "data"


def data_folder() -> Path | None:
    """Return the folder of the bundled data, or None if it is not installed.

    It is identified by the sample, because another folder called ``data`` may be next to a
    package.
    """
    return next((folder for folder in data_folders() if (folder / SAMPLE_NAME).is_file()), None)


def download_folder() -> Path | None:
    """Return the user's folder for downloaded data, or None if the user has no home folder."""
    import pooch

    try:
        folder = Path(pooch.os_cache("autoenc"))
    except (OSError, RuntimeError):  # versions of platformdirs differ without a home folder
        return None
    return folder if folder.is_absolute() else None


def sample_file() -> Path:
    """Return the bundled sample of MNIST; see `bundled_file`."""
    return bundled_file(SAMPLE_NAME)


def bundled_file(name: str) -> Path:
    """Return a bundled file.

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
    """Return the files at a path that the caller passed.

    Parameters
    ----------
    path : Path
        File, or folder of files. A bare name is also searched in the folder of the bundled
        data.

    Returns
    -------
    tuple of Path
        One file, or the four IDX files in the order of `IDX_NAMES`.

    Raises
    ------
    DatasetNotFoundError
        If the path does not exist, or the folder does not contain MNIST.
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
    """Return the files at the path in the environment variable; none if it is not set.

    Raises
    ------
    DatasetNotFoundError
        If MNIST is not at this path.
    """
    value = os.environ.get(VARIABLE)
    if not value:
        return ()
    place = expand(value)
    if files := files_at(place):
        return files
    raise not_found([(f"{place.absolute()} (set by {VARIABLE})", _lack(place))])


def find_in_folders() -> tuple[Path, ...]:
    """Return the files in the folder of the bundled data, else those in the user's cache.

    Raises
    ------
    DatasetNotFoundError
        If neither has the files.
    """
    looked = [(f"${VARIABLE}", "not set")]
    for place in (data_folder() or data_folders()[0], download_folder()):
        if place is None:
            continue
        if files := files_at(place):
            return files
        looked.append((str(place), _lack(place)))
    raise not_found(looked)


def files_at(place: Path) -> tuple[Path, ...]:
    """Return the files of MNIST at a place: the file itself, or those in the folder."""
    if place.is_file():
        return (place,)
    for name in SINGLE_NAMES:
        if (place / name).is_file():
            return (place / name,)
    idx = tuple(file for name in IDX_NAMES if (file := _plain_or_gzipped(place / name)))
    return idx if len(idx) == len(IDX_NAMES) else ()


def not_found(looked: list[tuple[str, str]]) -> DatasetNotFoundError:
    """Return an error that lists the places and the ways to get MNIST."""
    return DatasetNotFoundError(f"MNIST was not found.{_listing(looked)}\n{HOW_TO_GET_IT}")


def _plain_or_gzipped(path: Path) -> Path | None:
    candidates = (path, path.with_name(path.name + ".gz"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _lack(place: Path) -> str:
    """Return the reason why the files are not at a place."""
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
    return f" These places were searched:{lines}"
