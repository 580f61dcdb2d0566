"""Typical tables, well formed and malformed."""

import gzip
import os
import pickle
import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from autoenc.datasets import DatasetFormatError
from autoenc.tables import (
    MissingExtraError,
    TableError,
    delimited,
    import_extra,
    memory,
    read_table,
)

PEOPLE = "name,age,height\nAda,36,1.65\nAlan,41,1.78\nGrace,85,1.6\n"
NUMBERS = [[36, 1.65], [41, 1.78], [85, 1.6]]


def text(path, content, encoding="utf-8"):
    path.write_bytes(content.encode(encoding))
    return path


@pytest.fixture
def people(tmp_path):
    return text(tmp_path / "people.csv", PEOPLE)


def refusal(path, **options):
    with pytest.raises(TableError) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert str(path).partition(":")[0] in message
    assert "\n" not in message
    return message


def test_csv_with_names_and_labels(people):
    table = read_table(people, label_column="name")
    assert table.columns == ("age", "height")
    np.testing.assert_array_equal(table.values, NUMBERS)
    assert table.labels.tolist() == ["Ada", "Alan", "Grace"]


def test_csv_columns_are_taken_in_the_order_asked_for(people):
    assert read_table(people, columns=["height", "age"]).columns == ("height", "age")
    assert read_table(people, drop=["name", "age"]).columns == ("height",)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_separators_and_marks(tmp_path, separator, encoding):
    content = PEOPLE.replace(",", separator)
    table = read_table(text(tmp_path / "a.csv", content, encoding), drop=["name"])
    np.testing.assert_array_equal(table.values, NUMBERS)


def test_csv_without_names(tmp_path):
    table = read_table(text(tmp_path / "a.csv", "1,2\n3,4\n"))
    assert table.columns is None
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(read_table(tmp_path / "a.csv", columns=["1"]).values, [[2], [4]])


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_a_header_of_numbers(tmp_path, suffix):
    """Years are names as well; which they are is said, or is known from the model."""
    path = tmp_path / f"a.{suffix}"
    content = b"2001,2002\n1,2\n3,4\n"
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    table = read_table(path)
    assert (table.columns, table.values.shape) == (None, (3, 2))
    assert "the first line (2001, 2002) was read as a row of data" in table.notes[0]
    assert "--header yes" in table.notes[0]
    table = read_table(path, header=True)
    assert (table.columns, table.notes) == (("2001", "2002"), ())
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])
    table = read_table(path, expected=["2002", "2001"])
    assert (table.columns, table.notes) == (("2002", "2001"), ())
    np.testing.assert_array_equal(table.values, [[2, 1], [4, 3]])


def test_a_first_row_with_an_empty_cell_is_data(tmp_path):
    table = read_table(text(tmp_path / "a.csv", "1,,3\n4,5,6\n"), allow_missing=True)
    np.testing.assert_array_equal(table.values, [[1, np.nan, 3], [4, 5, 6]])
    assert "(1, , 3) was read as a row of data" in table.notes[0]


def test_a_first_line_of_words_and_numbers(tmp_path):
    path = text(tmp_path / "a.csv", "1,x\n4,5\n")
    table = read_table(path)
    assert table.columns == ("1", "x")
    assert "(1, x) was read as the names of the columns" in table.notes[0]
    assert "column '1' has 'x' at row 0" in refusal(path, header=False)
    assert read_table(text(path, "a,b\n1,2\n")).notes == ()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("before", ["\n", "\n\n \n"])
@pytest.mark.parametrize("first", ["a,b\n", ""])
def test_empty_lines_before_the_first_are_no_rows(tmp_path, before, first, end):
    (tmp_path / "a.csv").write_bytes(f"{before}{first}1,2\n\n3,4\n".replace("\n", end).encode())
    table = read_table(tmp_path / "a.csv")
    assert table.columns == (("a", "b") if first else None)
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("separator", [",", ";"])
def test_commas_before_a_point_or_a_comma_separate_thousands(tmp_path, separator, mixed):
    lines = ["a;b", '"1,234.5";0.5', '-12;"1,234,567"', ';"1,000"']
    path = text(tmp_path / "a.csv", "\n".join(lines).replace(";", separator))
    table = read_table(path, mixed=mixed, allow_missing=True)
    np.testing.assert_array_equal(table.values, [[1234.5, 0.5], [-12, 1234567], [np.nan, 1000]])
    assert [note.split(": ")[1] for note in table.notes] == [
        f"column {name!r} was read as numbers in which commas separate thousands" for name in "ab"
    ]


