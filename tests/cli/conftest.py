"""Data files and models for tests of the command."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from autoenc.cli import main


class Outcome(NamedTuple):
    """Output of a run of the command."""

    status: int
    out: str
    err: str


def run(*arguments):
    """Run the command within this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Outcome(status, out.getvalue(), err.getvalue())


def good(*arguments):
    """Run the command, which must succeed."""
    outcome = run(*arguments)
    assert outcome.status == 0, outcome.err
    return outcome.out


def refusal(*arguments):
    """Run the command, which must fail with a message of one line."""
    outcome = run(*arguments)
    assert outcome.status == 1
    assert outcome.out == ""
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    return outcome.err


COMMAND = Path(sys.executable).with_name("autoenc")


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """Table with names, two numbers that go together, a third, and a kind."""
    rng = np.random.default_rng(0)
    age = rng.uniform(20, 60, 80)
    frame = pd.DataFrame(
        {
            "name": [f"person {i}" for i in range(80)],
            "age": age,
            "income": 1000 * age + rng.normal(0, 10, 80),
            "height": rng.normal(1.7, 0.1, 80),
            "kind": np.where(age < 40, "young", "old"),
        }
    )
    path = tmp_path_factory.mktemp("data") / "people.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def people_model(people):
    """Model of the three numbers, scaled to [0, 1]."""
    path = people.with_name("people.safetensors")
    good(
        *("train", people, "-o", path, "--drop", "name", "--label-column", "kind"),
        *("--scale", "minmax", "--hidden", 2, "--epochs", 200, "--corruption", 0),
        *("--cost", "squared_error", "--optimizer", "adam", "--learning-rate", 0.03),
        *("--seed", 0, "--quiet"),
    )
    return path


@pytest.fixture(scope="session")
def faces(tmp_path_factory, digits):
    """Folder of images, in folders of their kind."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("faces")
    for i in range(60):
        image, label = digits.train.images[i], digits.train.labels[i]
        (folder / str(label)).mkdir(exist_ok=True)
        levels = (image * 256).astype(np.uint8).reshape(28, 28)
        Image.fromarray(levels).save(folder / str(label) / f"{i:02d}.png")
    return folder


@pytest.fixture(scope="session")
def faces_model(faces, tmp_path_factory):
    """Model of images."""
    path = tmp_path_factory.mktemp("models") / "faces.safetensors"
    good("train", faces, "-o", path, "--hidden", 12, "--epochs", 3, "--seed", 0, "--quiet")
    return path


@pytest.fixture(scope="session")
def stack_model(faces, tmp_path_factory):
    """Stack of two layers."""
    path = tmp_path_factory.mktemp("models") / "stack.safetensors"
    good(
        *("train", faces, "-o", path, "--model", "stack", "--hidden", "10,4"),
        *("--corruption", "0.1,0.2", "--epochs", 2, "--seed", 0, "--quiet"),
    )
    return path
