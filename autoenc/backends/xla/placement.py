"""On which devices arrays are: one, or many that share the rows of every minibatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from autoenc.backends.base import Array, BackendError, DeviceArray

# The axis of devices along which rows are divided.
ROWS = "rows"


@dataclass(frozen=True)
class Placement:
    """Where arrays are: whole on each of some devices.

    Each computes with its share of the rows of a minibatch, which XLA fills up where the devices
    do not divide it, and what it finds is summed over all of them, once a step.

    Attributes
    ----------
    devices : tuple of JAX devices
    """

    devices: tuple[Any, ...]

    @property
    def first(self) -> Any:
        """The first of the devices that belong to this process."""
        own = jax.process_index()
        return next(device for device in self.devices if device.process_index == own)

    @property
    def is_shared(self) -> bool:
        """Whether there are several devices."""
        return len(self.devices) > 1

    @property
    def name(self) -> str:
        """What it is called in reports."""
        if not self.is_shared:
            on_cpu = self.first.platform == "cpu"
            return "the CPU" if on_cpu else f"{self.first.device_kind} ({self.first})"
        kind = (
            "devices of the CPU"
            if self.first.platform == "cpu"
            else f"of {self.first.device_kind}"
        )
        n = len({device.process_index for device in self.devices})
        return f"{len(self.devices)} {kind}" + (f" in {n} processes" if n > 1 else "")

    def put(self, array: Array) -> DeviceArray:
        """Copy an array to each device of this process; the others have the same array."""
        if not self.is_shared:
            return jax.device_put(array, self.first)
        return jax.make_array_from_process_local_data(self._everywhere, array, array.shape)

    def own(self, array: DeviceArray) -> DeviceArray:
        """Return the copy that the first device of this process has of an array."""
        return array.addressable_data(0) if self.is_shared else array

    def share(self, arrays: Sequence[DeviceArray]) -> list[DeviceArray]:
        """Divide the rows of arrays among the devices, within a compiled function."""
        return self._constrain(arrays, PartitionSpec(ROWS))

    def gather(self, arrays: Sequence[DeviceArray]) -> list[DeviceArray]:
        """Have arrays whole on each device, within a compiled function."""
        return self._constrain(arrays, PartitionSpec())

    def _constrain(self, arrays: Sequence[DeviceArray], spec: Any) -> list[DeviceArray]:
        if not self.is_shared:
            return list(arrays)
        sharding = NamedSharding(self._mesh, spec)
        return [jax.lax.with_sharding_constraint(array, sharding) for array in arrays]

    @cached_property
    def _mesh(self) -> Any:
        return Mesh(np.array(self.devices), (ROWS,))

    @cached_property
    def _everywhere(self) -> Any:
        return NamedSharding(self._mesh, PartitionSpec())


def find_placement(device: str, devices: int | str | None = None) -> Placement:
    """Find the JAX devices that names stand for.

    Parameters
    ----------
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda<number>"``.
    devices : int or "all", optional
        How many of them; by default the one.

    Raises
    ------
    BackendError
        If they are not there; says what to install.
    ValueError
        If `devices` is neither a positive number nor ``"all"``.
    """
    if devices is None:
        return Placement((find_device(device),))
    _check_number(devices)
    kind = device.rstrip("0123456789")
    if kind != device:
        raise BackendError(
            f"device {device!r} is one, but devices={devices!r}; use device={kind!r} for several, "
            "or leave devices out."
        )
    find_device(device)
    found = jax.devices(kind)
    if devices != "all" and jax.process_count() > 1:
        raise BackendError(
            f"devices is {devices!r}, but {jax.process_count()} processes train together with all "
            "of their devices; use devices='all'."
        )
    if devices != "all" and int(devices) > len(found):
        hint = "set XLA_FLAGS=--xla_force_host_platform_device_count=8 to divide the CPU"
        if kind != "cpu":
            hint = "CUDA_VISIBLE_DEVICES may hide others"
        raise BackendError(
            f"{devices} devices were asked for, but JAX finds {len(found)} of {kind}; {hint}, or "
            "use devices='all'."
        )
    return Placement(tuple(found if devices == "all" else found[: int(devices)]))


def _check_number(devices: Any) -> None:
    is_number = isinstance(devices, int | np.integer) and not isinstance(devices, bool)
    if devices != "all" and not (is_number and devices >= 1):
        raise ValueError(f"devices is {devices!r}; expected 'all' or an integer of at least 1.")


def find_device(device: str) -> Any:
    """Find the JAX device that a name stands for.

    Raises
    ------
    BackendError
        If it is not there; says what to install.
    """
    kind, number = device.rstrip("0123456789"), device.lstrip("cudap")
    try:
        return jax.local_devices(backend=kind)[int(number or 0)]
    except (RuntimeError, IndexError) as error:
        there = ", ".join(sorted({d.platform for d in jax.devices()}))
        raise BackendError(
            f"device {device!r} was asked for, but JAX finds only: {there}. "
            'On a machine with an NVIDIA GPU: pip install "autoenc[cuda]". Otherwise use '
            "device='cpu'."
        ) from error
