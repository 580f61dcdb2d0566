"""Fetching the files of MNIST from the mirrors that serve them."""

import os
import queue
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from autoenc.datasets.errors import DatasetDownloadError, DatasetFormatError
from autoenc.datasets.places import HOW_TO_GET_IT
from autoenc.datasets.streams import damage_reported, unpacked

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# Of the unpacked files: those are the same from every mirror, however it packs them.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
# Above the largest file, so that a server gone wrong cannot fill the disk.
_MAX_BYTES = 1 << 26


def fetch_mnist(
    folder: str | os.PathLike[str],
    mirrors: Sequence[str] | None = None,
    *,
    patience: float = 4.0,
    read_timeout: float = 10.0,
    progress: bool = True,
) -> None:
    """Put the four IDX files of MNIST into a folder.

    Files that are there and have the right checksum are kept. The others are fetched from
    the first mirror to answer, and from the next if that fails. A file appears in the folder
    only when it is complete and its SHA-256 checksum is right.

    Parameters
    ----------
    folder : str or path-like
        Where to; made if need be.
    mirrors : sequence of str, optional
        The addresses below which the files are, gzipped. `MIRRORS` by default.
    patience : float, default 4.0
        Seconds to wait for a first answer, name look-up included.
    read_timeout : float, default 10.0
        Seconds without data after which a mirror is given up.
    progress : bool, default True
        Whether to show a progress bar for each file.

    Raises
    ------
    DatasetDownloadError
        If a file could be had from no mirror; the message gives the reason for each.
    """
    for name in SHA256:
        _fetch(name, Path(folder), tuple(mirrors or MIRRORS), patience, read_timeout, progress)


def _fetch(
    name: str,
    folder: Path,
    mirrors: tuple[str, ...],
    patience: float,
    read_timeout: float,
    progress: bool,
) -> None:
    import pooch
    import requests

    if (folder / name).is_file() and pooch.file_hash(str(folder / name)) == SHA256[name]:
        return
    reasons: dict[str, str] = {}
    http = pooch.HTTPDownloader(progressbar=progress, timeout=(patience, read_timeout))
    for mirror in _answering(mirrors, f"{name}.gz", patience, reasons):
        try:
            pooch.retrieve(
                _url(mirror, f"{name}.gz"),
                known_hash=SHA256[name],
                fname=name,
                path=folder,
                downloader=_UnpackingDownloader(http),
            )
            return
        # Only what is the mirror's fault: a full disk is not, and ends the search.
        except (requests.RequestException, ValueError) as error:
            reasons[mirror] = " ".join(str(error).split())
    raise _all_failed(name, folder, reasons)


def _all_failed(name: str, folder: Path, reasons: dict[str, str]) -> DatasetDownloadError:
    tried = "".join(f"\n  {mirror}: {reason}" for mirror, reason in reasons.items())
    return DatasetDownloadError(
        f"{name} could not be downloaded. These mirrors were tried:{tried}\n"
        "Check the network and the proxy settings (HTTPS_PROXY), or put the four IDX files, "
        f"gzipped or not, into {folder} by other means.\n{HOW_TO_GET_IT}"
    )


def _answering(
    mirrors: tuple[str, ...], name: str, patience: float, reasons: dict[str, str]
) -> Iterator[str]:
    """Yield the mirrors that have a file, first to answer first; note why others do not.

    All are asked at once, in threads that are left behind when time is up: a name look-up
    on a dead network blocks for longer than anyone waits, and no timeout reaches it.
    """
    answers: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    end = time.monotonic() + patience
    for mirror in mirrors:
        arguments = (mirror, name, patience, answers)
        threading.Thread(target=_ask, args=arguments, daemon=True).start()
    for _ in mirrors:
        try:
            mirror, problem = answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        reasons[mirror] = problem
        if not problem:
            yield mirror
    for mirror in mirrors:
        reasons.setdefault(mirror, f"no answer within {patience:g} s")


def _ask(
    mirror: str, name: str, patience: float, answers: queue.SimpleQueue[tuple[str, str]]
) -> None:
    import requests

    try:
        with requests.head(_url(mirror, name), timeout=patience, allow_redirects=True) as response:
            response.raise_for_status()
    # Whatever happens, the thread that waits must hear of it.
    except Exception as error:
        answers.put((mirror, str(error) or type(error).__name__))
    else:
        answers.put((mirror, ""))


def _url(mirror: str, name: str) -> str:
    return f"{mirror.rstrip('/')}/{name}"


class _UnpackingDownloader:
    """Downloads a file and unpacks it, so that pooch checks what is in it.

    Pooch gives the name of a temporary file in the target folder, and moves that into
    place once its checksum is found right.
    """

    def __init__(self, downloader: Any) -> None:
        self._downloader = downloader

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        with tempfile.TemporaryFile() as packed, Path(output_file).open("wb") as target:
            self._downloader(url, _Bounded(packed, url), None)
            with damage_reported(url), unpacked(packed) as source:
                copyfileobj(source, _Bounded(target, url), 1 << 20)
            target.flush()
            os.fsync(target.fileno())


class _Bounded:
    """A file that takes only so many bytes."""

    def __init__(self, file: Any, url: str) -> None:
        self._file = file
        self._url = url
        self._left = _MAX_BYTES

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise DatasetFormatError(f"{self._url}: more than {_MAX_BYTES} bytes")
        return int(self._file.write(data))

    def flush(self) -> None:
        self._file.flush()
