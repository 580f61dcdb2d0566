"""Unusual data, models of other origin, and faulty disks."""

import errno
import os
import subprocess
from argparse import ArgumentTypeError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.cli import outputs, training_memory
from autoenc.cli.inputs import load_model
from autoenc.cli.parsing import image_size
from autoenc.cli.terminal import note
from autoenc.rows.scaling import ColumnScaling
from autoenc.sources.raw import RawFile
from autoenc.storage import load_arrays, save_arrays
from autoenc.tables import read_table
from autoenc.tables.text import plain
from tests.cli.conftest import COMMAND, good, refusal, run

TRAIN = ("--hidden", 2, "--epochs", 1, "--seed", 0, "--quiet")
NUMBERS = ["age", "income", "height"]


@pytest.fixture
def python_model(people, tmp_path):
    """Model that Python has fitted on a frame and saved."""
    path = tmp_path / "python.safetensors"
    frame = pd.read_csv(people)[NUMBERS]
    AutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(frame).save(path)
    return path


def test_columns_of_a_model_of_python_are_found_by_name(people, python_model, tmp_path):
    swapped = tmp_path / "swapped.csv"
    pd.read_csv(people)[["height", "name", "age", "income", "kind"]].to_csv(swapped, index=False)
    for name, data in (("a.npy", people), ("b.npy", swapped)):
        good("score", python_model, data, "-o", tmp_path / name)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    pd.read_csv(people).rename(columns={"age": "Age"}).to_csv(swapped, index=False)
    assert "there is no column 'age'" in refusal("score", python_model, swapped)


def test_python_knows_the_names_of_the_command(people, people_model):
    model = DenoisingAutoEncoder.load(people_model, verbose=False)
    assert list(model.feature_names_in_) == NUMBERS
    frame = pd.DataFrame(np.full((2, 3), 0.5), columns=NUMBERS[::-1])
    with pytest.raises(ValueError, match="feature names"):
        model.transform(frame)


def test_rows_without_names_are_taken_in_order_and_that_is_said(people, people_model, tmp_path):
    np.save(tmp_path / "rows.npy", pd.read_csv(people)[NUMBERS].to_numpy())
    outcome = run("score", people_model, tmp_path / "rows.npy")
    assert outcome.status == 0
    assert "has no column names; its columns are taken in the model's order" in outcome.err
    frame = pd.read_csv(people).rename(columns={"age": "years"})
    frame.to_csv(tmp_path / "other.csv", index=False)
    outcome = run(
        *("score", people_model, tmp_path / "other.csv", "--columns", "years,income,height")
    )
    assert "years, income, height are used as the model's age, income, height" in outcome.err


def test_a_model_of_columns_without_names_advises_to_read_none(tmp_path):
    path, model = tmp_path / "a.csv", tmp_path / "m.safetensors"
    lines = [f"{i},{i % 7},{'q' if i % 2 else 'r'}" for i in range(7, 47)]
    path.write_text("\n".join(lines))
    assert run("train", path, "--header", "no", "-o", model, *TRAIN).status == 0
    outcome = run("score", model, path)
    assert outcome.status == 1
    assert "columns without names, as --header no reads them" in outcome.err
    assert run("score", model, path, "--header", "no").status == 0
    path.write_text("\n".join(["1,1,q", *lines]))
    assert "if the first line is a row of data, use --header no" in run("score", model, path).err


def test_a_header_of_years(tmp_path):
    path, model = tmp_path / "sales.csv", tmp_path / "m.safetensors"
    values = np.random.default_rng(0).random((20, 3)).round(4)
    pd.DataFrame(values, columns=["2001", "2002", "2003"]).to_csv(path, index=False)
    outcome = run("train", path, "-o", model, *TRAIN)
    assert outcome.status == 0
    assert "the first line (2001, 2002, 2003) was read as a row of data" in outcome.err
    outcome = run("train", path, "-o", model, *TRAIN, "--header", "yes", "--force")
    assert (outcome.status, outcome.err) == (0, "")
    assert load_model(model).columns == ("2001", "2002", "2003")
    # The model knows its columns, whatever their order.
    swapped = tmp_path / "swapped.csv"
    pd.read_csv(path)[["2003", "2001", "2002"]].to_csv(swapped, index=False)
    first, second = (run("score", model, data) for data in (path, swapped))
    assert first == second
    assert first.err == ""
    assert len(first.out.splitlines()) == 21


