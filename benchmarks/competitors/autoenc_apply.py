"""autoenc's estimator applied to rows by one of its methods; an epoch is all rows once."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

import autoenc
from autoenc import AutoEncoder
from benchmarks import work
from benchmarks.worker import Task, serve

N_FITTED = 20
N_COMPARED = 1000


def model(task: Task, rows: np.ndarray) -> AutoEncoder:
    """Return a fitted model with the parameters that all competitors use."""
    ae = AutoEncoder(
        task.n_hidden,
        n_epochs=1,
        verbose=False,
        backend=task.options["backend"],
        device=task.device,
    )
    ae.fit(rows[:N_FITTED])
    ae.W_, ae.hidden_bias_, ae.visible_bias_ = work.start(task)
    return ae


def main(task: Task) -> None:
    """Apply the model on command; the mean of the first results shows whether they are correct."""
    rows = np.load(task.data, mmap_mode="r")
    method = getattr(model(task, rows), task.options["method"])

    def turn() -> float:
        return float(method(rows)[:N_COMPARED].mean(dtype=np.float64))

    serve(turn, {"autoenc": autoenc.__version__, "PyTensor": version("pytensor")})


if __name__ == "__main__":
    main(Task.from_command_line())
