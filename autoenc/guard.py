"""A small process that watches its parent, and reports when the parent is lost.

A process that is killed or stopped cannot report this itself. If it is one of several that train
together, the others wait for it, and a launcher such as torchrun waits another 30 s for a stopped
process. The guard reports the loss at once, and ends a stopped process. It runs only this file, so
that it uses little memory and starts quickly.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

POLL_SECONDS = 0.1
# A process that is stopped for this long counts as lost. The others disconnect after 10 s.
STOPPED_SECONDS = 3.0
# Seconds that an ending process waits for its guard.
LEAVING_SECONDS = 1.0


class Guard:
    """Guard that watches this process until it is released.

    Parameters
    ----------
    who : str
        Name of the process in messages, such as ``"process 1 of 4"``.
    """

    def __init__(self, who: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if sys.platform == "win32" or not sys.executable:  # nothing to watch for, or no Python
            return
        command = [sys.executable, "-I", "-S", __file__, str(os.getpid()), who]
        # Close standard output, because its reader waits for its end.
        with suppress(OSError):  # the system may refuse another process
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )

    def release(self) -> None:
        """End the guard without a message, because the process reports its own end."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError, subprocess.TimeoutExpired):  # the guard has already ended
            process.communicate(b"released", LEAVING_SECONDS)


def watch(pid: int, who: str, pipe: int) -> str:
    """Watch the parent until it is lost or announces its end.

    Parameters
    ----------
    pid : int
        Process id of the parent.
    who : str
        Name of the parent.
    pipe : int
        Pipe to which the parent writes before it ends.

    Returns
    -------
    str
        Description of the loss; empty if the parent ends by itself, or others end it.
    """
    is_ending: list[int] = []
    # A launcher or a terminal may send signals to both processes. If such a signal ends the
    # parent, the guard ends later, when the parent is gone.
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda signum, _: is_ending.append(signum))
    n_stopped = 0
    # Time is counted in polls, so that a guard stopped with its parent first sees it continue.
    while n_stopped * POLL_SECONDS < STOPPED_SECONDS:
        ready, _, _ = select.select([pipe], [], [], POLL_SECONDS)
        if ready and os.read(pipe, 1):
            return ""
        if ready or os.getppid() != pid:
            return "" if is_ending else f"{who} was killed, or has crashed."
        n_stopped = n_stopped + 1 if is_stopped(pid) else 0
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return f"{who} was stopped by a signal and does not answer; it is ended."


def is_stopped(pid: int) -> bool:
    """Return whether a process is stopped by a signal; False if the system does not report it."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "T"


def main() -> None:
    """Watch the process that is given on the command line."""
    pid, who = int(sys.argv[1]), sys.argv[2]
    if said := watch(pid, f"{who} (PID {pid} on {socket.gethostname()})", 0):
        with suppress(OSError):
            os.write(2, f"error: {said}\n".encode(errors="backslashreplace"))


if __name__ == "__main__":
    main()
