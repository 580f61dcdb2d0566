"""Rows are the same in every storage format."""

import gc
import itertools
import pickle
import re
import warnings
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autoenc.sources import SourceError, mappings, open_source, spooled
from autoenc.sources.raw import RawFile

ROWS = np.random.default_rng(0).uniform(size=(103, 6)).astype("float32")
NAMES = list("abcdef")


def npy(folder):
    np.save(folder / "rows.npy", ROWS)
    return folder / "rows.npy"


def memory_map(folder):
    return np.load(npy(folder), mmap_mode="r")


def stored_npz(folder):
    np.savez(folder / "rows.npz", rows=ROWS, labels=np.arange(103))
    return folder / "rows.npz"


def compressed_npz(folder):
    np.savez_compressed(folder / "rows.npz", rows=ROWS, labels=np.arange(103))
    return folder / "rows.npz"


def folder_of_files(folder):
    (folder / "many").mkdir()
    np.save(folder / "many" / "1.npy", ROWS[:50])
    np.savez(folder / "many" / "2.npz", rows=ROWS[50:60])
    np.savez_compressed(folder / "many" / "3.npz", rows=ROWS[60:])
    return folder / "many"


def hdf5(folder):
    import h5py

    with h5py.File(folder / "rows.h5", "w") as file:
        file.create_dataset("train/rows", data=ROWS, chunks=(10, 6), compression="gzip")
        file.create_dataset("train/labels", data=np.arange(103))
    return folder / "rows.h5"


def hdf5_data_set(folder):
    import h5py

    return h5py.File(hdf5(folder), "r")["train/rows"]


def zarr_store(folder):
    import zarr

    array = zarr.create_array(folder / "rows.zarr", shape=ROWS.shape, dtype="f4", chunks=(10, 6))
    array[:] = ROWS
    return folder / "rows.zarr"


def zarr_array(folder):
    import zarr

    return zarr.open(str(zarr_store(folder)), mode="r")


def arrow_table(folder):
    return pa.table({name: ROWS[:, i] for i, name in enumerate(NAMES)})


def arrow_list_column(folder):
    flat = pa.FixedSizeListArray.from_arrays(pa.array(ROWS.ravel()), 6)
    return pa.table({"pixels": flat})


def arrow_in_parts(folder):
    return pa.concat_tables([arrow_table(folder)[:40], arrow_table(folder)[40:]])


def parquet(folder):
    pa.parquet.write_table(arrow_table(folder), folder / "rows.parquet", row_group_size=20)
    return folder / "rows.parquet"


def parquet_folder(folder):
    (folder / "parts").mkdir()
    for i, part in enumerate(np.split(ROWS, [30, 31])):
        table = pa.table({name: part[:, k] for k, name in enumerate(NAMES)})
        pa.parquet.write_table(table, folder / "parts" / f"{i}.parquet", row_group_size=20)
    return folder / "parts"


def arrow_data_set(folder):
    return pyarrow.dataset.dataset(str(parquet_folder(folder)))


def polars_frame(folder):
    import polars as pl

    return pl.DataFrame(dict(zip(NAMES, ROWS.T, strict=True)))


def lazy_frame(folder):
    import polars as pl

    return pl.scan_parquet(parquet(folder))


def pandas_frame(folder):
    import pandas as pd

    return pd.DataFrame(ROWS, columns=NAMES)


def dask_array(folder):
    import dask.array as da

    return da.from_array(ROWS, chunks=(30, 4))


def hugging_face(folder):
    import datasets

    return datasets.Dataset.from_dict(dict(zip(NAMES, ROWS.T, strict=True))).with_format("numpy")


def hugging_face_images(folder):
    import datasets

    features = datasets.Features({"pixels": datasets.Array2D((2, 3), "float32")})
    return datasets.Dataset.from_dict({"pixels": ROWS.reshape(-1, 2, 3)}, features=features)


class TorchDataset:
    """What `torch.utils.data.Dataset` asks of a data set."""

    def __len__(self):
        return len(ROWS)

    def __getitem__(self, i):
        if not isinstance(i, int | np.integer):
            raise TypeError("an item has a number")
        return ROWS[i].reshape(2, 3), int(i)


