"""The protocol of the competitors: a line of JSON as the answer to every line with a command.

A worker waits until it reads ``epoch``. It then trains one epoch, and answers with its wall-clock
seconds and mean cost. ``finish`` ends it. Between commands, it sleeps in a read, so that the
competitors, which run in separate processes, do not disturb each other.

The module uses only the standard library and is valid Python 3.8, because Theano's worker imports
it, too.
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
    """Task of a worker, given when it is started: the data, the sizes and its own options."""

    data: str
    n_visible: int
    n_hidden: int
    batch_size: int
    n_epochs: int
    device: str = "cpu"
    options: dict[str, str] = field(default_factory=dict)

    def dumps(self) -> str:
        """Return the task as the only argument of a worker's command line."""
        return json.dumps(self.__dict__)

    @staticmethod
    def from_command_line() -> Task:
        """Return the task that the driver passed to this process."""
        return Task(**json.loads(sys.argv[1]))


class Turns:
    """The worker's side of the protocol: `begin` waits for a command, and `end` answers it.

    If a library owns its training loop, a callback waits in `begin`. Other competitors pass a
    function for an epoch to `serve`.
    """

    def __init__(self) -> None:
        # Redirect what libraries print to stderr, so that the pipe contains only answers.
        self._out = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)
        self._started = 0.0
        self._cpu = 0.0

    def ready(self, versions: dict[str, str]) -> None:
        """Report that data and model are ready, and the versions of the libraries."""
        self._answer(versions=versions)

    def begin(self) -> bool:
        """Wait for a command; return False if it ends the worker."""
        command = sys.stdin.readline().strip()
        # Processor time that this process used while others were measured, for spinning threads.
        self._idle_cpu = time.process_time() - self._cpu
        if command != "epoch":
            self._answer(peak_bytes=memory_bytes("VmHWM"))
            return False
        self._started = time.perf_counter()
        return True

    def end(self, cost: float | None) -> None:
        """Answer an ``epoch`` command; the cost is None if the competitor computes none."""
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
    """Run ``epoch`` once for every command, until a command ends the worker."""
    turns = Turns()
    turns.ready(versions)
    while turns.begin():
        turns.end(epoch())


def memory_bytes(name: str) -> int:
    """Return the size of this process: "VmRSS" is its current size, "VmHWM" the largest.

    On systems other than Linux, both are the largest size. On Linux, ``ru_maxrss`` is inherited
    from the parent through fork and exec, so a small worker would report the size of its driver.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
