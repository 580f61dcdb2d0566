"""`autoenc transform`, `reconstruct`, `score`, `plot`, `export`: models in use."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from PIL import Image
from sklearn.preprocessing import MinMaxScaler

from autoenc import AutoEncoderDetector, DenoisingAutoEncoder
from autoenc.datasets.idx import read_idx
from autoenc.estimators import PerceptronClassifier
from autoenc.export import numpy_reader
from autoenc.rows.columns import columns_of
from autoenc.tables import read_table, write_table
from tests.cli.conftest import good, refusal, run
from tests.export.alone import run_alone

NUMBERS = ["age", "income", "height"]


@pytest.fixture(scope="module")
def scaled(people):
    """Rows scaled by scikit-learn, as the network within the model sees them."""
    return MinMaxScaler().fit_transform(pd.read_csv(people)[NUMBERS].to_numpy())


@pytest.fixture(scope="module")
def model(people_model):
    """The network within the model, which takes scaled rows."""
    model = DenoisingAutoEncoder.load(people_model, verbose=False)
    model.model_ = model.model_.replaced(columns=columns_of("DenoisingAutoEncoder", 3))
    return model


@pytest.mark.parametrize("name", ["codes.csv", "codes.parquet", "codes.npy", "codes.npz", "c.idx"])
def test_transform(people, people_model, model, scaled, tmp_path, name):
    told = good("transform", people_model, people, "-o", tmp_path / name)
    assert told == f"saved {tmp_path / name}: 80 rows, 2 columns\n"
    table = read_table(tmp_path / name)
    np.testing.assert_allclose(table.values, model.transform(scaled), atol=1e-5)
    if name.endswith(("csv", "parquet")):
        assert table.columns == tuple(f"denoisingautoencoder{i}" for i in range(2))


def test_the_model_finds_its_columns_by_name(people, people_model, tmp_path):
    frame = pd.read_csv(people)
    shuffled = tmp_path / "shuffled.csv"
    frame[["kind", "height", "name", "income", "age"]].to_csv(shuffled, index=False)
    for name, data in (("a.npy", people), ("b.npy", shuffled)):
        good("transform", people_model, data, "-o", tmp_path / name)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    frame[["age", "name"]].to_csv(shuffled, index=False)
    assert "there is no column 'income'" in refusal(
        "transform", people_model, shuffled, "-o", tmp_path / "c.npy"
    )


def test_rows_without_names(people, people_model, tmp_path):
    np.save(tmp_path / "rows.npy", pd.read_csv(people)[NUMBERS].to_numpy())
    good("transform", people_model, people, "-o", tmp_path / "a.npy")
    good("transform", people_model, tmp_path / "rows.npy", "-o", tmp_path / "b.npy")
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    np.save(tmp_path / "rows.npy", np.ones((4, 2)))
    assert "has 2 columns, but the model takes 3" in refusal(
        "transform", people_model, tmp_path / "rows.npy", "-o", tmp_path / "b.npy"
    )


def test_values_beyond_those_trained_on_are_told(people, people_model, tmp_path):
    frame = pd.read_csv(people)
    frame.loc[3, "age"] = 500
    frame.to_csv(tmp_path / "old.csv", index=False)
    outcome = run("score", people_model, tmp_path / "old.csv")
    assert outcome.status == 0
    assert outcome.err == (
        "note: 1 of 240 values are outside the range of the training data and were clipped to it\n"
    )


def test_reconstruct_gives_the_scale_of_the_data(people, people_model, model, scaled, tmp_path):
    good("reconstruct", people_model, people, "-o", tmp_path / "again.csv")
    again = pd.read_csv(tmp_path / "again.csv")
    assert list(again.columns) == NUMBERS
    scaler = MinMaxScaler().fit(pd.read_csv(people)[NUMBERS].to_numpy())
    expected = scaler.inverse_transform(model.reconstruct(scaled))
    np.testing.assert_allclose(again, expected, rtol=1e-4)


def test_reconstruct_images(faces, faces_model, tmp_path):
    good("reconstruct", faces_model, faces, "-o", tmp_path / "again")
    values = DenoisingAutoEncoder.load(faces_model).reconstruct(read_table(faces).values)
    files = sorted((tmp_path / "again").rglob("*.png"))
    assert [file.relative_to(tmp_path / "again") for file in files] == [
        file.relative_to(faces) for file in sorted(faces.rglob("*.png"))
    ]
    levels = np.array([np.asarray(Image.open(file)).ravel() for file in files])
    np.testing.assert_allclose(levels, 256 * values, atol=1)
    good("reconstruct", faces_model, faces, "-o", tmp_path / "again.idx")
    assert read_idx(tmp_path / "again.idx").shape == (60, 28, 28)


def scores(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_score(people, people_model, model, scaled):
    rows = scores(good("score", people_model, people, "--label-column", "kind"))
    errors = [float(row["error"]) for row in rows]
    np.testing.assert_allclose(errors, model.score_samples(scaled), rtol=1e-4)
    assert [row["label"] for row in rows] == pd.read_csv(people)["kind"].tolist()


def test_score_with_p_values(people, people_model, model, scaled, tmp_path):
    strange = pd.read_csv(people).loc[:9].assign(income=20_000, age=59)
    strange.to_csv(tmp_path / "strange.csv", index=False)
    rows = scores(good("score", people_model, tmp_path / "strange.csv", "--p-values", people))
    assert {float(row["p_value"]) for row in rows} == {round(1 / 81, 7)}
    own = scores(good("score", people_model, people, "--p-values", people))
    errors = model.score_samples(scaled)
    expected = [(1 + (errors >= error).sum()) / 81 for error in errors]
    np.testing.assert_allclose([float(row["p_value"]) for row in own], expected, rtol=1e-5)


def test_the_largest_errors_to_a_file(people, people_model, model, scaled, tmp_path):
    good("score", people_model, people, "--top", 5, "-o", tmp_path / "top.csv")
    top = pd.read_csv(tmp_path / "top.csv")
    errors = model.score_samples(scaled)
    assert top["row"].tolist() == np.argsort(-errors, kind="stable")[:5].tolist()
    assert top["error"].is_monotonic_decreasing
    assert "--top is 0" in refusal("score", people_model, people, "--top", 0)


def test_a_stack_scores_too(faces, stack_model):
    rows = scores(good("score", stack_model, faces, "--p-values", faces))
    assert len(rows) == 60
    assert all(float(row["error"]) > 0 for row in rows)
    assert rows[0]["row"].endswith(".png")
    assert rows[0]["label"] in "0123456789"


def test_a_detector_scores_too(people, tmp_path):
    X = pd.read_csv(people)[["age", "income"]]
    detector = AutoEncoderDetector(None, random_state=0, verbose=False).fit(X)
    detector.save(tmp_path / "detector.safetensors")
    X.to_csv(tmp_path / "x.csv", index=False)
    rows = scores(good("score", tmp_path / "detector.safetensors", tmp_path / "x.csv"))
    errors = [float(row["error"]) for row in rows]
    np.testing.assert_allclose(errors, -detector.score_samples(X), rtol=1e-4, atol=1e-5)
    message = refusal(
        "transform", tmp_path / "detector.safetensors", tmp_path / "x.csv", "-o", "z"
    )
    assert "model of class AutoEncoderDetector; this command takes AutoEncoder" in message


def size_of(picture):
    with Image.open(picture) as image:
        return image.size


@pytest.mark.parametrize("what", ["filters", "reconstructions", "loss", "codes"])
def test_plot(faces, faces_model, stack_model, tmp_path, what):
    for name, path in (("one", faces_model), ("stack", stack_model)):
        picture = tmp_path / f"{name}.png"
        data = () if what in ("filters", "loss") else (faces,)
        assert good("plot", what, path, *data, "-o", picture) == f"saved {picture}\n"
        assert size_of(picture) > (100, 50)


@pytest.fixture(scope="module")
def flags(tmp_path_factory):
    """Folder of images in colour, and a model of them."""
    folder = tmp_path_factory.mktemp("colours") / "flags"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(40):
        stripes = rng.uniform(size=(3, 1, 3)).repeat(2, 0).repeat(8, 1)
        Image.fromarray(np.uint8(255 * stripes)).save(folder / f"{i:02d}.png")
    model = folder.with_name("flags.safetensors")
    good("train", folder, "-o", model, "--hidden", 20, "--epochs", 300, "--batch-size", 10,
         "--learning-rate", 0.3, "--corruption", 0, "--seed", 0, "--quiet")  # fmt: skip
    return folder, model


def test_plot_in_colour(flags, tmp_path):
    folder, model = flags
    good("plot", "filters", model, "-o", tmp_path / "filters.png")
    good("plot", "reconstructions", model, folder, "-k", 4, "-o", tmp_path / "again.png")
    with Image.open(tmp_path / "filters.png") as image:
        assert np.ptp(np.asarray(image.convert("RGB"), int), axis=2).max() > 100
    drawn = np.asarray(Image.open(tmp_path / "again.png").convert("RGB"), int)
    first = np.asarray(Image.open(folder / "00.png").convert("RGB"), int)
    # Images of 6 × 8 pixels, framed, beside labels: the first at the right of these.
    times, gap, margin = 14, 4, 16
    top, left = margin + 1, drawn.shape[1] - margin - 4 * (8 * times + 2) - 3 * gap + 1
    for line, tolerance in ((0, 1), (1, 40)):
        y = top + line * (6 * times + 2 + gap)
        tile = drawn[y : y + 6 * times : times, left : left + 8 * times : times]
        assert np.abs(tile - first).mean() <= tolerance


def test_plot_so_many(faces, faces_model, tmp_path):
    sizes = []
    for k in (2, 8):
        good("plot", "reconstructions", faces_model, faces, "-k", k, "-o", tmp_path / "p.png")
        sizes.append(size_of(tmp_path / "p.png")[0])
    assert sizes[0] < sizes[1]


def test_plot_what_cannot_be_drawn(people, people_model, faces_model, tmp_path):
    out = ("-o", tmp_path / "p.png")
    assert "plot codes needs DATA" in refusal("plot", "codes", faces_model, *out)
    assert "not known to be images" in refusal("plot", "filters", people_model, *out)
    assert "not known to be images of (3, 2)" in refusal(
        "plot", "filters", people_model, *out, "--image-shape", "3x2"
    )
    good("plot", "filters", people_model, *out, "--image-shape", "1x3")
    assert "does not name a picture format" in refusal(
        "plot", "loss", faces_model, "-o", tmp_path / "p.doc"
    )


@pytest.mark.parametrize("part", ["reconstruct", "score"])
def test_export_to_onnx_of_a_model_that_takes_holes(people, tmp_path, part):
    path, data = tmp_path / "m.safetensors", tmp_path / "holes.csv"
    frame = pd.read_csv(people)[["age", "height"]]
    frame.loc[[3, 17], "age"] = np.nan
    frame.to_csv(data, index=False)
    good("train", data, "-o", path, "--scale", "minmax", "--missing", "mask", "--hidden", 2,
         "--epochs", 3, "--seed", 1, "--quiet")  # fmt: skip
    good("export", path, "-o", tmp_path / "m.onnx", "--part", part)
    good(part, path, data, "-o", tmp_path / "expected.npy")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    (found,) = session.run(None, {"x": frame.to_numpy(np.float32)})
    expected = np.load(tmp_path / "expected.npy").reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("kind", ["minmax", "standard"])
@pytest.mark.parametrize("part", ["reconstruct", "transform", "score"])
def test_export_to_onnx_takes_rows_as_they_are(people, tmp_path, kind, part):
    path, graph = tmp_path / "m.safetensors", tmp_path / "m.onnx"
    good("train", people, "-o", path, "--columns", "age,height", "--scale", kind, "--hidden", 2,
         "--epochs", 3, "--seed", 1, "--quiet")  # fmt: skip
    assert good("export", path, "-o", graph, "--part", part) == f"saved {graph}\n"
    rows = pd.read_csv(people)[["age", "height"]]
    model = DenoisingAutoEncoder.load(path, verbose=False)
    expected = getattr(model, {"score": "score_samples"}.get(part, part))(rows)
    session = onnxruntime.InferenceSession(graph)
    (found,) = session.run(None, {"x": rows.to_numpy(np.float32)})
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    names = session.get_modelmeta().custom_metadata_map["feature_names"]
    assert json.loads(names) == ["age", "height"]


def test_export_a_classifier(digits, tmp_path):
    X, y = digits.train.images[:200], digits.train.labels[:200]
    model = PerceptronClassifier(8, n_epochs=2, random_state=0, verbose=False).fit(X, y)
    path, graph = tmp_path / "m.safetensors", tmp_path / "m.onnx"
    model.save(path)
    for options, function in (((), "predict_proba"), (("--part", "predict"), "predict")):
        good("export", path, "-o", graph, *options)
        (found,) = onnxruntime.InferenceSession(graph).run(None, {"x": X})
        np.testing.assert_allclose(found, getattr(model, function)(X), atol=1e-5)
    assert "no part transform; expected --part predict_proba or predict." in refusal(
        "export", path, "-o", graph, "--part", "transform"
    )
    assert "model of class PerceptronClassifier; this command takes AutoEncoder, D" in refusal(
        "transform", path, "rows.npy", "-o", tmp_path / "codes.npy"
    )


READ_ALONE = """
import numpy as np, numpy_reader
model, rows, results = sys.argv[1:]
model, X = numpy_reader.load(model), np.load(rows)
np.savez(results, transform=model.transform(X), reconstruct=model.reconstruct(X),
         score=model.score_samples(X))