def test_points_and_commas_as_decimal_marks_of_one_file_are_refused(tmp_path):
    path = text(tmp_path / "a.csv", "a;b\n1,234.5;0,5\n1,234.5;0,7\n")
    assert "column 'b' has decimal commas (0,5), but column 'a' has points" in refusal(path)


IDENTIFIERS = [2**60 + i for i in range(4)]


@pytest.mark.parametrize("kind", ["csv", "csv with a hole", "beyond 64 bits", "parquet", "npy"])
def test_integers_that_become_equal_are_refused(tmp_path, kind):
    """As float64 they are all 2^60: a constant column, from which nothing is learned."""
    path = tmp_path / f"a.{kind.partition(' ')[0].replace('beyond', 'csv')}"
    many = [i << 10 for i in IDENTIFIERS] if "64" in kind else IDENTIFIERS
    if kind == "beyond 64 bits":
        many = [value + i for i, value in enumerate([IDENTIFIERS[0] << 10] * 4)]
    if kind == "npy":
        np.save(path, np.c_[many, many])
    elif kind == "parquet":
        pd.DataFrame({"id": pd.array([*many, None], dtype="Int64")}).to_parquet(path)
    else:
        lines = ["id,x", *(f"{value},1" for value in many), *([",2"] * ("hole" in kind))]
        text(path, "\n".join(lines))
    message = refusal(path, allow_missing=True)
    assert "differ by less than float64 can represent; subtract" in message
    assert ("column 0" if kind == "npy" else "column 'id'") in message


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
def test_times_as_integers_are_read(tmp_path, unit):
    days = np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]")
    seconds = days.astype(f"datetime64[{unit}]").astype(np.int64)
    path = text(tmp_path / "a.csv", "\n".join(["time", *map(str, seconds)]))
    np.testing.assert_array_equal(read_table(path).values[:, 0], seconds.astype(float))


def bomb(tmp_path, kind):
    """Make a small file that holds a large table, and say how many bytes that takes."""
    path = tmp_path / "bomb"
    if kind == "rows":
        path = path.with_suffix(".csv.gz")
        path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 3_000_000))
    elif kind == "columns":
        path = path.with_suffix(".csv.gz")
        path.write_bytes(gzip.compress(b"1," * 2_000_000))
    elif kind == "line":
        path = path.with_suffix(".csv.gz")
        path.write_bytes(gzip.compress(b"a" * 80_000_000))
    elif kind == "cell":
        path = path.with_suffix(".csv.gz")
        path.write_bytes(gzip.compress(b"a,b\n1," + b"1" * 80_000_000))
    elif kind == "parquet":
        path = path.with_suffix(".parquet")
        pd.DataFrame({"a": np.ones(3_000_000)}).to_parquet(path)
    elif kind == "npz":
        path = path.with_suffix(".npz")
        np.savez_compressed(path, values=np.zeros((3_000_000, 2), np.float32))
    elif kind == "idx":
        path = path.with_suffix(".idx.gz")
        header = bytes([0, 0, 0x0D, 2, 1, 0, 0, 0, 0, 0, 0, 2])
        path.write_bytes(gzip.compress(header + bytes(1 << 27)))
    elif kind == "pickle":
        path = path.with_suffix(".pkl.gz")
        path.write_bytes(gzip.compress(pickle.dumps(np.zeros((3_000_000, 2)))))
    elif kind == "npy":
        path = path.with_suffix(".npy")
        np.save(path, np.zeros((3_000_000, 2), np.uint8))
    elif kind == "images":
        path.mkdir()
        for i in range(10):
            Image.new("1", (800, 800)).save(path / f"{i}.png")
    return path


@pytest.mark.parametrize(
    "kind",
    ["rows", "columns", "line", "cell", "parquet", "npz", "idx", "pickle", "npy", "images"],
)
def test_a_large_table_in_a_small_file(tmp_path, kind):
    path = bomb(tmp_path, kind)
    tracemalloc.start()
    with pytest.raises((TableError, DatasetFormatError), match=r"need|takes|more|cells") as caught:
        read_table(path, max_bytes=20_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert peak < 250_000_000


def test_memory_is_half_of_what_is_free(tmp_path, monkeypatch):
    path = text(tmp_path / "a.csv", "a,b\n" + "1,2\n" * 1000)
    monkeypatch.setattr("autoenc.tables.memory.available_memory", lambda: 30_000)
    assert "the table needs 32 kB of memory, but at most 15 kB may be used" in refusal(path)
    monkeypatch.setattr("autoenc.tables.memory.available_memory", lambda: None)
    assert read_table(path).values.shape == (1000, 2)


def test_what_is_free_in_a_container(tmp_path, monkeypatch):
    group = tmp_path / "own" / "below"
    group.mkdir(parents=True)
    for name, value in (("max", "2000000"), ("current", "1500000"), ("stat", "inactive_file 9")):
        (group.parent / f"memory.{name}").write_text(f"{value}\n")
    (group / "memory.max").write_text("max\n")
    (tmp_path / "groups").write_text("0::/own/below\n")
    monkeypatch.setattr(memory, "_GROUP_ROOT", tmp_path)
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")
    assert memory.available_memory() == 500_009
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "nothing")
    (tmp_path / "info").write_text("MemTotal: 9 kB\nMemAvailable:  7 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "info")
    assert memory.available_memory() == 7 * 1024
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "nothing")
    assert memory.available_memory() is None


