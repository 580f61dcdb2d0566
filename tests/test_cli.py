"""The command, run as a user would."""

import subprocess
import sys
from pathlib import Path

import pytest

import autoenc
from autoenc import AutoEncoder
from autoenc.backends import resolve_backend
from autoenc.cli import main


def test_info_tells_what_would_run_here(capsys):
    assert main(["info"]) == 0
    shown = capsys.readouterr().out
    assert resolve_backend().description in shown
    assert resolve_backend().reason in shown
    assert "floatX    float32" in shown


def test_info_of_a_model(digits, tmp_path, capsys):
    path = tmp_path / "model.safetensors"
    model = AutoEncoder(20, n_epochs=2, random_state=0, verbose=False)
    model.fit(digits.train.images[:100]).save(path)
    assert main(["info", str(path)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("AutoEncoder(")
    assert "n_hidden=20" in shown
    assert "float32 (784, 20)" in shown
    assert f"trained for 2 epochs to a cost of {model.history_[-1]['cost']}" in shown
    assert f"autoenc {autoenc.__version__}" in shown


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing", "there is no model file at nothing"), (__file__, "is not a model file")],
)
def test_errors_are_one_line(name, message, capsys):
    assert main(["info", name]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert shown.err.count("\n") == 1


def test_the_installed_command():
    command = Path(sys.executable).with_name("autoenc")
    run = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "autoenc" in run.stdout
    assert "info" in run.stdout
