"""Messages of the command speak of its options."""

import numpy as np
import pytest

from autoenc.cli.settings import in_options
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