class TorchBatches(TorchDataset):
    """With the method that PyTorch's loaders ask for several items by."""

    def __getitems__(self, numbers):
        return [self[i] for i in numbers]


class Chunks:
    """An object with a length and random access to chunks."""

    def __len__(self):
        return len(ROWS)

    def __getitem__(self, rows):
        return ROWS[rows].tolist()


def list_of_arrays(folder):
    return [ROWS[:40], memory_map(folder)[40:], ROWS[:0]]


FORMATS = {
    npy: None, memory_map: None, stored_npz: "rows", compressed_npz: "rows", folder_of_files: None,
    hdf5: "train/rows", hdf5_data_set: None, zarr_store: None, zarr_array: None,
    arrow_table: None, arrow_list_column: None, arrow_in_parts: None, parquet: None,
    parquet_folder: None, arrow_data_set: None, polars_frame: None, lazy_frame: None,
    pandas_frame: None, dask_array: None, hugging_face: None, hugging_face_images: None,
    (lambda folder: TorchDataset()): None, (lambda folder: TorchBatches()): None,
    (lambda folder: Chunks()): None, list_of_arrays: None, (lambda folder: ROWS): None,
}  # fmt: skip


@pytest.fixture(params=FORMATS, ids=lambda make: make.__name__)
def source(request, tmp_path):
    return open_source(request.param(tmp_path), key=FORMATS[request.param])


def test_rows_are_the_same_from_every_format(source):
    assert source.shape == ROWS.shape
    assert source.size == ROWS.size
    np.testing.assert_array_equal(source[:].astype("float32"), ROWS)
    for first, last in [(0, 1), (19, 61), (102, 103), (50, 50), (95, 200)]:
        part = source[first:last]
        assert part.flags.c_contiguous
        np.testing.assert_array_equal(part.astype("float32"), ROWS[first:last])
    np.testing.assert_array_equal(
        source[np.array([102, 3, 3])].astype("float32"), ROWS[[102, 3, 3]]
    )


def test_parts_are_all_rows(source, monkeypatch):
    monkeypatch.setattr("autoenc.sources.source.BYTES_AT_A_TIME", 30 * 24)
    parts = list(source.parts())
    assert max(map(len, parts)) <= 30
    np.testing.assert_array_equal(np.concatenate(parts).astype("float32"), ROWS)


def test_a_copy_has_the_same_rows_and_identity(source):
    copy = spooled(source)
    assert copy.identity() == source.identity()
    np.testing.assert_array_equal(copy[:], source[:])
    assert copy.reader.piece == 1


def generator(parts):
    yield from parts


@pytest.mark.parametrize(
    "parts",
    [
        np.split(ROWS, [3, 50]), list(ROWS), [{"x": ROWS[:, :2], "y": ROWS[:, 2:]}],
        [arrow_table(None)], [pandas_frame(None)],
    ],
)  # fmt: skip
def test_an_iterable_is_copied_with_a_warning(parts):
    with pytest.warns(UserWarning, match="generator can be iterated only once"):
        source = open_source(generator(parts))
    np.testing.assert_array_equal(source[:].astype("float32"), ROWS)


@pytest.mark.parametrize("part", [np.s_[:], np.s_[7:90], np.s_[3:4]])
def test_rows_of_a_memory_map_are_read_from_its_file(tmp_path, part):
    source = open_source(memory_map(tmp_path)[part].reshape(-1, 2, 3))
    assert isinstance(source.reader, RawFile)
    np.testing.assert_array_equal(source[:], ROWS[part])


def test_memory_maps_that_differ_from_their_file(tmp_path):
    changed = np.load(npy(tmp_path), mmap_mode="c")
    changed[5] = 2
    expected = ROWS.copy()
    expected[5] = 2
    np.testing.assert_array_equal(open_source(changed)[:], expected)
    np.testing.assert_array_equal(open_source(changed[:, ::2])[:], expected[:, ::2])
    np.testing.assert_array_equal(open_source(changed + 1)[:], expected + 1)
    removed = memory_map(tmp_path)
    (tmp_path / "rows.npy").unlink()
    np.testing.assert_array_equal(open_source(removed)[:], ROWS)


