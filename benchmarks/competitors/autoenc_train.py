"""autoenc through its public interface: a layer, a cost, ``sgd`` and ``train``."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytensor.tensor as pt

import autoenc
from autoenc.graph import AutoEncoderLayer, masking, sgd, symbolic_generator
from autoenc.training import train
from benchmarks import work
from benchmarks.worker import Task, Turns


class _FinishedError(Exception):
    """Ends `train` when the driver requests no further epoch."""


def model(task: Task) -> tuple[Any, Any, Any]:
    """Return the symbolic input, the cost of a minibatch and the updates."""
    layer = AutoEncoderLayer(task.n_visible, task.n_hidden, rng=np.random.default_rng(0))
    layer.W.set_value(work.start(task)[0])
    x = pt.matrix("x")
    level = work.corruption(task)
    corrupted = masking(x, level, symbolic_generator(work.NOISE_SEED)) if level else None
    cost = layer.cross_entropy(x, corrupted=corrupted).mean()
    return x, cost, sgd(cost, layer.params, learning_rate=work.LEARNING_RATE)


def main(task: Task) -> None:
    """Train on command. `train` owns the loop, so a callback waits for the commands."""
    x, cost, updates = model(task)
    data = work.rows(task)
    turns = Turns()

    def wait(record: dict[str, Any]) -> None:
        turns.end(record["cost"])
        if not turns.begin():
            raise _FinishedError

    turns.ready({"autoenc": autoenc.__version__, "PyTensor": version("pytensor")})
    if not turns.begin():
        return
    checkpoint = task.options.get("checkpoint")
    with tempfile.TemporaryDirectory() as folder, suppress(_FinishedError):
        train(
            cost,
            updates,
            inputs=[x],
            data=data,
            batch_size=task.batch_size,
            n_epochs=task.n_epochs,
            shuffle=False,
            backend=task.options["backend"],
            device=task.device,
            precision=task.options.get("precision", "float32"),
            progress=False,
            callbacks=[wait],
            checkpoint=Path(folder, "run.ckpt") if checkpoint else None,
        )


if __name__ == "__main__":
    main(Task.from_command_line())
