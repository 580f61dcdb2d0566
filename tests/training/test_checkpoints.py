"""A run that was stopped and resumed ends with the bytes of an uninterrupted one."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.graph import AutoEncoderLayer, adam, exponential_decay, masking, momentum, sgd
from autoenc.storage import load_arrays, save_arrays
from autoenc.training import (
    Callback,
    CheckpointError,
    DivergedError,
    EpochPatience,
    Every,
    GeometricPatience,
    train,
)

RULES = {
    "sgd": lambda cost, params: sgd(cost, params, 0.1),
    "momentum": lambda cost, params: momentum(cost, params, 0.1, 0.9),
    "adam with a schedule": lambda cost, params: adam(
        cost, params, exponential_decay(0.01, 0.5, every=20)
    ),
}
PATIENCE = {"none": None, "epochs": EpochPatience(2), "geometric": GeometricPatience(40)}


def fit(path, rule="sgd", patience="none", n_hidden=12, corruption=0.3, **settings):
    """Train on a little of everything; return parameters and costs."""
    rng = np.random.default_rng(0)
    images = rng.uniform(size=(110, 30)).astype("float32")
    layer = AutoEncoderLayer(30, n_hidden, rng=rng)
    x = pt.matrix("x")
    cost = layer.cross_entropy(x, masking(x, corruption, 1)).mean()
    stopping = PATIENCE[patience]
    history = train(
        cost, RULES[rule](cost, layer.params), inputs=[x],
        **{
            "data": images, "batch_size": 10, "block_size": 4, "n_epochs": 4, "backend": "c",
            "validation": (layer.cross_entropy(x), images[:30]) if stopping else None,
            "early_stopping": stopping, "checkpoint": path, "progress": False, **settings,
        },
    )  # fmt: skip
    return [p.get_value().tobytes() for p in layer.params], [r["cost"] for r in history]


class StopAfter(Callback):
    """Ends a training after so many blocks."""

    def __init__(self, blocks):
        self.blocks = blocks

    def block_end(self, training):
        self.blocks -= 1
        training.stop_requested = self.blocks == 0


@pytest.mark.parametrize(("rule", "patience"), [*zip(RULES, PATIENCE, strict=True)])
def test_from_any_block(tmp_path, backend, rule, patience):
    whole = fit(None, rule, patience, backend=backend)
    for blocks in range(1, 13, 1 if backend == "c" else 5):
        path = tmp_path / f"{blocks}.ckpt"
        fit(path, rule, patience, backend=backend, callbacks=[StopAfter(blocks)])
        assert fit(path, rule, patience, backend=backend, resume=True) == whole


def test_stopped_again_and_again(tmp_path):
    path = tmp_path / "run.ckpt"
    for _ in range(12):
        result = fit(path, "momentum", callbacks=[StopAfter(1)], resume=True)
    assert result == fit(None, "momentum")


def test_a_training_that_is_over_is_not_run_again(tmp_path):
    path = tmp_path / "run.ckpt"
    whole = fit(path)
    told = []
    assert fit(path, resume=True, callbacks=[told.append]) == whole
    assert told == []


def test_more_epochs_can_be_asked_for_later(tmp_path):
    path = tmp_path / "run.ckpt"
    fit(path, n_epochs=2)
    assert fit(path, n_epochs=4, resume=True) == fit(None)


def test_a_rate_that_a_callback_changes_is_kept(tmp_path):
    def run(path, **settings):
        x, mean = pt.vector("x"), pytensor.shared(np.float32(0), name="mean")
        rate = pytensor.shared(np.float32(0.1), name="rate")
        cost = ((x - mean) ** 2).mean()

        class Halve(Callback):
            def epoch_end(self, training):
                rate.set_value(np.float32(rate.get_value() / 2))

        train(
            cost, sgd(cost, [mean], rate), inputs=[x], data=np.arange(8), batch_size=2,
            n_epochs=5, progress=False, backend="c", checkpoint=path,
            callbacks=[Halve(), *settings.pop("callbacks", [])], **settings,
        )  # fmt: skip
        return mean.get_value().tobytes(), rate.get_value().tobytes()

    path = tmp_path / "run.ckpt"
    run(path, callbacks=[StopAfter(3)], every=Every(blocks=1))
    assert run(path, resume=True) == run(None)


@pytest.mark.parametrize("how", [{"every": 1}, {"every": Every(epochs=1)}])
def test_how_often(tmp_path, how):
    path = tmp_path / "run.ckpt"
    times = []

    class Look(Callback):
        def block_end(self, training):
            if path.exists():
                times.append(path.stat().st_mtime_ns)

    fit(path, callbacks=[Look()], **how)
    # Four epochs of three blocks, of which the first has no file to look at yet.
    assert len(times) == 9
    assert len(set(times)) == 3


def test_every_block_and_every_minute(tmp_path):
    for every, n_files in [(Every(blocks=1), 11), (Every(minutes=0), 11), (Every(minutes=60), 0)]:
        path = tmp_path / f"{every}.ckpt"
        seen = set()

        class Look(Callback):
            def block_end(self, training, path=path, seen=seen):
                if path.exists():
                    seen.add(load_arrays(path)[1]["progress"]["iteration"])

        fit(path, every=every, callbacks=[Look()])
        assert len(seen) == n_files


def test_a_checkpoint_is_not_written_over_by_accident(tmp_path):
    path = tmp_path / "run.ckpt"
    fit(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match=r"pass resume=True to resume from it"):
        fit(path)
    assert path.read_bytes() == before


def test_resume_needs_a_path():
    with pytest.raises(ValueError, match="resume is True, but checkpoint is None"):
        fit(None, resume=True)


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"n_hidden": 13}, r"parameters was \['W float32 \(30, 12\)'.*now .*\(30, 13\)"),
        ({"batch_size": 11}, "batch_size was 10, now 11"),
        ({"seed": 5}, "seed was 0, now 5"),
        ({"shuffle": False}, "shuffle was True, now False"),
        ({"data": np.zeros((110, 30), "float32")}, r"data was \['float32 \(110, 30\) "),
        ({"rule": "momentum"}, "graph was '[0-9a-f]+', now '[0-9a-f]+'"),
        ({"corruption": 0.31}, "graph was"),
        ({"patience": "epochs"}, "early_stopping was None, now 'EpochPatience"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused_and_kept(tmp_path, other, difference):
    path = tmp_path / "run.ckpt"
    fit(path, n_epochs=1)
    before = path.read_bytes()
    with pytest.raises(
        CheckpointError, match=rf"belongs to a different training run: .*{difference}"
    ):
        fit(path, resume=True, **other)
    assert path.read_bytes() == before


def test_other_circumstances_are_told(tmp_path):
    path = tmp_path / "run.ckpt"
    fit(path, backend="c", n_epochs=2)
    with pytest.warns(UserWarning, match="which changes the result: backend was 'C with"):
        _, costs = fit(path, backend="xla", resume=True)
    np.testing.assert_allclose(costs, fit(None)[1], rtol=0.02)


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "run.ckpt"
    fit(path, n_epochs=1)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match=str(path)):
        fit(path, resume=True)
    save_arrays(path, {"W": np.zeros(3)}, {"class": "AutoEncoder"})
    with pytest.raises(CheckpointError, match="is a model file, not a checkpoint"):
        fit(path, resume=True)
    save_arrays(path, {"W": np.zeros(3)}, {"format": "autoenc checkpoint 1", "fixed": []})
    with pytest.raises(CheckpointError, match="is incomplete"):
        fit(path, resume=True)


def test_a_rule_that_cannot_be_written_is_refused_before_training(tmp_path, monkeypatch):
    rule = EpochPatience(2)
    rule.memory = object()
    monkeypatch.setitem(PATIENCE, "odd", rule)
    with pytest.raises(TypeError, match="whose state a checkpoint cannot hold"):
        fit(tmp_path / "run.ckpt", patience="odd")


def test_a_full_disk_is_warned_of_once_and_training_goes_on(tmp_path):
    code = """
