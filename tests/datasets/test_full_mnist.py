"""The full data; collected only if it is found (see conftest)."""

import gzip
import hashlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

from autoenc.datasets import load_mnist, mirrors, places

KNOWN = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"


@pytest.fixture(scope="module")
def data(full_file):
    return load_mnist(full_file)


@pytest.fixture(scope="module")
def contents(data, encode_contents):
    return encode_contents(data)


def same(data, expected):
    return all(
        array.dtype == other.dtype and array.shape == other.shape and (array == other).all()
        for part, wanted in zip(data, expected, strict=True)
        for array, other in zip(part, wanted, strict=True)
    )


def test_the_arrays_are_those_that_pickle_gives(full_file, data):
    with gzip.open(full_file) as file:
        content = file.read()
    assert hashlib.sha256(full_file.read_bytes()).hexdigest() == KNOWN
    # The only way to compare; the file is known by its checksum.
    assert same(data, pickle.loads(content, encoding="latin1"))


def test_the_parts_are_what_they_should_be(data):
    assert [part.images.shape for part in data] == [(50_000, 784), (10_000, 784), (10_000, 784)]
    for images, labels in data:
        assert images.dtype == np.float32
        assert images.flags.c_contiguous
        assert images.flags.writeable
        assert labels.dtype == np.int64
        scaled = images * 256
        assert (scaled == scaled.astype(np.uint8)).all()


def test_the_published_files_have_the_checksums_we_ask_for(contents):
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    assert digests == mirrors.SHA256


def test_the_published_files_give_the_same_arrays(contents, data, brief_path):
    for name, content in contents.items():
        (brief_path / name).write_bytes(content)
    assert same(load_mnist(brief_path), data)


def test_the_keras_archive_gives_the_same_arrays(data, write_source, brief_path):
    assert same(load_mnist(write_source["keras.npz"](brief_path, data)), data)


def test_the_sample_is_the_beginning_of_each_part(data, sample):
    for part, beginning in zip(data, sample, strict=True):
        n_images = len(beginning.labels)
        assert (part.images[:n_images] == beginning.images).all()
        assert (part.labels[:n_images] == beginning.labels).all()


def test_a_download_gives_the_same_arrays(contents, data, mirror_of, brief_path, monkeypatch):
    monkeypatch.setattr(places, "download_folder", lambda: brief_path)
    packed = {f"{name}.gz": gzip.compress(content, 1) for name, content in contents.items()}
    monkeypatch.setattr(mirrors, "MIRRORS", (mirror_of(packed),))
    assert same(load_mnist(download=True), data)
    assert sorted(path.name for path in brief_path.iterdir()) == sorted(mirrors.SHA256)


def test_the_pickle_is_in_memory_little_more_than_once(full_file):
    code = (
        "import resource, sys; from autoenc.datasets import load_mnist\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); load_mnist(sys.argv[1]); print(peak() - before)"
    )
    unit = 1 if sys.platform == "darwin" else 1024
    done = subprocess.run(
        [sys.executable, "-c", code, full_file], check=True, capture_output=True, text=True
    )
    # The arrays have 220 MB.
    assert int(done.stdout) * unit < 320e6