def test_held_out_rows_do_not_set_the_scale(tmp_path):
    values = np.random.default_rng(0).random((30, 2))
    np.save(tmp_path / "a.npy", values)
    whole = ColumnScaling.minmax(values)
    narrower = []
    for seed in range(4):
        model = tmp_path / "m.safetensors"
        train = ("train", tmp_path / "a.npy", "-o", model, *TRAIN, "--force", "--seed", seed)
        good(*train, "--scale", "minmax", "--validation-fraction", 0.5)
        saved = load_model(model)
        assert np.isfinite(saved.estimator.history_[0]["valid_cost"])
        factor = saved.estimator.model_.scaling.factor
        assert (factor >= whole.factor).all()
        narrower.append((factor > whole.factor).any())
    # Some of the least and greatest values are among the held-out half.
    assert any(narrower)


def full_disk(monkeypatch, folder):
    """Let writing fail in a folder."""
    save = DenoisingAutoEncoder.save

    def fail(estimator, path):
        if Path(path).absolute().parent == folder:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        save(estimator, path)

    monkeypatch.setattr(DenoisingAutoEncoder, "save", fail)


def test_a_trained_model_is_saved_elsewhere_if_the_disk_is_full(people, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    full_disk(monkeypatch, tmp_path / "full")
    path = tmp_path / "full" / "m.safetensors"
    error = refusal("train", people, "-o", path, "--columns", "age,height", *TRAIN)
    (rescued,) = (tmp_path / "here").iterdir()
    assert f"{path}: cannot be written (No space left on device)." in error
    assert f"The model was saved to {rescued} instead." in error
    assert load_model(rescued).columns == ("age", "height")


def test_a_model_is_lost_only_if_there_is_no_room_at_all(people, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(DenoisingAutoEncoder, "save", fail)
    error = refusal("train", people, "-o", tmp_path / "m", "--columns", "age,height", *TRAIN)
    assert f"could not be saved to {tmp_path}" in error


def test_the_temporary_folder_is_not_needed(people, tmp_path):
    """It may be full or gone, on a disk of its own."""
    path = tmp_path / "m.safetensors"
    words = ("train", people, "-o", path, "--columns", "age,height", *TRAIN)
    subprocess.run(
        [COMMAND, *map(str, words)],
        env={**os.environ, "TMPDIR": str(tmp_path / "gone")},
        cwd=tmp_path,
        check=True,
    )
    assert DenoisingAutoEncoder.load(path).W_.shape == (2, 2)


def test_too_little_room_is_found_before_the_training(people, tmp_path, monkeypatch):
    def check(path, n_bytes=0):
        if n_bytes > 2_000_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(outputs, "check_writable", check)
    monkeypatch.setattr(DenoisingAutoEncoder, "fit", None)
    error = refusal("train", people, "-o", tmp_path / "m", "--columns", "age,height", *TRAIN)
    assert "cannot be written there (No space left on device)" in error


def test_a_model_that_does_not_fit_into_memory_is_refused(tmp_path, monkeypatch):
    """One picture of 1188 by 1188 made a model of 1.4 million columns, which took 20 GB."""
    monkeypatch.setattr(training_memory, "available_memory", lambda: 12_000_000_000)
    monkeypatch.setattr(DenoisingAutoEncoder, "fit", None)
    (tmp_path / "one").mkdir()
    Image.new("L", (1188, 1188)).save(tmp_path / "one" / "a.png")
    error = refusal("train", tmp_path / "one", "-o", tmp_path / "m", "--quiet")
    assert "1 by 1,411,344 values takes about 19.8 GB of memory, but 12 GB are" in error
    assert "use fewer columns (smaller images)" in error


def test_a_large_array_is_trained_on_within_a_budget(tmp_path, monkeypatch):
    """A file of 12 MB, of which training would make copies of 36 MB."""
    rows = np.random.default_rng(0).random((60_000, 50), dtype="float32")
    np.save(tmp_path / "rows.npy", rows)
    arguments = ["train", tmp_path / "rows.npy", *TRAIN]
    good(*arguments, "-o", tmp_path / "whole")
    monkeypatch.setattr(training_memory, "available_memory", lambda: 30_000_000)
    error = refusal(*arguments, "-o", tmp_path / "m")
    assert "but 30 MB are free" in error
    assert "of an .npy file, --memory SIZE" in error
    opened = []
    monkeypatch.setattr(RawFile, "settle", lambda reader: opened.append(reader.path))
    good(*arguments, "-o", tmp_path / "m", "--memory", "20MB")
    assert set(opened) == {tmp_path / "rows.npy"}
    whole, found = (DenoisingAutoEncoder.load(tmp_path / name) for name in ("whole", "m"))
    np.testing.assert_array_equal(found.W_, whole.W_)


HOSTILE = "a\x1b]0;owned\x07\x1b[2J\u202eb"


def test_names_from_files_do_not_reach_the_terminal_as_they_are(tmp_path):
    folder = tmp_path / "faces"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in (f"{HOSTILE}.png", "b.png", "\udcff.png"):
        levels = rng.integers(0, 256, (3, 3), dtype=np.uint8)
        with (folder / name).open("wb") as file:
            Image.fromarray(levels).save(file, "PNG")
    model = tmp_path / "m.safetensors"
    good("train", folder, "-o", model, *TRAIN)
    shown = good("score", model, folder)
    assert "a\\x1b]0;owned\\x07\\x1b[2J\\u202eb.png" in shown
    assert "\\udcff.png" in shown
    good("score", model, folder, "-o", tmp_path / "scores.npz", "--top", 3)
    (folder / f"{HOSTILE}.png").write_text("not an image")
    error = refusal("score", model, folder)
    for text in (shown, error):
        assert not set(HOSTILE) & set(text) - set("a]0;owned[2Jb")
        assert text.encode()


def test_labels_and_columns_are_shown_safely(tmp_path):
    path, model = tmp_path / "a.csv", tmp_path / "m.safetensors"
    rows = "".join(f"{i},{i * i % 7},kind\x1b[31m\n" for i in range(20))
    path.write_text(f"x,y\x07,kind\n{rows}")
    good("train", path, "-o", model, *TRAIN, "--label-column", "kind")
    assert "kind\\x1b[31m" in good("score", model, path, "--label-column", "kind")
    assert "columns       x, y\\x07" in good("info", model)
    outcome = run("score", model, tmp_path / "nothing\x1b[1m.csv", "--verbose")
    assert "\x1b" not in outcome.err
    assert "nothing\\x1b[1m.csv" in outcome.err


def test_what_is_printed_plainly(capsys):
    assert plain("größe\n27 µm, 日本, می‌خواهم") == "größe\n27 µm, 日本, می‌خواهم"
    assert plain("\x00\x9b\u2028\ud800") == "\\x00\\x9b\\u2028\\ud800"
    note("several\n  lines\x07")
    assert capsys.readouterr().err == "note: several lines\\x07\n"


def test_info_of_a_file_with_odd_contents(people_model, tmp_path):
    arrays, description = load_arrays(people_model)
    for key in ("settings", "fitted", "versions", "table"):
        for value in (None, 3, [1], {"columns": [1], "history_": 3, "scaling": 7}):
            save_arrays(tmp_path / "odd.safetensors", arrays, {**description, key: value})
            error = refusal("info", tmp_path / "odd.safetensors")
            assert "odd.safetensors is not a model of autoenc, or is damaged:" in error


def test_a_model_of_the_command_is_the_same_in_python(people, tmp_path):
    """Python took the rows without scaling them: the errors were others, without a word."""
    path = tmp_path / "m.safetensors"
    good("train", people, "-o", path, "--columns", "age,income", *TRAIN, "--scale", "minmax")
    frame = pd.read_csv(people)[["age", "income"]]
    model = DenoisingAutoEncoder.load(path, verbose=False)
    for verb, method in (("transform", "transform"), ("reconstruct", "reconstruct")):
        good(verb, path, people, "-o", tmp_path / "r.npy")
        np.testing.assert_array_equal(np.load(tmp_path / "r.npy"), getattr(model, method)(frame))
    good("score", path, people, "-o", tmp_path / "s.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "s.npy").ravel(), model.score_samples(frame))
    assert model.feature_names_in_.tolist() == ["age", "income"]
    np.testing.assert_allclose(model.data_min_, frame.min(), rtol=1e-6)
    np.testing.assert_allclose(model.data_max_, frame.max(), rtol=1e-6)
    # Saved by Python, it is the same for the command.
    model.save(tmp_path / "again.safetensors")
    first, second = (run("score", p, people) for p in (path, tmp_path / "again.safetensors"))
    assert first == second
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(frame[["income", "age"]])


def test_seconds_since_1970_keep_their_differences(tmp_path):
    """They became a constant column in float32."""
    rng = np.random.default_rng(0)
    phase = rng.normal(size=200)
    frame = pd.DataFrame({"seconds": 1.7e9 + 10 * phase.round(2), "level": phase})
    frame.loc[7, "seconds"] += 80
    data, path = tmp_path / "a.csv", tmp_path / "m.safetensors"
    frame.to_csv(data, index=False, float_format="%.3f")
    good("train", data, "-o", path, "--hidden", 1, "--epochs", 100, "--seed", 0, "--quiet")
    lines = good("score", path, data, "--top", 1).splitlines()
    assert lines[1].startswith("7,")
    good("reconstruct", path, data, "-o", tmp_path / "again.csv")
    again = pd.read_csv(tmp_path / "again.csv")
    assert (again["seconds"] - frame["seconds"]).drop(7).abs().median() < 10
    error = refusal("train", data, "-o", path, *TRAIN, "--force", "--scale", "none")
    assert "in column 0 ('seconds'); float32 holds so few different numbers" in error


def test_images_of_another_shape_are_refused(faces, faces_model, tmp_path):
    """Of as many pixels, so that the number of columns does not tell."""
    levels = (read_table(faces).values[0] * 256).astype(np.uint8).reshape(14, 56)
    Image.fromarray(levels).save(tmp_path / "a.png")
    error = refusal("score", faces_model, tmp_path)
    assert "has images of shape (14, 56), but the model was trained on images of" in error
    assert "--resize 28x28 --grey" in error


def test_photographs_of_many_sizes_in_colour(tmp_path):
    rng = np.random.default_rng(0)
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for i in range(20):
        colours = rng.integers(0, 256, (rng.integers(8, 30), rng.integers(8, 30), 3), np.uint8)
        Image.fromarray(colours).save(photographs / f"{i:02}.png")
    model = tmp_path / "model.safetensors"
    command = ("train", photographs, "-o", model, "--epochs", 1, "--hidden", 4, "--quiet")
    assert "--resize HEIGHTxWIDTH" in refusal(*command)
    with pytest.raises(ArgumentTypeError, match="'8x6x3' is not a height and a width such as"):
        image_size("8x6x3")
    good(*command, "--resize", "8x6", "--grey")
    assert "has images of shape (8, 6, 3)" in refusal(
        "score", model, photographs, "--resize", "8x6"
    )
    lines = good("score", model, photographs, "--resize", "8x6", "--grey").splitlines()
    assert len(lines) == 21
