import gzip
import hashlib
import io
import pickle
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from autoenc.datasets import (
    DatasetDownloadError,
    DatasetFormatError,
    DatasetNotFoundError,
    load_mnist,
    mirrors,
    places,
)

DOWNLOAD_FOLDER = places.download_folder
N_SAMPLE = (5_000, 1_000, 1_000)


def assert_same(data, expected):
    for part, other in zip(data, expected, strict=True):
        for array, wanted in zip(part, other, strict=True):
            assert array.dtype == wanted.dtype
            assert array.shape == wanted.shape
            assert array.tobytes() == wanted.tobytes()
            assert array.flags.c_contiguous
            assert array.flags.writeable


def write_zeros(folder, encode_idx, train=60_000, test=10_000):
    shapes = ((train, 28, 28), (train,), (test, 28, 28), (test,))
    for name, shape in zip(places.IDX_NAMES, shapes, strict=True):
        content = gzip.compress(encode_idx(np.zeros(shape, np.uint8)), 1)
        (folder / f"{name}.gz").write_bytes(content)


def test_the_sample_is_what_it_says(sample):
    assert tuple(len(part.images) for part in sample) == N_SAMPLE
    for images, labels in sample:
        assert images.dtype == np.float32
        assert images.shape == (len(labels), 784)
        assert images.flags.c_contiguous
        assert images.min() == 0
        assert images.max() == 255 / 256
        assert labels.dtype == np.int64
        assert set(labels.tolist()) == set(range(10))
    # The first digits of the three parts of the tutorials' file.
    first = [part.labels[:5].tolist() for part in sample]
    assert first == [[5, 0, 4, 1, 9], [3, 8, 6, 9, 6], [7, 2, 1, 0, 4]]


def test_the_sample_is_the_file_that_the_readme_describes():
    folder = places.sample_file().resolve().parent
    content = (folder / places.SAMPLE_NAME).read_bytes()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert len(content) <= 1_500_000
    assert f"| {len(content):,} | `{hashlib.sha256(content).hexdigest()}` |" in readme
    for name, digest in mirrors.SHA256.items():
        assert re.search(rf"`{name}` \| [\d,]+ \| `{digest}`", readme)


def test_the_sample_can_be_made_again(python2_file, small, sample, tmp_path):
    script = places.sample_file().resolve().with_name("make_sample.py")
    target = tmp_path / "again.npz"
    make = runpy.run_path(str(script))["main"]
    make(python2_file, target)
    assert_same(load_mnist(target), sample)
    content = target.read_bytes()
    make(python2_file, target)
    assert target.read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.npz", "mnist.pkl.gz"]


def test_every_source_gives_the_same_arrays(source, small, sample, monkeypatch):
    assert_same(load_mnist(source), sample)
    assert_same(load_mnist(str(source)), sample)
    folder = source if source.is_dir() else source.parent
    assert_same(load_mnist(folder), sample)
    for place in (source, folder):
        monkeypatch.setenv("AUTOENC_DATA", str(place))
        assert_same(load_mnist(), sample)


def test_the_sizes_of_the_full_data_are_asked_for(tmp_path, encode_idx):
    write_zeros(tmp_path, encode_idx)
    data = load_mnist(tmp_path)
    assert [part.images.shape for part in data] == [(50_000, 784), (10_000, 784), (10_000, 784)]
    assert [part.labels.shape for part in data] == [(50_000,), (10_000,), (10_000,)]


def test_fewer_images_are_refused(source):
    with pytest.raises(DatasetFormatError, match=r"60000|50000"):
        load_mnist(source)


def test_the_sample_may_be_named(sample):
    assert_same(load_mnist(places.sample_file()), sample)
    assert_same(load_mnist("mnist_sample.npz"), sample)


@pytest.mark.parametrize("place", ["data", "cache", "working directory"])
def test_the_usual_places_are_looked_at(place, small, sample, empty_machine, write_source):
    folder = empty_machine if place == "working directory" else empty_machine / place
    folder.mkdir(exist_ok=True)
    write_source["python2.pkl.gz"](folder, sample)
    if place != "working directory":
        assert_same(load_mnist(), sample)
        assert_same(load_mnist(download=True), sample)
    if place != "cache":
        assert_same(load_mnist("mnist.pkl.gz"), sample)