import resource, signal, sys, warnings
from tests.training.test_checkpoints import fit
from autoenc.training import Every
whole = fit(None)
fit(sys.argv[1], n_epochs=1)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, -1))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert fit(sys.argv[1], every=Every(blocks=1), resume=True) == whole
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
told = [str(w.message) for w in caught if "could not be written" in str(w.message)]
assert len(told) == 1, told
assert fit(sys.argv[1], resume=True) == whole
"""
    run_in_child(code, tmp_path / "run.ckpt")
    assert [path.name for path in tmp_path.iterdir()] == ["run.ckpt"]


LONG = """
import sys
from tests.training.test_checkpoints import fit
from autoenc.training import Every
params, costs = fit(sys.argv[1], "momentum", "geometric", n_epochs=60, resume=True,
                    every=Every(blocks=1))
print(b"".join(params).hex(), costs)
"""


def run_in_child(code, path):
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def start_and_wait_for(path):
    child = subprocess.Popen([sys.executable, "-c", LONG, str(path)], stderr=subprocess.PIPE)
    while not path.exists() and child.poll() is None:
        time.sleep(0.01)
    return child


def test_killed_and_gone_on_with(compiler, tmp_path):
    path = tmp_path / "run.ckpt"
    for delay in (0.0, 0.05):
        child = start_and_wait_for(path)
        time.sleep(delay)
        child.kill()
        child.communicate()
        assert child.returncode in (0, -signal.SIGKILL)
    assert run_in_child(LONG, path) == run_in_child(LONG, tmp_path / "other.ckpt")


def test_sigterm_ends_the_process_with_a_checkpoint_of_the_last_block(compiler, tmp_path):
    path = tmp_path / "run.ckpt"
    code = """