@pytest.mark.parametrize("listed", [True, False])
def test_a_memory_map_is_not_read_from_another_file_of_its_name(tmp_path, monkeypatch, listed):
    """The map keeps its file, but its rows were read from the new one."""
    if not listed:
        monkeypatch.setattr(mappings, "_LINES", re.compile("(n)(o)(n)(e)( )( )"))
    mapped = memory_map(tmp_path)
    np.save(tmp_path / "new.npy", ROWS + 1)
    (tmp_path / "new.npy").replace(tmp_path / "rows.npy")
    np.testing.assert_array_equal(open_source(mapped)[:], ROWS)
    same = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert isinstance(open_source(same).reader, RawFile)
    np.save(tmp_path / "new.npy", ROWS[:2])
    (tmp_path / "new.npy").replace(tmp_path / "rows.npy")
    np.testing.assert_array_equal(open_source(same)[:], ROWS + 1)


def test_another_process_does_not_read_another_file_of_the_same_name(tmp_path):
    sent = pickle.dumps(open_source(npy(tmp_path)))
    np.testing.assert_array_equal(pickle.loads(sent)[:], ROWS)
    np.save(tmp_path / "rows.npy", ROWS[:-1])
    with pytest.raises(SourceError, match="was changed while it was being read"):
        pickle.loads(sent)


def test_columns_are_chosen_by_their_names(tmp_path):
    for make in (arrow_table, parquet, polars_frame, lazy_frame, pandas_frame, hugging_face):
        source = open_source(make(tmp_path), columns=["c", "a"])
        np.testing.assert_array_equal(source[:].astype("float32"), ROWS[:, [2, 0]])


def test_items_by_their_fields(tmp_path):
    class Dicts(TorchDataset):
        def __getitem__(self, i):
            return {"image": ROWS[i], "label": i}

    assert open_source(Dicts(), key="image").shape == ROWS.shape
    assert open_source(TorchDataset(), key=1)[:3].tolist() == [0, 1, 2]
    with pytest.raises(SourceError, match="have the fields image, label; select one with key"):
        open_source(Dicts())


def test_data_sets_of_pyarrow_with_a_filter_or_of_tables(tmp_path):
    """pyarrow refuses the files of a filtered data set."""
    table = arrow_table(tmp_path)
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=10)
    stored = pyarrow.dataset.dataset(tmp_path / "rows.parquet")
    filtered = stored.filter(pyarrow.dataset.field("a") > 0.5)
    for rows, expected in [
        (filtered, ROWS[ROWS[:, 0] > 0.5]),
        (pyarrow.dataset.dataset(table), ROWS),
        (pyarrow.dataset.dataset([stored, stored]), np.tile(ROWS, (2, 1))),
    ]:
        source = open_source(rows)
        assert source.names == NAMES
        np.testing.assert_array_equal(source[:], expected)
        chosen = open_source(rows, columns=["c", "b"])
        assert chosen.names == ["c", "b"]
        np.testing.assert_array_equal(chosen[:], expected[:, [2, 1]])
    with pytest.raises(SourceError, match="has no rows"):
        open_source(stored.filter(pyarrow.dataset.field("a") > 2))
    later = pa.table({"n": pa.array([1, 2, None, 4])})
    in_batches = pyarrow.dataset.dataset(later.to_batches(max_chunksize=2))
    np.testing.assert_array_equal(open_source(in_batches)[:][:, 0], [1, 2, np.nan, 4])


