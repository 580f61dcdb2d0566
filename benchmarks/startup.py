"""Time of imports, and additional time of the first epoch compared with a warm one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import plots, report
from benchmarks.field import everyone, lack
from benchmarks.runner import ROOT, Measurement, measure_alone
from benchmarks.work import WORKS

if TYPE_CHECKING:
    from benchmarks.field import Entrant
    from benchmarks.session import Session
    from benchmarks.worker import Task

OPTIONS = ("batch-sizes", "rounds", "theano-python")
WARM_EPOCHS = 3
IMPORTS = {
    "autoenc": "import autoenc",
    "autoenc, an estimator": "from autoenc import DenoisingAutoEncoder",
    "autoenc, the graph and training": "import autoenc.graph, autoenc.training",
    "jax": "import jax",
    "torch": "import torch",
    "keras": "import keras",
}


def run(session: Session) -> report.Outcome:
    """Measure imports, then first epochs with empty and with filled caches."""
    imports = {name: import_seconds(code, session.rounds) for name, code in importable().items()}
    outcome = report.Outcome("Start", f"{description()}\n\n{import_table(imports)}")
    outcome.raw += [{"import": IMPORTS[n], "seconds": s} for n, s in imports.items()]
    batch_size = session.batch_sizes[0]
    task = session.task(WORKS["784-500"], batch_size, 1 + WARM_EPOCHS)
    everybody = [e for e in everyone(session.options.theano_python) if e.module[:5] != "floor"]
    candidates = [e for e in everybody if e.is_ours] if session.options.quick else everybody
    entrants = session.entrants(candidates)
    starts = {entrant.name: both_starts(entrant, task) for entrant in entrants}
    outcome.text += f"\n\n{start_table(entrants, starts)}"
    panels = {"imports": imports}
    for i, title in enumerate(("first epoch minus a warm one, empty caches", "the same, cached")):
        panels[title] = {name: [extra(pair[i])] for name, pair in starts.items()}
    outcome.figure = plots.bars(panels, "seconds")
    for name, pair in starts.items():
        session.note_versions(pair)
        for m, cache in zip(pair, ("empty", "full"), strict=True):
            outcome.raw.append(report.raw(m, entrant=name, batch_size=batch_size, cache=cache))
    return outcome


def importable() -> dict[str, str]:
    """Return the imports that are possible here."""
    return {n: code for n, code in IMPORTS.items() if not lack(n.partition(",")[0])}


def import_seconds(code: str, n_times: int) -> list[float]:
    """Return the seconds that ``code`` takes in fresh processes, with its files cached."""
    timed = f"from time import perf_counter as t; a = t(); {code}; print(t() - a)"
    command = [sys.executable, "-c", timed]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    seconds = []
    for _ in range(1 + n_times):
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        seconds.append(float(done.stdout.splitlines()[-1]))
    return seconds[1:]


def both_starts(entrant: Entrant, task: Task) -> tuple[Measurement, Measurement]:
    """Measure training with empty caches, and with the caches that the first run left on disk."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        first = measure_alone(entrant, task, WARM_EPOCHS, Path(folder))
        return first, measure_alone(entrant, task, WARM_EPOCHS, Path(folder))


def extra(measurement: Measurement) -> float:
    """Return the time of the first epoch minus that of a warm one."""
    return max(measurement.first - median(measurement.seconds), 0)


def import_table(imports: dict[str, list[float]]) -> str:
    """Return a table of the times of imports."""
    rows = [[f"`{IMPORTS[n]}`", report.spread(s, ".2f")] for n, s in imports.items()]
    return report.table(["", "s"], rows)


def start_table(
    entrants: list[Entrant], starts: dict[str, tuple[Measurement, Measurement]]
) -> str:
    """Return a table of the additional times of the first epoch."""
    header = [
        "",
        "process until model is built, s",
        "first epoch, s",
        "first less warm, s",
        "the same from caches, s",
        "warm epoch, s",
    ]
    rows = [
        [
            entrant.description,
            f"{cached.start_seconds:.1f}",
            f"{cold.first:.2f}",
            f"{extra(cold):.2f}",
            f"{extra(cached):.2f}",
            f"{median(cached.seconds):.2f}",
        ]
        for entrant in entrants
        for cold, cached in [starts[entrant.name]]
    ]
    return report.table(header, rows)


def description() -> str:
    """Describe the benchmark."""
    return (
        "Imports are timed in a fresh process, with their files already in the system's cache. "
        "The first epoch of 784-500 includes compilation; the time of a warm epoch is "
        "subtracted. It is timed with empty compile caches, and in a second process with the "
        "caches that the first has written to disk (PyTensor's modules, and the compile caches "
        "of XLA and PyTorch)."
    )
