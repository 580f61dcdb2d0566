"""Each example runs as a user would run it."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import optuna
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.datasets import Mnist, load_donuts, load_mnist
from autoenc.export import numpy_reader
from autoenc.watching import SaveEvery
from examples import (
    anomalies,
    build_your_own,
    codes_help,
    contractive,
    deep_codes,
    denoising,
    donuts,
    early_stopping,
    imputation,
    plot_models,
    scoring_blocks,
    searching,
    stacked,
    symbolic_tour,
    train_mnist,
    tuning,
    watching,
)
from tests import reference

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
    with Image.open(tmp_path / "filters_side_by_side.png") as picture:
        width, height = picture.size
    assert width > 2 * height - 200  # two squares, with a gap between and a title above


def test_train_mnist_goes_on_from_its_checkpoints(tmp_path):
    whole = train_mnist.main([*QUICK, "--output", str(tmp_path / "whole")])
    again = ["--output", str(tmp_path / "parts")]
    train_mnist.main([*QUICK, "--epochs", "1", "--checkpoint", *again])
    models = train_mnist.main([*QUICK, "--resume", *again])
    assert [m.W_.tobytes() for m in models] == [m.W_.tobytes() for m in whole]


def test_train_mnist_learns_from_the_command_line(tmp_path):
    command = [sys.executable, "examples/train_mnist.py", *QUICK, "--output", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert "s per epoch on average" in run.stdout


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
    environment = {**os.environ, "AUTOENC_BACKEND": "auto", "CUDA_VISIBLE_DEVICES": ""}
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
    quick = ["--hidden", "60", "40", "--corruption", "0.1", "0.2", "--noise", "0.2"]
    times = ["--pretraining-epochs", "1", "--epochs", "8", "--batch-size", "20"]
    arguments = [*quick, *times, "--seeds", "2", "--quiet", "--output", str(tmp_path)]
    errors = stacked.main(arguments)
    digits = load_mnist(sample=True)
    model = numpy_reader.load(tmp_path / "stacked_2.safetensors")
    wrong, missed = (
        100 * (model.predict(part.images) != part.labels).mean()
        for part in (digits.valid, digits.test)
    )
    shown = capsys.readouterr().out.splitlines()
    assert len(errors) == 2
    assert all(error < 20 for error in errors)
    assert shown[-1] == f"test error {np.mean(errors):.2f} %"
    assert "mean of 2 seeds" in shown[-2]
    assert f"seed 2: validation error {wrong:.2f} %, test error {missed:.2f} %" in shown[-3]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "stacked_1.safetensors",
        "stacked_2.safetensors",
    ]


def test_the_headline_run_is_as_described():
    options = stacked.parse(["--full"])
    assert options.hidden == [1000, 1000, 1000]
    assert options.seeds == 1


def test_symbolic_tour(capsys):
    symbolic_tour.main([])
    shown = capsys.readouterr().out
    for line in (
        "y = (x ** 2), and f(3) = 9.0",
        "2¹⁰ = 1024.0",
        "A·v = [21. 43.]",
        "exp(x) at x = 1 is 2.71828",
        "the slope of x³ at 2 is 12.0",
        "the gradient of |v|² at (1, 2) is [2. 4.]",
        "three calls return [0, 1, 2]",
        "set to 100, the next call returns 100",
        "step 15: cost 0.000000, x 1.414214",
    ):
        assert line in shown


def test_build_your_own(capsys):
    error = build_your_own.main(["--epochs", "2", "--hidden", "60"])
    shown = capsys.readouterr().out.splitlines()
    rebuilt = [float(line.split("cross-entropy ")[1].split(",")[0]) for line in shown]
    classified = [float(line.split("likelihood ")[1].split(",")[0]) for line in shown]
    assert rebuilt[1] < rebuilt[0]
    assert classified[1] < classified[0]
    assert error < 0.25


def test_donuts(tmp_path, capsys):
    history = donuts.main(["--output", str(tmp_path)])
    costs = np.array([record["cost"] for record in history])
    assert len(costs) == 10_000
    assert costs[0] > 0.2
    assert costs[-1] < 2e-4
    assert (tmp_path / "donuts.png").read_bytes().startswith(b"\x89PNG")
    assert "epoch 10,000: cost 0.0001" in capsys.readouterr().out
    # The same, step by step through plain NumPy.
    layer = donuts.make_layer(2, seed=4)
    start = reference.Parameters(*(p.get_value().astype("float64") for p in layer.params))
    points = load_donuts().points.astype("float64")
    _, expected = reference.train_reference(
        start, points, batch_size=len(points), n_epochs=10_000, learning_rate=0.1,
        momentum=0.9, cost="squared_error", output="linear",
    )  # fmt: skip
    np.testing.assert_allclose(costs, expected, rtol=1e-3, atol=1e-6)
    assert np.abs(costs - expected).max() < 1e-4


def test_early_stopping(capsys):
    error = early_stopping.main(["--quiet", "--hidden", "100"])
    shown = capsys.readouterr().out
    assert shown.startswith("stopped early after")
    assert error < 12


def test_contractive(tmp_path):
    moved = contractive.main(["--quiet", "--hidden", "40", "--epochs", "4",
                              "--output", str(tmp_path)])  # fmt: skip
    assert moved[1] < 0.7 * moved[0]
    assert (tmp_path / "filters_1.png").exists()


def test_denoising(tmp_path):
    errors = denoising.main(["--quiet", "--hidden", "100", "--epochs", "3",
                             "--output", str(tmp_path)])  # fmt: skip
    assert errors["masking 30 %"] < errors["none"]
    assert len(list(tmp_path.iterdir())) == 2 * len(errors)


def test_plot_models(digits, tmp_path):
    model = DenoisingAutoEncoder(20, n_epochs=3, random_state=0, verbose=False)
    model.fit(digits.train.images[:200], callbacks=[SaveEvery(tmp_path / "models", epochs=1)])
    written = plot_models.main([str(tmp_path / "models"), "--output", str(tmp_path / "out")])
    names = {path.name for path in written}
    assert {f"epoch_0000{i}_filters.png" for i in (1, 2, 3)} < names
    assert {"filters_over_time.gif", "filters_over_time.png", "loss.png"} < names
    assert all(path.stat().st_size > 0 for path in written)
    last = DenoisingAutoEncoder.load(tmp_path / "models" / "epoch_00003.safetensors")
    np.testing.assert_array_equal(last.W_, model.W_)
    assert last.history_ == model.history_
    with pytest.raises(FileNotFoundError, match="no model files"):
        plot_models.main([str(tmp_path)])


def test_anomalies(capsys):
    columns = anomalies.main(["--quiet", "--digits", "0", "--epochs", "6"])
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "5,000 training digits, less those of the class held out"
    names = ["autoenc", "PCA 64", "PCA 16", "isolation forest", "false alarms"]
    assert list(columns) == names
    assert shown[1].split("  ")[0] == "held out"
    assert [float(value) for value in shown[2].split()] == [
        0, *(pytest.approx(columns[name][0], abs=5e-4) for name in names)
    ]  # fmt: skip
    assert shown[3].startswith("mean ")
    assert columns["autoenc"][0] > 0.8
    assert columns["false alarms"][0] < 0.1
    # The same by hand.
    train, _, test = anomalies.load_mnist(sample=True)
    pca = anomalies.PCA(16, random_state=1).fit(train.images[train.labels != 0])
    error = ((pca.inverse_transform(pca.transform(test.images)) - test.images) ** 2).sum(axis=1)
    strange, normal = error[test.labels == 0], error[test.labels != 0]
    expected = (strange[:, None] > normal).mean()
    assert columns["PCA 16"][0] == pytest.approx(expected, abs=1e-3)


def test_codes_help(capsys, monkeypatch):
    monkeypatch.setattr(codes_help, "STRENGTHS", [0.1, 1.0])
    accuracies = codes_help.main(["--quiet", "--draws", "1", "--labels", "500",
                                  "--epochs", "8", "--hidden", "200"])  # fmt: skip
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "5,000 digits without labels, 500 with"
    assert list(accuracies) == ["pixels", "PCA, 200 components", "codes"]
    assert 70 < accuracies["pixels"] < 90
    assert accuracies["codes"] > accuracies["pixels"] + 2
    gain = accuracies["codes"] - accuracies["pixels"]
    assert shown[-1] == f"codes against pixels: {gain:+.2f} points (mean of 1 draws of labels)"


def test_watching(tmp_path, capsys):
    quick = ["--quiet", "--hidden", "30", "--epochs", "3", "--output", str(tmp_path)]
    model = watching.main(quick)
    assert "the best model is that of epoch 3" in capsys.readouterr().out
    with (tmp_path / "history.csv").open() as file:
        costs = [float(row["cost"]) for row in csv.DictReader(file)]
    assert costs == [record["cost"] for record in model.history_]
    events = EventAccumulator(str(tmp_path / "events")).Reload()
    assert [event.value for event in events.Scalars("cost")] == pytest.approx(costs)
    assert [event.step for event in events.Images("reconstructions")] == [0, 2]
    assert (tmp_path / "filters.gif").read_bytes().startswith(b"GIF")


def test_imputation(capsys):
    errors = imputation.main(["--missing", "0.3", "--rows", "900", "--quiet"])
    assert "30% missing: error (RMSE) of autoencoder 0." in capsys.readouterr().out
    assert errors[0.3]["autoencoder"] < 0.75 * errors[0.3]["means"]


def test_deep_codes(capsys):
    found = deep_codes.main(["--data", "digits", "--seeds", "1", "--epochs", "60", "--quiet"])
    assert "digits                64-8" in capsys.readouterr().out
    assert found["digits"]["deep"] < 0.9 * found["digits"]["PCA"]
    assert found["digits"]["deep"] < found["digits"]["layers alone"]


@pytest.mark.usefixtures("semaphores")
def test_searching_in_processes_finds_what_one_process_finds(capsys):
    few = ["--rows", "300", "--epochs", "1", "--hidden", "5", "8", "--corruption", "0.3"]
    searches = [searching.main([*few, "--jobs", jobs]) for jobs in ("1", "2")]
    one, two = [search.cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_array_equal(two, one)
    best = searching.ranked(searches[0])[0][1]
    assert best == searches[0].best_params_
    assert str(best) in capsys.readouterr().out


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_errors_of_blocks_are_those_of_the_rows(tmp_path, scheduler, request):
    if scheduler == "processes":
        request.getfixturevalue("semaphores")
    digits = load_mnist(sample=True)
    model = AutoEncoder(20, n_epochs=1, random_state=0, verbose=False).fit(digits.train.images)
    model.save(tmp_path / "model.safetensors")
    arguments = ["--scheduler", scheduler, "--output", str(tmp_path / "errors.npy")]
    scoring_blocks.main([*arguments, "--model", str(tmp_path / "model.safetensors")])
    expected = model.score_samples(digits.test.images)
    np.testing.assert_array_equal(np.load(tmp_path / "errors.npy"), expected)


def test_tuning_ends_trials_early_and_continues_a_study(tmp_path, capsys):
    few = ["--study", str(tmp_path / "study.log"), "--rows", "200", "--epochs", "3"]
    tuning.main([*few, "--trials", "5"])
    study = tuning.main([*few, "--trials", "7"])
    assert "12 trials" in capsys.readouterr().out
    assert [trial.number for trial in study.trials] == list(range(12))
    states = [trial.state for trial in study.trials]
    assert set(states) == {optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED}
    pruned = study.trials[states.index(optuna.trial.TrialState.PRUNED)]
    assert 1 <= max(pruned.intermediate_values) < 3
