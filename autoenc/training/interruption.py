"""Handling of Ctrl-C, SIGTERM and SIGHUP between blocks, not in the middle of an update."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from autoenc.backends.compile_lock import checking_while_waiting

# Signals with which a cluster, a service manager or a closed terminal ends a process.
ENDINGS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
SIGNALS = (signal.SIGINT, *ENDINGS)


class Interruption:
    """Request to stop training.

    Attributes
    ----------
    signum : int or None
        The signal that was received.
    """

    def __init__(self) -> None:
        self.signum: int | None = None

    @property
    def requested(self) -> bool:
        """Whether training must end after the current block."""
        return self.signum is not None

    def handle(self, signum: int, frame: FrameType | None) -> None:
        """Note the first signal; raise KeyboardInterrupt at the second."""
        if self.requested:
            raise KeyboardInterrupt
        self.signum = signum

    def leave(self) -> None:
        """End the process, if the signal requires it.

        Raises
        ------
        SystemExit
            After SIGTERM and SIGHUP. Ctrl-C only ends training.
        """
        if self.signum is not None and self.signum in ENDINGS:
            raise SystemExit(128 + self.signum)

    def end(self) -> None:
        """End a compilation, if there was a signal.

        Raises
        ------
        KeyboardInterrupt, SystemExit
        """
        if self.requested:
            self.leave()
            raise KeyboardInterrupt("training was interrupted during compilation")


@contextmanager
def deferred_interrupt() -> Iterator[Interruption]:
    """Turn Ctrl-C, SIGTERM and SIGHUP into a flag while the body runs.

    The training loop checks the flag between blocks, so parameters are never half updated. Only
    the main thread receives signals. The flag is never set in other threads, or by a signal that
    is ignored, as ``nohup`` does with SIGHUP. A handler for SIGTERM or SIGHUP that the program
    itself has installed stays in place.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C ended a C++ compiler, or came while another process compiled.
    SystemExit
        If SIGTERM or SIGHUP did.
    """
    interruption = Interruption()
    before = {signum: signal.getsignal(signum) for signum in SIGNALS if _is_ours(signum)}
    for signum in before:
        signal.signal(signum, interruption.handle)
    try:
        with checking_while_waiting(interruption.end):
            yield interruption
    except Exception as error:
        # This module imports setuptools, which takes as long as a small fit.
        from pytensor.link.c.exceptions import CompileError

        # A terminal, for example, sends Ctrl-C also to the compiler.
        if isinstance(error, CompileError):
            interruption.end()
        raise
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _is_ours(signum: int) -> bool:
    """Return whether to handle a signal during training."""
    if threading.current_thread() is not threading.main_thread():
        return False
    handler = signal.getsignal(signum)
    if signum in ENDINGS:
        return handler is signal.SIG_DFL
    return handler not in (signal.SIG_IGN, None)
