"""Training of one model by several processes, on one machine or many.

Each process runs the same program, calls `initialize` before anything else, and fits with
``devices="all"``::

    import autoenc

    me = autoenc.distributed.initialize()
    model = autoenc.AutoEncoder(500, devices="all").fit("rows.npy")
    if me.is_first:
        model.save("model.safetensors")

``autoenc launch -n 4 script.py``, ``srun``, ``mpirun`` and ``torchrun`` start such processes.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoenc.guard import Guard
from autoenc.processes import PeerError, Processes

__all__ = ["Process", "initialize"]

# Seconds that a failing process gives the others to fail, too, so that all can disconnect.
SECONDS_TO_LEAVE = 2.0

# Environment variable with the number of a pipe that is open as long as the launcher runs.
LIFELINE = "AUTOENC_LIFELINE"
# Exit status after Ctrl-C.
INTERRUPTED = 130
# Exit status of a process that has lost another one.
LOST_ANOTHER = 3

# Environment variables with the number of a process, by launcher.
RANKS = (
    "RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX",
)  # fmt: skip
COUNTS = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_NTASKS")
LOCAL_RANKS = ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID")


@dataclass(frozen=True)
class Process:
    """Process among several that train together.

    Parameters
    ----------
    rank : int
        Number of the process, from 0.
    count : int
        Number of processes.
    """

    rank: int
    count: int

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0


@dataclass(frozen=True)
class Place:
    """Place of a process among the others; None for unknown values.

    Attributes
    ----------
    coordinator : str or None
        Address and port of the first process.
    count : int or None
        Number of processes.
    rank : int or None
        Number of this process.
    local_rank : int or None
        Number of this process on its machine.
    """

    coordinator: str | None = None
    count: int | None = None
    rank: int | None = None
    local_rank: int | None = None


def initialize(
    coordinator: str | None = None,
    n_processes: int | None = None,
    process: int | None = None,
    *,
    local_device: int | None = None,
    heartbeat: float = 10.0,
    patience: float = 300.0,
) -> Process:
    """Connect this process with the others that run the same program.

    Call this function once, before any computation. Omitted arguments are read from the
    environment variables of ``autoenc launch`` and ``torchrun`` (``RANK``, ``WORLD_SIZE``,
    ``MASTER_ADDR``, ``MASTER_PORT``, ``LOCAL_RANK``), or detected by JAX in a SLURM, Open MPI or
    Kubernetes job. If only address and port are set, the ranks of SLURM, Open MPI or indexed
    Kubernetes jobs are used. Except under ``autoenc launch``, a guard is started: a small process
    that reports when this process is killed or stopped, and ends it if it is stopped.

    NumPy's global generator gets the same seed in all processes, so that ``random_state=None`` has
    the same effect in each.

    Parameters
    ----------
    coordinator : str, optional
        Address and free port of the first process, such as ``"10.0.0.1:1234"``.
    n_processes : int, optional
        Number of processes.
    process : int, optional
        Number of this process, from 0.
    local_device : int, optional
        Number of the GPU of this process. By default, it is the local rank if a launcher sets one;
        otherwise the process uses all GPUs of the machine.
    heartbeat : float, default 10.0
        Seconds without a heartbeat after which a process counts as lost, and all others end.
    patience : float, default 300.0
        Seconds to wait for the others at the start.

    Returns
    -------
    Process
        Number of this process, and number of processes.

    Raises
    ------
    BackendError
        If the other processes are unknown or do not respond, or if JAX was used before.
    ValueError
        If an argument or an environment variable is invalid.
    """
    place = _with_arguments(read_place(os.environ), coordinator, n_processes, process)
    if local_device is None and _has_several_gpus(os.environ):
        local_device = place.local_rank
    _guard(place, os.environ)
    from autoenc.backends.xla.xla_processes import connect

    where = place.coordinator, place.count, place.rank
    try:
        processes = connect(*where, local_device, heartbeat, patience)
    except BaseException:
        _release()  # this process goes on alone
        raise
    atexit.register(_leave)
    _end_with_the_parent(os.environ)
    seed = processes.from_first(lambda: int(np.random.default_rng().integers(2**32)))
    np.random.seed(seed)  # noqa: NPY002 - the generator that random_state=None stands for
    return Process(processes.rank, processes.count)


@contextmanager
def connected(
    coordinator: str | None = None, n_processes: int | None = None, process: int | None = None
) -> Iterator[Processes]:
    """Connect to the others; if the body fails, end this process without waiting for them."""
    try:
        initialize(coordinator, n_processes, process)
        from autoenc.backends.xla.xla_processes import all_processes

        yield all_processes()
    except (Exception, KeyboardInterrupt) as error:
        _failures.append(error)
        raise


def read_place(environ: Mapping[str, str]) -> Place:
    """Read the place of a process from environment variables.

    Raises
    ------
    ValueError
        If some variables are missing, or are not numbers.

    Examples
    --------
    >>> read_place({"MASTER_ADDR": "node1", "MASTER_PORT": "29500", "RANK": "1",
    ...             "WORLD_SIZE": "2"})
    Place(coordinator='node1:29500', count=2, rank=1, local_rank=None)
    >>> read_place({})
    Place(coordinator=None, count=None, rank=None, local_rank=None)
    """
    if "MASTER_ADDR" not in environ or "MASTER_PORT" not in environ:
        return Place()
    count, rank = _number(environ, COUNTS), _number(environ, RANKS)
    if count is None or rank is None:
        raise ValueError(
            "MASTER_ADDR and MASTER_PORT are set, but not RANK and WORLD_SIZE; set all of them, "
            "or none."
        )
    port = _number(environ, ("MASTER_PORT",)) or 0
    # torchrun itself listens on MASTER_PORT.
    port += "TORCHELASTIC_RUN_ID" in environ
    host = environ["MASTER_ADDR"]
    if ":" in host and not host.startswith("["):  # IPv6
        host = f"[{host}]"
    return Place(f"{host}:{port}", count, rank, _number(environ, LOCAL_RANKS))


def _number(environ: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    name = next((name for name in names if name in environ), None)
    if name is None:
        return None
    if not environ[name].isdecimal():
        raise ValueError(f"{name} is {environ[name]!r}; expected a number.")
    return int(environ[name])


def _with_arguments(
    place: Place, coordinator: str | None, n_processes: int | None, process: int | None
) -> Place:
    """Return the place, updated with the arguments that are given."""
    given: dict[str, Any] = {"coordinator": coordinator, "count": n_processes, "rank": process}
    place = replace(place, **{name: value for name, value in given.items() if value is not None})
    for name, number in (("n_processes", place.count), ("process", place.rank)):
        if number is not None and not _is_integer(number):
            raise ValueError(f"{name} is {number!r}; expected an integer.")
    if place.count is not None and place.count < 1:
        raise ValueError(f"n_processes is {place.count}; expected an integer of at least 1.")
    if place.count is not None and place.rank is not None and not 0 <= place.rank < place.count:
        raise ValueError(
            f"process is {place.rank}, n_processes {place.count}; expected a number from 0 to "
            f"{place.count - 1}."
        )
    host, _, port = str(place.coordinator).rpartition(":")
    if place.coordinator is not None and not (host and port.isdecimal()):
        raise ValueError(
            f"coordinator is {place.coordinator!r}; expected an address and a port, such as "
            "'10.0.0.1:1234'."
        )
    return place


def _is_integer(number: Any) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _has_several_gpus(environ: Mapping[str, str]) -> bool:
    """Return whether this process may see more than one GPU."""
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    return visible is None or "," in visible


def _end_with_the_parent(environ: Mapping[str, str]) -> None:
    """End training at the next block if the launcher is lost, as with SIGTERM."""
    if LIFELINE not in environ:
        return

    def wait(pipe: int) -> None:
        os.read(pipe, 1)  # returns when the launcher's end is closed, because nothing is written
        os.kill(os.getpid(), signal.SIGTERM)

    pipe = int(environ[LIFELINE])
    threading.Thread(target=wait, args=(pipe,), daemon=True).start()


def _guard(place: Place, environ: Mapping[str, str]) -> None:
    """Have this process watched by a guard; under `autoenc launch`, the launcher does this."""
    if LIFELINE in environ:
        return
    rank, count = place.rank, place.count
    with suppress(ValueError):  # the number is needed only for the guard's messages
        rank = _number(environ, RANKS) if rank is None else rank
        count = _number(environ, COUNTS) if count is None else count
    who = "a process" if rank is None else f"process {rank}"
    _guards.append(Guard(who if count is None else f"{who} of {count}"))
    atexit.register(_release)


def _release() -> None:
    while _guards:
        _guards.pop().release()


_guards: list[Guard] = []
_failures: list[BaseException] = []


def _leave() -> None:
    """Exit without waiting for the others if this process has failed.

    By default, JAX makes an exiting process wait for all others, which wait for it in training.
    """
    # Python 3.11 has no `last_exc`.
    uncaught = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    failure = _failures[-1] if _failures else uncaught
    if failure is None:
        return
    _release()
    from autoenc.backends.xla.xla_processes import disconnect

    leaving = threading.Thread(target=disconnect, daemon=True)
    leaving.start()
    leaving.join(SECONDS_TO_LEAVE)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_status(failure))


def _status(failure: BaseException) -> int:
    """Return the exit status after a failure."""
    if isinstance(failure, KeyboardInterrupt):
        return INTERRUPTED
    return LOST_ANOTHER if isinstance(failure, PeerError) else 1