def test_what_is_not_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    assert "not a regular file" in refusal(tmp_path / "a.csv")


def test_csv_gzipped(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(PEOPLE.encode()))
    np.testing.assert_array_equal(read_table(path, drop=["name"]).values, NUMBERS)


def test_large_csv_is_the_same_in_parts(tmp_path, monkeypatch, rng):
    values = rng.normal(size=(25, 3))
    path = tmp_path / "a.csv"
    pd.DataFrame(values, columns=["a", "b", "c"]).to_csv(path, index=False)
    monkeypatch.setattr(delimited, "CHUNK", 10)
    np.testing.assert_array_equal(read_table(path).values, values)
    lines = path.read_text().splitlines()
    lines[22] = "1,nothing,2"
    assert "'nothing' at row 21" in refusal(text(path, "\n".join(lines)))
    lines[22] = "1,,2"
    assert "a missing value at row 21 (from 0), column 'b'" in refusal(
        text(path, "\n".join(lines))
    )


def test_labels_that_are_numbers_and_text_are_text(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "CHUNK", 2)
    path = text(tmp_path / "a.csv", "x,kind\n1,1\n2,2\n3,three\n")
    assert read_table(path, label_column="kind").labels.tolist() == ["1", "2", "three"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PEOPLE, "column 'name' has 'Ada' at row 0 (from 0), which is not a number; correct"),
        (
            'a,b\n1,"2,5"\n',
            "'2,5' at row 0 (from 0), which is not a number: write decimals with a p",
        ),
        ("a,b\n1,2\n3,x\n", "column 'b' has 'x' at row 1 (from 0)"),
        ("a,b\n1,2\n3,x\n", "--drop b"),
        ("a,b\n1,2\n,4\n", "a missing value at row 1 (from 0), column 'a'"),
        ("a,b\n1,2\n3,inf\n", "inf at row 1 (from 0), column 'b'"),
        ("a,b\n1,2\n3\n", "a missing value at row 1 (from 0), column 'b'"),
        ("a,b\n1,2\n3,4,5\n", "not every line has as many cells as the first"),
        ("a,b\n1,2,3\n3,4,5\n", "not every line has as many cells as the first"),
        ("a,b\n", "there are no rows"),
        ("", "the file is empty"),
        ("a,b,a\n1,2,3\n", "2 columns are named 'a'"),
        ("1,2\n1,2020-01-01\n", "column '1' has '2020-01-01'"),
    ],
)
def test_csv_that_is_refused(tmp_path, content, message):
    assert message in refusal(text(tmp_path / "a.csv", content))


def test_csv_that_is_not_utf8(tmp_path):
    table = read_table(text(tmp_path / "a.csv", "größe\n1\n", "latin-1"))
    assert table.columns == ("größe",)
    assert "read as Windows-1252 (latin-1); if that is wrong, use --encoding" in table.notes[0]


def test_missing_values_where_they_are_allowed(tmp_path):
    path = text(tmp_path / "a.csv", "a,b\n1,\n3,4\n")
    np.testing.assert_array_equal(
        read_table(path, allow_missing=True).values, [[1, np.nan], [3, 4]]
    )
    text(path, "a,b\n1,inf\n")
    assert "inf at row 0" in refusal(path, allow_missing=True)
    np.save(tmp_path / "a.npy", np.array([[1.0, np.nan]]))
    assert np.isnan(read_table(tmp_path / "a.npy", allow_missing=True).values[0, 1])


def test_columns_that_a_model_expects(people, tmp_path):
    expected = ["height", "age"]
    assert read_table(people, expected=expected).columns == ("height", "age")
    assert read_table(people, columns=["age"], expected=expected).columns == ("age",)
    np.save(tmp_path / "a.npy", np.array(NUMBERS))
    np.testing.assert_array_equal(
        read_table(tmp_path / "a.npy", expected=expected).values, NUMBERS
    )
    assert "there is no column 'weight'" in refusal(people, expected=["weight"])


