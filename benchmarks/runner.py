"""The driver's end of the protocol: starts the workers and gives them turns."""

from __future__ import annotations

import json
import subprocess
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

# OpenBLAS and OpenMP threads go on spinning for a tenth of a second after their work.
PAUSE_SECONDS = 0.3
ROOT = Path(__file__).parent.parent


class WorkerError(RuntimeError):
    """A worker ended without an answer."""


class CostError(AssertionError):
    """The competitors did not compute the same thing."""


@dataclass
class Measurement:
    """What is learned about one competitor at one minibatch size.

    Attributes
    ----------
    start_seconds : float
        From the start of the process until its data are loaded and its model is built.
    costs : list of float or None
        The mean cost of each epoch, the warm-up first.
    seconds : list of float
        The mean time of an epoch in each round; the warm-up is not in it.
    first, first_cold : float or None
        Seconds of the first epoch, compilation included: with what the disk remembers, and (of
        those that keep compiled code on the disk) with nothing there.
    idle_cpu : float
        Seconds of processor time used while others had their turns.
    peak_bytes : int
        Largest resident size.
    versions : dict
        Libraries and their versions.
    """

    start_seconds: float = 0.0
    costs: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    first_cold: float | None = None
    idle_cpu: float = 0.0
    peak_bytes: int = 0
    versions: dict[str, str] = field(default_factory=dict)


class Worker:
    """A competitor in a process of its own, waiting for commands."""

    def __init__(self, entrant: Entrant, task: Task, cache: Path) -> None:
        self.name = entrant.name
        self.measurement = Measurement()
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - see __exit__
        own = replace(task, options=entrant.options)
        started = time.perf_counter()
        self._process = subprocess.Popen(
            [entrant.python, "-m", f"benchmarks.competitors.{entrant.module}", own.dumps()],
            cwd=ROOT,
            env=entrant.environment_with(str(cache / entrant.name)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.measurement.versions = self._answer()["versions"]
        self.measurement.start_seconds = time.perf_counter() - started

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def warm_up(self) -> None:
        """Run the first epoch, which compiles."""
        self.measurement.first = self._epoch()

    def turn(self, n_epochs: int) -> float:
        """Run epochs and note their mean time, once the others' threads are asleep."""
        time.sleep(PAUSE_SECONDS)
        self.measurement.seconds.append(float(np.mean([self._epoch() for _ in range(n_epochs)])))
        return self.measurement.seconds[-1]

    def finish(self) -> Measurement:
        """End the process and return what was learned."""
        self.measurement.peak_bytes = self._ask("finish")["peak_bytes"]
        return self.measurement

    def _epoch(self) -> float:
        answer = self._ask("epoch")
        self.measurement.costs.append(answer["cost"])
        self.measurement.idle_cpu += answer["idle_cpu"]
        return float(answer["seconds"])

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the missing answer tells more
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
    entrants: Sequence[Entrant], task: Task, n_rounds: int, epochs_a_turn: int
) -> dict[str, Measurement]:
    """Let every entrant train; return what was learned by name.

    All workers are started and warmed up, one after the other; then they take turns, each round
    beginning with another one.
    """
    with ExitStack() as stack:
        cache = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        cold = {e.name: first_epoch(e, task, cache) for e in entrants if e.keeps_compiled_code}
        workers = [stack.enter_context(Worker(entrant, task, cache)) for entrant in entrants]
        for worker in workers:
            worker.warm_up()
        for i in range(n_rounds):
            play_round(workers, i, epochs_a_turn)
        results = {worker.name: worker.finish() for worker in workers}
    for name, seconds in cold.items():
        results[name].first_cold = seconds
    return results


def first_epoch(entrant: Entrant, task: Task, cache: Path) -> float:
    """Return the seconds of the first epoch in a process that ends afterwards."""
    with Worker(entrant, task, cache) as worker:
        worker.warm_up()
        return worker.finish().first


def play_round(workers: Sequence[Worker], i: int, epochs_a_turn: int) -> None:
    """Give every worker a turn, beginning with number ``i``."""
    first = i % len(workers)
    for worker in [*workers[first:], *workers[:first]]:
        worker.turn(epochs_a_turn)


def check_costs(results: dict[str, Measurement], tolerance: float = 1e-3) -> float:
    """Return how far the costs of an epoch lie apart, relative to the smallest, at worst.

    Raises
    ------
    CostError
        If it is more than ``tolerance``, or a cost is not a number.
    """
    costs = {name: m.costs for name, m in results.items() if None not in m.costs}
    if not costs:
        return 0.0
    table = np.array(list(costs.values()), dtype=float)
    spread = float(np.max((table.max(axis=0) - table.min(axis=0)) / table.min(axis=0)))
    if not spread <= tolerance:
        lines = [f"{name}: {' '.join(f'{c:.5g}' for c in row)}" for name, row in costs.items()]
        raise CostError(
            f"COSTS DIFFER by {spread:.3g} relative, more than {tolerance:g}; "
            "the times are worthless. Costs of each epoch:\n" + "\n".join(lines)
        )
    return spread
