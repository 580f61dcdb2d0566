"""`autoenc train`: from data to a model file."""

import signal
import subprocess
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MinMaxScaler

from autoenc import AutoEncoder, DeepAutoEncoder, DenoisingAutoEncoder
from autoenc.cli.inputs import load_model
from autoenc.cli.options import settings_of
from autoenc.estimators import StackedDenoisingAutoEncoder
from autoenc.models.settings import SETTINGS
from autoenc.tables import read_table
from autoenc.training import Callback
from tests.cli.conftest import COMMAND, good, refusal, run


def test_the_model_is_that_of_the_estimator(people, people_model):
    rows = pd.read_csv(people)[["age", "income", "height"]]
    model = DenoisingAutoEncoder(
        2,
        n_epochs=200,
        corruption=0.0,
        cost="squared_error",
        optimizer="adam",
        learning_rate=0.03,
        random_state=0,
        verbose=False,
    ).fit(MinMaxScaler().fit_transform(rows))
    loaded = DenoisingAutoEncoder.load(people_model)
    np.testing.assert_allclose(loaded.W_, model.W_, rtol=1e-3, atol=1e-4)
    assert loaded.get_params()["learning_rate"] == 0.03


def test_what_was_done_is_told(people, tmp_path):
    told = good("train", people, "-o", tmp_path / "m.safetensors", "--columns", "age,height",
                "--scale", "minmax", "--epochs", 2, "--hidden", 2, "--quiet")  # fmt: skip
    assert told.startswith(f"saved {tmp_path / 'm.safetensors'}: DenoisingAutoEncoder, cost ")
    assert "after epoch 2" in told


def test_the_same_seed_gives_the_same_file(people, tmp_path):
    for name in "ab":
        good(
            *("train", people, "-o", tmp_path / name, "--columns", "age", "--scale", "minmax"),
            *("--hidden", 2, "--epochs", 1, "--seed", 7, "--quiet"),
        )
    first, second = (DenoisingAutoEncoder.load(tmp_path / name) for name in "ab")
    assert first.W_.tobytes() == second.W_.tobytes()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--corruption", "0.25"], {"corruption": 0.25}),
        (["--corruption", "gaussian:0.1"], {"corruption": ["gaussian", 0.1]}),
        (
            ["--corruption", "masking:0.1,salt_and_pepper:0.2"],
            {"corruption": [["masking", 0.1], ["salt_and_pepper", 0.2]]},
        ),
        (["--no-tied", "--no-shuffle"], {"tied": False, "shuffle": False}),
        (
            ["--optimizer", "adam", "--learning-rate", "0.01", "--l2", "0.001"],
            {"optimizer": "adam", "learning_rate": 0.01, "l2": 0.001},
        ),
        (
            ["--cost", "squared_error", "--output-activation", "linear", "--activation", "tanh"],
            {"cost": "squared_error", "output": "linear", "activation": "tanh"},
        ),
        (
            [
                "--contraction",
                "0.1",
                "--sparsity",
                "0.2",
                "--sparsity-target",
                "0.3",
                "--l1",
                "1e-4",
            ],
            {"contraction": 0.1, "sparsity": 0.2, "sparsity_target": 0.3, "l1": 1e-4},
        ),
        (
            ["--momentum", "0.5", "--batch-size", "7", "--backend", "xla", "--device", "cpu"],
            {"momentum": 0.5, "batch_size": 7, "backend": "xla", "device": "cpu"},
        ),
        (["--dtype", "float64"], {"dtype": "float64"}),
    ],
)
def test_settings(people, tmp_path, arguments, expected):
    path = tmp_path / "m.safetensors"
    good("train", people, "-o", path, "--columns", "age,height", "--scale", "minmax",
         "--hidden", 2, "--epochs", 1, "--quiet", *arguments)  # fmt: skip
    params = DenoisingAutoEncoder.load(path).get_params()
    assert {name: params[name] for name in expected} == expected


@pytest.mark.parametrize(
    "cls", [AutoEncoder, DeepAutoEncoder, DenoisingAutoEncoder, StackedDenoisingAutoEncoder]
)
def test_every_setting_of_a_model_has_an_option(cls):
    # Each of these has an option of another name, or makes no sense in one run.
    others = {"hidden_sizes", "layer", "scale", "verbose", "warm_start"}
    names = set(settings_of(cls(verbose=False))) - others
    assert names <= {name for name, setting in SETTINGS.items() if setting.flag}


def test_going_on_from_a_checkpoint(people, tmp_path):
    def train(name, epochs, *more):
        good("train", people, "-o", tmp_path / name, "--columns", "age,height", "--hidden", 2,
             "--seed", 7, "--quiet", "--epochs", epochs, *more)  # fmt: skip
        return DenoisingAutoEncoder.load(tmp_path / name).W_.tobytes()

    checkpoint = ("--checkpoint", tmp_path / "run.ckpt")
    train("part", 2, *checkpoint)
    assert train("rest", 4, *checkpoint, "--resume") == train("whole", 4)
    told = refusal("train", people, "-o", tmp_path / "other", "--columns", "age", "--epochs", 4,
                   "--seed", 7, "--quiet", *checkpoint, "--resume")  # fmt: skip
    assert "belongs to a different training run" in told