def test_columns_of_a_model_are_in_its_order_whatever_else_is_asked_for(people):
    """Otherwise swapped columns give wrong numbers, and nobody notices."""
    expected = ["height", "age"]
    for options in ({"drop": ["name"]}, {"label_column": "name"}, {"columns": ["age", "height"]}):
        table = read_table(people, expected=expected, **options)
        assert table.columns == ("height", "age")
        np.testing.assert_array_equal(table.values, np.array(NUMBERS)[:, ::-1])
    message = refusal(people, expected=expected, drop=["age"])
    assert "there is no column 'age' in 'name', 'height'; the model was trained on" in message


def test_columns_that_are_not_there(people):
    assert "there is no column 'weight' in 'name', 'age'" in refusal(people, drop=["weight"])
    assert "no column is left" in refusal(people, drop=["name", "age"], label_column="height")


def test_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame({"x": [1, 2], "y": [0.5, 0.25], "ok": [True, False], "kind": ["a", "b"]})
    frame.index = ["first", "second"]
    frame.to_parquet(path)
    table = read_table(path, label_column="kind")
    assert table.columns == ("x", "y", "ok")
    assert table.rows == ("first", "second")
    np.testing.assert_array_equal(table.values, [[1, 0.5, 1], [2, 0.25, 0]])


def test_parquet_that_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"when": pd.to_datetime(["2020-01-01"])}).to_parquet(path)
    assert "column 'when' has 2020-01-01" in refusal(path)
    pd.DataFrame({"x": pd.array([1, None], dtype="Int64")}).to_parquet(path)
    assert "a missing value at row 1 (from 0), column 'x'" in refusal(path)
    assert "not a readable parquet file" in refusal(text(path, "x"))


def test_npy_is_mapped_into_memory(tmp_path, rng):
    values = rng.normal(size=(5, 3)).astype(np.float32)
    np.save(tmp_path / "a.npy", values)
    table = read_table(tmp_path / "a.npy")
    assert isinstance(table.values, np.memmap)
    np.testing.assert_array_equal(table.values, values)
    assert table.image_shape is None


@pytest.mark.parametrize(
    ("shape", "image_shape"),
    [((4, 2, 3), (2, 3)), ((4, 2, 3, 1), (2, 3)), ((4, 2, 3, 3), (2, 3, 3)), ((4, 784), (28, 28))],
)
def test_npy_of_images(tmp_path, rng, shape, image_shape):
    levels = rng.integers(0, 256, shape).astype(np.uint8)
    np.save(tmp_path / "a.npy", levels)
    table = read_table(tmp_path / "a.npy")
    assert table.image_shape == image_shape
    # Bytes in a matrix may be anything; in images they are pixels.
    expected = levels / (256 if len(shape) > 2 else 1)
    np.testing.assert_array_equal(table.values, expected.reshape(4, -1))


def test_npy_that_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([[1.0, np.nan]]))
    assert "a missing value at row 0 (from 0), column 1" in refusal(path)
    many = np.ones((9_000, 2))
    many[8_500, 1] = np.inf
    np.save(path, many)
    assert "inf at row 8500 (from 0), column 1" in refusal(path)
    np.save(path, np.array([1.0, 2.0]))
    assert "of shape (2,); expected numbers, of shape (rows, columns)" in refusal(path)
    np.save(path, np.array([["a"]]))
    assert "expected numbers" in refusal(path)
    np.save(path, np.array([[print]]), allow_pickle=True)
    assert "not a readable .npy file" in refusal(path)
    np.save(path, np.empty((0, 3)))
    assert "there are no rows" in refusal(path)


def test_npz(tmp_path, rng):
    path = tmp_path / "a.npz"
    np.savez(path, anything=rng.normal(size=(3, 2)))
    assert read_table(path).values.shape == (3, 2)
    np.savez(path, x=np.ones((3, 2)), y=np.zeros((4, 2)))
    assert read_table(f"{path}:y").values.shape == (4, 2)
    assert f"has the arrays x, y; choose one, as in {path}:x" in refusal(path)
    assert "has no array 'z', only x, y" in refusal(f"{path}:z")


