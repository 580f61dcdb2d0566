"""Memory of a training run: its peak, and its growth with the number of epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks import plots, report
from benchmarks.field import everyone
from benchmarks.report import MIB
from benchmarks.runner import Measurement, measure_alone
from benchmarks.work import WORKS

if TYPE_CHECKING:
    from benchmarks.session import Session

OPTIONS = ("batch-sizes",)
ALSO = ("jax", "torch")
N_EPOCHS, QUICK_EPOCHS = 12, 4
# Memory that the library may use in addition to the caller's rows and a copy on the device.
COPIES, BESIDES = 2, 400 * 10**6


def run(session: Session) -> report.Outcome:
    """Measure every minibatch size."""
    candidates = [
        e for e in everyone() if (e.is_ours and e.precision == "float32") or e.name in ALSO
    ]
    n_epochs = QUICK_EPOCHS if session.options.quick else N_EPOCHS
    outcome = report.Outcome("Memory", description(n_epochs))
    panels: dict[str, dict[str, list[float]]] = {}
    for batch_size in session.batch_sizes:
        task = session.task(WORKS["784-500"], batch_size, n_epochs)
        n_bytes = np.load(task.data, mmap_mode="r").nbytes
        rows = []
        title = f"784-500, minibatches of {batch_size}"
        panels[title] = {}
        for entrant in session.entrants(candidates):
            found = measure_alone(entrant, task, n_epochs - 1, session.cache)
            session.note_versions([found])
            rows.append([entrant.description, *cells(found, n_bytes)])
            panels[title][entrant.name] = [found.peak_bytes / MIB]
            outcome.raw.append(report.raw(found, entrant=entrant.name, batch_size=batch_size))
        outcome.text += f"\n\n### Minibatches of {batch_size}\n\n{table(rows)}"
    outcome.figure = plots.bars(panels, "largest size of the process, MiB")
    return outcome


def cells(found: Measurement, n_bytes: int) -> list[str]:
    """Return the row of a competitor."""
    limit = COPIES * n_bytes + BESIDES
    numbers = (n_bytes, found.peak_bytes, limit)
    return [*(f"{n / MIB:,.0f}" for n in numbers), f"{growth(found) / MIB:+.2f}"]


def growth(found: Measurement) -> float:
    """Return the bytes that an epoch adds, by least squares without the first epoch."""
    sizes = found.resident_bytes[1:]
    return float(np.polyfit(np.arange(len(sizes)), sizes, 1)[0])


def table(rows: list[list[str]]) -> str:
    """Return the table."""
    bound = "twice the rows + 400 MB, MiB"
    header = ["", "rows, MiB", "peak, MiB", bound, "growth per epoch, MiB"]
    return report.table(header, rows)


def description(n_epochs: int) -> str:
    """Describe the benchmark."""
    return (
        "The table shows the resident memory of a process that trains a 784-500 autoencoder for "
        f"{n_epochs} epochs, including libraries. The growth is the slope over all epochs after "
        "the first."
    )