def test_the_tilde_is_the_home_folder(small, sample, empty_machine, write_source, monkeypatch):
    write_source["keras.npz"](empty_machine, sample)
    monkeypatch.setenv("HOME", str(empty_machine))
    monkeypatch.setenv("USERPROFILE", str(empty_machine))
    assert_same(load_mnist("~/mnist.npz"), sample)
    monkeypatch.setenv("AUTOENC_DATA", "~")
    assert_same(load_mnist(), sample)


def test_without_the_data_every_place_and_remedy_is_said(empty_machine):
    with pytest.raises(DatasetNotFoundError) as caught:
        load_mnist()
    message = str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)
    assert "$AUTOENC_DATA: not set" in message
    assert f"{empty_machine / 'data'}: holds none of mnist.pkl.gz" in message
    assert f"{empty_machine / 'cache'}: does not exist" in message
    for remedy in ("load_mnist(download=True)", "set AUTOENC_DATA", "load_mnist(sample=True)"):
        assert remedy in message


@pytest.mark.parametrize("download", [False, True])
def test_a_path_that_does_not_exist_is_an_error(download, empty_machine, tmp_path):
    with pytest.raises(DatasetNotFoundError) as caught:
        load_mnist("absent.pkl.gz", download=download)
    assert f"{empty_machine / 'absent.pkl.gz'}: does not exist" in str(caught.value)
    assert f"{empty_machine / 'data' / 'absent.pkl.gz'}: does not exist" in str(caught.value)
    with pytest.raises(DatasetNotFoundError, match=re.escape(f"{tmp_path}: holds none of")):
        load_mnist(tmp_path, download=download)


@pytest.mark.parametrize("path", [".", ".."])
def test_the_bundled_folder_stands_for_no_other(path, small, sample, empty_machine, write_source):
    write_source["python2.pkl.gz"](empty_machine / "data", sample)
    with pytest.raises(DatasetNotFoundError, match="holds none of"):
        load_mnist(path)


@pytest.mark.parametrize("download", [False, True])
def test_a_variable_that_names_nothing_is_an_error(
    download, small, sample, empty_machine, write_source, monkeypatch
):
    write_source["python2.pkl.gz"](empty_machine / "data", sample)
    monkeypatch.setenv("AUTOENC_DATA", str(empty_machine / "absent"))
    with pytest.raises(DatasetNotFoundError, match=r"absent \(set by AUTOENC_DATA\): does not"):
        load_mnist(download=download)
    monkeypatch.setenv("AUTOENC_DATA", "")
    assert_same(load_mnist(), sample)


def test_an_incomplete_folder_says_what_it_lacks(idx_folder):
    (idx_folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DatasetNotFoundError, match="lacks t10k-labels-idx1-ubyte"):
        load_mnist(idx_folder)


def test_a_package_without_its_sample_says_so(empty_machine, monkeypatch):
    monkeypatch.setattr(places, "data_folders", lambda: (empty_machine / "a", empty_machine / "b"))
    with pytest.raises(DatasetNotFoundError, match=r"mnist_sample\.npz, which comes with autoenc"):
        load_mnist(sample=True)
    with pytest.raises(DatasetNotFoundError, match=re.escape(f"{empty_machine / 'a'}: does not")):
        load_mnist()


@pytest.mark.parametrize("path", [3, b"mnist.pkl.gz", True, ["mnist.pkl.gz"], ""])
def test_a_path_of_another_type_is_refused(path):
    with pytest.raises(TypeError, match=r"path is .*; expected the name of a file or folder"):
        load_mnist(path)


@pytest.mark.parametrize("others", [{"path": "mnist.pkl.gz"}, {"download": True}])
def test_the_sample_and_another_source_are_refused(others):
    with pytest.raises(ValueError, match="sample=True loads the bundled digits, but"):
        load_mnist(**others, sample=True)


def test_a_single_idx_file_is_refused(idx_folder):
    with pytest.raises(DatasetFormatError, match="a single IDX file; give the folder"):
        load_mnist(idx_folder / "t10k-labels-idx1-ubyte")


