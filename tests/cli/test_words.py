"""Messages of the command name its options."""

import numpy as np
import pytest

from autoenc.cli.options import in_options
from tests.cli.conftest import refusal, run


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("n_epochs is 0; expected an integer.", "--epochs is 0; expected an integer."),
        ("memory is 'x'; expected bytes.", "--memory is 'x'; expected bytes."),
        ("pass resume=True to resume.", "pass --resume to resume."),
        ("fit with checkpoint= and resume=True.", "fit with --checkpoint and --resume."),
        ("use backend='xla', by its name.", "use --backend xla, by its name."),
        ("tied=False, l2=1e-05", "--no-tied, --l2 1e-05"),
        ("early_stopping=EpochPatience(10)", "--patience 10"),
        ("a smaller `learning_rate`.", "a smaller --learning-rate."),
        ("the cost is high, the memory is full", "the cost is high, the memory is full"),
        ("/tmp/n_epochs.csv: 'batch_size'", "/tmp/n_epochs.csv: 'batch_size'"),
        ("hidden_sizes is (0,)", "--hidden is (0,)"),
    ],
)
def test_settings_become_options(python, command):
    assert in_options(python) == command


def test_errors_and_notes_name_options(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random((20, 3)))
    train = ("train", tmp_path / "a.npy", "-o", tmp_path / "m", "--quiet", "--hidden", 2)
    for option, value in (("--epochs", 0), ("--batch-size", 0), ("--momentum", 2)):
        assert refusal(*train, option, value).startswith(f"error: {option} is {value}")
    run(*train, "--epochs", 1, "--checkpoint", tmp_path / "c")
    told = refusal(*train, "--epochs", 1, "--checkpoint", tmp_path / "c", "--force")
    assert "--resume to resume" in told
    assert "resume=" not in told


def test_one_cell_is_one(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1.5,\n2.5,3\n0.5,9\n")
    outcome = run("train", tmp_path / "a.csv", "-o", tmp_path / "m", "--quiet", "--epochs", 1)
    assert "1 cell is empty and left out" in outcome.err
    said = run("impute", tmp_path / "m", tmp_path / "a.csv", "-o", tmp_path / "b.csv").out
    assert said.endswith("3 rows, 1 cell filled in\n")


def test_what_is_no_model_or_no_file_is_named(people, people_model, tmp_path):
    assert f"{tmp_path} is a folder; expected a model file." in refusal("info", tmp_path)
    told = refusal("score", people_model, people, "-o", "/dev/null")
    assert "/dev/null: not a regular file; expected the name of a file" in told
    printed, by_name = (run("score", people_model, people, *o) for o in ((), ("-o", "-")))
    assert printed == by_name
    assert printed.out.startswith("row,error\n")


def test_labels_may_be_a_column_of_the_model(people, people_model, tmp_path):
    command = ("score", people_model, people, "--label-column", "age")
    assert run(*command).out.startswith("row,error,label\n")
    plot = ("plot", "codes", people_model, people, "--label-column", "age")
    assert run(*plot, "-o", tmp_path / "codes.png").status == 0