def test_kinds_of_models(faces, stack_model, tmp_path):
    stack = StackedDenoisingAutoEncoder.load(stack_model)
    assert [layer.W_.shape for layer in stack.layers_] == [(784, 10), (10, 4)]
    assert stack.get_params()["corruption"] == [0.1, 0.2]
    path = tmp_path / "m.safetensors"
    good("train", faces, "-o", path, "--model", "autoencoder", "--hidden", 4, "--epochs", 1,
         "--quiet")  # fmt: skip
    assert AutoEncoder.load(path).W_.shape == (784, 4)


def test_a_deep_autoencoder_from_table_to_export(people, tmp_path):
    path, columns = tmp_path / "m.safetensors", ("--columns", "height,age")
    told = good(
        "train", people, "-o", path, *columns, "--model", "deep", "--hidden", "4,1", "--quiet",
        "--epochs", 3, "--pretraining-epochs", 1, "--pretraining-corruption", "gaussian:0.1,0.2",
        "--corruption", "gaussian:0.1", "--no-tied", "--seed", 1,
        "--checkpoint", tmp_path / "run.ckpt",
    )  # fmt: skip
    assert "DeepAutoEncoder" in told
    assert "after epoch 3" in told
    deep, rows = DeepAutoEncoder.load(path), pd.read_csv(people)[["height", "age"]]
    assert [layer.W_prime_.shape for layer in deep.layers_] == [(4, 2), (1, 4)]
    assert deep.pretraining_corruption == [["gaussian", 0.1], 0.2]
    for command in ("transform", "reconstruct", "score"):
        good(command, path, people, "-o", tmp_path / f"{command}.csv")
    codes = pd.read_csv(tmp_path / "transform.csv").to_numpy()
    np.testing.assert_allclose(codes, deep.transform(rows), rtol=1e-4)
    good("report", path, people, "-o", tmp_path / "report.html")
    good("export", path, "-o", tmp_path / "m.onnx")
    assert "DeepAutoEncoder(" in good("info", path)
    stack_only = ("train", people, "-o", path, *columns, "--force", "--pretraining-epochs", 1)
    assert "DenoisingAutoEncoder has no --pretraining-epochs" in refusal(*stack_only)


def test_settings_that_a_model_does_not_have(faces, tmp_path):
    train = ("train", faces, "-o", tmp_path / "m.safetensors", "--quiet")
    assert "AutoEncoder has no --corruption" in refusal(
        *train, "--model", "autoencoder", "--corruption", 0.3
    )
    assert "--model deep and --model stack take" in refusal(*train, "--hidden", "5,3")
    assert "optimizer 'best' is not known" in refusal(*train, "--optimizer", "best")


def test_values_outside_the_unit_interval(people, tmp_path):
    path = tmp_path / "m.safetensors"
    train = ("train", people, "-o", path, "--columns", "height,age", "--quiet", "--epochs", 1)
    error = refusal(*train, "--cost", "cross_entropy")
    assert "column 'height', is outside [0, 1]" in error
    assert "add --scale minmax" in error
    assert not path.exists()
    good(*train, "--scale", "minmax", "--cost", "cross_entropy")
    for scale in ("auto", "standard"):
        good(*train, "--scale", scale, "--force")
        model = DenoisingAutoEncoder.load(path)
        rows = pd.read_csv(people)[["height", "age"]]
        np.testing.assert_allclose(model.mean_, rows.mean(), rtol=1e-4)
    good(*train, "--scale", "none", "--force", "--cost", "squared_error", "--learning-rate", 1e-5)
    assert not hasattr(DenoisingAutoEncoder.load(path), "mean_")


def test_validation_and_patience(people, tmp_path):
    path = tmp_path / "m.safetensors"
    train = ("train", people, "-o", path, "--columns", "height,age", "--quiet", "--force")
    good(*train, "--validation", people, "--scale", "minmax", "--epochs", 2)
    records = DenoisingAutoEncoder.load(path).history_
    assert all(np.isfinite(record["valid_cost"]) for record in records)
    told = good(
        *(*train, "--validation-fraction", 0.25, "--patience", 1, "--epochs", 10_000),
        *("--hidden", 2, "--learning-rate", 0.5, "--seed", 0),
    )
    records = DenoisingAutoEncoder.load(path).history_
    assert 1 < len(records) < 10_000
    assert "stopped" not in told


