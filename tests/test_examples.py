"""Examples are products: each is run as a user would run it."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autoenc import DenoisingAutoEncoder
from autoenc.datasets import Mnist
from examples import stacked, train_mnist

ROOT = Path(__file__).parents[1]
QUICK = ["--sample", "--epochs", "2", "--hidden", "30", "--quiet"]


def test_train_mnist(tmp_path, capsys):
    models = train_mnist.main([*QUICK, "--output", str(tmp_path)])
    shown = capsys.readouterr().out
    assert "the bundled sample of MNIST: 5,000 training digits" in shown
    assert [model.corruption for model in models] == [0.0, 0.3]
    for model, name in zip(models, ["corruption_00", "corruption_30"], strict=True):
        folder = tmp_path / name
        assert f"{folder}/" in shown
        for picture in ("filters.png", "reconstructions.png", "loss.png"):
            assert (folder / picture).read_bytes().startswith(b"\x89PNG")
        with (folder / "history.csv").open() as file:
            history = list(csv.DictReader(file))
        assert [float(r["cost"]) for r in history] == [r["cost"] for r in model.history_]
        loaded = DenoisingAutoEncoder.load(folder / "model.safetensors")
        np.testing.assert_array_equal(loaded.W_, model.W_)


def test_train_mnist_learns_from_the_command_line(tmp_path):
    command = [sys.executable, "examples/train_mnist.py", *QUICK, "--output", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert "s an epoch on average" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "no/such/file.pkl.gz"], "no/such/file.pkl.gz"),
        (["--sample", "--device", "cuda9"], 'pip install "autoenc[cuda]"'),
        (["--sample", "--corruption", "1.5"], "corruption level is 1.5"),
    ],
)
def test_train_mnist_says_what_is_wrong_in_words(tmp_path, arguments, message):
    command = [sys.executable, "examples/train_mnist.py", *arguments, "--output", str(tmp_path)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def test_train_mnist_falls_back_to_the_sample_only_when_nothing_was_asked_for(monkeypatch):
    def nothing_here(path=None, *, sample=False, download=False) -> Mnist:
        if sample:
            return "the sample"
        raise train_mnist.DatasetNotFoundError("not here")

    monkeypatch.setattr(train_mnist, "load_mnist", nothing_here)
    with pytest.raises(train_mnist.DatasetNotFoundError):
        train_mnist.load_digits(train_mnist.parse(["--download"]))


def test_stacked(tmp_path, capsys):
    quick = ["--hidden", "60", "40", "--corruption", "0.1", "0.2", "--dropout", "0", "0", "0"]
    times = ["--pretraining-epochs", "1", "--epochs", "8", "--batch-size", "20"]
    arguments = [*quick, *times, "--seeds", "2", "--quiet", "--output", str(tmp_path)]
    errors = stacked.main(arguments)
    shown = capsys.readouterr().out.splitlines()
    assert len(errors) == 2
    assert all(error < 20 for error in errors)
    assert shown[-1] == f"test error {np.mean(errors):.2f} %"
    assert "mean of 2 seeds" in shown[-2]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "stacked_1.safetensors",
        "stacked_2.safetensors",
    ]


def test_the_headline_run_is_as_described():
    options = stacked.parse(["--full"])
    assert options.hidden == [1000, 1000, 1000]
    assert options.seeds == 1
