"""Waiting for other processes that lock the folder of compiled modules."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from filelock import Timeout
from pytensor.compile import compilelock

Result = TypeVar("Result")

# Seconds to wait for another process at a time, and how many times before a line says so.
PATIENCE, SILENT_WAITS = 10, 3

_of_thread = threading.local()


def waiting_for_others(compiled: Callable[[], Result]) -> Result:
    """Call a function that compiles; call it again as long as another process locks the folder.

    PyTensor raises an error after waiting for `PATIENCE` seconds. The other process may take long
    to compile, or be suspended. The system releases its lock when it ends, for whatever reason.

    Parameters
    ----------
    compiled : callable
        Function without arguments. Another call finds the modules that it has already compiled.
    """
    n_waits = 0
    while True:
        try:
            return compiled()
        except Timeout as error:
            # PyTensor would no longer lock a folder for which it has waited in vain.
            compilelock.local_mem._locks.clear()
            n_waits += 1
            if n_waits == SILENT_WAITS:
                print(
                    f"autoenc: waiting for another process that compiles; it locks "
                    f"{error.lock_file}. If that process is suspended, resume or end it.",
                    file=sys.stderr,
                )
            for check in getattr(_of_thread, "checks", ()):
                check()


@contextmanager
def checking_while_waiting(check: Callable[[], None]) -> Iterator[None]:
    """Call a function, which may raise an exception, whenever this thread has waited."""
    before = getattr(_of_thread, "checks", ())
    _of_thread.checks = (*before, check)
    try:
        yield
    finally:
        _of_thread.checks = before
