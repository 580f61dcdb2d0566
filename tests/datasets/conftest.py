"""MNIST in every format, made from the bundled sample; the full data, if found; local mirrors."""

import contextlib
import gzip
import io
import os
import pickle
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autoenc.datasets import DatasetFormatError, Mnist, donuts, load_mnist, places, splits

ROOT = Path(__file__).parents[2]


def _full_files() -> list[Path]:
    named = [Path(os.environ["AUTOENC_DATA"])] if os.environ.get("AUTOENC_DATA") else []
    folders = [*named, ROOT / "data"]
    found = (folder / "mnist.pkl.gz" if folder.is_dir() else folder for folder in folders)
    return [path for path in found if path.name == "mnist.pkl.gz" and path.is_file()][:1]


FULL_FILES = _full_files()
# Tests of the full data are collected only if it is found, so that none is skipped.
collect_ignore = [] if FULL_FILES else ["test_full_mnist.py"]


@pytest.fixture(scope="session", params=FULL_FILES, ids=lambda path: path.name)
def full_file(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(autouse=True)
def empty_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A machine without the full data; returns the parent of its two usual folders."""
    home = tmp_path_factory.mktemp("home")
    (home / "data").mkdir()
    for name in (places.SAMPLE_NAME, donuts.FILE_NAME):
        (home / "data" / name).symlink_to(ROOT / "data" / name)
    monkeypatch.delenv(places.VARIABLE, raising=False)
    monkeypatch.setattr(places, "data_folders", lambda: (home / "none", home / "data"))
    monkeypatch.setattr(places, "download_folder", lambda: home / "cache")
    monkeypatch.chdir(home)
    return home


@pytest.fixture(scope="session")
def sample() -> Mnist:
    return load_mnist(sample=True)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST has as many images as the sample, so that its files are quick to make and read."""
    monkeypatch.setattr(splits, "FULL", splits.SAMPLE)


def to_bytes(images: np.ndarray) -> np.ndarray:
    return (images * 256).astype(np.uint8)


def idx_bytes(array: np.ndarray) -> bytes:
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def idx_contents(data: Mnist) -> dict[str, bytes]:
    images = to_bytes(np.concatenate([data.train.images, data.valid.images])).reshape(-1, 28, 28)
    labels = np.concatenate([data.train.labels, data.valid.labels]).astype(np.uint8)
    test = to_bytes(data.test.images).reshape(-1, 28, 28), data.test.labels.astype(np.uint8)
    return dict(zip(places.IDX_NAMES, map(idx_bytes, (images, labels, *test)), strict=True))


def keras_bytes(data: Mnist) -> bytes:
    file = io.BytesIO()
    np.savez(
        file,
        x_train=to_bytes(np.concatenate([data.train.images, data.valid.images])).reshape(
            -1, 28, 28
        ),
        y_train=np.concatenate([data.train.labels, data.valid.labels]).astype(np.uint8),
        x_test=to_bytes(data.test.images).reshape(-1, 28, 28),
        y_test=data.test.labels.astype(np.uint8),
    )
    return file.getvalue()


def python2_array(array: np.ndarray) -> bytes:
    """The opcodes with which Python 2 wrote an array, as in the tutorials' file."""
    shape = b"(" + b"".join(b"J" + struct.pack("<i", n) for n in array.shape) + b"t"
    kind = array.dtype.str[1:].encode()
    dtype = b"cnumpy\ndtype\n(U" + bytes([len(kind)]) + kind + b"K\x00K\x01tR"
    state = b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    raw = array.tobytes()
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
        + b"(K\x01" + shape + dtype + state + b"\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"
    )  # fmt: skip


def python2_pickle(data: Mnist) -> bytes:
    parts = (b"(" + b"".join(map(python2_array, part)) + b"t" for part in data)
    return b"\x80\x02(" + b"".join(parts) + b"t."


def _idx_writer(packed: bool) -> Callable[[Path, Mnist], Path]:
    def write(folder: Path, data: Mnist) -> Path:
        for name, content in idx_contents(data).items():
            path = folder / (name + ".gz" * packed)
            path.write_bytes(gzip.compress(content, 1) if packed else content)
        return folder

    return write


def _file_writer(name: str, content: Callable[[Mnist], bytes]) -> Callable[[Path, Mnist], Path]:
    def write(folder: Path, data: Mnist) -> Path:
        (folder / name).write_bytes(content(data))
        return folder / name

    return write


def _plain(data: Mnist, protocol: int) -> bytes:
    return pickle.dumps(tuple(map(tuple, data)), protocol)


WRITERS = {
    "python2.pkl.gz": _file_writer("mnist.pkl.gz", lambda d: gzip.compress(python2_pickle(d), 1)),
    "python2.pkl": _file_writer("mnist.pkl", python2_pickle),
    "protocol2.pkl.gz": _file_writer("mnist.pkl.gz", lambda d: gzip.compress(_plain(d, 2), 1)),
    "protocol4.pkl": _file_writer("mnist.pkl", lambda d: _plain(d, 4)),
    "protocol5.pkl": _file_writer("mnist.pkl", lambda d: _plain(d, 5)),
    "keras.npz": _file_writer("mnist.npz", keras_bytes),
    "idx": _idx_writer(packed=False),
    "idx.gz": _idx_writer(packed=True),
}


