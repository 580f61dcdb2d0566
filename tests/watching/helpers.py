"""Training runs for callbacks: real ones, and a simulated one."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytensor
import pytensor.tensor as pt

from autoenc import AutoEncoder
from autoenc.graph import sgd
from autoenc.training import Callback, train


def fit(digits, *watchers, n_hidden=10, **settings):
    model = new_model(n_hidden, **settings)
    return model.fit(digits.train.images[:100], callbacks=watchers)


def new_model(n_hidden=10, **settings):
    defaults = {"n_epochs": 4, "random_state": 0, "backend": "xla", "verbose": False}
    return AutoEncoder(n_hidden, **(defaults | settings))


def train_graph(*watchers, n_epochs=2):
    """Train without a model."""
    x, mean = pt.vector("x"), pytensor.shared(np.float32(0), name="mean")
    cost = ((x - mean) ** 2).mean()
    return train(
        cost, sgd(cost, [mean], 0.1), inputs=[x], data=np.arange(10), batch_size=2,
        n_epochs=n_epochs, callbacks=watchers, progress=False, backend="xla",
    )  # fmt: skip


@dataclass
class Told:
    """What callbacks see of a training that does not happen."""

    model: object = None
    n_epochs: int = 10
    epoch: int = 0
    iteration: int = 0
    history: list = field(default_factory=list)
    stop_requested: bool = False
    description: str = "nothing"
    n_rows: int = 100
    batch_size: int = 10
    best_validation: dict | None = None

    @property
    def cost(self):
        return self.history[-1]["cost"]

    @property
    def valid_cost(self):
        return self.history[-1].get("valid_cost")


def tell(watcher, records, model=None, **settings):
    """Run a watcher through epochs with these records."""
    training = Told(model, n_epochs=len(records), **settings)
    watcher.start(training)
    for record in records:
        training.epoch += 1
        training.iteration += training.n_rows // training.batch_size
        training.history.append({"epoch": training.epoch, **record})
        watcher.epoch_end(training)
    watcher.stop(training)
    return training


def model_with_filters(W, **fitted):
    return SimpleNamespace(W_=np.asarray(W), **fitted)


class RaiseIn(Callback):
    """Ends the training by an error of its own."""

    def __init__(self, epoch, error=RuntimeError):
        self.epoch = epoch
        self.error = error

    def epoch_end(self, training):
        if training.epoch == self.epoch:
            raise self.error("trouble of another callback")


class NoFolderIn(Callback):
    """Puts a file in the place of a folder while an epoch ends, and the folder back after it."""

    def __init__(self, folder, *epochs):
        self.folder = folder
        self.away = folder.with_name("away")
        self.epochs = epochs

    def block_end(self, training):
        if self.away.exists():
            self.folder.unlink()
            self.away.rename(self.folder)
        if training.epoch in self.epochs:
            self.folder.rename(self.away)
            self.folder.touch()
