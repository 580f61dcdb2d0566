"""Files that commands read in parts."""

import re

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from PIL import Image

from autoenc import AutoEncoderDetector, DenoisingAutoEncoder
from autoenc.analysis.access import row_errors
from tests.cli.conftest import good, refusal
from tests.sources.test_formats import NAMES, ROWS, hdf5, parquet, parquet_folder, zarr_store

TRAIN = ("--hidden", 3, "--epochs", 2, "--seed", 0, "--quiet")


def npy(folder):
    np.save(folder / "rows.npy", ROWS)
    return folder / "rows.npy"


def npy_folder(folder):
    (folder / "parts").mkdir()
    for i, part in enumerate(np.split(ROWS, [30, 31])):
        np.save(folder / "parts" / f"{i}.npy", part)
    return folder / "parts"


# How files are made, the array to read, and options of the training.
FILES = {
    "HDF5": (hdf5, ":train/rows", ()),
    "Zarr": (zarr_store, "", ()),
    "folder of arrays": (npy_folder, "", ()),
    "folder of Parquet files": (parquet_folder, "", ()),
    "array and budget": (npy, "", ("--memory", "1MB")),
    "Parquet and budget": (parquet, "", ("--memory", "1MB")),
}


@pytest.fixture(params=FILES)
def file(request, tmp_path):
    make, part, options = FILES[request.param]
    return f"{make(tmp_path)}{part}", options


def arrays_of(model):
    return {name: array.tobytes() for name, array in model.model_.all_arrays().items()}


@pytest.mark.parametrize("budget", [(), ("--memory", "1MB")])
def test_columns_that_are_not_used_may_have_any_type(tmp_path, budget):
    """A column of text beside the numbers, in a folder of Parquet files."""
    saved, folder = tmp_path / "m.safetensors", tmp_path / "rows"
    folder.mkdir()
    frame = pd.DataFrame(ROWS, columns=NAMES)
    named = pd.concat([frame[NAMES[::-1]], pd.DataFrame({"name": ["q"] * len(ROWS)})], axis=1)
    for i in range(2):
        named.iloc[i::2].to_parquet(folder / f"{i}.parquet", index=False)
    assert "column 'name'" in refusal("train", folder, "-o", saved, *TRAIN, *budget)
    good("train", folder, "-o", saved, "--drop", "name", *TRAIN, *budget)
    good("train", folder, "-o", saved, "--columns", ",".join(NAMES), "--force", *TRAIN, *budget)
    good("transform", saved, folder, "-o", tmp_path / "codes.npy")
    rows = pd.concat([frame.iloc[0::2], frame.iloc[1::2]])
    expected = DenoisingAutoEncoder.load(saved).transform(rows)
    assert np.load(tmp_path / "codes.npy").tobytes() == expected.tobytes()


