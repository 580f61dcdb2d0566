"""Written files can be read again, also by other tools."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from autoenc.datasets.idx import read_idx
from autoenc.tables import TableError, read_table, write_table

NAMES = ["first", 'a "quoted", name', "größe"]
FORMATS = ["a.csv", "a.tsv", "a.csv.gz", "a.parquet", "a.npy", "a.npz", "a.idx", "a.idx.gz"]
WITH_NAMES = [*FORMATS[:4], "a.npz"]


@pytest.fixture(params=[np.float32, np.float64])
def values(request, rng):
    return (rng.normal(size=(5, 3)) * 10.0 ** rng.integers(-30, 30, (5, 3))).astype(request.param)


@pytest.mark.parametrize("name", FORMATS)
def test_values_come_back_to_the_bit(tmp_path, values, name):
    write_table(tmp_path / "out" / name, values, NAMES)
    table = read_table(tmp_path / "out" / name)
    np.testing.assert_array_equal(table.values.astype(values.dtype), values)
    assert table.columns == (tuple(NAMES) if name in WITH_NAMES else None)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_values_give_the_same_bytes(tmp_path, values, name):
    contents = []
    for _ in range(2):
        write_table(tmp_path / name, values, NAMES)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    if name.endswith(".gz"):  # gzip notes the time in these bytes
        assert contents[0][4:8] == bytes(4)


def test_names_of_rows(tmp_path, values):
    rows = list("abcde")
    write_table(tmp_path / "a.csv", values, NAMES, rows=rows)
    assert pd.read_csv(tmp_path / "a.csv", index_col="row").index.tolist() == rows
    write_table(tmp_path / "a.parquet", values, NAMES, rows=rows)
    assert pd.read_parquet(tmp_path / "a.parquet").index.tolist() == rows
    write_table(tmp_path / "a.npz", values, NAMES, rows=rows)
    assert read_table(tmp_path / "a.npz").rows == tuple(rows)


@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 3)])
@pytest.mark.parametrize("name", ["faces", "a.idx", "a.idx.gz", "a.npy"])
def test_images(tmp_path, rng, shape, name):
    values = rng.integers(0, 256, (12, 24)) / 256
    write_table(tmp_path / name, values, image_shape=shape if name != "faces" else (4, 6))
    table = read_table(tmp_path / name)
    np.testing.assert_array_equal(table.values, values)
    if shape == (4, 6):
        assert table.image_shape == shape


def test_pixels_are_rounded_to_the_nearest_byte_and_cut(tmp_path):
    values = np.array([[-0.2, 0.0, 0.2501, 1.0]])
    write_table(tmp_path / "a.idx", values, image_shape=(2, 2))
    assert read_idx(tmp_path / "a.idx").ravel().tolist() == [0, 0, 64, 255]


def test_a_folder_of_colour_images(tmp_path, rng):
    values = rng.integers(0, 256, (2, 60)) / 256
    write_table(tmp_path / "out", values, image_shape=(4, 5, 3), rows=["a/1.jpg", "b/2.jpg"])
    image = np.asarray(Image.open(tmp_path / "out" / "b" / "2.png"))
    np.testing.assert_array_equal(image.ravel() / 256, values[1])


def test_names_with_points_are_kept(tmp_path):
    write_table(tmp_path / "out", np.ones((2, 4)), image_shape=(2, 2), rows=["1.5", "1.6"])
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["1.5.png", "1.6.png"]


@pytest.mark.parametrize("rows", [["a", "a"], ["a", "../b"], ["a", "/b"]])
def test_a_folder_is_whole_or_not_there(tmp_path, rows):
    with pytest.raises(TableError, match=r"rows would have the file name|is not a file name"):
        write_table(tmp_path / "out", np.ones((2, 4)), image_shape=(2, 2), rows=rows)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(TableError, match="exists already"):
        write_table(tmp_path / "out", np.ones((2, 4)), image_shape=(2, 2))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.xlsx", "expected .csv"),
        ("a.pkl", "can be read but not written"),
        ("a", "a folder has images"),
    ],
)
def test_names_that_cannot_be_written(tmp_path, name, message):
    with pytest.raises(TableError, match=message):
        write_table(tmp_path / name, np.ones((2, 4)))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("faces", np.nan, "a pixel is missing"),
        ("a.idx", np.nan, "a pixel is missing"),
        ("b.idx", 1, "IDX files can contain float32, float64 and bytes, not int64"),
    ],
)
def test_values_that_a_format_cannot_store(tmp_path, name, value, message):
    shape = None if name == "b.idx" else (2, 2)
    with pytest.raises(TableError, match=rf"{name}: .*{message}"):
        write_table(tmp_path / name, np.full((2, 4), value), image_shape=shape)
    assert list(tmp_path.iterdir()) == []
