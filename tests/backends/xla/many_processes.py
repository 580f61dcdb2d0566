"""One of several processes that train together; writes its results to its own file.

    autoenc launch -n 2 tests/backends/xla/many_processes.py folder

Finally, it trains until it is killed or stopped.
"""

import functools
import json
import os
import signal
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt
from sklearn.utils import check_random_state

import autoenc
from autoenc.backends import resolve_backend
from autoenc.sources import Source, SourceError, open_source
from autoenc.training import Callback, EpochPatience, GeometricPatience, train
from tests.backends.xla.many_devices import pieces, rows
from tests.backends.xla.one_without_memory import without_memory

EPOCHS_BEFORE = 2


def main(folder):
    me = autoenc.distributed.initialize()
    checkpoint = folder / "resumed.ckpt"
    found = {
        "rank": me.rank,
        "count": me.count,
        "costs": [costs(300, 50), costs(60, 1)],
        "read": {name: reading(FORMS[name]) for name in forms_of(me.count)},
        "fitted": fitted(),
        "resumed": costs(300, 50, n_epochs=4, checkpoint=checkpoint, resume=True),
    }
    if me.count == 2:
        found |= {
            "validated": validated(),
            "halved": halved(),
            "random": int(check_random_state(None).randint(2**31)),
            "refused": error_of(lambda: costs(300, 50, seed=me.rank)),
            "exists": error_of(lambda: costs(300, 50, checkpoint=checkpoint)),
            "memory": in_little_memory(me.rank, "put", in_memory),
            "memory of shares": in_little_memory(me.rank, "put_parts", in_file),
            "memory within a block": in_small_blocks(),
            "damaged": error_of(lambda: reading({"window": 1000}, bad=200)),
            "errors": errors(me.rank),
            "fitted together": fitted_together(),
            "stopped": stopped(me.rank),
            "interrupted": interrupted(me.rank),
        }
    (folder / f"{me.rank}.json").write_text(json.dumps(found))
    costs(300, 50, n_epochs=10**6)


def records(n, batch, noise="masking", *, devices="all", **settings):
    x, cost, updates = pieces(noise)
    how = {"backend": "xla", "device": "cpu", "devices": devices, "n_epochs": 3, **settings}
    if not isinstance(how["backend"], str):
        del how["device"], how["devices"]
    return train(
        cost, updates, inputs=[x], data=rows(n), batch_size=batch, progress=False, **how
    )  # fmt: skip


def costs(n, batch, **settings):
    return [record["cost"] for record in records(n, batch, **settings)]


FORMS = {
    "windows": {},
    "one window": {"window": 1000},
    "batches of 7": {"batch_size": 7},
    "in the order of the file": {"shuffle": False},
    "early stopping": {"patience": 6},
}
N_READ = 300


def forms_of(n_processes):
    """Forms in which so many processes read; four compile for longer than two, each for itself."""
    return list(FORMS) if n_processes == 2 else ["windows", "batches of 7"]


class Counting:
    """Reads rows; counts them, and fails at one of them."""

    def __init__(self, reader, bad=None):
        self._reader, self._bad, self.n_rows = reader, bad, 0
        self.shape, self.dtype, self.piece = reader.shape, reader.dtype, reader.piece
        self.files = reader.files

    def read_into(self, first, out):
        self.n_rows += len(out)
        if len(out) > 1 and first <= (-1 if self._bad is None else self._bad) < first + len(out):
            raise SourceError(f"row {self._bad} is damaged")
        self._reader.read_into(first, out)

    def settle(self):
        self._reader.settle()


def reading(form, bad=None, noise="masking", **settings):
    """Costs of a training on a file, and how many rows this process has read of it."""
    reader = Counting(open_source(rows(N_READ)).reader, bad)
    source = Source(reader, "the rows")
    source.identity()
    sampled = reader.n_rows
    sizes = {"chunk": 7, "window": 60, "batch_size": 50, **form}
    patience = sizes.pop("patience", None)
    x, cost, updates = pieces(noise)
    if patience:
        sizes["validation"] = ((x - np.float32(0.5)) ** 2).sum(axis=1), rows(20)
        sizes["early_stopping"] = GeometricPatience(patience, increase=10)
    how = {"backend": "xla", "device": "cpu", "devices": "all", "n_epochs": 3} | settings
    if not isinstance(how["backend"], str):
        del how["device"], how["devices"]
    history = train(cost, updates, inputs=[x], data=source, progress=False, **how, **sizes)
    return [[record["cost"] for record in history], reader.n_rows - 2 * sampled]


