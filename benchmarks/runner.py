"""The driver's side of the protocol: starts the workers and gives them turns."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from benchmarks.field import Entrant
    from benchmarks.worker import Task

# Threads of OpenBLAS and OpenMP continue to spin for a tenth of a second after their work.
PAUSE_SECONDS = 0.3
PLATFORMS = {"cpu": {"JAX_PLATFORMS": "cpu"}, "cuda": {"JAX_PLATFORMS": "cuda,cpu"}}
# Maximum relative deviation of costs, with the same start and rows. Masks differ.
TOLERANCES = {"float32": 1e-3, "tf32": 5e-3, "bfloat16": 1e-2}
MASK_TOLERANCE = 1e-2
ROOT = Path(__file__).parent.parent


class WorkerError(RuntimeError):
    """Error raised if a worker ended without an answer."""


class CostError(AssertionError):
    """Error raised if the costs of the competitors differ."""


@dataclass
class Measurement:
    """Measurements of one competitor at one minibatch size.

    Attributes
    ----------
    start_seconds : float
        Time from the start of the process until its data is loaded and its model is built.
    costs : list of float or None
        The mean cost of each epoch, the warm-up first.
    seconds : list of float
        The mean time of an epoch in each round, without the warm-up.
    first : float
        Seconds of the first epoch, including compilation.
    idle_cpu : float
        Seconds of processor time used while others had their turns.
    resident_bytes : list of int
        Size of the process after each epoch, the warm-up first.
    peak_bytes : int
        Maximum size of the process.
    versions : dict
        Libraries and their versions.
    """

    start_seconds: float = 0.0
    costs: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    idle_cpu: float = 0.0
    resident_bytes: list[int] = field(default_factory=list)
    peak_bytes: int = 0
    versions: dict[str, str] = field(default_factory=dict)


class Worker:
    """A competitor in a process of its own, waiting for commands."""

    def __init__(self, entrant: Entrant, task: Task, cache: Path) -> None:
        self.name = entrant.name
        self.measurement = Measurement()
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - see __exit__
        own = replace(task, options={**task.options, **entrant.options})
        # The program is the same with and without masks.
        own_cache = cache / entrant.name.partition(",")[0]
        own_cache.mkdir(parents=True, exist_ok=True)
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            [entrant.python, "-m", f"benchmarks.competitors.{entrant.module}", own.dumps()],
            cwd=ROOT,
            env={**entrant.environment_with(str(own_cache)), **PLATFORMS[task.device]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Worker:
        try:
            self.wait_until_ready()
        except WorkerError:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def wait_until_ready(self) -> None:
        """Wait until the data is loaded and the model is built."""
        self.measurement.versions = self._answer()["versions"]
        self.measurement.start_seconds = time.perf_counter() - self._started

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def warm_up(self) -> None:
        """Run the first epoch, which compiles."""
        self.measurement.first = self._epoch()

    def turn(self, n_epochs: int) -> float:
        """Run epochs and record their mean time, once the threads of the others are asleep."""
        time.sleep(PAUSE_SECONDS)
        self.measurement.seconds.append(float(np.mean([self._epoch() for _ in range(n_epochs)])))
        return self.measurement.seconds[-1]

    def finish(self) -> Measurement:
        """End the process, and return the measurements."""
        self.measurement.peak_bytes = self._ask("finish")["peak_bytes"]
        return self.measurement

    def _epoch(self) -> float:
        answer = self._ask("epoch")
        self.measurement.costs.append(answer["cost"])
        self.measurement.idle_cpu += answer["idle_cpu"]
        self.measurement.resident_bytes.append(answer["resident_bytes"])
        return float(answer["seconds"])

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the error about the missing answer says more
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._log.seek(0)
            raise WorkerError(f"{self.name} ended:\n{self._log.read()[-4000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def measure(
    entrants: Sequence[Entrant], task: Task, n_rounds: int, epochs_a_turn: int, cache: Path
) -> dict[str, Measurement]:
    """Let every competitor train; return the measurements by name.

    All workers are started together and warmed up one after the other. They then take turns, and
    each round begins with a different worker.
    """
    with ExitStack() as stack:
        workers = [Worker(entrant, task, cache) for entrant in entrants]
        for worker in workers:
            stack.callback(worker.close)
        for worker in workers:
            worker.wait_until_ready()
        for worker in workers:
            worker.warm_up()
            say(f"{worker.name}: first epoch {worker.measurement.first:.2f} s")
        for i in range(n_rounds):
            play_round(workers, i, epochs_a_turn)
        for worker in workers:
            seconds = ", ".join(f"{s:.4f}" for s in worker.measurement.seconds)
            say(f"{worker.name}: {task.batch_size} rows, {seconds} s")
        return {worker.name: worker.finish() for worker in workers}


def say(text: str) -> None:
    """Print the progress to standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)


def measure_alone(entrant: Entrant, task: Task, n_turns: int, cache: Path) -> Measurement:
    """Let one competitor train for a warm-up and ``n_turns`` epochs, and end it."""
    with Worker(entrant, task, cache) as worker:
        worker.warm_up()
        for _ in range(n_turns):
            worker.turn(1)
        return worker.finish()


def play_round(workers: Sequence[Worker], i: int, epochs_a_turn: int) -> None:
    """Give every worker a turn, starting with number ``i``."""
    first = i % len(workers)
    for worker in [*workers[first:], *workers[:first]]:
        worker.turn(epochs_a_turn)


def check_costs(
    entrants: Sequence[Entrant], results: dict[str, Measurement], corruption: float
) -> dict[str, float]:
    """Return the largest deviation of each competitor's costs from the median float32 costs.

    Raises
    ------
    CostError
        If a deviation is larger than precision and masks allow, or a cost is not a number.
    """
    costs = {e.name: results[e.name].costs for e in entrants if None not in results[e.name].costs}
    exact = [costs[e.name] for e in entrants if e.name in costs and e.precision == "float32"]
    expected = np.median(np.array(exact or list(costs.values()), dtype=float), axis=0)
    apart = {}
    for entrant in entrants:
        if entrant.name in costs:
            own = np.array(costs[entrant.name], dtype=float)
            apart[entrant.name] = float(np.max(np.abs(own / expected - 1)))
    for entrant in entrants:
        tolerance = max(TOLERANCES[entrant.precision], MASK_TOLERANCE if corruption else 0)
        if not apart.get(entrant.name, 0) <= tolerance:
            lines = [f"{name}: {' '.join(f'{c:.5g}' for c in row)}" for name, row in costs.items()]
            raise CostError(
                f"{entrant.name}'s COSTS DIFFER from the others' by {apart[entrant.name]:.3g} "
                f"relative, more than {tolerance:g}; the times are worthless. Costs of each "
                "epoch:\n" + "\n".join(lines)
            )
    return apart