@pytest.mark.parametrize("name", ["mnist.pkl.gz", "mnist.pkl", "mnist.npz"])
@pytest.mark.parametrize("content", [b"", b"<html>", b"\x1f\x8b", b"PK\x03\x04"])
def test_a_file_of_something_else_is_refused(name, content, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DatasetFormatError, match=re.escape(f"{path}: ")):
        load_mnist(path)


def pairs(images=None, labels=None):
    images = np.zeros((4, 784), np.float32) if images is None else images
    labels = np.zeros(4, np.int64) if labels is None else labels
    return ((images, labels),) * 3


def nan():
    images = np.zeros((4, 784), np.float32)
    images[2, 3] = np.nan
    return images


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (1, "a pickled int; expected three pairs of arrays"),
        (np.zeros((3, 2, 1)), "a pickled ndarray; expected three pairs"),
        (pairs()[:2], "a pickled tuple; expected three pairs"),
        (pairs(images="images"), "a pickled tuple; expected three pairs"),
        (pairs(np.zeros((4, 28, 27))), r"images have shape \(4, 28, 27\); expected \(n, 784\)"),
        (pairs(np.ones(())), r"images have shape \(\)"),
        (pairs(labels=np.zeros((4, 10), int)), r"labels have shape \(4, 10\), but there are 4"),
        (pairs(labels=np.zeros(3, int)), r"labels have shape \(3,\), but there are 4 images"),
        (pairs(labels=np.zeros(4)), "labels have dtype float64; expected integers"),
        (pairs(labels=np.full(4, 10)), r"labels lie in \[10, 10\]; expected 0 to 9"),
        (pairs(np.full((4, 784), 255.0)), r"pixels lie in \[255.0, 255.0\]; expected \[0, 1\]"),
        (pairs(np.full((4, 784), -1.0)), r"pixels lie in \[-1.0, -1.0\]"),
        (pairs(nan()), r"pixels lie in \[nan, nan\]"),
        (
            pairs(np.zeros((4, 784), int)),
            "images have dtype int64; expected bytes or floating point",
        ),
        (pairs(), r"\(4, 4, 4\) images; expected \(50000, 10000, 10000\)"),
    ],
)
def test_pickles_of_something_else_are_refused(tree, message, tmp_path):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickle.dumps(tree, 4))
    with pytest.raises(DatasetFormatError, match=message):
        load_mnist(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros(1)}, r"it has the arrays \['x'\]; expected \['x_test', 'x_train'"),
        (dict.fromkeys(["x_train", "y_train", "x_test", "y_test"], np.zeros(())), "have shape"),
        (
            {
                "x_train": np.zeros((4, 28, 28), np.uint8),
                "y_train": np.zeros(4, np.uint8),
                "x_test": np.zeros((2, 28, 28), np.uint8),
                "y_test": np.zeros(2, np.uint8),
            },
            r"\(4, 0, 2\) images; expected",
        ),
    ],
)
def test_archives_of_something_else_are_refused(arrays, message, tmp_path):
    file = io.BytesIO()
    np.savez(file, **arrays)
    path = tmp_path / "mnist.npz"
    path.write_bytes(file.getvalue())
    with pytest.raises(DatasetFormatError, match=message):
        load_mnist(path)


def test_a_hostile_pickle_is_refused_by_name_and_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(gzip.compress(b"cos\nsystem\n(S'touch ran'\ntR."))
    with pytest.raises(DatasetFormatError, match=r"mnist\.pkl\.gz: refused, as it asks for os\.s"):
        load_mnist(path)
    assert [file.name for file in tmp_path.iterdir()] == ["mnist.pkl.gz"]


def test_a_user_without_a_home_folder(monkeypatch):
    """As in a container with a random user id: there is no cache, and nothing else fails."""
    monkeypatch.setattr("pooch.os_cache", lambda name: Path("~/.cache") / name)
    assert DOWNLOAD_FOLDER() is None
    monkeypatch.setattr(places, "download_folder", DOWNLOAD_FOLDER)
    with pytest.raises(DatasetNotFoundError, match="MNIST was not found"):
        load_mnist()
    with pytest.raises(DatasetDownloadError, match="no home folder to store MNIST in"):
        load_mnist(download=True)

    def fail(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", fail)
    with pytest.raises(DatasetNotFoundError, match="~nobody"):
        load_mnist("~nobody/mnist.npz")
