"""Writers of files, and ways to stop them; see `torture.writers`."""

from __future__ import annotations

import gzip
import hashlib
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from autoenc.datasets import mirrors
from autoenc.files import UNFINISHED
from autoenc.plotting import plot_filters, plot_filters_over_time, save_figure
from autoenc.storage import load_arrays, save_arrays
from autoenc.watching import write_history

_PRELOADED = [
    "torture.stopping", "matplotlib.backends.backend_agg", "matplotlib.font_manager",
    "PIL.PngImagePlugin", "PIL.GifImagePlugin", "pooch", "requests", "safetensors.numpy",
]  # fmt: skip
_NOBODY = 65534
_PAGE = 4096
_MOUNT = "4m"


class Writer(NamedTuple):
    """A writer of a file, `write(path, version)` with two versions, and its reader."""

    name: str
    file_name: str
    write: Callable[[Path, int], object]
    read: Callable[[Path], object]


@dataclass
class Report:
    """Number of times that a writer was stopped, and the violations."""

    name: str
    failure: str
    tried: int = 0
    unfinished: int = 0
    problems: list[str] = field(default_factory=list)


def _write_model(path: Path, version: int) -> None:
    save_arrays(path, {"W": np.full((200, 50), float(version))}, {"version": version})


@cache
def _figure(version: int) -> Any:
    return plot_filters(np.random.default_rng(version).normal(size=(25, 64)))


def _write_picture(path: Path, version: int) -> None:
    save_figure(_figure(version), path)


def _write_history(path: Path, version: int) -> None:
    record = {"cost": version / 3, "seconds": 0.25, "rows_per_second": 123456.7}
    write_history([{"epoch": epoch} | record for epoch in range(2000)], path)


def _write_animation(path: Path, version: int) -> None:
    W = np.random.default_rng(version).normal(size=(16, 4))
    plot_filters_over_time([W, W + 1, W * W], path=path)


def _content(version: int) -> bytes:
    return np.random.default_rng(version).bytes(100_000)


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        content = gzip.compress(_content(int(self.path.split("/")[1])), 1)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@cache
def _address() -> str:
    """Return the address of a server of this process."""
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def _download(path: Path, version: int) -> None:
    mirrors.SHA256 = {path.name: hashlib.sha256(_content(version)).hexdigest()}
    address = f"{_address()}/{version}/"
    mirrors.fetch_mnist(path.parent, [address], patience=30, read_timeout=30, progress=False)


def _read_picture(path: Path) -> None:
    with Image.open(path) as picture:
        picture.load()


WRITERS = (
    Writer("model", "model.safetensors", _write_model, load_arrays),
    Writer("picture", "filters.png", _write_picture, _read_picture),
    Writer("animation", "filters.gif", _write_animation, _read_picture),
    Writer(
        "history",
        "history.csv",
        _write_history,
        lambda path: np.loadtxt(path, skiprows=1, delimiter=","),
    ),
    Writer("download", "t10k-labels-idx1-ubyte", _download, lambda path: path.read_bytes()),
)


def limited(writer: Writer, folder: Path, n_points: int) -> Report:
    """Write under limits on the size of files, from zero to nearly the size of the file."""
    report = Report(writer.name, "file-size limit")
    path, versions = _old_file(writer, folder)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for point in range(n_points):
        limit = len(versions[1]) * point // n_points
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        _must_fail(writer, path, versions, f"{limit} bytes", report)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    return report


