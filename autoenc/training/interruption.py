"""Ctrl-C and SIGTERM between blocks rather than in the middle of an update."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether somebody has asked to stop.

    Attributes
    ----------
    signum : int or None
        The signal by which that was asked for.
    """

    def __init__(self) -> None:
        self.signum: int | None = None

    @property
    def requested(self) -> bool:
        """Whether training shall end after this block."""
        return self.signum is not None

    def handle(self, signum: int, frame: FrameType | None) -> None:
        """Note the first signal; give way to the second."""
        if self.requested:
            raise KeyboardInterrupt
        self.signum = signum

    def leave(self) -> None:
        """End the process, now that everything is in its place, if that was asked for.

        Raises
        ------
        SystemExit
            After SIGTERM, by which clusters and service managers end a process. Ctrl-C only
            ends the training.
        """
        if self.signum == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)


@contextmanager
def deferred_interrupt() -> Iterator[Interruption]:
    """Turn Ctrl-C and SIGTERM into a flag while the body runs.

    Parameters stay whole: the loop looks at the flag between blocks. Only the main
    thread hears signals; elsewhere, and for a signal that is ignored, the flag stays down.
    A handler for SIGTERM that the program has set itself is left in place.
    """
    interruption = Interruption()
    before = {signum: signal.getsignal(signum) for signum in SIGNALS if _is_ours(signum)}
    for signum in before:
        signal.signal(signum, interruption.handle)
    try:
        yield interruption
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _is_ours(signum: int) -> bool:
    """Whether to take a signal for the time of a training."""
    if threading.current_thread() is not threading.main_thread():
        return False
    handler = signal.getsignal(signum)
    if signum == signal.SIGTERM:
        return handler is signal.SIG_DFL
    return handler not in (signal.SIG_IGN, None)
