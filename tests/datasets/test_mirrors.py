import errno
import gzip
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

import pytest

from autoenc.datasets import (
    DatasetDownloadError,
    DatasetNotFoundError,
    load_mnist,
    mirrors,
    places,
)
from autoenc.datasets.mirrors import fetch_mnist


@pytest.fixture
def contents(sample_contents, monkeypatch):
    """The four files, gzipped, whose checksums are the ones asked for."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sample_contents.items()}
    monkeypatch.setattr(mirrors, "SHA256", digests)
    return {f"{name}.gz": gzip.compress(data, 1) for name, data in sample_contents.items()}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def fetch(folder, *addresses, **settings):
    settings = {"patience": 4.0, "read_timeout": 1.0, "progress": False} | settings
    fetch_mnist(folder, addresses, **settings)


def assert_complete(folder, contents):
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name.removesuffix(".gz"): gzip.decompress(data) for name, data in contents.items()
    }


@pytest.fixture
def closed_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_good_files_are_put_in_place_unpacked(contents, mirror_of, folder):
    fetch(folder, mirror_of(contents))
    assert_complete(folder, contents)


def test_progress_is_shown(contents, mirror_of, folder, capfd):
    fetch(folder, mirror_of(contents), progress=True)
    assert "100%" in capfd.readouterr().err


def test_files_that_are_there_need_no_network(contents, mirror_of, folder, closed_port):
    fetch(folder, mirror_of(contents))
    fetch(folder, closed_port)
    assert_complete(folder, contents)


def test_only_what_is_missing_or_wrong_is_fetched(contents, mirror_of, folder):
    server = mirror_of(contents)
    fetch(folder, server)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"wrong")
    (folder / "train-labels-idx1-ubyte").unlink()
    before = len(server.gets)
    fetch(folder, server)
    assert_complete(folder, contents)
    assert server.gets[before:] == ["/train-labels-idx1-ubyte.gz", "/t10k-labels-idx1-ubyte.gz"]


def test_files_that_a_mirror_has_already_unpacked_are_taken(contents, mirror_of, folder):
    plain = {name: gzip.decompress(data) for name, data in contents.items()}
    fetch(folder, mirror_of(plain))
    assert_complete(folder, contents)


FAULTS = {
    "wrong": "SHA-256 checksum is",
    "page": "SHA-256 checksum is",
    "damaged": "the gzip data is damaged or cut short",
    "truncated": "IncompleteRead|Connection broken",
    "stalled": "Read timed out",
    "missing": "404 Client Error",
    "endless": "more than 1000000 bytes",
    "bomb": "more than 1000000 bytes",
    "no end": "more than 1000000 bytes",
    "trickle": "Read timed out: fewer than 4096 bytes per second",
    "short length": "the gzip data is damaged or cut short",
    "junk length": "invalid literal|Content-Length",
    "busy": "503 Server Error",
    "reset": "reset by peer",
    # Thirty redirections may take too long to be counted.
    "loop": "redirects|Read timed out",
}


@pytest.fixture
def limit(contents, monkeypatch):
    """A limit that the faulty files exceed and the small ones do not."""
    monkeypatch.setattr(mirrors, "_MAX_BYTES", 1_000_000)
    names = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    monkeypatch.setattr(mirrors, "SHA256", {name: mirrors.SHA256[name] for name in names})
    return {f"{name}.gz": contents[f"{name}.gz"] for name in names}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mirror_at_fault_is_followed_by_the_next(fault, limit, mirror_of, folder):
    bad = mirror_of(limit, fault)
    # The good one answers last.
    good = mirror_of(limit, delay=0.1)
    fetch(folder, bad, good)
    assert_complete(folder, limit)
    assert len(good.gets) == len(limit)


@pytest.mark.parametrize("fault", FAULTS)
def test_when_all_fail_each_reason_is_said(fault, limit, mirror_of, folder, closed_port):
    bad = mirror_of(limit, fault)
    with pytest.raises(DatasetDownloadError) as caught:
        fetch(folder, bad, closed_port)
    message = str(caught.value)
    assert isinstance(caught.value, DatasetNotFoundError)
    assert re.search(rf"\n  {bad}: .*({FAULTS[fault]})", message)
    assert re.search(rf"\n  {closed_port}: .*refused", message)
    assert "put the four IDX files" in message
    assert "load_mnist(sample=True)" in message
    assert not folder.exists() or not list(folder.iterdir())


def test_a_redirected_answer_is_followed(contents, mirror_of, folder):
    server = mirror_of(contents, "redirected")
    fetch(folder, server)
    assert_complete(folder, contents)
    assert len(server.gets) == 2 * len(contents)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_there_stays_when_the_download_fails(fault, limit, mirror_of, folder):
    folder.mkdir()
    name = next(iter(limit)).removesuffix(".gz")
    (folder / name).write_bytes(b"of another version")
    with pytest.raises(DatasetDownloadError):
        fetch(folder, mirror_of(limit, fault))
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == b"of another version"


def test_a_full_disk_is_no_mirrors_fault(contents, mirror_of, folder, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    server, other = mirror_of(contents), mirror_of(contents)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=r"No space left on device: '.*idx3-ubyte'") as caught:
        fetch(folder, server, other)
    assert not isinstance(caught.value, DatasetDownloadError)
    assert not list(folder.iterdir())
    assert len(server.gets + other.gets) == 1


FETCH = """
import json, sys
from autoenc.datasets import mirrors
mirrors.SHA256 = json.loads(sys.argv[2])
mirrors.fetch_mnist(sys.argv[1], sys.argv[3:], patience=30, read_timeout=30, progress=False)
"""


def test_processes_that_download_at_the_same_time_do_not_clash(contents, mirror_of, folder):
    server = mirror_of(contents)
    command = [sys.executable, "-c", FETCH, str(folder), json.dumps(mirrors.SHA256), server]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert_complete(folder, contents)


def test_a_good_file_stays_when_its_neighbour_fails(contents, mirror_of, folder):
    name = "t10k-labels-idx1-ubyte.gz"
    with pytest.raises(DatasetDownloadError, match="t10k-labels-idx1-ubyte could not be down"):
        fetch(folder, mirror_of({**contents, name: gzip.compress(b"wrong")}))
    del contents[name]
    assert_complete(folder, contents)


def test_a_dead_network_is_noticed_in_time(folder, monkeypatch):
    never = threading.Event()

    def hang(*args, **settings):
        never.wait()
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    start = time.monotonic()
    with pytest.raises(DatasetDownloadError) as caught:
        fetch(folder, *mirrors.MIRRORS, patience=0.3)
    assert time.monotonic() - start < 3
    never.set()
    for mirror in mirrors.MIRRORS:
        assert f"{mirror}: no answer within 0.3 s" in str(caught.value)


def test_a_dead_mirror_beside_a_good_one_costs_no_time(contents, mirror_of, folder, monkeypatch):
    never = threading.Event()
    look_up = socket.getaddrinfo

    def hang(host, *args, **settings):
        if "dead" in str(host):
            never.wait()
            raise OSError
        return look_up(host, *args, **settings)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    start = time.monotonic()
    fetch(folder, "http://dead.example/", mirror_of(contents), patience=10)
    assert time.monotonic() - start < 5
    never.set()
    assert_complete(folder, contents)


def test_the_default_patience_is_below_five_seconds():
    assert fetch_mnist.__kwdefaults__["patience"] < 5


def test_downloads_at_the_same_time_do_not_clash(contents, mirror_of, folder):
    server = mirror_of(contents)
    problems = []

    def run():
        try:
            fetch(folder, server)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert_complete(folder, contents)


def test_a_folder_that_cannot_be_made_is_no_mirrors_fault(contents, mirror_of, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file") as caught:
        fetch(tmp_path / "file" / "cache", mirror_of(contents))
    assert not isinstance(caught.value, DatasetDownloadError)


def test_load_mnist_downloads_when_asked(contents, mirror_of, small, sample, monkeypatch):
    monkeypatch.setattr(mirrors, "MIRRORS", (mirror_of(contents),))
    with pytest.raises(DatasetNotFoundError):
        load_mnist()
    data = load_mnist(download=True)
    assert (data.train.images == sample.train.images).all()
    assert_complete(places.download_folder(), contents)
    monkeypatch.setattr(mirrors, "MIRRORS", ())
    assert (load_mnist().valid.labels == sample.valid.labels).all()