class Rows:
    """Items that are given, without slices."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        if not isinstance(i, int):
            raise TypeError("an item has a number")
        return self.items[i]


class Tensors(Rows):
    """What `torch.utils.data.TensorDataset` does: a tuple of the items, or slices, of arrays."""

    def __len__(self):
        return len(self.items[0])

    def __getitem__(self, i):
        return tuple(array[i] for array in self.items)


def test_lists_are_rows_and_tuples_are_fields():
    """Only the first number of a list was used."""
    for items, expected in [
        (Rows([[1.0, 2.0], [3.0, 4.0]]), [[1, 2], [3, 4]]),
        (Rows([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]), [[1, 2, 3, 4], [5, 6, 7, 8]]),
        (Rows([[[1, 2], 0], [[3, 4], 1]]), [[1, 2], [3, 4]]),
        (Rows([([1, 2], [0, 1]), ([3, 4], [1, 1])]), [[1, 2], [3, 4]]),
        (Rows([[np.ones(2), np.zeros(2)]]), [[1, 1]]),
    ]:
        assert open_source(items)[:].tolist() == expected
    assert open_source(Rows([[1.0, 2.0], [3.0, 4.0]]), key=1)[:].tolist() == [2, 4]
    with pytest.raises(SourceError, match="a tuple of 2 numbers, which may be a row, or a value"):
        open_source(Rows([(1.0, 2.0)]))


def test_data_sets_of_one_or_several_arrays():
    """A slice of a data set of one array was taken for an array with one row."""
    labels = np.arange(len(ROWS))
    for given_arrays in ([ROWS], [ROWS, labels], [ROWS, ROWS + 1], [ROWS[:1]]):
        np.testing.assert_array_equal(open_source(Tensors(given_arrays))[:], given_arrays[0])
    assert open_source(Tensors([ROWS, labels]), key=1)[:].tolist() == labels.tolist()


def test_the_index_of_a_frame_is_no_column(tmp_path):
    """pandas stores the index of shuffled rows, or a named one, as a column."""
    frame = pd.DataFrame(ROWS, columns=NAMES)
    for rows in (frame.sample(frac=1, random_state=0), frame.set_index(NAMES[-1])):
        rows.to_parquet(tmp_path / "rows.parquet")
        for source in (tmp_path / "rows.parquet", pa.Table.from_pandas(rows)):
            assert open_source(source).names == list(rows.columns)
            np.testing.assert_array_equal(open_source(source)[:], rows.to_numpy())
            assert open_source(source, columns=[NAMES[0]]).names == [NAMES[0]]
    index_only = frame.set_index(NAMES)
    index_only.to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(SourceError, match="has no columns"):
        open_source(tmp_path / "rows.parquet")
    assert open_source(tmp_path / "rows.parquet", columns=NAMES).names == NAMES


def in_polars(columns):
    import polars as pl

    return pl.DataFrame(columns)


TABLES = [pd.DataFrame, pa.table, in_polars]


@pytest.mark.parametrize(
    ("make", "kind"), [(dict, iter), *itertools.product(TABLES, (iter, list))]
)
def test_columns_of_parts_are_matched_by_name(make, kind):
    """Those in another order were taken by their positions."""
    a, b = np.arange(3.0), np.arange(10.0, 13)
    parts = [make({"a": a, "b": b}), make({"b": b, "a": a})]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*can be iterated only once")
        source = open_source(kind(parts))
        np.testing.assert_array_equal(source[:], np.tile(np.c_[a, b], (2, 1)))
        for other in ({"a": a, "c": b}, {"a": a, "b": b, "c": b}):
            with pytest.raises(SourceError, match=r"has the columns .*; expected a, b, as in"):
                open_source(kind([parts[0], make(other)]))


MASKED = np.ma.array(np.ones((3, 2)), mask=[[0, 0], [0, 1], [0, 0]])


class MaskedItems:
    def __len__(self):
        return 3

    def __getitem__(self, i):
        if not isinstance(i, int):
            raise TypeError
        return MASKED[i]


def in_dask(array):
    import dask.array as da

    return da.from_array(array, chunks=(3, 2))


@pytest.mark.filterwarnings("ignore:.*can be iterated only once")
@pytest.mark.parametrize(
    "make",
    [
        lambda: [np.ones((2, 2)), MASKED],
        lambda: iter([np.ones((2, 2)), MASKED]),
        lambda: in_dask(MASKED),
        MaskedItems,
        lambda: MASKED,
    ],
    ids=["list", "iterable", "dask", "items", "array"],
)
def test_masked_entries_are_refused(make):
    with pytest.raises(ValueError, match="masked entry"):
        open_source(make())[:]


def test_parts_that_the_first_dtype_cannot_contain_are_refused():
    with (
        pytest.warns(UserWarning, match="only once"),
        pytest.raises(SourceError, match="70000 after rows of float16, which cannot hold it"),
    ):
        open_source(iter([np.ones((2, 1), "float16"), np.array([[70_000]])]))


@pytest.mark.parametrize("number", [-1, 3])
def test_taken_rows_are_numbered_as_in_arrays(tmp_path, number):
    rows = np.arange(6.0).reshape(3, 2)
    np.savez(tmp_path / "a.npz", rows=rows, next=np.full((3, 2), 99.0))
    source = open_source(tmp_path / "a.npz", key="rows")
    if number == 3:
        with pytest.raises(IndexError, match="has 3 rows; there is no row"):
            source.take(np.array([0, 3]))
    else:
        np.testing.assert_array_equal(source.take(np.array([0, -1]))[:], rows[[0, -1]])


HUGE = [
    ([1e300, 2**24 + 1.5], None),
    ([None, 2**24 + 1], None),
    ([[1.0, 1e300], [2**24 + 1.0, 3.0]], None),
    ([[1, None], [2**24 + 1, 3]], None),
    ([2**63 + 5, 1], "uint64"),
]


@pytest.mark.parametrize(("values", "dtype"), HUGE)
def test_hugging_face_keeps_its_dtypes(values, dtype):
    """`datasets` casts to float32 by default."""
    import datasets

    table = pa.table({"a": values if dtype is None else pa.array(values, dtype), "b": [0.5, 1.5]})
    source = open_source(datasets.Dataset(table), columns=["a"])
    expected = np.array(values, dtype or float).reshape(2, -1)
    np.testing.assert_array_equal(source[:], expected)


TYPES = [
    (("int8", [1, 2]), ("int64", [300, 4])),
    (("int64", [1, 2]), ("float64", [2.5, 4])),
    (("float32", [1.5, 2]), ("float64", [1e300, 0.1])),
    (("bool", [True, False]), ("int64", [7, 2])),
    (("int16", [1, None]), ("int64", [70_000, 3])),
    (("null", [None, None]), ("int64", [70_000, 3])),
]


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("types", TYPES)
def test_files_of_a_folder_may_have_different_types(types, is_turned, tmp_path):
    """Values were cast in silence to the type of the first file: 300 to 44, 2.5 to 2."""
    parts = types[::-1] if is_turned else types
    for number, (dtype, values) in enumerate(parts):
        pa.parquet.write_table(pa.table({"a": pa.array(values, dtype)}), tmp_path / f"{number}.pq")
    expected = np.array([*parts[0][1], *parts[1][1]], float)
    np.testing.assert_array_equal(open_source(tmp_path)[:][:, 0], expected)


def test_files_of_a_folder_have_the_same_columns(tmp_path):
    pa.parquet.write_table(pa.table({"a": [1.0], "b": [2.0]}), tmp_path / "0.parquet")
    pa.parquet.write_table(pa.table({"a": [1.0]}), tmp_path / "1.parquet")
    with pytest.raises(SourceError, match=r"1\.parquet, a file of .*, has no column \['b'\]"):
        open_source(tmp_path)
    assert open_source(tmp_path, columns=["a"]).shape == (2, 1)
    pa.parquet.write_table(pa.table({"a": pa.array([], "string")}), tmp_path / "1.parquet")
    assert open_source(tmp_path).shape == (1, 2)  # the other file has no rows
    pa.parquet.write_table(pa.table({"a": ["x"], "b": [2.0]}), tmp_path / "1.parquet")
    with pytest.raises(SourceError, match=r"column 'a' of .*1\.parquet.* has string"):
        open_source(tmp_path)


def test_a_null_is_nan(tmp_path):
    table = pa.table({"a": pa.array([1, None, 3], "int16"), "b": [1.0, 2.0, None]})
    pa.parquet.write_table(table, tmp_path / "nulls.parquet")
    for rows in (table, tmp_path / "nulls.parquet"):
        source = open_source(rows)
        assert source.dtype.kind == "f"
        np.testing.assert_array_equal(source[:], [[1, 1], [np.nan, 2], [3, np.nan]])


stored = arrays(
    st.sampled_from(["u1", "<i4", ">f4", "f8"]), st.tuples(st.integers(1, 40), st.integers(1, 5))
)


@given(rows=stored, cuts=st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_slices_of_files_are_slices_of_arrays(tmp_path_factory, rows, cuts):
    path = tmp_path_factory.mktemp("npy") / "rows.npy"
    np.save(path, rows)
    part = open_source(path)[min(cuts) : max(cuts)]
    np.testing.assert_array_equal(part, rows[min(cuts) : max(cuts)])


def bad_header(folder):
    (folder / "bad.npy").write_bytes(b"no array")
    return folder / "bad.npy"


def bad_archive(folder):
    (folder / "bad.npz").write_bytes(b"no archive")
    return folder / "bad.npz"


def fortran(folder):
    np.save(folder / "f.npy", np.asfortranarray(ROWS))
    return folder / "f.npy"


def incomplete(folder):
    path = npy(folder)
    path.write_bytes(path.read_bytes()[:-1])
    return path


def of_words(folder):
    np.save(folder / "w.npy", np.array(["a", "b"]))
    return folder / "w.npy"


def uneven_folder(folder):
    path = folder_of_files(folder)
    np.save(path / "4.npy", ROWS[:, :2])
    return path


def two_kinds(folder):
    path = folder_of_files(folder)
    pa.parquet.write_table(arrow_table(folder), path / "rows.parquet")
    return path


def empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


def csv(folder):
    (folder / "rows.csv").write_text("1,2")
    return folder / "rows.csv"


REFUSED = [
    (bad_header, r"bad.npy is not a readable .npy file"),
    (bad_archive, r"bad.npz is not a readable .npz archive"),
    (fortran, r"f.npy is stored column by column .*save np.ascontiguousarray"),
    (incomplete, r"rows.npy has 2,599 bytes, but 2,600 are needed for float32 \(103, 6\)"),
    (of_words, r"w.npy has <U1; expected numbers"),
    (uneven_folder, r"4.npy has rows of shape \(2,\), .*1.npy of \(6,\); all need the same"),
    (two_kinds, r"has files of .npy, .npz, .parquet; expected"),
    (empty, r"has no such files"),
    (csv, r"rows.csv has a format that cannot be read in parts.*read_table reads csv"),
    (stored_npz, r"has the arrays rows, labels; select one with key='...'"),
    (hdf5, r"has the arrays train/labels, train/rows; select one with key"),
    (lambda folder: 7, r"rows cannot be read from the int; expected an array, a path"),
    (lambda folder: pa.table({"a": ["x"]}), r"column 'a' of .* has string; expected numbers"),
    (lambda folder: generator([]), r"has no rows"),
    (lambda folder: generator([ROWS, ROWS[:, :2]]), r"shape \(2,\) after 103 rows of \(6,\)"),
    (
        lambda folder: generator([["a"]]),
        r"returned list of <U1 \(1,\); expected arrays of numbers",
    ),
    (lambda folder: [ROWS, ROWS[:, 1:]], r"array 1 of the list has rows of shape \(5,\)"),
]


@pytest.mark.filterwarnings("ignore:.*can be iterated only once")
@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_cannot_be_read_is_refused_and_says_what_to_do(tmp_path, make, message):
    with pytest.raises(SourceError, match=message):
        open_source(make(tmp_path))


def test_a_name_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no"):
        open_source(tmp_path / "rows.npy")
    with pytest.raises(SourceError, match="has the arrays rows, labels, but not 'x'; select one"):
        open_source(stored_npz(tmp_path), key="x")


def test_a_stored_array_is_read_in_place(tmp_path):
    source = open_source(stored_npz(tmp_path), key="rows")
    assert source.reader.piece == 1
    with zipfile.ZipFile(tmp_path / "rows.npz") as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED


def test_a_compressed_file_is_closed_with_its_reader(tmp_path):
    np.savez_compressed(tmp_path / "rows.npz", rows=ROWS)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reader = open_source(tmp_path / "rows.npz").reader
        reader.read_into(1, np.empty_like(ROWS[:2]))
        reader.itself = reader  # garbage, which is collected in any order
        del reader
        gc.collect()
    assert not [warning for warning in said if warning.category is ResourceWarning]


def test_some_rows_in_another_dtype_are_read_as_they_are_stored(tmp_path):
    rows = (ROWS * 255).astype("uint8")
    np.save(tmp_path / "bytes.npy", rows)
    numbers = np.array([0, 3, 4, 50, 102])
    some = open_source(tmp_path / "bytes.npy").astype("float32").take(numbers)
    assert some.dtype == "float32"
    assert some.stored.dtype == "uint8"
    np.testing.assert_array_equal(some[:], rows[numbers].astype("float32"))
    np.testing.assert_array_equal(some[1:4], rows[numbers[1:4]].astype("float32"))
