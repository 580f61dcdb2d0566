"""Rows that are read during training."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.graph import sgd
from autoenc.sources import SourceError, open_source
from autoenc.training import Callback, CheckpointError, DivergedError, train
from autoenc.training.ahead import Ahead
from tests.training.test_checkpoints import PATIENCE, RULES, StopAfter, fit

ROWS = np.random.default_rng(0).uniform(size=(110, 30)).astype("float32")
WINDOWED = {"chunk": 5, "window": 25}


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    return tmp_path / "rows.npy"


@pytest.mark.parametrize("sizes", [{}, WINDOWED, {"chunk": 7, "window": 109}])
@pytest.mark.parametrize(("rule", "patience"), [*zip(RULES, PATIENCE, strict=True)])
def test_streamed_and_in_memory_give_the_same_bytes(path, backend, sizes, rule, patience):
    expected = fit(None, rule, patience, backend=backend, **sizes)
    assert fit(None, rule, patience, backend=backend, data=path, **sizes) == expected


@pytest.mark.parametrize("shuffle", [True, False])
def test_one_setting_has_one_result_from_whatever_the_rows_are_in(path, shuffle):
    class Chunks:
        def __len__(self):
            return len(ROWS)

        def __getitem__(self, rows):
            return ROWS[rows]

    sizes = {**WINDOWED, "shuffle": shuffle}
    expected = fit(None, **sizes)
    mapped = np.load(path, mmap_mode="r")
    for data in (path, str(path), Chunks(), open_source([ROWS[:50], ROWS[50:]])):
        assert fit(None, data=data, **sizes) == expected
    assert fit(None, data=mapped, memory="26kB", **sizes) == expected
    assert fit(None, data=mapped, device_bytes=6_000, **sizes) == expected
    with pytest.warns(UserWarning, match="only once"):
        assert fit(None, data=iter(np.split(ROWS, [7, 90])), **sizes) == expected


def test_another_window_has_another_order(path):
    assert fit(None, data=path, **WINDOWED) != fit(None, data=path)


def test_bytes_are_converted_a_block_at_a_time(tmp_path):
    rows = np.random.default_rng(0).integers(0, 2, size=(110, 30), dtype="uint8")
    np.save(tmp_path / "bytes.npy", rows)
    expected = fit(None, data=rows.astype("float32"), **WINDOWED)
    assert fit(None, data=tmp_path / "bytes.npy", **WINDOWED) == expected
    assert fit(None, data=rows, memory="21kB", **WINDOWED) == expected


def test_validation_is_read_too(path):
    """Held-out rows may be in a file, which is read in parts."""
    costs = []
    for held_out in (ROWS, path):
        w = pytensor.shared(np.zeros(30, "float32"), name="w")
        x = pt.matrix("x")
        cost = ((x - w) ** 2).sum(axis=1)
        history = train(
            cost.mean(), sgd(cost.mean(), [w], 0.01), inputs=[x], data=ROWS, backend="xla",
            n_epochs=2, progress=False, validation=(cost, held_out),
        )  # fmt: skip
        costs.append([record["valid_cost"] for record in history])
    assert costs[0] == costs[1]


@pytest.mark.parametrize("patience", PATIENCE)
def test_a_streamed_training_is_resumed_from_any_block(path, tmp_path, backend, patience):
    settings = {"patience": patience, "backend": backend, "data": path, **WINDOWED}
    whole = fit(None, **settings)
    for blocks in range(1, 13, 1 if backend == "xla" else 5):
        file = tmp_path / f"{blocks}.ckpt"
        fit(file, **settings, callbacks=[StopAfter(blocks)])
        assert fit(file, **settings, resume=True) == whole


def test_a_checkpoint_is_of_rows_with_these_values_and_windows(path, tmp_path):
    file = tmp_path / "run.ckpt"
    fit(file, data=path, **WINDOWED, callbacks=[StopAfter(2)])
    with pytest.raises(CheckpointError, match="window was 25, now 30"):
        fit(file, data=path, chunk=5, window=30, resume=True)
    np.save(path, ROWS + 1)
    with pytest.raises(CheckpointError, match=r"data was .*sampled float32"):
        fit(file, data=path, **WINDOWED, resume=True)


def test_an_old_checkpoint_of_one_window_is_resumed(path, tmp_path):
    file = tmp_path / "run.ckpt"
    fit(file, callbacks=[StopAfter(5)])
    assert fit(file, resume=True, window=200) == fit(None)


class Truncate(Callback):
    def __init__(self, path):
        self.path = path

    def block_end(self, training):
        if training.epoch == 2:
            os.truncate(self.path, 2000)


def test_a_file_that_is_cut_while_training_names_it_and_loses_nothing(path, tmp_path):
    file = tmp_path / "run.ckpt"
    content = path.read_bytes()
    settings = {"data": path, **WINDOWED}
    # It is noticed where the file is read next, or where it is checked before.
    noticed = "rows.npy (ends at byte 2,000, within row 15 of 110|was changed while it was being)"
    with pytest.raises(SourceError, match=noticed):
        fit(file, **settings, callbacks=[Truncate(path)])
    assert not _readers()
    path.write_bytes(content)
    assert fit(file, **settings, resume=True) == fit(None, **settings)


def test_nan_is_named_by_row_and_column(tmp_path):
    rows = ROWS.copy()
    rows[87, 12] = np.nan
    np.save(tmp_path / "nan.npy", rows)
    for data in (rows, tmp_path / "nan.npy"):
        with pytest.raises(DivergedError, match=r"the data has nan at row 87, column 12"):
            fit(None, data=data, **WINDOWED)
    assert not _readers()


def _readers():
    return [thread for thread in threading.enumerate() if thread.name == "autoenc-ahead"]


def test_threads_end_with_the_training(path):
    fit(None, data=path, callbacks=[StopAfter(3)], **WINDOWED)
    assert not _readers()


def test_two_inputs_from_two_kinds_of_source(tmp_path):
    x, y = pt.matrix("x"), pt.vector("y")
    labels = np.arange(110, dtype="int64")
    np.save(tmp_path / "labels.npy", labels)

    def weights(data):
        w = pytensor.shared(np.zeros(30, "float32"), name="w")
        cost = ((pt.dot(x, w) - y) ** 2).mean()
        settings = {"batch_size": 10, "n_epochs": 2, "backend": "xla", "progress": False}
        train(cost, sgd(cost, [w], 1e-4), inputs=[x, y], data=data, **settings, **WINDOWED)
        return w.get_value().tobytes()

    assert weights([ROWS, labels]) == weights([open_source(ROWS), tmp_path / "labels.npy"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"memory": "10kB"}, r"memory is 10 kB, but reading needs .* kB: 2 windows of 25 rows"),
        ({"memory": "much"}, r"memory is 'much'; expected a number of bytes, or one with a unit"),
        ({"memory": 0}, r"memory is 0; expected a number of bytes"),
    ],
)
def test_too_little_memory(path, settings, message):
    with pytest.raises(ValueError, match=message):
        fit(None, data=path, **WINDOWED, **settings)


@pytest.mark.parametrize(("stored", "memory"), [(True, None), (False, "1kB")])
def test_rows_read_in_parts_are_matrices(tmp_path, stored, memory):
    images = ROWS.reshape(110, 5, 6)
    np.save(tmp_path / "images.npy", images)
    data = tmp_path / "images.npy" if stored else images
    x = pt.ftensor3("x")
    w = pytensor.shared(np.ones(6, "float32"))
    cost = (pt.dot(x, w) ** 2).mean()
    with pytest.raises(ValueError, match=r"data for x is read in parts.* 3 dimensions in memory"):
        train(cost, sgd(cost, [w], 0.1), inputs=[x], data=data, memory=memory)


def test_the_advised_window_fits(path):
    sizes = {"chunk": 1, "window": 100, "batch_size": 5}
    with pytest.raises(ValueError, match="window=") as caught:
        fit(None, data=path, memory="20kB", **sizes)
    advised = int(str(caught.value).partition("window=")[2].partition(")")[0])
    fit(None, data=path, memory="20kB", **{**sizes, "window": advised})


def test_killed_while_reading_it_resumes_to_the_byte(path, tmp_path):
    """A streamed training is killed again and again, at moments of no choice."""
    whole = fit(None, data=path, **WINDOWED, n_epochs=30)
    file = tmp_path / "run.ckpt"
    code = (
        "import sys, time; from autoenc.training import Callback, Every\n"
        "from tests.training.test_checkpoints import fit\n"
        "class Slow(Callback):\n"
        "    def block_end(self, training): print(flush=True); time.sleep(0.005)\n"
        "fit(sys.argv[1], data=sys.argv[2], chunk=5, window=25, n_epochs=30, resume=True,\n"
        "    every=Every(blocks=1), callbacks=[Slow()])"
    )
    for moment in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(file), str(path)], stdout=subprocess.PIPE
        )
        for _ in range(3 + 5 * moment):
            process.stdout.readline()
        time.sleep(0.003 * moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert fit(file, data=path, **WINDOWED, n_epochs=30, resume=True) == whole


def test_what_is_read_ahead_is_one_item():
    made = []

    def items():
        for i in range(5):
            made.append(i)
            yield i

    ahead = Ahead(items())
    assert next(ahead) == 0
    deadline = time.monotonic() + 10
    while len(made) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert made == [0, 1]
    ahead.close()
    assert list(ahead) == []


def test_an_error_ahead_is_raised_in_its_turn():
    def items():
        yield 1
        raise OSError("gone")

    ahead = Ahead(items())
    assert next(ahead) == 1
    with warnings.catch_warnings(), pytest.raises(OSError, match="gone"):
        next(ahead)


MEMORY = """
import resource, sys
import numpy as np
import pytensor.tensor as pt
from autoenc.graph import AutoEncoderLayer, sgd
from autoenc.training import train

def fit(data, **settings):
    layer = AutoEncoderLayer(500, 5, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x).mean()
    train(cost, sgd(cost, layer.params, 0.01), inputs=[x], data=data, n_epochs=1, progress=False,
          batch_size=100, block_size=10, backend="xla", **settings)

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

fit(np.zeros((2_100, 500), "uint8"))
before = most()
fit(sys.argv[1], memory="40MB", chunk=100, window=4_000)
print(most() - before)
"""


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_a_budget_is_kept(tmp_path, dtype):
    """The files have 60 to 480 MB."""
    path = tmp_path / "rows.npy"
    np.save(path, np.zeros((120_000, 500), dtype))
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 50_000_000
