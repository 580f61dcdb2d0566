"""Requested rows are returned with their stored values, or refused."""

import math
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from autoenc.sources import SourceError, open_source, summarize, summary

N = 300
# Equal in the rows that are sampled to recognise a file.
X, Y = np.zeros((2, N, 2))
X[7], Y[7] = 5, -9


def of_hdf5(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file["x"], file["y"] = X, Y
    return [open_source(folder / "a.h5", key=key) for key in "xy"]


def of_npz(folder):
    np.savez(folder / "a.npz", x=X, y=Y)
    return [open_source(folder / "a.npz", key=key) for key in "xy"]


def of_compressed_npz(folder):
    np.savez_compressed(folder / "a.npz", x=X, y=Y)
    return [open_source(folder / "a.npz", key=key) for key in "xy"]


def of_a_memory_map(folder):
    rows = np.memmap(folder / "a.bin", dtype="float64", mode="w+", shape=(2 * N, 2))
    rows[:N], rows[N:] = X, Y
    rows.flush()
    return open_source(rows[:N]), open_source(rows[N:])


def of_parquet(folder):
    columns = {"x": X[:, 0], "x2": X[:, 1], "y": Y[:, 0], "y2": Y[:, 1]}
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return [open_source(folder / "a.parquet", columns=[name, f"{name}2"]) for name in "xy"]


def of_folders(folder):
    (folder / "rows").mkdir()
    np.savez(folder / "rows" / "a.npz", x=X, y=Y)
    return [open_source(folder / "rows", key=key) for key in "xy"]


SOURCES = [of_hdf5, of_npz, of_compressed_npz, of_a_memory_map, of_parquet, of_folders]


@pytest.mark.parametrize("make", SOURCES)
def test_summaries_of_two_arrays_of_one_file_are_their_own(make, tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "REMEMBERED_BYTES", 0)
    sources = make(tmp_path)
    for _ in range(2):  # computed, and recalled
        x, y = map(summarize, sources)
        assert (x.minimum.tolist(), x.maximum.tolist()) == ([0, 0], [5, 5])
        assert (y.minimum.tolist(), y.maximum.tolist()) == ([-9, -9], [0, 0])


def test_nulls_are_nan(tmp_path):
    pairs = pa.table({"v": pa.array([[1, None], [3, 4]], pa.list_(pa.int64(), 2))})
    np.testing.assert_array_equal(open_source(pairs)[:], [[1, np.nan], [3, 4]])
    pq.write_table(pa.table({"a.b": pa.array([4, None, 6])}), tmp_path / "a.parquet")
    np.testing.assert_array_equal(open_source(tmp_path / "a.parquet")[:], [[4], [np.nan], [6]])
    missing = pa.table({"v": pa.array([[1, 2], None], pa.list_(pa.int64(), 2))})
    with pytest.raises(SourceError, match="1 rows without a list of 2 numbers"):
        open_source(missing)[:]


class Items:
    """Items without slices, each with its own dtype."""

    def __init__(self, *rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, number):
        return np.asarray(self.rows[number])


@pytest.mark.filterwarnings("ignore:the generator can be iterated only once")
def test_values_that_the_first_dtype_cannot_hold_are_refused():
    with pytest.raises(SourceError, match=r"has 0\.5 after rows of int64"):
        open_source(Items([0, 1], [0.5, 0.75]))[:]
    parts = np.zeros((2, 2), "int8"), np.full((1, 2), 300)
    with pytest.raises(SourceError, match="after 2 rows has 300 after rows of int8"):
        open_source(part for part in parts)
    fitting = np.zeros((2, 2), "int8"), np.full((1, 2), 100)
    assert open_source(part for part in fitting)[2:].tolist() == [[100, 100]]


def test_numbers_of_rows_are_those_of_numpy(tmp_path):
    rows = np.arange(8.0).reshape(4, 2)
    np.save(tmp_path / "a.npy", rows)
    source = open_source(tmp_path / "a.npy")
    for numbers in (0, -1, [2, 0, 2], [[0, 1], [3, -4]], np.array([True, False, True, True])):
        np.testing.assert_array_equal(source[numbers], rows[np.asarray(numbers)])
    assert source[[]].shape == (0, 2)
    assert [row.tolist() for row in source] == rows.tolist()
    for wrong in (4, [-5], [1.5], np.array([True])):
        with pytest.raises(IndexError):
            source[wrong]


def test_a_member_that_was_interrupted_or_is_shared_is_read_from_its_start(tmp_path, monkeypatch):
    numbers = np.arange(200_000.0).reshape(-1, 2)
    np.savez_compressed(tmp_path / "a.npz", x=numbers)
    source = open_source(tmp_path / "a.npz")
    fill = type(source.reader)._fill

    def interrupted(self, view):
        fill(self, view[:8])
        raise KeyboardInterrupt

    monkeypatch.setattr(type(source.reader), "_fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        source[100:200]
    monkeypatch.undo()
    assert source.reader._next == math.inf
    np.testing.assert_array_equal(source[150:151], numbers[150:151])
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(lambda i: source[1000 * i : 1000 * i + 10], range(40)))
    for i, part in enumerate(parts):
        np.testing.assert_array_equal(part, numbers[1000 * i : 1000 * i + 10])


def test_a_key_is_a_name(tmp_path):
    of_hdf5(tmp_path)
    with pytest.raises(SourceError, match="has the arrays x, y, but not 0; select one with key="):
        open_source(tmp_path / "a.h5", key=0)