def fitted(devices="all"):
    """Cost and moments of a fit of rows that are scaled, and the part of them that was read."""
    values = np.random.default_rng(0).normal(3.0, 5.0, size=(2_000, 6))
    reader = Counting(open_source(values).reader)
    model = autoenc.DenoisingAutoEncoder(
        3, n_epochs=1, batch_size=50, init="uniform", random_state=0, backend="xla", device="cpu",
        devices=devices, verbose=False,
    ).fit(Source(reader, "the rows"))  # fmt: skip
    found = [model.mean_, model.scale_, model.data_min_, model.data_max_]
    cost = model.history_[0]["cost"]
    return [cost, [array.tolist() for array in found], reader.n_rows / len(values)]


def validated(devices="all"):
    """Early stopping, where the validation rows are more than are scored at a time."""
    x, mean = pt.matrix("x"), pytensor.shared(np.float32(0.0), name="mean")
    costs = ((x - mean) ** 2).sum(axis=1)
    return [
        [record["cost"], record["valid_cost"]]
        for record in train(
            costs.mean(), {mean: mean + np.float32(0.1)}, inputs=[x], data=rows(300),
            batch_size=50, validation=(costs, rows(11_000)),
            early_stopping=EpochPatience(2), n_epochs=9,
            backend="xla", device="cpu", devices=devices, progress=False,
        )
    ]  # fmt: skip


def halved(devices="all"):
    x, mean = pt.matrix("x"), pytensor.shared(np.float32(0.0), name="mean")
    rate = pytensor.shared(np.float32(8.0), name="rate")
    cost = ((x - mean) ** 2).mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = train(
            cost, {mean: mean - rate * pytensor.grad(cost, mean)}, inputs=[x],
            data=rows(2_000), batch_size=20, learning_rate=rate, n_epochs=2,
            backend="xla", device="cpu", devices=devices, progress=False,
        )  # fmt: skip
    return [history[-1]["cost"], sum(record.get("halved", 0) for record in history)]


def in_little_memory(rank, put, train_on):
    """The device of the last process alone is too small for the data, and for a block."""
    backend = resolve_backend("xla", "cpu", "all")
    original = getattr(backend, put)

    def refuse(array, *how):
        n_bytes = array.nbytes if put == "put" else sum(part.nbytes for part in array)
        if rank and n_bytes > 20_000 // (1 + bool(how)):
            raise MemoryError("it is small")
        return original(array, *how)

    setattr(backend, put, refuse)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = train_on(backend)
    finally:
        delattr(backend, put)
    return [found, [str(warning.message) for warning in said]]


def in_memory(backend):
    return costs(300, 50, noise="none", backend=backend)


def in_file(backend):
    return reading({}, noise="none", backend=backend)[0]


def in_small_blocks():
    """All devices are too small for a block when they are about to compute."""
    with warnings.catch_warnings(record=True) as said, without_memory(of_block=2):
        warnings.simplefilter("always")
        found = reading({}, noise="none")[0]
    return [found, [str(warning.message) for warning in said]]


class PartialError(ValueError):
    """An error that cannot be unpickled: its class takes more than its text."""

    def __init__(self, path, n_rows):
        super().__init__(f"{path} has only {n_rows} rows")


def errors(rank):
    """Errors that are difficult to pass: of the first process, and of the last."""
    together = resolve_backend("xla", "cpu", "all").processes

    def fail_in_the_first():
        raise PartialError("a.npy", 3)

    def fail_in_the_last():
        if rank:
            raise FileNotFoundError("there is no file \udcff.npy")

    return [
        error_of(lambda: together.from_first(fail_in_the_first)),
        error_of(lambda: together.from_first(lambda: fail_in_the_first)),
        error_of(lambda: together.in_each(fail_in_the_last)),
    ]


def fitted_together(devices="all"):
    """Weights of two models of one graph, fitted on a file."""
    source = open_source(rows(N_READ))
    make = functools.partial(
        autoenc.DenoisingAutoEncoder, 3, n_epochs=1, init="uniform", backend="xla", device="cpu",
        devices=devices, verbose=False,
    )  # fmt: skip
    models = autoenc.estimators.fit_many([make(random_state=seed) for seed in range(2)], source)
    return [model.W_.tolist() for model in models]


class StopAt(Callback):
    """Stops in an epoch; notes how often it was called."""

    def __init__(self, epoch):
        self.epoch, self.n_calls = epoch, 0

    def epoch_end(self, training):
        self.n_calls += 1
        training.stop_requested = training.epoch == self.epoch


def stopped(rank):
    callback = StopAt(2)
    n_epochs = len(costs(300, 50, callbacks=[callback]))
    return [n_epochs, callback.n_calls]


def interrupted(rank):
    """Ctrl-C reaches the last process alone."""
    if rank:
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = records(300, 50, n_epochs=10**6)
    return [len(history), history[-1].get("interrupted", False), history[-1]["cost"]]


def error_of(function):
    try:
        function()
    except (OSError, ValueError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    return "none"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
