"""Sixteen small fits by `fit_many`, compared with the same fits one after the other."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from autoenc import AutoEncoder, fit_many
from autoenc.backends import BackendError, resolve_backend
from benchmarks import report

if TYPE_CHECKING:
    from collections.abc import Callable

    from autoenc.rows.blocks import Array
    from benchmarks.session import Session

OPTIONS = ("rounds",)
FITS = 16
# Columns, units, rows and epochs of a model.
MODELS = ((10, 8, 300, 10), (10, 8, 1000, 10), (10, 8, 10_000, 10), (784, 100, 1000, 2))
HEADER = ("model", "rows, epochs", "backend", "one after the other", "`fit_many`", "ratio")


def run(session: Session) -> report.Outcome:
    """Measure each model on each backend; the two ways take turns within a process."""
    outcome = report.Outcome(
        "Many fits",
        f"{FITS} autoencoders that differ in `random_state`, with minibatches of 20. Values are "
        f"milliseconds per fit, as medians of {session.rounds} rounds. Ratios are taken within a "
        "round and have quartiles.",
    )
    lines = []
    for name in ("c", "xla"):
        try:
            resolve_backend(name, "cpu")
        except BackendError as error:
            session.left_out[name] = str(error)
            continue
        for model in MODELS[:1] if session.options.quick else MODELS:
            apart, together = measure(model, name, session.rounds)
            lines.append(line(model, name, apart, together))
            sizes = dict(zip(("columns", "units", "rows", "epochs"), model, strict=True))
            outcome.raw.append({**sizes, "backend": name, "apart": apart, "together": together})
    outcome.text += f"\n\n{report.table(HEADER, lines)}"
    return outcome


def measure(
    model: tuple[int, int, int, int], backend: str, rounds: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of each round, one after the other and by `fit_many`."""
    columns, units, n_rows, n_epochs = model
    X = np.random.default_rng(0).random((n_rows, columns), dtype="float32")

    def estimators() -> list[AutoEncoder]:
        return [
            AutoEncoder(units, n_epochs=n_epochs, backend=backend, random_state=k, verbose=False)
            for k in range(FITS)
        ]

    ways = one_after_the_other, fit_many
    seconds: tuple[list[float], list[float]] = [], []
    for turn in range(rounds + 1):  # the first compiles
        for k in (0, 1) if turn % 2 else (1, 0):
            taken = seconds_of(ways[k], estimators(), X)
            if turn:
                seconds[k].append(taken)
    return seconds


def one_after_the_other(estimators: list[AutoEncoder], X: Array) -> list[AutoEncoder]:
    """Fit each estimator separately."""
    return [estimator.fit(X) for estimator in estimators]


def seconds_of(
    way: Callable[[list[AutoEncoder], Array], list[AutoEncoder]],
    estimators: list[AutoEncoder],
    X: Array,
) -> float:
    """Return the time of a function in seconds."""
    started = perf_counter()
    way(estimators, X)
    return perf_counter() - started


def line(
    model: tuple[int, int, int, int], backend: str, apart: list[float], together: list[float]
) -> list[str]:
    """Return a line of the table."""
    columns, units, n_rows, n_epochs = model
    ratios = [a / b for a, b in zip(apart, together, strict=True)]
    times = [f"{median(seconds) / FITS * 1000:.1f}" for seconds in (apart, together)]
    name = {"c": "C", "xla": "XLA"}[backend]
    return [
        f"{columns}-{units}", f"{n_rows:,}, {n_epochs}", name, *times,
        report.spread(ratios, ".2f"),
    ]  # fmt: skip
