"""Download the files of MNIST from mirrors."""

import hashlib
import io
import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copyfileobj

from autoenc.datasets.errors import DatasetDownloadError, DatasetFormatError
from autoenc.datasets.gzipped import damage_reported, unpacked
from autoenc.datasets.places import HOW_TO_GET_IT
from autoenc.files import atomic_write

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# Checksums of the unpacked files, which do not depend on how a mirror compresses them.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
# Maximum size, above that of the largest file, so that a faulty server cannot fill the disk.
_MAX_BYTES = 1 << 26
# Minimum bytes per second. At this rate, MNIST takes almost an hour.
_LEAST_RATE = 4096
_CHUNK = 1024


def fetch_mnist(
    folder: str | os.PathLike[str],
    mirrors: Sequence[str] | None = None,
    *,
    patience: float = 4.0,
    read_timeout: float = 10.0,
    progress: bool = True,
) -> None:
    """Download the four IDX files of MNIST to a folder.

    Existing files with the right checksum are kept. The others are downloaded from the first
    mirror that answers, or from the next one if that fails. A file appears in the folder only
    when it is complete and its SHA-256 checksum is right.

    Parameters
    ----------
    folder : str or path-like
        Folder, which is created if it does not exist.
    mirrors : sequence of str, optional
        Base addresses of the gzipped files. By default `MIRRORS`.
    patience : float, default 4.0
        Seconds to wait for a first answer, including name resolution.
    read_timeout : float, default 10.0
        Seconds after which a mirror is abandoned if it sent fewer than 4 kB per second.
    progress : bool, default True
        Whether to show a progress bar for each file.

    Raises
    ------
    DatasetDownloadError
        If a file could not be downloaded from any mirror. The message gives the reasons.
    OSError
        If a file cannot be written; an existing one is unchanged.
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

    if (folder / name).is_file() and pooch.file_hash(str(folder / name)) == SHA256[name]:
        return
    reasons: dict[str, str] = {}
    for mirror in _answering(mirrors, f"{name}.gz", patience, reasons):
        url = _url(mirror, f"{name}.gz")
        try:
            packed = _download(url, patience, read_timeout, progress)
            content = _unpack(packed, url, SHA256[name])
        except DatasetFormatError as error:
            reasons[mirror] = str(error)
            continue
        with atomic_write(folder / name) as temporary:
            temporary.write_bytes(content)
        return
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
    """Yield the mirrors that have a file, in the order of their answers.

    `reasons` records why the others do not. All mirrors are asked at once, in threads that are
    abandoned after `patience`: without a network, name resolution blocks for long and has no
    timeout.
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
    # The waiting thread must be informed of any error.
    except Exception as error:
        answers.put((mirror, str(error) or type(error).__name__))
    else:
        answers.put((mirror, ""))


def _url(mirror: str, name: str) -> str:
    return f"{mirror.rstrip('/')}/{name}"


def _download(url: str, patience: float, read_timeout: float, progress: bool) -> io.BytesIO:
    """Download an address.

    It is read in a thread that is abandoned if it is too slow: a server that sends a byte from
    time to time prevents every read from timing out.
    """
    packed = io.BytesIO()
    target = _LimitedFile(packed, url)
    ended: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
    arguments = (url, target, (patience, read_timeout), progress, ended)
    threading.Thread(target=_read, args=arguments, daemon=True).start()
    before = 0
    while True:
        try:
            problem = ended.get(timeout=read_timeout)
        except queue.Empty:
            if target.written - before >= _LEAST_RATE * read_timeout:
                before = target.written
                continue
            target.stop()
            problem = TimeoutError(
                f"Read timed out: fewer than {_LEAST_RATE} bytes per second for {read_timeout:g} s"
            )
        if problem is not None:
            # Errors while reading are caused by the server; nothing has been written yet.
            reason = " ".join(str(problem).split()) or type(problem).__name__
            raise DatasetFormatError(reason) from problem
        return packed


def _read(
    url: str,
    target: "_LimitedFile",
    timeout: tuple[float, float],
    progress: bool,
    ended: queue.SimpleQueue[Exception | None],
) -> None:
    try:
        _get(url, target, timeout, progress)
    # The waiting thread must be informed of any error.
    except Exception as error:
        ended.put(error)
    else:
        ended.put(None)


def _get(url: str, target: "_LimitedFile", timeout: tuple[float, float], progress: bool) -> None:
    import requests
    from tqdm import tqdm

    # The files are compressed already; a second compression could hide a bomb.
    plain = {"Accept-Encoding": "identity"}
    with requests.get(url, stream=True, timeout=timeout, headers=plain) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0))
        with tqdm(total=total, unit="B", unit_scale=True, disable=not progress) as bar:
            for chunk in response.iter_content(_CHUNK):
                target.write(chunk)
                bar.update(len(chunk))


def _unpack(packed: io.BytesIO, url: str, expected: str) -> bytes:
    content = io.BytesIO()
    with damage_reported(url), unpacked(packed) as source:
        copyfileobj(source, _LimitedFile(content, url), 1 << 20)
    if (found := hashlib.sha256(content.getbuffer()).hexdigest()) != expected:
        raise DatasetFormatError(f"{url}: its SHA-256 checksum is {found}; expected {expected}")
    return content.getvalue()


class _LimitedFile:
    """A file in memory with a maximum size, which `stop` sets to zero."""

    def __init__(self, file: io.BytesIO, url: str) -> None:
        self.written = 0
        self._file = file
        self._url = url
        self._most = _MAX_BYTES

    def stop(self) -> None:
        self._most = 0

    def write(self, data: bytes) -> int:
        self.written += len(data)
        if self.written > self._most:
            raise DatasetFormatError(f"{self._url}: more than {self._most} bytes")
        return self._file.write(data)