def on_a_full_disk(writer: Writer, folder: Path, n_points: int) -> Report:
    """Write to a disk with space for a part of the file, then to the same disk, read-only."""
    report = Report(writer.name, "full disk")
    with _small_disk(folder):
        path, versions = _old_file(writer, folder)
        pages = -(-len(versions[1]) // _PAGE)
        filler = folder / "filler"
        filled = _fill(filler)
        for point in range(n_points):
            os.truncate(filler, filled - pages * point // n_points * _PAGE)
            _must_fail(writer, path, versions, f"point {point}", report, "filler")
            filled = _fill(filler)
        filler.unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        _must_fail(writer, path, versions, "a read-only disk", report)
    return report


def where_it_may_not(writer: Writer, folder: Path, n_points: int) -> Report:
    """Write to a folder, and over a file, to which only others may write."""
    report = Report(writer.name, "no permission")
    path, versions = _old_file(writer, folder)
    folder.chmod(0o555)
    path.chmod(0o444)
    if os.geteuid() == 0:
        os.setuid(_NOBODY)
    for point in range(n_points):
        _must_fail(writer, path, versions, f"attempt {point}", report)
    return report


def killed(writer: Writer, folder: Path, n_points: int, seed: int = 0) -> Report:
    """Kill a process that writes the file repeatedly, at random moments."""
    report = Report(writer.name, "kill -9")
    rng = random.Random(f"{seed} {writer.name}")
    path, versions = _in_child(_old_file, writer, folder)
    for _ in range(n_points):
        here, there = _context().Pipe()
        process = _context().Process(target=_write_forever, args=(writer.name, path, there))
        process.start()
        time.sleep(rng.uniform(0, 3) * here.recv())
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        report.tried += 1
        report.unfinished += any(UNFINISHED in name for name in _names(folder))
        _check(writer, path, versions.values(), "killed", report)
    # Both versions, because a download keeps an existing file that is correct.
    _in_child(_old_file, writer, folder)
    if _names(folder) != {path.name}:
        report.problems.append(f"the next writer left {_names(folder)}")
    return report


def together(writer: Writer, folder: Path, n_points: int) -> Report:
    """Read a file while two processes write it."""
    report = Report(writer.name, "two writers")
    path, versions = _in_child(_old_file, writer, folder)
    processes = []
    for _ in range(2):
        here, there = _context().Pipe()
        process = _context().Process(target=_write_forever, args=(writer.name, path, there))
        process.start()
        pause = here.recv()
        processes.append(process)
    for _ in range(n_points):
        time.sleep(pause / 2)
        report.tried += 1
        _check(writer, path, versions.values(), "written by two", report)
    for process in processes:
        if not process.is_alive():
            report.problems.append("a writer failed because of the other one")
        process.kill()
        process.join()
    return report


FAILURES = (limited, on_a_full_disk, where_it_may_not, killed, together)


def torment(writer: Writer, failure: Callable[..., Report], n_points: int) -> Report:
    """Stop a writer in one way, in a new folder."""
    if failure is on_a_full_disk and not disks_can_be_mounted():
        failure = limited
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        if failure in (killed, together):
            return failure(writer, folder, n_points)
        report: Report = _in_child(failure, writer, folder, n_points)
        return report
    finally:
        folder.chmod(0o755)  # `where_it_may_not` has changed it
        shutil.rmtree(folder)


@cache
def disks_can_be_mounted() -> bool:
    """Return whether this process may mount a small disk."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _small_disk(Path(folder)):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


def _old_file(writer: Writer, folder: Path) -> tuple[Path, dict[int, bytes]]:
    """Write the file, and return its content in each version."""
    path = folder / writer.file_name
    versions = {}
    for version in (1, 0):
        writer.write(path, version)
        versions[version] = path.read_bytes()
    return path, versions


def _must_fail(
    writer: Writer,
    path: Path,
    versions: dict[int, bytes],
    where: str,
    report: Report,
    *others: str,
) -> None:
    report.tried += 1
    try:
        writer.write(path, 1)
        report.problems.append(f"{where}: nothing failed")
    except OSError as error:
        if str(path) not in str(error):
            report.problems.append(f"{where}: an error without the path: {error}")
    _check(writer, path, [versions[0]], where, report)
    if left := _names(path.parent) - {path.name, *others}:
        report.problems.append(f"{where}: {left} was left behind")


def _check(
    writer: Writer, path: Path, allowed: Collection[bytes], where: str, report: Report
) -> None:
    if path.read_bytes() not in allowed:
        report.problems.append(f"{where}: the file is {path.read_bytes()[:40]!r}")
    try:
        writer.read(path)
    except Exception as error:
        report.problems.append(f"{where}: it cannot be read: {error}")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _write_forever(name: str, path: Path, ready: Connection) -> None:
    writer = next(writer for writer in WRITERS if writer.name == name)
    for version in (1, 0):
        start = time.monotonic()
        writer.write(path, version)
    ready.send(time.monotonic() - start)
    while True:
        for version in (1, 0):
            writer.write(path, version)


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_MOUNT},mode=755", "torture", str(folder)],
        check=True,
        capture_output=True,
    )
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fill(filler: Path) -> int:
    """Fill a disk with a file; return the size of the file."""
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(_PAGE))
        except OSError:
            return filler.stat().st_size


@cache
def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _in_child(function: Callable[..., Any], writer: Writer, *arguments: object) -> Any:
    """Call a function in a child process, which may give up its rights."""
    here, there = _context().Pipe()
    process = _context().Process(
        target=_answer, args=(there, function.__name__, writer.name, arguments)
    )
    process.start()
    there.close()
    try:
        outcome = here.recv()
    finally:
        process.join()
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _answer(there: Connection, function: str, name: str, arguments: tuple[object, ...]) -> None:
    writer = next(writer for writer in WRITERS if writer.name == name)
    try:
        there.send(globals()[function](writer, *arguments))
    except Exception as error:
        there.send(error)