def test_models_and_results_are_those_of_the_array(file, tmp_path):
    path, options = file
    saved = tmp_path / "m.safetensors"
    good("train", path, "-o", saved, "--validation-fraction", 0.2, *TRAIN, *options)
    expected = DenoisingAutoEncoder(
        3, n_epochs=2, random_state=0, validation_fraction=0.2, verbose=False
    ).fit(ROWS)
    found = DenoisingAutoEncoder.load(saved)
    assert arrays_of(found) == arrays_of(expected)
    assert found.history_[-1]["valid_cost"] == expected.history_[-1]["valid_cost"]
    if "parquet" in path:
        assert list(found.feature_names_in_) == NAMES

    good("transform", saved, path, "-o", tmp_path / "codes.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), expected.transform(ROWS))
    good("score", saved, path, "-o", tmp_path / "errors.csv")
    errors = pd.read_csv(tmp_path / "errors.csv")["error"]
    np.testing.assert_allclose(errors, expected.score_samples(ROWS), rtol=1e-5)
    good("reconstruct", saved, path, "-o", tmp_path / "again.parquet")
    again = pyarrow.parquet.read_table(tmp_path / "again.parquet").to_pandas()
    np.testing.assert_array_equal(again, expected.reconstruct(ROWS))


def test_reasons_of_the_strangest_rows(tmp_path):
    saved, path = tmp_path / "m.safetensors", hdf5(tmp_path)
    good("train", f"{path}:train/rows", "-o", saved, *TRAIN)
    shown = good("score", saved, f"{path}:train/rows", "--top", 2, "--why", 1)
    model = DenoisingAutoEncoder.load(saved)
    worst = np.argsort(-model.score_samples(ROWS))[:2]
    rows = [line.split(",") for line in shown.splitlines()[1:]]
    assert [int(row[0]) for row in rows] == list(worst)
    assert all("=" in row[-1] for row in rows)


def test_a_detector(tmp_path):
    saved, path = tmp_path / "m.safetensors", npy_folder(tmp_path)
    good("train", path, "-o", saved, "--model", "detector", "--seed", 0, "--quiet")
    expected = AutoEncoderDetector(random_state=0, verbose=False).fit(ROWS)
    good("score", saved, path, "-o", tmp_path / "errors.csv")
    errors = pd.read_csv(tmp_path / "errors.csv")["error"]
    np.testing.assert_allclose(errors, row_errors(expected, ROWS), rtol=1e-4)


def test_columns_are_matched_and_chosen_by_name(tmp_path):
    saved, path = tmp_path / "m.safetensors", parquet(tmp_path)
    budget = ("--memory", "1MB")
    good("train", path, "-o", saved, "--drop", NAMES[0], *TRAIN, *budget)
    expected = DenoisingAutoEncoder(3, n_epochs=2, random_state=0, verbose=False).fit(ROWS[:, 1:])
    assert arrays_of(DenoisingAutoEncoder.load(saved)) == arrays_of(expected)
    table = pyarrow.parquet.read_table(path)
    (tmp_path / "turned").mkdir()
    turned = tmp_path / "turned" / "rows.parquet"
    pyarrow.parquet.write_table(table.select(NAMES[::-1]), turned)
    good("transform", saved, tmp_path / "turned", "-o", tmp_path / "codes.npy")
    codes = np.load(tmp_path / "codes.npy")
    np.testing.assert_array_equal(codes, expected.transform(ROWS[:, 1:]))


def test_missing_numbers_are_masked_and_validation_is_read(tmp_path):
    rows = ROWS.copy()
    rows[3, 2] = np.nan
    (tmp_path / "parts").mkdir()
    np.save(tmp_path / "parts" / "a.npy", rows)
    np.save(tmp_path / "valid.npy", ROWS[:20])
    saved = tmp_path / "m.safetensors"
    validation = ("--validation", tmp_path / "valid.npy", "--patience", 1)
    good("train", tmp_path / "parts", "-o", saved, *TRAIN, *validation)
    assert DenoisingAutoEncoder.load(saved).get_params()["missing"] == "mask"


def test_a_file_that_cannot_be_read_in_parts_is_loaded_in_spite_of_a_budget(tmp_path):
    """Words need their encoding, and columns without names are chosen in memory."""
    frame = pd.DataFrame(ROWS[:, :2], columns=["a", "b"]).assign(word=["x", "y", "z"] * 34 + ["x"])
    frame.to_parquet(tmp_path / "words.parquet")
    saved, budget = tmp_path / "m.safetensors", ("--memory", "1MB")
    good("train", tmp_path / "words.parquet", "-o", saved, *TRAIN, *budget)
    assert list(DenoisingAutoEncoder.load(saved).feature_names_in_) == ["a", "b", "word"]
    good("train", npy(tmp_path), "-o", saved, "--force", "--columns", "0,2", *TRAIN, *budget)
    assert DenoisingAutoEncoder.load(saved).n_features_in_ == 2
    good("train", npy(tmp_path), "-o", saved, "--force", "--scale", "minmax", *TRAIN, *budget)
    assert DenoisingAutoEncoder.load(saved).model_.columns.scaling.kind == "minmax"


def test_validation_rows_may_be_of_another_format(tmp_path):
    pd.DataFrame(ROWS[:20], columns=NAMES).to_csv(tmp_path / "valid.csv", index=False)
    saved, path = tmp_path / "m.safetensors", parquet_folder(tmp_path)
    good("train", path, "-o", saved, "--validation", tmp_path / "valid.csv", *TRAIN)
    assert "valid_cost" in DenoisingAutoEncoder.load(saved).history_[-1]


def test_a_model_of_words_names_the_column_that_a_folder_lacks(tmp_path):
    frame = pd.DataFrame(ROWS[:, :2], columns=["a", "b"]).assign(word=["x", "y", "z"] * 34 + ["x"])
    frame.to_csv(tmp_path / "words.csv", index=False)
    saved = tmp_path / "m.safetensors"
    good("train", tmp_path / "words.csv", "-o", saved, *TRAIN)
    said = refusal("transform", saved, parquet_folder(tmp_path), "-o", tmp_path / "codes.npy")
    assert "word" in said


def test_a_folder_of_images_is_one_whatever_else_is_in_it(tmp_path):
    (tmp_path / "images").mkdir()
    for i in range(4):
        Image.fromarray(np.full((3, 3), 50 * i, "uint8")).save(tmp_path / "images" / f"{i}.png")
    np.save(tmp_path / "images" / "labels.npy", np.arange(4))
    good("train", tmp_path / "images", "-o", tmp_path / "m.safetensors", *TRAIN)
    assert DenoisingAutoEncoder.load(tmp_path / "m.safetensors").n_features_in_ == 9


def test_what_cannot_be_done_in_parts_is_refused(tmp_path):
    path, saved = f"{hdf5(tmp_path)}:train/rows", tmp_path / "m.safetensors"
    said = refusal("train", path, "-o", saved, "--scale", "minmax", *TRAIN)
    assert "is read in parts, and --scale minmax needs all rows at once; use --scale" in said
    said = refusal("train", path, "-o", saved, "--columns", "0,1", *TRAIN)
    assert "its columns have no names, and all of them are read; leave out --columns" in said
    said = refusal("train", tmp_path / "none.h5", "-o", saved, *TRAIN)
    assert "none.h5" in said
    good("train", path, "-o", saved, *TRAIN)
    said = refusal("transform", saved, path, "-o", tmp_path / "codes.csv")
    assert "codes.csv ends in '.csv'" in said
    assert "are written in parts: end the name in .npy or .parquet" in said
    said = refusal("transform", saved, npy_folder(tmp_path), "-o", tmp_path / "parts" / "0.npy")
    assert "0.npy: the output (-o) would overwrite a file of DATA; choose another name." in said
    said = refusal("score", saved, tmp_path / "parts", "-o", tmp_path / "parts" / "0.npy")
    assert "would overwrite a file of DATA" in said


def test_an_array_of_a_file_is_named_as_commands_take_it(tmp_path):
    saved, path = tmp_path / "m.safetensors", hdf5(tmp_path)
    said = refusal("train", path, "-o", saved, *TRAIN)
    named = re.search(r"name one of them after a colon, as in (\S+)\.$", said)[1]
    assert named.startswith(f"{path}:")
    good("train", f"{path}:train/rows", "-o", saved, *TRAIN)
    assert "is read in parts, but impute fills one table at a time" in refusal(
        "impute", saved, f"{path}:train/rows", "-o", tmp_path / "full.npy"
    )
