"""Shared variables on devices, and the transfer of values in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from autoenc.backends.arrays import same_bits
from autoenc.backends.interface import DeviceArray
from autoenc.backends.xla.placement import Placement
from autoenc.graph.types import Parameter
from autoenc.threads import Lock


class Mirror:
    """Shared variables and their copies on the device, copied only when changed."""

    def __init__(self, variables: Sequence[Parameter], placement: Placement) -> None:
        self._variables = variables
        self._placement = placement
        self._lock = Lock()
        self._seen: list[Any] = [None] * len(variables)
        self.values: list[DeviceArray] = [None] * len(variables)
        self._copies: list[DeviceArray] | None = None

    def take(self, values: list[DeviceArray], copies: list[DeviceArray] | None = None) -> None:
        """Set new values, with the copies of them that are being moved to the host."""
        self.values = list(values)
        self._copies = copies

    def fresh(self) -> list[DeviceArray]:
        """Return device arrays with the current values of the variables."""
        with self._lock.now:
            for i, variable in enumerate(self._variables):
                value = np.asarray(variable.get_value(borrow=True))
                # Functions in C change arrays in place, so identity says nothing.
                if self._seen[i] is None or not same_bits(value, self._seen[i]):
                    seen = np.array(value)
                    with memory_errors("the parameters do not fit into the device's memory"):
                        self.values[i] = self._placement.put_parameter(seen)
                    self._seen[i] = seen
                    self._copies = None
            return self.values

    def write_back(self) -> None:
        """Copy the device arrays into the variables."""
        copies = self._copies or to_host(self.values, self._placement)
        for i, (variable, copy) in enumerate(zip(self._variables, copies, strict=True)):
            if copy is not None:
                self._seen[i] = np.array(copy)
                variable.set_value(self._seen[i])


def to_host(arrays: list[DeviceArray], placement: Placement) -> list[DeviceArray]:
    """Start moving arrays to memory that the host can read at once.

    A GPU writes to this memory by itself. Requesting an array from the GPU would take a third of
    a millisecond, regardless of its size.
    """
    own = [placement.own(array) for array in arrays]
    if placement.first.platform == "cpu":
        return own
    pinned = jax.sharding.SingleDeviceSharding(placement.first, memory_kind="pinned_host")
    moved: list[DeviceArray] = jax.device_put(own, pinned)
    return moved


@contextmanager
def memory_errors(what: str = "") -> Iterator[None]:
    """Convert XLA's error for a full device to MemoryError, with what did not fit, if known.

    Raises
    ------
    MemoryError
        If the device is full.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        reason = str(error).partition("\n")[0]
        advice = f"{what} ({reason}); use a smaller model or another device."
        raise MemoryError(advice if what else reason) from error
