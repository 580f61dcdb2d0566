"""Placement of arrays on devices: on one, or on several that share the rows of minibatches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from autoenc.backends.interface import Array, BackendError, DeviceArray
from autoenc.configuration import device_grid

# The axes of devices along which rows and units are divided.
ROWS, UNITS = "rows", "units"


@dataclass(frozen=True)
class Placement:
    """Devices on which arrays are placed, as a whole on each of them.

    Each device computes with its share of the rows of a minibatch, which XLA pads if the rows
    cannot be divided evenly. The results are summed over all devices once per step. If devices
    also share the units, each has its columns of the parameter matrices.

    Attributes
    ----------
    devices : tuple of JAX devices
    n_for_units : int
        Number of devices that share the units.
    """

    devices: tuple[Any, ...]
    n_for_units: int = 1

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
        """Name of the devices in reports."""
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
        refuse_wide(array)
        if not self.is_shared:
            return jax.device_put(array, self.first)
        return jax.make_array_from_process_local_data(self._everywhere, array, array.shape)

    def put_parameter(self, array: Array) -> DeviceArray:
        """Copy a parameter to the devices, divided if they share the units."""
        if self.n_for_units == 1:
            return self.put(array)
        refuse_wide(array)
        return jax.device_put(array, self._divided(array.shape))

    def put_own(self, part: Callable[[int], Array], shape: tuple[int, ...]) -> DeviceArray:
        """Put a part of an array on each device of this process; other processes put the rest.

        Parameters
        ----------
        part : callable
            Function that takes the number of a device, and returns the part of the array for it.
        shape : tuple of int
            Shape of the whole array; the first axis has one part per device.
        """
        own = jax.process_index()
        parts = [
            jax.device_put(refuse_wide(part(number))[None], device)
            for number, device in enumerate(self.devices)
            if device.process_index == own
        ]
        sharding = NamedSharding(self.mesh, PartitionSpec(ROWS))
        return jax.make_array_from_single_device_arrays(shape, sharding, parts)

    def put_columns(self, array: Array) -> DeviceArray:
        """Divide the columns of an array, which all processes have, among the devices."""
        refuse_wide(array)
        sharding = NamedSharding(self.mesh, PartitionSpec(None, ROWS))
        return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])

    def own(self, array: DeviceArray) -> DeviceArray:
        """Return the copy of an array on the first device of this process."""
        if not self.is_shared:
            return array
        whole = array if array.is_fully_replicated else jax.device_put(array, self._everywhere)
        return whole.addressable_data(0)

    def share(self, arrays: Sequence[DeviceArray]) -> list[DeviceArray]:
        """Divide the rows of arrays among the devices, within a compiled function."""
        return self._constrain(arrays, PartitionSpec(ROWS))

    def gather(self, arrays: Sequence[DeviceArray]) -> list[DeviceArray]:
        """Place whole arrays on each device, within a compiled function."""
        return self._constrain(arrays, PartitionSpec())

    def keep(self, parameters: Sequence[DeviceArray]) -> list[DeviceArray]:
        """Keep parameters where they were, within a compiled function."""
        if self.n_for_units == 1:
            return self.gather(parameters)
        return [
            jax.lax.with_sharding_constraint(array, self._divided(array.shape))
            for array in parameters
        ]

    def _divided(self, shape: tuple[int, ...]) -> Any:
        """Return the placement of a parameter: by columns for a matrix, if devices share these."""
        columns = len(shape) == 2 and shape[1] % self.n_for_units == 0
        spec = PartitionSpec(None, UNITS) if columns else PartitionSpec()
        return NamedSharding(self.mesh, spec)

    def _constrain(self, arrays: Sequence[DeviceArray], spec: Any) -> list[DeviceArray]:
        if not self.is_shared:
            return list(arrays)
        sharding = NamedSharding(self.mesh, spec)
        return [jax.lax.with_sharding_constraint(array, sharding) for array in arrays]

    @cached_property
    def mesh(self) -> Any:
        """The devices, arranged along the axes `ROWS` and `UNITS`."""
        grid = np.array(self.devices).reshape(-1, self.n_for_units)
        return Mesh(grid, (ROWS, UNITS))

    @cached_property
    def _everywhere(self) -> Any:
        return NamedSharding(self.mesh, PartitionSpec())


def find_placement(device: str, devices: int | str | None = None) -> Placement:
    """Find the JAX devices with the given names.

    Parameters
    ----------
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda<number>"``.
    devices : int, str or "all", optional
        Number of devices, or a grid such as ``"4x2"``; by default the named one.

    Raises
    ------
    BackendError
        If the devices are not available. The message says what to install.
    ValueError
        If `devices` is neither a positive number, nor a grid, nor ``"all"``.
    """
    if devices is None:
        return Placement((find_device(device),))
    _check_number(devices)
    kind = device.rstrip("0123456789")
    if kind != device:
        raise BackendError(
            f"device {device!r} is a single one, but devices={devices!r}; use device={kind!r} for "
            "several, or leave devices out."
        )
    find_device(device)
    found = jax.devices(kind)
    if devices != "all" and jax.process_count() > 1:
        raise BackendError(
            f"devices is {devices!r}, but {jax.process_count()} processes train together with all "
            "of their devices; use devices='all'."
        )
    n_for_rows, n_for_units = device_grid(devices) or (devices, 1)
    n = len(found) if devices == "all" else int(n_for_rows) * n_for_units
    if n > len(found):
        hint = "set XLA_FLAGS=--xla_force_host_platform_device_count=8 to divide the CPU"
        if kind != "cpu":
            hint = "CUDA_VISIBLE_DEVICES may hide others"
        raise BackendError(
            f"{n} devices were requested, but JAX finds {len(found)} of {kind}; {hint}, or "
            "use devices='all'."
        )
    return Placement(tuple(found[:n]), n_for_units)


def _check_number(devices: Any) -> None:
    is_number = isinstance(devices, int | np.integer) and not isinstance(devices, bool)
    if devices != "all" and not (is_number and devices >= 1) and device_grid(devices) is None:
        raise ValueError(
            f"devices is {devices!r}; expected 'all', an integer of at least 1, or a grid such as "
            "'4x2'."
        )


def find_device(device: str) -> Any:
    """Find the JAX device with a given name.

    Raises
    ------
    BackendError
        If the device is not available. The message says what to install.
    """
    kind = device.rstrip("0123456789")
    number = device.removeprefix(kind)
    try:
        return jax.local_devices(backend=kind)[int(number or 0)]
    except (RuntimeError, IndexError) as error:
        there = ", ".join(sorted({d.platform for d in jax.devices()}))
        raise BackendError(
            f"device {device!r} was requested, but JAX finds only: {there}. "
            'On a machine with an NVIDIA GPU: pip install "autoenc[cuda]". Otherwise use '
            "device='cpu'."
        ) from error


def refuse_wide(array: Array) -> Array:
    """Return an array; refuse integers that JAX would cut to 32 bits outside its 64-bit mode.

    Raises
    ------
    ValueError
        If there are any.
    """
    is_wide = array.dtype.kind in "iu" and array.dtype.itemsize == 8
    if is_wide and array.size and not jax.config.jax_enable_x64:
        limits = np.iinfo("int32" if array.dtype.kind == "i" else "uint32")
        for extreme in (array.min(), array.max()):
            if not limits.min <= extreme <= limits.max:
                raise ValueError(
                    f"an array of {array.dtype} has {extreme}, but XLA computes with integers of "
                    "32 bits here; use backend='c', or give smaller numbers."
                )
    return array