def test_pickles_as_of_the_tutorials(tmp_path, rng):
    path = tmp_path / "mnist.pkl.gz"
    parts = [(rng.random((n, 784), np.float32), np.arange(n)) for n in (5, 3, 2)]
    path.write_bytes(gzip.compress(pickle.dumps(tuple(parts))))
    table = read_table(path)
    np.testing.assert_array_equal(table.values, parts[0][0])
    assert table.image_shape == (28, 28)
    np.testing.assert_array_equal(read_table(f"{path}:test").labels, [0, 1])
    assert "has no part 'last'" in refusal(f"{path}:last")


def test_idx_has_the_values_of_load_mnist(tmp_path, digits):
    levels = (digits.train.images[:4] * 256).astype(np.uint8).reshape(4, 28, 28)
    header = bytes([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 28, 0, 0, 0, 28])
    for name in ("train-images-idx3-ubyte", "a.idx.gz"):
        content = header + levels.tobytes()
        (tmp_path / name).write_bytes(gzip.compress(content) if "gz" in name else content)
        table = read_table(tmp_path / name)
        np.testing.assert_array_equal(table.values, digits.train.images[:4])
        assert table.image_shape == (28, 28)


def test_a_folder_of_images(tmp_path, rng):
    levels = rng.integers(0, 256, (3, 4, 5)).astype(np.uint8)
    for i, image in enumerate(levels):
        Image.fromarray(image).save(tmp_path / f"face_{i}.png")
    (tmp_path / "notes.txt").write_text("not an image")
    table = read_table(tmp_path)
    np.testing.assert_array_equal(table.values, levels.reshape(3, 20) / 256)
    assert table.image_shape == (4, 5)
    assert table.rows == ("face_0.png", "face_1.png", "face_2.png")
    assert table.labels is None


def test_a_folder_of_colour_images_in_folders_of_their_kind(tmp_path, rng):
    levels = rng.integers(0, 256, (2, 4, 5, 3)).astype(np.uint8)
    for kind, image in zip("ab", levels, strict=True):
        (tmp_path / kind).mkdir()
        Image.fromarray(image).save(tmp_path / kind / "1.png")
    table = read_table(tmp_path)
    assert table.image_shape == (4, 5, 3)
    assert table.labels.tolist() == ["a", "b"]
    np.testing.assert_array_equal(table.values, levels.reshape(2, 60) / 256)


def test_folders_that_are_refused(tmp_path):
    assert "there is no image in this folder" in refusal(tmp_path)
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    assert "no columns to select" in refusal(tmp_path, drop=["0"])
    Image.new("L", (5, 4)).save(tmp_path / "b.png")
    assert "b.png: is 5 by 4, but a.png is 4 by 4" in refusal(tmp_path)
    (tmp_path / "b.png").write_text("not an image")
    assert "b.png: not a readable image" in refusal(tmp_path)


def test_names_that_say_nothing(tmp_path):
    assert "expected .csv, .tsv, .parquet" in refusal(text(tmp_path / "a.xlsx", "1"))
    assert "the suffix is not known" in refusal(text(tmp_path / "a.parquet.gz", "1"))
    assert "only .npz and .pkl have parts" in refusal(f"{text(tmp_path / 'a.csv', 'a')}:train")
    with pytest.raises(FileNotFoundError, match="there is no such file or folder"):
        read_table(tmp_path / "nothing.csv")


def test_what_to_install_is_said():
    with pytest.raises(MissingExtraError, match=r'pip install "autoenc\[tables\]"'):
        import_extra("pandas_that_is_not_there", "tables", "reading csv")


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize(
    ("content", "expected", "with_commas"),
    [
        ("a;b\n1.205,50;0,5\n1.300;0,7\n", [[1205.5, 0.5], [1300, 0.7]], None),
        ("a;b\n1.205.000;0,5\n2;0,7\n", [[1205000, 0.5], [2, 0.7]], None),
        ("a;b\n1.205;0.5\n1.3;2\n", [[1.205, 0.5], [1.3, 2]], None),
        # The points could be decimal marks.
        ("a;b\n1.205;0,5\n1.300;0,7\n", None, [[1205, 0.5], [1300, 0.7]]),
        # The commas could separate thousands.
        ("a;b\n1,205;0.5\n1,300;0.7\n", None, [[1.205, 0.5], [1.3, 0.7]]),
    ],
)
def test_decimal_marks_are_the_same_in_all_columns(
    tmp_path, mixed, content, expected, with_commas
):
    path = text(tmp_path / "t.csv", content)
    if expected is None:
        message = "has decimal commas .* has points .*--decimal ,"
        assert re.search(message, refusal(path, mixed=mixed))
        values = read_table(path, mixed=mixed, decimal=",").values
    else:
        values = read_table(path, mixed=mixed).values
    np.testing.assert_array_equal(values, expected or with_commas)