def test_missing_values(people, tmp_path):
    frame = pd.read_csv(people)
    frame.loc[3, "age"] = np.nan
    frame.to_csv(tmp_path / "holes.csv", index=False)
    path = tmp_path / "m.safetensors"
    train = ("train", tmp_path / "holes.csv", "-o", path, "--columns", "age,height", "--quiet")
    told = refusal(*train, "--missing", "refuse")
    assert "a missing value at row 3 (from 0), column 'age'" in told
    assert "(--missing mask)" in told
    good(*train, "--missing", "mask", "--scale", "minmax", "--epochs", 2, "--hidden", 2)
    good("transform", path, tmp_path / "holes.csv", "-o", tmp_path / "codes.npy")
    assert np.isfinite(read_table(tmp_path / "codes.npy").values).all()


def test_a_model_is_not_replaced_by_accident(people, people_model):
    before = people_model.read_bytes()
    assert "exists already; --force overwrites it" in refusal("train", people, "-o", people_model)
    assert people_model.read_bytes() == before


def test_a_place_that_cannot_be_written_is_found_before_the_training(people):
    told = refusal("train", people, "-o", people / "m.safetensors", "--scale", "minmax")
    assert "cannot be written there" in told


def test_data_that_is_refused(people, tmp_path):
    error = refusal("train", people, "-o", tmp_path / "m.safetensors", "--scale", "minmax")
    assert "columns 'name', 'kind' are not numbers, which --scale minmax needs" in error
    assert "there is no such file or folder" in refusal(
        "train", tmp_path / "nothing.csv", "-o", tmp_path / "m.safetensors"
    )


@pytest.mark.parametrize("model", ["denoising", "stack"])
def test_ctrl_c_keeps_what_was_learned(people, tmp_path, model):
    path = tmp_path / "m.safetensors"
    process = subprocess.Popen(
        [COMMAND, "train", people, "-o", path, "--columns", "age", "--scale", "minmax",
         "--hidden", "2", "--epochs", "1000000", "--model", model],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    # The progress bar is there when the training is.
    seen = new = process.stderr.read(1)
    while new and "epoch 1" not in seen:
        new = process.stderr.read(1)
        seen += new
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, seen + err
    assert "stopped early by the user" in out
    assert "Traceback" not in err
    assert read_table(people, columns=["age"]).values.shape == (80, 1)
    assert good("info", path).count("n_epochs=1000000") == 1


class StopAtOnce(Callback):
    """Requests the end before the first minibatch, as Ctrl-C while a model is compiled does."""

    def start(self, training):
        training.stop_requested = True


def test_a_model_without_training_is_said_to_be_untrained(people, tmp_path, monkeypatch):
    path, fit = tmp_path / "m.safetensors", DenoisingAutoEncoder.fit
    monkeypatch.setattr(
        DenoisingAutoEncoder, "fit", lambda self, X, **how: fit(self, X, callbacks=StopAtOnce())
    )
    status, out, _ = run(
        "train", people, "-o", path, "--columns", "age", "--hidden", "2", "--epochs", "1"
    )
    assert status == 130
    assert "stopped before the first minibatch" in out
    assert "not trained: stopped before the first minibatch" in good("info", path)


def test_what_cannot_be_is_told_before_the_training(people, tmp_path, monkeypatch):
    def train(*arguments):
        given = {"-o": tmp_path / "m.safetensors", "--columns": "age,height"}
        given |= dict(zip(arguments[::2], arguments[1::2], strict=True))
        return refusal("train", people, *(word for pair in given.items() for word in pair))

    monkeypatch.setattr(DenoisingAutoEncoder, "fit", None)
    assert f"{tmp_path} is a folder; expected the name of a model file." in train("-o", tmp_path)
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "m.safetensors"
    assert train("-o", below).startswith(f"error: {below}: cannot be written there (")
    assert "--patience needs --validation DATA or --val" in train("--patience", 3)
    assert "--resume needs --checkpoint FILE" in refusal(
        "train", people, "-o", tmp_path / "m.safetensors", "--resume"
    )


@pytest.mark.filterwarnings("always::UserWarning")
def test_a_training_that_diverges_is_told_without_a_traceback(people, tmp_path):
    outcome = run("train", people, "-o", tmp_path / "m.safetensors", "--columns", "age,income",
                  "--hidden", 2, "--learning-rate", 1e12, "--quiet")  # fmt: skip
    assert outcome.status == 1
    *notes, last = outcome.err.splitlines()
    assert all(note.startswith("note: the cost became") for note in notes)
    assert last.startswith("error: the cost became")
    assert last.endswith("Try a smaller learning rate, or scale the data.")
    assert not (tmp_path / "m.safetensors").exists()


def test_columns_whose_names_have_commas(tmp_path):
    rows = "1,2,3\n3,5,7\n2,9,1\n"
    (tmp_path / "t.csv").write_text(f'"net, of tax",b,"c ""d"""\n{rows}')
    for columns, expected in (('"net, of tax",b', ("net, of tax", "b")), ("b", ("b",))):
        path = tmp_path / "m.safetensors"
        good("train", tmp_path / "t.csv", "-o", path, "--columns", columns, "--hidden", 2,
             "--epochs", 1, "--quiet", "--force")  # fmt: skip
        assert load_model(path).columns == expected