@pytest.fixture
def brief_path() -> Iterator[Path]:
    """A folder for large files, removed after the test; pytest keeps its own for three runs."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(params=WRITERS)
def source(request: pytest.FixtureRequest, brief_path: Path, sample: Mnist) -> Path:
    """The sample as a file or folder of one of the kinds that the full data comes in."""
    return WRITERS[request.param](brief_path, sample)


@pytest.fixture
def python2_file(tmp_path: Path, sample: Mnist) -> Path:
    return WRITERS["python2.pkl.gz"](tmp_path, sample)


@pytest.fixture
def idx_folder(tmp_path: Path, sample: Mnist) -> Path:
    return WRITERS["idx"](tmp_path, sample)


@pytest.fixture(scope="session")
def sample_contents(sample: Mnist) -> dict[str, bytes]:
    return idx_contents(sample)


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for property tests, whose cases may not share a test's own."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="session")
def outcome() -> Callable[..., object]:
    """A function that reads a file and returns its content, or the reason why it was refused."""

    def read(reader: Callable[[Path], object], path: Path) -> object:
        try:
            return reader(path)
        except DatasetFormatError as error:
            return error

    return read


@pytest.fixture(scope="session")
def encode_idx() -> Callable[[np.ndarray], bytes]:
    return idx_bytes


@pytest.fixture(scope="session")
def encode_contents() -> Callable[[Mnist], dict[str, bytes]]:
    return idx_contents


@pytest.fixture(scope="session")
def write_source() -> dict[str, Callable[[Path, Mnist], Path]]:
    return WRITERS


class Mirror(str):
    """The address of a local server, and what was fetched from it."""

    gets: list[str]


class Handler(BaseHTTPRequestHandler):
    """Serves files, with a fault of a given kind."""

    files: dict[str, bytes]
    fault: str
    delay: float
    gets: list[str]
    closing: threading.Event

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        time.sleep(self.delay)
        self.send_response(404 if self.fault == "missing" else 200)
        self.end_headers()

    def do_GET(self) -> None:
        self.gets.append(self.path)
        if self.fault in ("redirected", "loop") and not self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", "/moved" * (self.fault == "redirected") + self.path)
            self.end_headers()
            return
        content = self.faulty(self.files[self.path.removeprefix("/moved").lstrip("/")])
        self.send_response(503 if self.fault == "busy" else 200)
        for header in self.lengths(len(content)):
            self.send_header("Content-Length", header)
        self.end_headers()
        # The client closes the connection if an answer is too long or too slow.
        with contextlib.suppress(OSError):
            self.send(content)

    def lengths(self, length: int) -> list[str]:
        changed = {
            "truncated": [str(2 * length)],
            "stalled": [str(2 * length)],
            "trickle": [str(length)],
            "short length": [str(length // 2)],
            "junk length": ["many"],
            "no end": [],
        }
        return changed.get(self.fault, [str(length)])

    def send(self, content: bytes) -> None:
        if self.fault == "trickle":
            while not self.closing.wait(0.02):
                self.wfile.write(b"?")
        while self.fault == "no end" and not self.closing.is_set():
            self.wfile.write(bytes(100_000))
        if self.fault == "reset":
            self.wfile.write(content[:100])
            # Closed without waiting, the connection ends in a reset.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return
        self.wfile.write(content)
        if self.fault == "stalled":
            self.closing.wait(10)

    def faulty(self, content: bytes) -> bytes:
        changed = {
            "wrong": lambda: gzip.compress(gzip.decompress(content)[:-1] + b"?", 1),
            "page": lambda: b"<html>Please log in</html>",
            "damaged": lambda: content[: len(content) // 2],
            "truncated": lambda: content[:1000],
            "stalled": lambda: content[:1000],
            "endless": lambda: bytes(3_000_000),
            "bomb": lambda: gzip.compress(bytes(3_000_000), 9),
        }
        return changed.get(self.fault, lambda: content)()


class Server(ThreadingHTTPServer):
    """Server that closes connections at once, without the usual shutdown."""

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)


@pytest.fixture
def mirror_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Mirror]]:
    """A function that starts a server of files and returns its address."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    closing = threading.Event()
    servers = []

    def start(files: dict[str, bytes], fault: str = "", delay: float = 0.0) -> Mirror:
        fields = {"files": files, "fault": fault, "delay": delay, "gets": [], "closing": closing}
        handler = type("FilesHandler", (Handler,), fields)
        server = Server(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        mirror = Mirror(f"http://127.0.0.1:{server.server_address[1]}/")
        mirror.gets = fields["gets"]
        return mirror

    yield start
    closing.set()
    for server in servers:
        server.shutdown()
        server.server_close()