import os, signal, sys
from tests.training.test_checkpoints import fit
from autoenc.training import Callback
class Terminate(Callback):
    def block_end(self, training):
        if training.iteration == 15:
            os.kill(os.getpid(), signal.SIGTERM)
fit(sys.argv[1], callbacks=[Terminate()], every=100)
print("never reached")
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 128 + signal.SIGTERM
    assert run.stdout == ""
    assert "training was interrupted in epoch 2" in run.stderr
    assert load_arrays(path)[1]["progress"]["iteration"] == 15
    assert fit(path, resume=True) == fit(None)


def explode(path, start, callbacks=(), **settings):
    """Train with a rate that is too large; return the parameter after every block."""
    x, mean = pt.vector("x"), pytensor.shared(np.float32(0.5), name="mean")
    rate = pytensor.shared(np.float32(start), name="rate")
    cost = ((x - mean) ** 2).mean()
    trace = []

    class Look(Callback):
        def block_end(self, training):
            trace.append(float(mean.get_value()))

    train(
        cost, sgd(cost, [mean], rate), inputs=[x], data=np.ones(40), batch_size=1, block_size=4,
        n_epochs=20, progress=False, backend="c", checkpoint=path, learning_rate=rate,
        callbacks=[Look(), *callbacks], **settings,
    )  # fmt: skip
    return trace


def test_an_exploding_training_goes_on_as_it_would_have(tmp_path):
    """The state that it goes back to may be older than the checkpoint."""
    path = tmp_path / "run.ckpt"
    with pytest.warns(UserWarning, match="half the learning rate"):
        whole = explode(None, 1.2)
    explode(path, 1.2, [StopAfter(3)])
    with pytest.warns(UserWarning, match="half the learning rate"):
        assert explode(path, 1.2, resume=True) == whole[3:]


@pytest.mark.filterwarnings("ignore:the cost became")
def test_halvings_before_the_checkpoint_count(tmp_path):
    path = tmp_path / "run.ckpt"
    explode(path, 2.4, [StopAfter(40)], max_halvings=2)
    assert load_arrays(path)[1]["progress"]["halved"] == 1
    with pytest.raises(DivergedError):
        explode(path, 2.4, resume=True, max_halvings=1)


def test_ctrl_c_leaves_a_checkpoint(tmp_path):
    class Interrupt(Callback):
        def block_end(self, training):
            if training.iteration == 4:
                os.kill(os.getpid(), signal.SIGINT)

    path = tmp_path / "run.ckpt"
    with pytest.warns(UserWarning, match="interrupted in epoch 1"):
        fit(path, callbacks=[Interrupt()], every=100)
    assert fit(path, resume=True) == fit(None)


def test_two_trainings_do_not_share_a_checkpoint(tmp_path):
    path = tmp_path / "run.ckpt"

    class Other(Callback):
        def block_end(self, training):
            with pytest.raises(CheckpointError, match="another training run uses the checkpoint"):
                fit(path, backend="xla")
            with pytest.raises(CheckpointError, match="another training run uses the checkpoint"):
                fit(path, backend="xla", resume=True)

    whole = fit(None, n_epochs=1, backend="xla")
    assert fit(path, n_epochs=1, backend="xla", callbacks=[Other()]) == whole
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.ckpt"]
    fit(path, n_epochs=2, backend="xla", resume=True)


