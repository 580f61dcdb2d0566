"""Requirements of XLA: enough threads, no fork since its start, a folder for compiled code."""

from __future__ import annotations

import hashlib
import os

import jax

from autoenc.backends.cpu import cpu_kind, processors
from autoenc.backends.interface import BackendError
from autoenc.folders import FolderError, cache_folder, make_private
from autoenc.threads import threads_can_start

_STARTED: dict[str, int] = {}
# Number of threads that XLA starts to compile a function and run it for the first time.
THREADS_TO_COMPILE = 4


def prepare() -> None:
    """Check that XLA can start, record the process, and let XLA store compiled code.

    Raises
    ------
    BackendError
        If XLA's threads cannot be started.
    """
    require_threads(4 * processors() + 8)
    _STARTED.setdefault("process", os.getpid())
    keep_compiled_code()


def refuse_after_fork() -> None:
    """Refuse to compute in a child process of fork, where XLA's threads do not exist.

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
    """Check that XLA can start its threads; if it cannot, XLA would end the process.

    Parameters
    ----------
    n : int
        Maximum number of threads that XLA starts.

    Raises
    ------
    BackendError
        If this number of threads cannot be started.
    """
    if not threads_can_start(n):
        raise BackendError(
            f"XLA needs up to {n} threads, which this process cannot start. Raise the "
            "limit of processes or of memory ('ulimit -u', 'ulimit -v', 'docker run "
            "--pids-limit'), or use backend='c'."
        )


def keep_compiled_code() -> None:
    """Let XLA store compiled code in a folder, unless the user has configured one in JAX.

    Code is compiled for one kind of processor, so each kind has a separate folder.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    kind = hashlib.sha256(f"{cpu_kind()} {jax.__version__}".encode()).hexdigest()[:16]
    try:
        folder = cache_folder() / f"xla-{kind}"
        make_private(folder)
    except FolderError:  # the next process must compile again
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # Reading a file takes 5 ms, so code is stored if compiling it takes a few times as long.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.02)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
