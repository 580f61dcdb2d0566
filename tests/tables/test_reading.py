"""Tables as people have them, well formed and not."""

import gzip
import pickle

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from autoenc.tables import MissingExtraError, TableError, frames, import_extra, read_table

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


def test_csv_gzipped(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(PEOPLE.encode()))
    np.testing.assert_array_equal(read_table(path, drop=["name"]).values, NUMBERS)


def test_large_csv_is_the_same_in_parts(tmp_path, monkeypatch, rng):
    values = rng.normal(size=(25, 3))
    path = tmp_path / "a.csv"
    pd.DataFrame(values, columns=["a", "b", "c"]).to_csv(path, index=False)
    monkeypatch.setattr(frames, "CHUNK", 10)
    np.testing.assert_array_equal(read_table(path).values, values)
    lines = path.read_text().splitlines()
    lines[22] = "1,nothing,2"
    assert "'nothing' at row 21" in refusal(text(path, "\n".join(lines)))
    lines[22] = "1,,2"
    assert "a missing value at row 21 (from 0), column 'b'" in refusal(
        text(path, "\n".join(lines))
    )


def test_labels_that_are_numbers_and_text_are_text(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "CHUNK", 2)
    path = text(tmp_path / "a.csv", "x,kind\n1,1\n2,2\n3,three\n")
    assert read_table(path, label_column="kind").labels.tolist() == ["1", "2", "three"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PEOPLE, "column 'name' has 'Ada' at row 0 (from 0), which is not a number; correct"),
        (
            "a;b\n1;2,5\n",
            "'2,5' at row 0 (from 0), which is not a number: decimals begin with a p",
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
        ("a,b,a\n1,2,3\n", "the column 'a' is there 2 times"),
        ("1,2\n1,2020-01-01\n", "column '1' has '2020-01-01'"),
    ],
)
def test_csv_that_is_refused(tmp_path, content, message):
    assert message in refusal(text(tmp_path / "a.csv", content))


def test_csv_that_is_not_utf8(tmp_path):
    path = text(tmp_path / "a.csv", "größe\n1\n", "latin-1")
    assert "save it as UTF-8" in refusal(path)


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


def test_columns_that_are_not_there(people):
    assert "there is no column 'weight'; it has 'name', 'age'" in refusal(people, drop=["weight"])
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
    assert "of shape (2,); expected numbers, a row" in refusal(path)
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
    assert f"holds x, y; choose one, as in {path}:x" in refusal(path)
    assert "holds no array 'z', only x, y" in refusal(f"{path}:z")


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
    assert "no columns to choose from" in refusal(tmp_path, drop=["0"])
    Image.new("L", (5, 4)).save(tmp_path / "b.png")
    assert "b.png: is 5 by 4, but a.png is 4 by 4" in refusal(tmp_path)
    (tmp_path / "b.png").write_text("not an image")
    assert "b.png: not a readable image" in refusal(tmp_path)
    Image.new("I;16", (4, 4)).save(tmp_path / "b.png")
    assert "b.png: has mode I;16; expected 8 bits" in refusal(tmp_path)


def test_names_that_say_nothing(tmp_path):
    assert "expected .csv, .tsv, .parquet" in refusal(text(tmp_path / "a.xlsx", "1"))
    assert "cannot tell what this is" in refusal(text(tmp_path / "a.parquet.gz", "1"))
    assert "only .npz and .pkl have parts" in refusal(f"{text(tmp_path / 'a.csv', 'a')}:train")
    with pytest.raises(FileNotFoundError, match="there is no file or folder at"):
        read_table(tmp_path / "nothing.csv")


def test_what_to_install_is_said():
    with pytest.raises(MissingExtraError, match=r'pip install "autoenc\[tables\]"'):
        import_extra("pandas_that_is_not_there", "tables", "reading csv")
