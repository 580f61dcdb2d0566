"""Start processes that train together, forward signals to them, and end them all if one is lost.

A process that waits for a lost one is blocked in a library that ignores signals, for tens of
seconds or longer. The parent notices at once, and knows the reason.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from autoenc.backends import usable_threads
from autoenc.cli.terminal import one_line
from autoenc.distributed import INTERRUPTED, LIFELINE, LOST_ANOTHER

POLL_SECONDS = 0.05
# A process that is stopped for this long counts as lost. The others disconnect after 10 s.
STOPPED_SECONDS = 3.0
# Time in which processes can end by themselves if all fail, for example on wrong input, and in
# which the first one can write its results.
GRACE_SECONDS = 5.0
LINES_KEPT = 10
FORWARDED = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass
class Child:
    """One of the processes.

    Attributes
    ----------
    rank : int
    process : Popen
    status : int or None
        Its exit status, negative for a signal; None while it runs.
    ended : float
        Time at which its end was noticed.
    stopped : tuple of int and float, or None
        Signal that stopped it, and the time; None if it is not stopped.
    lines : deque of str
        Last lines that it printed.
    """

    rank: int
    process: subprocess.Popen[bytes]
    status: int | None = None
    ended: float = 0.0
    stopped: tuple[int, float] | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))

    def look(self) -> None:
        """Note whether the process has ended, was stopped or was continued."""
        if self.status is not None:
            return
        if sys.platform == "win32":
            self._end(self.process.poll())
            return
        pid, status = os.waitpid(self.process.pid, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
        if pid == 0:
            return
        if os.WIFSTOPPED(status):
            self.stopped = os.WSTOPSIG(status), time.monotonic()
        elif os.WIFCONTINUED(status):
            self.stopped = None
        else:
            self._end(os.waitstatus_to_exitcode(status))

    def send(self, signum: int) -> None:
        """Send a signal, if the process runs."""
        if self.status is None:
            os.kill(self.process.pid, signum)

    @property
    def is_lost(self) -> bool:
        """Return whether the process has failed or does not answer."""
        if self.stopped is not None and self.status is None:
            return time.monotonic() - self.stopped[1] > STOPPED_SECONDS
        return self.status not in (None, 0)

    @property
    def blame(self) -> tuple[int, float]:
        """Sort key: the process with the smallest value is the likeliest cause.

        A process that has lost another one has a known exit status, or is aborted by JAX.
        """
        if self.status is None:
            return 0, self.stopped[1] if self.stopped else 0.0
        is_consequence = self.status in (LOST_ANOTHER, -getattr(signal, "SIGABRT", 6))
        return (2 if is_consequence else 0 if self.status < 0 else 1), self.ended

    @property
    def reason(self) -> str:
        """Why the process is lost, in words."""
        if self.status is None and self.stopped is not None:
            return f"was stopped by {_name(self.stopped[0])} and does not answer"
        if self.status is not None and self.status < 0:
            return f"was killed by {_name(-self.status)}"
        said = f": {self.lines[-1]}" if self.lines else ""
        return f"ended with exit status {self.status}{said}"

    def _end(self, status: int | None) -> None:
        self.status = self.process.returncode = status
        self.ended = time.monotonic()


def supervise(command: Sequence[str], n: int, *, show_all: bool = False) -> int:
    """Run a command in several processes that connect to each other; return an exit status.

    Parameters
    ----------
    command : sequence of str
        Command line of each process.
    n : int
        Number of processes.
    show_all : bool, default False
        Whether to print the output of all processes, and not only of the first.

    Returns
    -------
    int
        The common exit status; 1 if a process is lost, after a message that names it.
    """
    with _started(command, n, show_all=show_all) as children, _forwarding(children) as sent:
        while _wait(children):
            _wait(children, time.monotonic() + GRACE_SECONDS)
            # A process that was stopped may have been continued meanwhile.
            if any(child.is_lost for child in children):
                return _status_of_lost(children, sent)
        return 0


def _status_of_lost(children: Sequence[Child], sent: Collection[int]) -> int:
    """Return the common exit status, or 1 after a message that names the process to blame."""
    statuses = {child.status for child in children}
    if len(statuses) == 1 and (status := statuses.pop()) is not None and status > 0:
        return status
    blamed = min((child for child in children if child.is_lost), key=lambda c: c.blame)
    if signal.SIGINT in sent and blamed.status is not None and blamed.status > 0:
        return INTERRUPTED
    said = (
        f"error: process {blamed.rank} of {len(children)} {blamed.reason}; the others are ended."
    )
    print(one_line(said), file=sys.stderr, flush=True)
    return 1


def _wait(children: Sequence[Child], until: float | None = None) -> bool:
    """Wait until all end, a time is reached, or a process is lost; return whether one is lost."""
    while any(child.status is None for child in children):
        for child in children:
            child.look()
        if until is None and any(child.is_lost for child in children):
            return True
        if until is not None and time.monotonic() > until:
            break
        time.sleep(POLL_SECONDS)
    return any(child.is_lost for child in children)


@contextmanager
def _started(command: Sequence[str], n: int, *, show_all: bool) -> Iterator[list[Child]]:
    """Start processes, and kill those that still run at the end."""
    # A process that reads end-of-file from this pipe has lost its parent.
    there, here = os.pipe()
    port = _free_port()
    children: list[Child] = []
    try:
        for rank in range(n):
            children.append(_start(command, _environment(rank, n, port, there), rank, there))
        os.close(there)
        threads = [_follow(child, show_all=show_all) for child in children[1:]]
        yield children
    finally:
        for child in children:
            child.look()
            if child.status is None:
                child.process.kill()
                child.process.wait()
        os.close(here)
    for thread in threads:
        thread.join(1)


def _start(command: Sequence[str], environment: dict[str, str], rank: int, pipe: int) -> Child:
    output: dict[str, Any] = {}
    if rank:
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    # In a session of its own, a process receives Ctrl-C only once, from its parent.
    process = subprocess.Popen(
        command, env=environment, pass_fds=(pipe,), start_new_session=True, **output
    )
    return Child(rank, process)


def _environment(rank: int, n: int, port: int, pipe: int) -> dict[str, str]:
    threads = str(max(usable_threads() // n, 1))
    shared = {"NPROC": threads, "OMP_NUM_THREADS": threads, **os.environ}
    shared.pop("TORCHELASTIC_RUN_ID", None)
    return shared | {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(n),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        LIFELINE: str(pipe),
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _follow(child: Child, *, show_all: bool) -> threading.Thread:
    """Read what a process prints, in a thread."""

    def read(pipe: IO[bytes]) -> None:
        for line in pipe:
            text = line.decode(errors="replace").rstrip()
            child.lines.append(text)
            if show_all:
                print(f"[{child.rank}] {text}", flush=True)

    assert child.process.stdout is not None
    thread = threading.Thread(target=read, args=(child.process.stdout,), daemon=True)
    thread.start()
    return thread


@contextmanager
def _forwarding(children: Sequence[Child]) -> Iterator[list[int]]:
    """Forward signals to all processes; yield a list of those forwarded."""
    sent: list[int] = []

    def forward(signum: int, _: object) -> None:
        sent.append(signum)
        for child in children:
            child.send(signum)

    if threading.current_thread() is not threading.main_thread():
        yield sent
        return
    before = {signum: signal.signal(signum, forward) for signum in FORWARDED}
    try:
        yield sent
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _name(signum: int) -> str:
    return signal.Signals(signum).name
