"""No command overwrites what it reads."""

import os
import shutil

import numpy as np
import pytest

from tests.cli.conftest import good, refusal

TRAIN = ("--hidden", 2, "--epochs", 1, "--seed", 0, "--quiet")


@pytest.fixture
def files(people, people_model, tmp_path, monkeypatch):
    """A table of numbers and its model, with other paths to them."""
    rows = np.random.default_rng(0).normal(size=(20, 3))
    np.savetxt(tmp_path / "num.csv", rows, delimiter=",", header="age,income,height", comments="")
    shutil.copy(people_model, tmp_path / "m.csv")
    for name in ("num", "m"):
        (tmp_path / f"{name}-link.csv").symlink_to(f"{name}.csv")
        os.link(tmp_path / f"{name}.csv", tmp_path / f"{name}-hard.csv")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


OUTPUTS = ("{}.csv", "./{}.csv", "folder/../{}.csv", "{}-link.csv", "{}-hard.csv")


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("command", ["transform", "reconstruct", "score", "impute"])
def test_results(command, output, files):
    for name, what in (("num", "DATA"), ("m", "the model")):
        before = (files / f"{name}.csv").read_bytes()
        told = refusal(command, "m.csv", "num.csv", "-o", output.format(name))
        assert f"the output (-o) would overwrite {what}, which is the same file; choose" in told
        assert (files / f"{name}.csv").read_bytes() == before


def test_other_data(files):
    shutil.copy("num.csv", "other.csv")
    told = refusal("score", "m.csv", "num.csv", "--p-values", "other.csv", "-o", "./other.csv")
    assert "would overwrite --p-values" in told
    for what in ("--p-values", "--train"):
        told = refusal("report", "m.csv", "num.csv", what, "other.csv", "-o", "./other.csv")
        assert f"would overwrite {what}" in told
    assert "would overwrite DATA" in refusal("plot", "codes", "m.csv", "num.csv", "-o", "num.csv")
    assert "would overwrite the model" in refusal("export", "m.csv", "-o", "m-link.csv")


def test_training(files):
    before = (files / "num.csv").read_bytes()
    for output in (name.format("num") for name in OUTPUTS):
        told = refusal("train", "num.csv", "-o", output, *TRAIN, "--force")
        assert "the output (-o) would overwrite DATA" in told
        told = refusal("train", "num.csv", "-o", "v", *TRAIN, "--checkpoint", output)
        assert "the checkpoint (--checkpoint) would overwrite DATA" in told
    told = refusal("train", "num.csv", "-o", "v.st", *TRAIN, "--checkpoint", "./v.st")
    assert "the output (-o) would overwrite the checkpoint (--checkpoint)" in told
    shutil.copy("num.csv", "other.csv")
    told = refusal("train", "num.csv", "-o", "other.csv", *TRAIN, "--force",
                   "--validation", "other.csv")  # fmt: skip
    assert "would overwrite --validation" in told
    assert (files / "num.csv").read_bytes() == before
    good("train", "num.csv", "-o", "denoising", *TRAIN)  # as the kind of model is called


def test_a_part_of_an_archive(files):
    np.savez("rows.npz", a=np.eye(3), b=np.eye(3))
    told = refusal("transform", "m.csv", "rows.npz:a", "-o", "rows.npz")
    assert "would overwrite DATA" in told


def test_imputing_in_place_needs_force(files):
    assert "--force writes it in place" in refusal("impute", "m.csv", "num.csv", "-o", "num.csv")
    before = (files / "num.csv").read_text()
    good("impute", "m.csv", "num.csv", "-o", "num.csv", "--force")
    assert (files / "num.csv").read_text() == before
    told = refusal("impute", "m.csv", "num.csv", "-o", "m.csv", "--force")
    assert "would overwrite the model" in told