"""


@pytest.mark.parametrize(
    "settings", [("--cost", "squared_error"), ("--model", "stack", "--hidden", "3,2"), ()]
)
def test_the_reader_gives_what_the_commands_give_of_scaled_columns(people, tmp_path, settings):
    """With nothing but NumPy, from rows in the units of the data, some of them beyond the fit."""
    path, folder = tmp_path / "m.safetensors", tmp_path / "away"
    good("train", people, "-o", path, "--columns", "age,income,height", "--scale", "minmax",
         "--hidden", 2, *settings, "--epochs", 3, "--seed", 1, "--quiet")  # fmt: skip
    rows = pd.read_csv(people)[NUMBERS].to_numpy()
    rows[3:5] *= 3
    np.save(tmp_path / "rows.npy", rows)
    good("export", path, "-o", folder)
    given = (folder / path.name, tmp_path / "rows.npy", tmp_path / "results.npz")
    assert run_alone(folder, READ_ALONE, *given) == ["numpy", "numpy_reader"]
    results = np.load(tmp_path / "results.npz")
    for verb in ("transform", "reconstruct", "score"):
        outcome = run(verb, path, tmp_path / "rows.npy", "-o", tmp_path / f"{verb}.npy")
        assert outcome.status == 0
        expected = np.load(tmp_path / f"{verb}.npy").reshape(results[verb].shape)
        np.testing.assert_allclose(results[verb], expected, rtol=1e-6, atol=1e-6)


def test_export_the_reader(faces, faces_model, tmp_path):
    folder = tmp_path / "away"
    assert "numpy_reader.py" in good("export", faces_model, "-o", folder)
    write_table(tmp_path / "rows.npy", read_table(faces).values)
    good("transform", faces_model, faces, "-o", tmp_path / "codes.npy")
    code = (
        "import sys, numpy as np, numpy_reader as reader\n"
        "model = reader.load('faces.safetensors')\n"
        "codes = model.transform(np.load(sys.argv[1]))\n"
        "assert np.allclose(codes, np.load(sys.argv[2]), atol=1e-6)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "rows.npy", tmp_path / "codes.npy"],
        cwd=folder,
        check=True,
    )


def test_export_a_detector(people, tmp_path):
    path, folder = tmp_path / "m.safetensors", tmp_path / "away"
    good("train", people, "-o", path, "--model", "detector", "--columns", "age,income,height",
         "--quiet", "--seed", 1)  # fmt: skip
    good("export", path, "-o", folder)
    rows = pd.read_csv(people)[NUMBERS]
    np.testing.assert_allclose(
        numpy_reader.load(folder / path.name).score_samples(rows),
        AutoEncoderDetector.load(path).score_samples(rows), rtol=1e-4, atol=1e-4,
    )  # fmt: skip
    told = refusal("export", path, "-o", tmp_path / "m.onnx")
    assert f"a detector has no ONNX graph; give a folder instead of {tmp_path / 'm.onnx'}" in told


def test_export_to_nowhere(people_model, tmp_path):
    assert "end the name in .onnx" in refusal("export", people_model, "-o", tmp_path / "a.txt")
    told = refusal("export", people_model, "-o", tmp_path / "a.onnx", "--part", "predict")
    assert "no part predict; expected --part reconstruct or transform or score." in told


@pytest.mark.parametrize("suffix", [".csv", ".npy"])
def test_a_file_of_the_largest_errors_has_their_labels_and_mean(
    people, people_model, tmp_path, suffix
):
    options = "score", people_model, people, "--label-column", "kind", "--top", "3"
    printed = pd.read_csv(io.StringIO(good(*options)))
    path = tmp_path / f"errors{suffix}"
    said = good(*options, "-o", path)
    mean = float(said.rsplit("mean error ", 1)[1])
    np.testing.assert_allclose(mean, printed["error"].mean(), rtol=1e-4)
    if suffix == ".csv":
        assert pd.read_csv(path)["label"].tolist() == printed["label"].tolist()
    else:
        assert np.load(path).shape == (3, 1)
