"""Files that change, and objects that are inconsistent with their interface."""

import itertools
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from autoenc.sources import SourceError, open_source
from tests.sources.test_formats import ROWS, Chunks, TorchDataset, npy


def test_a_file_that_becomes_shorter(tmp_path):
    path = npy(tmp_path)
    source = open_source(path)
    os.truncate(path, 2000)
    assert len(source[:50]) == 50
    with pytest.raises(SourceError, match=r"rows.npy ends at byte 2,000, within row 78 of 103"):
        source[70:90]


def test_a_file_that_is_written_again(tmp_path):
    path = npy(tmp_path)
    source = open_source(path)
    source.settle()
    with path.open("r+b") as file:
        file.seek(500)
        file.write(b"other")
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceError, match=r"rows.npy was changed while it was being read"):
        source.settle()


def cached(path):
    """Return how many pages of a file the system has cached."""
    import ctypes
    import mmap

    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    n_pages = -(-len(mapped) // mmap.PAGESIZE)
    flags = (ctypes.c_ubyte * n_pages)()
    array = np.frombuffer(mapped, np.uint8)
    found = ctypes.CDLL(None, use_errno=True).mincore(
        ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(len(mapped)), flags
    )
    assert found == 0
    return sum(flag & 1 for flag in flags)


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system takes no advice")
@pytest.mark.parametrize("is_large", [False, True])
def test_only_what_is_cached_of_large_files_is_released(tmp_path, monkeypatch, is_large):
    path = tmp_path / "rows.npy"
    np.save(path, np.ones((5000, 100)))
    with path.open("rb") as file:
        os.fsync(file.fileno())
    free = 10**6 if is_large else 10**9
    monkeypatch.setattr("autoenc.sources.raw.available_memory", lambda: free)
    source = open_source(path)
    source[:]
    source.settle()
    assert (cached(path) == 0) is is_large


def test_a_file_that_is_replaced_is_read_to_its_end(tmp_path):
    path = npy(tmp_path)
    source = open_source(path)
    np.save(tmp_path / "other.npy", ROWS + 1)
    (tmp_path / "other.npy").replace(path)
    np.testing.assert_array_equal(source[:], ROWS)


def test_a_parquet_file_that_is_replaced(tmp_path):
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(pa.table({"a": np.arange(10.0)}), path)
    source = open_source(path)
    pa.parquet.write_table(pa.table({"a": np.arange(7.0)}), path)
    with pytest.raises(SourceError, match=r"rows.parquet was changed while it was being read"):
        source[:]


def test_chunks_of_another_shape():
    class Changing(Chunks):
        def __getitem__(self, rows):
            return ROWS[rows] if rows.stop < 50 else ROWS[rows, :3]

    source = open_source(Changing())
    assert source[:40].shape == (40, 6)
    with pytest.raises(
        SourceError, match=r"returned an array of shape \(20, 3\) for rows 40 to 60; "
    ):
        source[40:60]


def test_an_item_of_another_shape():
    class Changing(TorchDataset):
        def __getitem__(self, i):
            return ROWS[i] if i < 50 else ROWS[i, :3]

    source = open_source(Changing())
    with pytest.raises(SourceError, match=r"item 50 of .* has shape \(3,\); the first has \(6,\)"):
        source[40:60]


@pytest.mark.parametrize(("n_parts", "limit"), [(None, 1 << 28), (1, 1 << 10)])
def test_a_full_disk_names_what_to_do(n_parts, limit):
    """Also if it is full only when the last rows leave the buffer of the file."""

    def endless():
        if n_parts is None:
            yield from itertools.repeat(np.zeros((1 << 14, 1 << 10)))
        yield np.zeros((1 << 8, 1))

    with (
        pytest.warns(UserWarning, match="only once"),
        FilesLimited(limit),
        pytest.raises(
            OSError,
            match=r"no room for more than [\d,]+ rows of the generator.*set TMPDIR",
        ),
    ):
        open_source(endless())


class FilesLimited:
    """Files may have so many bytes."""

    def __init__(self, n_bytes):
        self._n_bytes = n_bytes

    def __enter__(self):
        import resource
        import signal

        self._handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._n_bytes, self._before[1]))

    def __exit__(self, *_):
        import resource
        import signal

        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)
        signal.signal(signal.SIGXFSZ, self._handler)
