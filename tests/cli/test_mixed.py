"""A file with columns of all kinds, end to end: the same numbers in every way."""

import csv
import io
import re
from functools import partial

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from autoenc import AutoEncoderDetector, DenoisingAutoEncoder
from autoenc.cli import main
from autoenc.export import numpy_reader
from tests.cli.conftest import good, refusal, run
from tests.estimators.test_mixed import people

ROWS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same table in five files, and a model of the first."""
    folder = tmp_path_factory.mktemp("mixed")
    frame = people(ROWS, missing=0.1)
    frame["born"] = frame["born"].dt.strftime("%d.%m.%Y")
    frame.insert(0, "name", [f"Person {i}" for i in range(ROWS)])
    frame["age"] = frame["age"].round(3)
    frame.to_csv(folder / "utf8.csv", index=False)
    how = {"index": False, "sep": ";", "decimal": ","}
    frame.to_csv(folder / "latin.csv", encoding="latin-1", **how)
    frame.to_csv(folder / "utf16.csv", index=False, sep="\t", encoding="utf-16")
    frame.to_csv(folder / "packed.csv.gz", index=False)
    frame.to_parquet(folder / "arrow.parquet")
    outcome = run("train", folder / "utf8.csv", "-o", folder / "m.safetensors", "--quiet",
                  "--seed", "0", "--epochs", "20")  # fmt: skip
    assert outcome.status == 0
    assert outcome.err.count("\n") == 1
    assert "columns left out, because they are empty or their text is different" in outcome.err
    return folder


FILES = ("utf8.csv", "latin.csv", "utf16.csv", "packed.csv.gz", "arrow.parquet")


def scores(folder, file):
    printed = good("score", folder / "m.safetensors", folder / file)
    rows = list(csv.DictReader(io.StringIO(printed)))
    return np.array([float(row["error"]) for row in rows])


@pytest.mark.parametrize("file", FILES)
def test_all_files_say_the_same(file, folder):
    frame = pd.read_csv(folder / "utf8.csv")
    expected = DenoisingAutoEncoder.load(folder / "m.safetensors").score_samples(frame)
    np.testing.assert_allclose(scores(folder, file), expected, rtol=1e-5)


@pytest.mark.parametrize("file", FILES[1:])
def test_all_files_train_the_same(file, folder, tmp_path):
    path = tmp_path / "m.safetensors"
    good("train", folder / file, "-o", path, "--quiet", "--seed", "0", "--epochs", "20")
    own, other = (DenoisingAutoEncoder.load(p) for p in (path, folder / "m.safetensors"))
    np.testing.assert_array_equal(own.W_, other.W_)


def test_the_numpy_reader_says_the_same(folder):
    frame = pd.read_csv(folder / "utf8.csv")
    table = {name: frame[name].astype(object).where(frame[name].notna(), None).tolist()
             for name in frame}  # fmt: skip
    own = numpy_reader.load(folder / "m.safetensors")
    model = DenoisingAutoEncoder.load(folder / "m.safetensors")
    for rows in (frame, table):
        np.testing.assert_allclose(own.score_samples(rows), model.score_samples(frame), rtol=1e-4)
        np.testing.assert_allclose(own.transform(rows), model.transform(frame), atol=1e-4)
        again, filled = own.reconstruct(rows), own.impute(rows)
        for name, column in model.reconstruct(frame).items():
            if column.dtype.kind == "f":
                np.testing.assert_allclose(again[name], column, rtol=1e-4)
            else:
                assert (again[name] == column.to_numpy(object)).mean() > 0.99
            known = frame[name].notna().to_numpy()
            assert (filled[name][known] == frame[name].to_numpy(object)[known]).all()
            assert not pd.isna(filled[name]).any()
    strange = frame.assign(city="Atlantis")
    with pytest.warns(UserWarning, match="count as missing: {'city': \\['Atlantis'\\]}"):
        own.score_samples(strange)


@pytest.mark.parametrize("part", ["reconstruct", "transform", "score"])
def test_onnx_says_the_same(part, folder, tmp_path):
    good("export", folder / "m.safetensors", "-o", tmp_path / "m.onnx", "--part", part)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    model = DenoisingAutoEncoder.load(folder / "m.safetensors").model_
    frame = pd.read_csv(folder / "utf8.csv")
    x = np.asarray(model.numbers(frame))
    dtype = {"tensor(float)": "float32", "tensor(double)": "float64"}[session.get_inputs()[0].type]
    (result,) = session.run(None, {"x": x.astype(dtype)})
    method = {"score": "score_samples"}.get(part, part)
    np.testing.assert_allclose(result, getattr(model, method)(frame), rtol=1e-4, atol=1e-4)
    about = session.get_modelmeta().custom_metadata_map
    assert '"city=Köln"' in about["feature_names"].encode().decode("unicode_escape")
    assert '"kind": "category"' in about["encoding"]


@pytest.mark.parametrize("verb", ["score", "transform", "impute"])
def test_another_number_of_columns_without_names_is_refused(verb, folder, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((5, 3)))
    out = tmp_path / "out.csv"
    told = refusal(verb, folder / "m.safetensors", tmp_path / "x.npy", "-o", out)
    assert "x.npy: has 3 columns, but the model takes " in told


def test_the_exported_reader_is_alone(folder, tmp_path):
    good("export", folder / "m.safetensors", "-o", tmp_path / "out")
    text = (tmp_path / "out" / "numpy_reader.py").read_text(encoding="utf-8")
    assert "class CategoryColumn" in text
    assert not re.search(r"^(from|import) autoenc", text, re.MULTILINE)


WRITTEN = {
    "utf8.csv": pd.read_csv,
    "latin.csv": partial(pd.read_csv, sep=";", decimal=",", encoding="cp1252"),
    "utf16.csv": partial(pd.read_csv, sep="\t", encoding="utf-16"),
    "packed.csv.gz": partial(pd.read_csv, compression="infer"),
    "arrow.parquet": pd.read_parquet,
}


@pytest.mark.parametrize("file", FILES)
def test_empty_cells_are_filled_in_and_nothing_else_changes(file, folder, tmp_path):
    target = tmp_path / ("filled.parquet" if file.endswith("parquet") else "filled.csv")
    said = good("impute", folder / "m.safetensors", folder / file, "-o", target)
    filled = WRITTEN[file](target)
    given = WRITTEN[file](folder / file)
    assert f"{int(given.isna().to_numpy().sum()):,} cells filled in" in said
    assert list(filled) == list(given)
    assert not filled.isna().any(axis=None)
    for name in given:
        known = given[name].notna()
        assert (filled[name][known] == given[name][known]).all(), name
        # Where all were numbers before, they are still written as numbers.
        assert (filled[name].dtype == object) == (given[name].dtype == object)
    assert (filled["size"] == filled["size"].round()).all()
    assert set(filled["city"]) == {"Köln", "Oslo", "Rom"}
    assert filled["born"].str.fullmatch(r"\d\d\.\d\d\.\d{4}").all()


def test_numbers_alone_are_filled_in_too(tmp_path):
    rng = np.random.default_rng(0)
    z = rng.normal(size=60)
    frame = pd.DataFrame({"a": z, "b": 2 * z, "c": -z, "d": 3 * z}).mask(rng.random((60, 4)) < 0.1)
    frame.to_csv(tmp_path / "a.csv", index=False)
    outcome = run("train", tmp_path / "a.csv", "-o", tmp_path / "m.safetensors", "--quiet",
                  "--epochs", "20", "--seed", "0")  # fmt: skip
    n = int(frame.isna().to_numpy().sum())
    assert f"{n} cells are empty and left out of code and cost" in outcome.err
    good("impute", tmp_path / "m.safetensors", tmp_path / "a.csv", "-o", tmp_path / "b.csv")
    assert not pd.read_csv(tmp_path / "b.csv").isna().any(axis=None)
    told = refusal("train", tmp_path / "a.csv", "-o", tmp_path / "n.safetensors", "--quiet",
                   "--missing", "refuse")  # fmt: skip
    assert "a missing value at row" in told


def test_reconstructions_and_reports_speak_of_the_columns(folder, tmp_path):
    good("reconstruct", folder / "m.safetensors", folder / "utf8.csv", "-o", tmp_path / "r.csv")
    again = pd.read_csv(tmp_path / "r.csv")
    assert list(again) == ["age", "city", "member", "born", "size"]
    assert set(again["city"]) <= {"Köln", "Oslo", "Rom"}
    text = good("report", folder / "m.safetensors", folder / "utf8.csv")
    assert "of 5 columns" in text
    assert re.search("largest shares of the error: (age|city|member|born|size) ", text)
    good("report", folder / "m.safetensors", folder / "utf8.csv", "--train", folder / "latin.csv",
         "--p-values", folder / "utf16.csv", "-o", tmp_path / "r.html")  # fmt: skip
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Köln" in page
    assert "city=Köln" in page  # what a unit looks for
    assert "missing" in page


def test_what_is_wrong_is_said_in_one_line(folder, tmp_path):
    frame = pd.read_csv(folder / "utf8.csv")
    frame.drop(columns="city").to_csv(tmp_path / "a.csv", index=False)
    for command in (("score",), ("impute", "-o", tmp_path / "b.csv")):
        told = refusal(command[0], folder / "m.safetensors", tmp_path / "a.csv", *command[1:])
        assert "there is no column 'city'" in told
    frame.assign(age="old").to_csv(tmp_path / "a.csv", index=False)
    told = refusal("score", folder / "m.safetensors", tmp_path / "a.csv")
    assert "column 'age' has 'old' at row 0, which is not a number" in told
    told = refusal("train", folder / "utf8.csv", "-o", tmp_path / "m.safetensors", "--quiet",
                   "--model", "detector", "--scale", "standard")  # fmt: skip
    assert "a detector scales columns by itself; leave --scale out" in told
    told = refusal("train", folder / "utf8.csv", "-o", tmp_path / "m.safetensors", "--quiet",
                   "--model", "detector", "--epochs", "3")  # fmt: skip
    assert "AutoEncoderDetector has no --epochs; leave it out" in told


@pytest.fixture(scope="module")
def detector(folder):
    path = folder / "detector.safetensors"
    good("train", folder / "utf8.csv", "-o", path, "--quiet", "--model", "detector", "--seed", "0")
    return path


def test_a_detector_says_which_rows_are_strange_and_why(folder, detector, tmp_path):
    frame = pd.read_csv(folder / "utf8.csv")
    model = AutoEncoderDetector.load(detector)
    rows = frame.drop(columns="name")
    again = AutoEncoderDetector(random_state=0, verbose=False).fit(rows)
    np.testing.assert_array_equal(model.score_samples(frame), again.score_samples(rows))
    other = {"Köln": "Rom", "Rom": "Oslo", "Oslo": "Köln"}
    frame.loc[7, "city"] = other.get(frame["city"][7], "Bergen")
    frame.loc[9, "city"] = "Atlantis"
    frame.to_csv(tmp_path / "new.csv", index=False)
    for option in ([], ["-o", tmp_path / "s.csv"], ["-o", tmp_path / "s.parquet"]):
        said = good("score", detector, tmp_path / "new.csv", "--top", "3", "--why", "2",
                    "--p-values", folder / "latin.csv", *option)  # fmt: skip
        printed = pd.read_csv(io.StringIO(said)) if not option else None
        if option:
            read = pd.read_csv if option[1].suffix == ".csv" else pd.read_parquet
            printed = read(option[1])
        expected = np.sort(-model.score_samples(frame))[::-1][:3]
        np.testing.assert_allclose(printed["error"], expected, rtol=1e-5)
        assert printed["p_value"].iloc[0] < 0.02
        assert {"city=Atlantis", f"city={frame['city'][7]}"} <= {
            why.split("; ")[0] for why in printed["why"]
        }
        assert printed["why"].str.count("=").max() <= 2
    told = refusal("score", detector, tmp_path / "new.csv", "--why", "0")
    assert "--why is 0; expected a number of at least 1" in told


def test_a_detector_of_numbers_is_trained_too(tmp_path):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 1))
    frame = pd.DataFrame(np.hstack([z, z + 0.1 * rng.normal(size=(300, 1))]), columns=["a", "b"])
    frame.loc[3, "a"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    good("train", tmp_path / "a.csv", "-o", tmp_path / "m", "--quiet", "--model", "detector")
    printed = good("score", tmp_path / "m", tmp_path / "a.csv", "--top", "1", "--why", "5")
    assert re.fullmatch(r"row,error,why\n\d+,[\d.]+,[ab]=.*\n", printed)


@pytest.mark.parametrize("kind", ["stack", "deep"])
def test_models_of_several_layers_are_trained_on_the_same_file(kind, folder, tmp_path):
    path, read = tmp_path / "m.safetensors", pd.read_csv(folder / "utf8.csv")
    good("train", folder / "utf8.csv", "-o", path, "--quiet", "--seed", "0", "--epochs", "2",
         "--model", kind, "--hidden", "4,2", "--validation", folder / "latin.csv")  # fmt: skip
    good("impute", path, folder / "utf8.csv", "-o", tmp_path / "filled.csv")
    filled = pd.read_csv(tmp_path / "filled.csv")
    assert not filled.isna().any(axis=None)
    known = read["city"].notna()
    assert (filled["city"] == read["city"])[known].all()
    good("score", path, folder / "arrow.parquet")
    good("report", path, folder / "utf8.csv", "-o", tmp_path / "r.html")
    assert "city=Köln" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_options_say_how_a_file_is_written(folder, tmp_path, capsys):
    good("score", folder / "m.safetensors", folder / "latin.csv", "--sep", ";", "--decimal", ",",
         "--encoding", "latin-1", "--header", "yes")  # fmt: skip
    with pytest.raises(SystemExit):
        main(["score", "m", "d", "--sep", "ab"])
    assert "'ab' is not one character, such as ';' or tab" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [("--scale", "minmax"), ("--scale", "none"), ("--cost", "squared_error")]
)
def test_options_that_need_numbers_are_named(option, folder, tmp_path):
    command = ("train", folder / "utf8.csv", "-o", tmp_path / "m.safetensors", "--quiet")
    told = refusal(*command, *option)
    assert "columns 'name', 'city', 'member', 'born' are not numbers" in told
    assert f"which {' '.join(option)} needs; leave it out" in told
    assert "(--drop name,city,member,born)" in told
    good(*command, *option, "--epochs", 1, "--drop", "name,city,member,born")


def test_postal_codes_stay_text_in_all_commands(tmp_path):
    path, model = tmp_path / "a.csv", tmp_path / "m.safetensors"
    frame = pd.DataFrame({"zip": ["01067", "20095", "80331"] * 20, "n": np.arange(60) % 7})
    frame.to_csv(path, index=False)
    outcome = run("train", path, "-o", model, "--epochs", 2, "--seed", 0, "--quiet")
    assert "column 'zip' has values with leading zeros, such as '01067'" in outcome.err
    frame[1:3].to_csv(path, index=False)
    outcome = run("reconstruct", model, path, "-o", tmp_path / "r.csv")
    assert (outcome.status, outcome.err) == (0, "")
    again = pd.read_csv(tmp_path / "r.csv", dtype=str)
    assert set(again["zip"]) <= {"01067", "20095", "80331"}
