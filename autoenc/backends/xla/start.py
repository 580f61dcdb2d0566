"""What XLA needs of a process: threads, no fork since its start, a folder for compiled code."""

from __future__ import annotations

import hashlib
import os

import jax

from autoenc.backends.base import BackendError
from autoenc.backends.cpu import cpu_kind, processors
from autoenc.folders import FolderError, cache_folder, make_private
from autoenc.threads import threads_can_start

_STARTED: dict[str, int] = {}
# Threads that XLA starts to compile and to run a function for the first time.
THREADS_TO_COMPILE = 4


def prepare() -> None:
    """Check that XLA can start, remember the process, and let XLA keep what it compiles.

    Raises
    ------
    BackendError
        If XLA's threads cannot be started.
    """
    require_threads(4 * processors() + 8)
    _STARTED.setdefault("process", os.getpid())
    keep_compiled_code()


def refuse_after_fork() -> None:
    """Refuse to compute in a child of fork, which XLA's threads do not exist in.

    Raises
    ------
    BackendError
        If XLA was set up in another process.
    """
    if os.getpid() != _STARTED.get("process"):
        raise BackendError(
            "XLA was set up before this process was forked from another, and would wait for "
            "threads that do not exist here. Start processes with multiprocessing's 'spawn' "
            "method, or use a model only after the fork; backend='c' works in both."
        )


def require_threads(n: int) -> None:
    """Check that XLA can start its threads; it would end the process where it cannot.

    Parameters
    ----------
    n : int
        How many it starts at most.

    Raises
    ------
    BackendError
        If so many cannot be started.
    """
    if not threads_can_start(n):
        raise BackendError(
            f"XLA needs up to {n} threads, and this process cannot start so many. Raise the "
            "limit of processes or of memory ('ulimit -u', 'ulimit -v', 'docker run "
            "--pids-limit'), or use backend='c'."
        )


def keep_compiled_code() -> None:
    """Let XLA keep what it compiles in a folder, unless the user has told JAX of one.

    Code is made for one kind of processor, so that each has a folder of its own.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    kind = hashlib.sha256(f"{cpu_kind()} {jax.__version__}".encode()).hexdigest()[:16]
    try:
        folder = cache_folder() / f"xla-{kind}"
        make_private(folder)
    except FolderError:  # what is compiled is then compiled again by the next process
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # A file is read in 5 ms: whatever takes a few times as long is worth one.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.02)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