def frozen(path, weights, start=0.0, **settings):
    """Train a decoder on codes made by weights that stay as they are."""
    x = pt.matrix("x")
    F = pytensor.shared(weights.astype("float32"), name="F")
    W = pytensor.shared(np.full((5, 10), start, "float32"), name="W")
    cost = ((x @ F @ W - x) ** 2).mean()
    images = np.random.default_rng(0).random((40, 10)).astype("float32")
    history = train(
        cost, sgd(cost, [W], 0.1), inputs=[x], data=images, checkpoint=path, progress=False,
        backend="xla", **settings,
    )  # fmt: skip
    return history, W


def test_frozen_weights_and_the_start_identify_a_training(tmp_path):
    path = tmp_path / "run.ckpt"
    A, B = np.random.default_rng(1).normal(size=(2, 10, 5))
    frozen(path, A, n_epochs=2)
    with pytest.raises(CheckpointError, match="frozen: F was"):
        frozen(path, B, n_epochs=4, resume=True)
    with pytest.raises(CheckpointError, match="start was"):
        frozen(path, A, start=0.5, n_epochs=4, resume=True)
    assert len(frozen(path, A, n_epochs=4, resume=True)[0]) == 4


@pytest.mark.parametrize("place", [0, 1])
def test_all_frozen_arrays_of_one_name_count(tmp_path, place):
    path, data = tmp_path / "run.ckpt", np.ones((4, 3))

    def run(shift, **settings):
        x, p = pt.matrix("x"), pytensor.shared(np.zeros(3), name="p")
        values = [1.0, 1.0]
        values[place] = shift
        arrays = [pytensor.shared(np.full(3, value), name="F") for value in values]
        scalars = [pytensor.shared(np.float64(value)) for value in values]
        cost = pt.sqr(x - p + sum(arrays) + sum(scalars)).mean()
        train(
            cost, sgd(cost, [p], 0.1), inputs=[x], data=data, checkpoint=path, progress=False,
            **settings,
        )  # fmt: skip

    run(1.0, n_epochs=1)
    with pytest.raises(CheckpointError, match=r"constants: .* was 1.0, now 2.0; frozen: F"):
        run(2.0, n_epochs=2, resume=True)
    run(1.0, n_epochs=2, resume=True)


def test_another_validation_cost_is_another_training(tmp_path):
    path, data = tmp_path / "run.ckpt", np.ones((4, 3))

    def run(power, **settings):
        x, p = pt.matrix("x"), pytensor.shared(np.zeros(3), name="p")
        error = pt.sqr(x - p)
        held_out = ((error**power).mean(axis=1), data)
        train(
            error.mean(), sgd(error.mean(), [p], 0.1), inputs=[x], data=data, checkpoint=path,
            validation=held_out, progress=False, **settings,
        )  # fmt: skip

    run(1, n_epochs=1)
    with pytest.raises(CheckpointError, match="validation_cost was"):
        run(2, n_epochs=2, resume=True)
    run(1, n_epochs=2, resume=True)


def test_a_checkpoint_of_before_lacks_them(tmp_path):
    path = tmp_path / "run.ckpt"
    A, B = np.random.default_rng(1).normal(size=(2, 10, 5))
    frozen(path, A, n_epochs=2)
    arrays, info = load_arrays(path)
    for name in ("frozen", "start", "noise", "validation_cost"):
        del info["fixed"][name]
    del info["circumstances"]["threads"]
    save_arrays(path, arrays, info)
    assert len(frozen(path, B, start=0.5, n_epochs=4, resume=True)[0]) == 4


def test_another_number_of_threads_is_reported(tmp_path, monkeypatch):
    path = tmp_path / "run.ckpt"
    fit(path, n_epochs=1, backend="xla")
    monkeypatch.setattr("autoenc.training.checkpoints.usable_threads", lambda: 77)
    with pytest.warns(UserWarning, match="last digits: threads was .*, now 77"):
        fit(path, n_epochs=2, backend="xla", resume=True)
