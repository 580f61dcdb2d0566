"""Processes connected by XLA: gloo transfers data between CPUs, and NCCL between GPUs."""

from __future__ import annotations

import ctypes
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from autoenc.backends.interface import BackendError
from autoenc.processes import ALONE, Array, PeerError, Processes, Result

# Milliseconds to wait for the others after an error that they may not have.
MEETING_MS = 10_000
# Seconds that a process that has finished waits for one that still writes files. Lost processes
# are detected by heartbeats.
SHUTDOWN_SECONDS = 86_400


class Together:
    """Several processes, each with its own devices; see `Processes`.

    Parameters
    ----------
    devices : sequence of JAX devices
        Devices of all processes.
    """

    def __init__(self, devices: Sequence[Any]) -> None:
        firsts = {device.process_index: device for device in reversed(devices)}
        self._devices = [firsts[rank] for rank in sorted(firsts)]
        self.rank = int(jax.process_index())
        self.count = len(firsts)
        self._n_meetings = 0

    def gather(self, values: Sequence[float]) -> Array:
        """Exchange some numbers; see `Processes.gather`."""
        row = np.asarray(values, np.float64)
        return self._exchanged(row.view(np.uint8), self._gathered).view(np.float64)

    def from_first(self, action: Callable[[], Result]) -> Result:
        """Perform the action in the first process; see `Processes.from_first`."""
        own = _outcome(action) if self.rank == 0 else None
        result, error = pickle.loads(self._from(0, b"" if own is None else _pickled(own)))
        if own is not None and own[1] is not None:
            raise own[1]  # with its traceback
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def summed(self, array: Array) -> Array:
        """Sum bytes over the processes; see `Processes.summed`."""
        row = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        return self._exchanged(row, self._sum).view(array.dtype).reshape(array.shape)

    def in_each(self, action: Callable[[], Result]) -> Result:
        """Perform the action in every process; see `Processes.in_each`."""
        result, error = _outcome(action)
        failed = [error is not None, isinstance(error, MemoryError)]
        any_error, no_memory = self.gather(failed).astype(bool).T
        if not any_error.any():
            return result  # type: ignore[no-any-return]
        other = any_error & ~no_memory
        rank = int(other.argmax() if other.any() else no_memory.argmax())
        message = self._from(rank, _described(error)).decode()
        if error is not None and (not other.any() or other[self.rank]):
            raise error
        if other.any():
            raise PeerError(f"process {rank} has failed: {message}")
        raise MemoryError(f"the memory of process {rank} is full: {message}")

    def met(self) -> bool:
        """Wait a limited time for the others; see `Processes.met`."""
        client = _client()
        if client is None:
            return False
        self._n_meetings += 1
        try:
            client.wait_at_barrier(f"autoenc-{self._n_meetings}", MEETING_MS)
        except jax.errors.JaxRuntimeError:
            return False
        return True

    def _from(self, rank: int, content: bytes) -> bytes:
        """Return the bytes that one process passes to all."""
        n_bytes = int(self.gather([len(content)])[rank, 0])
        mine = content if self.rank == rank else b""
        row = np.frombuffer(mine.ljust(n_bytes, b"\0"), np.uint8)
        # The others add zeros to the bytes of this process.
        return self.summed(row).tobytes()

    def _exchanged(self, row: Array, function: Callable[..., Any]) -> Array:
        """Return a function of the bytes of all processes, (processes, bytes)."""
        mine = jax.make_array_from_process_local_data(self._divided, row[None])
        with peer_errors():
            return np.array(function(mine).addressable_data(0))

    @cached_property
    def _mesh(self) -> Any:
        return Mesh(np.array(self._devices), ("processes",))

    @cached_property
    def _divided(self) -> Any:
        return NamedSharding(self._mesh, PartitionSpec("processes"))

    @cached_property
    def _gathered(self) -> Callable[..., Any]:
        return self._compiled(lambda rows: rows)

    @cached_property
    def _sum(self) -> Callable[..., Any]:
        return self._compiled(lambda rows: rows.sum(axis=0, dtype=np.uint8))

    def _compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        whole = NamedSharding(self._mesh, PartitionSpec())
        compiled: Callable[..., Any] = jax.jit(function, out_shardings=whole)
        return compiled


