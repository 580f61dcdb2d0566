"""When callbacks are called, and what happens when they raise."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.graph import sgd
from autoenc.training import Callback, train


def fit(callbacks, n_epochs=2, model=None, **settings):
    x, mean = pt.vector("x"), pytensor.shared(np.float32(0), name="mean")
    cost = ((x - mean) ** 2).mean()
    train(
        cost, sgd(cost, [mean], 0.1), inputs=[x], data=np.arange(10), batch_size=2, block_size=3,
        n_epochs=n_epochs, callbacks=callbacks, progress=False, backend="xla", model=model,
        **settings,
    )  # fmt: skip
    return mean


class Log(Callback):
    def __init__(self):
        self.told = []

    def start(self, training):
        self.told.append(("start", training.epoch, training.iteration, training.n_epochs))

    def block_end(self, training):
        self.told.append(("block", training.epoch, training.iteration, training.rows_done))

    def epoch_end(self, training):
        record = training.history[-1]
        assert record["cost"] == training.cost
        self.told.append(("epoch", record["epoch"], training.iteration, training.rows_done))

    def stop(self, training):
        self.told.append(("stop", training.epoch, training.iteration, len(training.history)))


def test_everything_is_told_in_order():
    log = Log()
    fit([log])
    assert log.told == [
        ("start", 0, 0, 2),
        ("block", 1, 3, 6),
        ("block", 1, 5, 10),
        ("epoch", 1, 5, 10),
        ("block", 2, 8, 6),
        ("block", 2, 10, 10),
        ("epoch", 2, 10, 10),
        ("stop", 2, 10, 2),
    ]


class StopIn(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def block_end(self, training):
        training.stop_requested = training.epoch == self.epoch


def test_a_callback_can_end_the_training_after_a_block():
    log = Log()
    fit([StopIn(epoch=2), log], n_epochs=100)
    assert log.told[-3:] == [("block", 2, 8, 6), ("epoch", 2, 8, 6), ("stop", 2, 8, 2)]


class Raise(Callback):
    def __init__(self, when):
        setattr(self, when, self.fail)

    def fail(self, training):
        raise RuntimeError("the callback's own trouble")


@pytest.mark.parametrize("when", ["start", "block_end", "epoch_end", "stop"])
def test_what_a_callback_raises_reaches_the_caller_and_the_others_are_told_to_stop(when):
    log, kept = Log(), []
    with pytest.raises(RuntimeError, match="own trouble"):
        fit([Raise(when), log], model=kept.append)
    assert log.told[-1][0] == "stop"
    assert len(kept) == 1


def test_the_model_is_given_the_history_and_has_the_present_parameters():
    seen = []

    class Look(Callback):
        def block_end(self, training):
            seen.append((training.model, float(mean.get_value())))

    x, mean = pt.vector("x"), pytensor.shared(np.float32(0), name="mean")
    cost = ((x - mean) ** 2).mean()
    train(
        cost, sgd(cost, [mean], 0.1), inputs=[x], data=np.arange(10), batch_size=2, block_size=3,
        n_epochs=2, callbacks=[Look()], progress=False, backend="xla", model=len,
    )  # fmt: skip
    assert [model for model, _ in seen] == [0, 0, 1, 1]
    assert len({value for _, value in seen}) == 4


@pytest.mark.parametrize("callback", [3, Log])
def test_what_is_no_callback_is_refused(callback):
    with pytest.raises(TypeError, match=r"expected objects of a subclass of .*Callback"):
        fit([callback])
