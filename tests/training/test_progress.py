"""The progress bar in a terminal."""

import re

import numpy as np
import pytensor
import pytensor.tensor as pt

from autoenc.graph import sgd
from autoenc.training import Callback, train


def fit(n_epochs=2, callbacks=(), validation=None):
    """Learn the mean of 0 … 9 in blocks of six rows and four."""
    x, mean = pt.vector("x"), pytensor.shared(np.float32(0), name="mean")
    costs = (x - mean) ** 2
    return train(
        costs.mean(), sgd(costs.mean(), [mean], 0.1), inputs=[x], data=np.arange(10),
        batch_size=2, block_size=3, n_epochs=n_epochs, callbacks=callbacks, backend="xla",
        validation=None if validation is None else (costs, validation),
    )  # fmt: skip


def bars(text):
    """Return the texts of the bar in their order."""
    return [bar for bar in text.replace("\n", "\r").split("\r") if "epoch" in bar]


def test_it_ends_with_epoch_rate_time_and_both_costs(capsys):
    last = fit(validation=np.arange(5))[-1]
    shown = capsys.readouterr()
    assert shown.out == ""
    time = r"\[\d\d:\d\d<00:00, +[\d.]+k?row/s"
    costs = f"cost {last['cost']:.4f}, valid {last['valid_cost']:.4f}"
    assert re.search(rf"^epoch 2/2: 100%.* 20\.0/20\.0 {time}, {costs}\]", bars(shown.err)[-1])


def test_without_validation_there_is_no_such_cost(capsys):
    fit()
    shown = capsys.readouterr().err
    assert "cost" in shown
    assert "valid" not in shown


class Look(Callback):
    """Note what was shown so far, when a block ends."""

    def __init__(self, capsys):
        self.capsys = capsys
        self.seen = []

    def block_end(self, training):
        self.seen.append(self.capsys.readouterr().err)


def test_it_is_open_from_the_start(capsys):
    look = Look(capsys)
    fit(callbacks=[look])
    assert "0.00/20.0" in look.seen[0]
    assert "?row/s" in look.seen[0]


class StopAt(Callback):
    def epoch_end(self, training):
        training.stop_requested = True


def test_it_stays_where_training_has_ended(capsys):
    (record,) = fit(callbacks=[StopAt()])
    last = bars(capsys.readouterr().err)[-1]
    assert "epoch 1/2:  50%" in last
    assert f"cost {record['cost']:.4f}" in last