def _client() -> Any:
    """Return JAX's connection with the other processes; None if JAX does not provide it.

    JAX 0.10 has no public way to wait for the others for a limited time. Its barriers are
    exchanges between devices, which would mix with those in which other processes wait.
    """
    try:
        from jax._src.distributed import global_state

        client = global_state.client
    except (ImportError, AttributeError):
        return None
    return client if hasattr(client, "wait_at_barrier") else None


def all_processes() -> Processes:
    """Return the processes that are connected."""
    return find_processes(jax.devices())


def find_processes(devices: Sequence[Any]) -> Processes:
    """Return the processes to which these devices belong."""
    if len({device.process_index for device in devices}) == 1:
        return ALONE
    return Together(devices)


def _outcome(action: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Return what an action returns, or the error that it raises."""
    try:
        return action(), None
    except Exception as error:
        return None, error


def _pickled(outcome: tuple[Any, Exception | None]) -> bytes:
    """Return an outcome as bytes; if others could not read it, an error that says so."""
    try:
        content = pickle.dumps(outcome)
        pickle.loads(content)  # fails for errors whose arguments differ from those of their class
        return content
    except Exception as error:
        known = outcome[1] or error
        return pickle.dumps((None, RuntimeError(f"{type(known).__name__}: {known}")))


def _described(error: Exception | None) -> bytes:
    # Names of files may have bytes that are not UTF-8.
    return (str(error) or repr(error)).encode(errors="backslashreplace")


@contextmanager
def peer_errors() -> Iterator[None]:
    """Convert errors of gloo and NCCL about a lost process to a `PeerError`.

    Raises
    ------
    PeerError
        If another process of the training run is lost.
    """
    try:
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:  # JAX raises both
        if not any(word in str(error) for word in ("Gloo", "NCCL", "nccl", "coordination")):
            raise
        reason = str(error).partition("\n")[0]
        raise PeerError(
            f"another process of the training run has ended or does not answer ({reason})."
        ) from error


def connect(
    coordinator: str | None,
    n_processes: int | None,
    process: int | None,
    local_device: int | None,
    heartbeat: float,
    patience: float,
) -> Processes:
    """Connect this process with the others; JAX detects arguments that are None.

    Raises
    ------
    BackendError
        If JAX detects no cluster, or if the other processes do not answer.
    """
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    # This service would handle SIGTERM, which must end training at the next block.
    jax.config.update("jax_enable_preemption_service", False)
    with _stdout_in_stderr():
        try:
            jax.distributed.initialize(
                coordinator,
                n_processes,
                process,
                local_device,
                heartbeat_timeout_seconds=max(round(heartbeat), 1),
                initialization_timeout=round(patience),
                shutdown_timeout_seconds=SHUTDOWN_SECONDS,
            )
        except ValueError as error:
            raise BackendError(f"the other processes are not known ({error}).") from error
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            raise BackendError(f"processes could not be connected: {reason}") from error
        processes = all_processes()
        _exchange_once(processes)
    return processes


def _exchange_once(processes: Processes) -> None:
    """Connect all sets of devices that are used later, because gloo prints a line each time."""
    processes.gather([0])
    devices = jax.devices()
    if len(devices) > processes.count > 1:
        everywhere = NamedSharding(Mesh(np.array(devices), ("devices",)), PartitionSpec("devices"))
        zeros = np.zeros(len(devices), np.float32)
        spread = jax.make_array_from_callback(zeros.shape, everywhere, lambda at: zeros[at])
        with peer_errors():
            jax.block_until_ready(jax.jit(lambda numbers: numbers.sum())(spread))


@contextmanager
def _stdout_in_stderr() -> Iterator[None]:
    """Redirect the output of libraries to standard error, as callers may read standard output."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
    except (OSError, ValueError, AttributeError):  # standard output is closed or does not exist
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError, TypeError):  # Windows has no such handle
            ctypes.CDLL(None).fflush(None)  # write what libraries have buffered
        os.dup2(kept, 1)
        os.close(kept)


def disconnect() -> None:
    """Disconnect as soon as all other processes do."""
    jax.distributed.shutdown()
