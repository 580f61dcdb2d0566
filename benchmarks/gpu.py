"""Lower bounds of the time of a minibatch on a GPU, from arithmetic and memory.

>>> floor = Floor(GPUS["H200"], batch_size=20, n_visible=784, n_hidden=500)
>>> floor.n_operations
78400000
>>> round(floor.operation_micros, 1), round(floor.memory_micros, 1)
(1.2, 0.7)
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import report, work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.field import Entrant
    from benchmarks.runner import Measurement
    from benchmarks.worker import Task


class Gpu(NamedTuple):
    """Peak rates of a GPU from its data sheet: float32 without tensor cores, and memory."""

    teraflops: float
    terabytes_per_second: float


# By a part of the name that `nvidia-smi` reports; more specific names come first.
GPUS = {
    "H200 NVL": Gpu(60.0, 4.8),
    "H200": Gpu(66.9, 4.8),
    "H100 PCIe": Gpu(51.2, 2.0),
    "H100": Gpu(66.9, 3.35),
    "A100": Gpu(19.5, 2.0),
    "L40S": Gpu(91.6, 0.864),
}


@dataclass(frozen=True)
class Floor:
    """Lower bound of the time of a step of the tied autoencoder on a GPU, in float32."""

    gpu: Gpu
    batch_size: int
    n_visible: int
    n_hidden: int

    @property
    def n_operations(self) -> int:
        """Number of operations of five products: one multiplication and addition per term."""
        return 5 * 2 * self.batch_size * self.n_visible * self.n_hidden

    @property
    def n_bytes(self) -> int:
        """Number of bytes read and written if elementwise operations are fused into the products.

        The minibatch is read; W is read and written; the code, the gradient of its
        pre-activation and that of the output are written and read.
        """
        codes = 2 * self.batch_size * self.n_hidden
        outputs = self.batch_size * self.n_visible
        weights = self.n_visible * self.n_hidden
        return 4 * (self.batch_size * self.n_visible + 2 * weights + 2 * (codes + outputs))

    @property
    def operation_micros(self) -> float:
        """Time of the arithmetic."""
        return self.n_operations / (self.gpu.teraflops * 1e6)

    @property
    def memory_micros(self) -> float:
        """Time of the memory."""
        return self.n_bytes / (self.gpu.terabytes_per_second * 1e6)

    @property
    def micros(self) -> float:
        """The longer of the two times."""
        return max(self.operation_micros, self.memory_micros)


def gpu_name() -> str:
    """Return the name of the first GPU, or the reason why it is unknown."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"unknown GPU ({error})"
    return done.stdout.splitlines()[0].strip()


def find_gpu(name: str) -> Gpu | None:
    """Return the peak rates of the GPU with this name; None if they are unknown."""
    return next((gpu for part, gpu in GPUS.items() if part in name), None)


def where_it_goes(
    name: str, entrants: Sequence[Entrant], results: dict[str, Measurement], task: Task
) -> str:
    """Return a table of the time of a minibatch on a GPU, and of its lower bound."""
    gpu = find_gpu(name)
    floor = Floor(gpu, task.batch_size, task.n_visible, task.n_hidden) if gpu else None
    n_minibatches = work.n_minibatches(task)
    header = ["", "µs per minibatch", "times the floor"]
    rows = []
    for entrant in entrants:
        micros = median(report.micros(results[entrant.name].seconds, n_minibatches))
        times = f"{micros / floor.micros:,.1f}" if floor else ""
        rows.append([entrant.description, f"{micros:,.1f}", times])
    return f"{describe(name, floor)}\n\n{report.table(header, rows)}"


def describe(name: str, floor: Floor | None) -> str:
    """Describe how the lower bound is computed."""
    if floor is None:
        return f"There is no lower bound: benchmarks/gpu.py has no peak rates of {name}."
    return (
        f"Lower bound on {name}: {floor.n_operations / 1e6:,.0f} million operations at "
        f"{floor.gpu.teraflops:g} TFLOP/s take {floor.operation_micros:.1f} µs, "
        f"{floor.n_bytes / 1e6:,.1f} MB at {floor.gpu.terabytes_per_second:g} TB/s "
        f"{floor.memory_micros:.1f} µs; the bound is the longer time."
    )
