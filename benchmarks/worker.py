"""The protocol every competitor speaks: one JSON line out for every command line in.

A worker does nothing until it reads ``epoch``; it then trains one epoch and answers with its
wall-clock seconds and mean cost. ``finish`` ends it. Between commands it sleeps in a read, so the
competitors, each in its own process, do not disturb one another.

Standard library only, and Python 3.8: Theano's worker imports it too.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Task:
    """What a worker is told when it is started: the data, the sizes and its own options."""

    data: str
    n_visible: int
    n_hidden: int
    batch_size: int
    n_epochs: int
    device: str = "cpu"
    options: dict[str, str] = field(default_factory=dict)

    def dumps(self) -> str:
        """Return the task as the one argument of a worker's command line."""
        return json.dumps(self.__dict__)

    @staticmethod
    def from_command_line() -> Task:
        """Read the task that the driver gave to this process."""
        return Task(**json.loads(sys.argv[1]))


class Turns:
    """The worker's end of the pipe: `begin` waits for a command, `end` answers it.

    A library that owns its training loop blocks in `begin` inside a callback; any other competitor
    hands its epoch to `serve`.
    """

    def __init__(self) -> None:
        # Libraries may print: their output goes to stderr, the pipe is ours alone.
        self._out = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)
        self._started = 0.0
        self._cpu = 0.0

    def ready(self, versions: dict[str, str]) -> None:
        """Say that the data are loaded and the model is built, and with which libraries."""
        self._answer(versions=versions)

    def begin(self) -> bool:
        """Wait for a command; return False when it is to finish."""
        command = sys.stdin.readline().strip()
        # Anything this process burnt while another was being timed: spinning threads.
        self._idle_cpu = time.process_time() - self._cpu
        if command != "epoch":
            self._answer(peak_bytes=memory_bytes("VmHWM"))
            return False
        self._started = time.perf_counter()
        return True

    def end(self, cost: float | None) -> None:
        """Answer an ``epoch`` command; a competitor that computes no cost gives None."""
        seconds = time.perf_counter() - self._started
        self._answer(
            seconds=seconds,
            cost=cost,
            idle_cpu=self._idle_cpu,
            resident_bytes=memory_bytes("VmRSS"),
        )

    def _answer(self, **values: Any) -> None:
        self._cpu = time.process_time()
        self._out.write(json.dumps(values) + "\n")


def serve(epoch: Callable[[], float | None], versions: dict[str, str]) -> None:
    """Run ``epoch`` once for every command until told to finish."""
    turns = Turns()
    turns.ready(versions)
    while turns.begin():
        turns.end(epoch())


def memory_bytes(name: str) -> int:
    """Return what Linux knows of this process: "VmRSS" is its size now, "VmHWM" its largest.

    Elsewhere the largest stands for both. On Linux ``ru_maxrss`` would not do: it is handed on
    from the parent through fork and exec, so that a small worker would report its driver's size.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
