"""Where a block's rows come from: all of the data on the device, or a chunk at a time."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from autoenc.backends import Backend
from autoenc.training.arrays import is_dense_by_parts

Array: TypeAlias = np.ndarray[Any, Any]


class Feed(Protocol):
    """A source of device arrays and of the numbers of a block's rows in them."""

    def block(self, rows: Array) -> tuple[Sequence[Any], Array]:
        """Return the arrays on the device, and the row numbers of the block in them.

        Parameters
        ----------
        rows : int array, (minibatches, rows of a minibatch)
            Rows of the whole data.
        """
        ...

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows of each array, in main memory."""
        ...

    def smaller(self) -> Feed:
        """Return a feed that needs less device memory; itself if there is none."""
        ...


class Resident:
    """All of the data is on the device, once."""

    def __init__(self, arrays: Sequence[Array], backend: Backend) -> None:
        self._arrays = arrays
        self._backend = backend
        self._on_device = [backend.put(array) for array in arrays]

    def block(self, rows: Array) -> tuple[Sequence[Any], Array]:
        """Return all of the data; see `Feed.block`."""
        return self._on_device, rows

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows; see `Feed.rows`."""
        return [array[numbers] for array in self._arrays]

    def smaller(self) -> Feed:
        """Release the copy on the device; see `Feed.smaller`."""
        self._on_device = []
        return Chunked(self._arrays, self._backend)


class Chunked:
    """The data stays where it is, such as in a memory map; a block at a time is moved."""

    def __init__(self, arrays: Sequence[Array], backend: Backend) -> None:
        self._arrays = arrays
        self._backend = backend

    def block(self, rows: Array) -> tuple[Sequence[Any], Array]:
        """Return a copy of the block's rows; see `Feed.block`."""
        chunk = [self._backend.put(array[rows.ravel()]) for array in self._arrays]
        return chunk, np.arange(rows.size).reshape(rows.shape)

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows; see `Feed.rows`."""
        return [array[numbers] for array in self._arrays]

    def smaller(self) -> Feed:
        """Return itself; see `Feed.smaller`."""
        return self


def make_feed(arrays: Sequence[Array], backend: Backend, device_bytes: int | None) -> Feed:
    """Keep the data on the device if it fits into so many bytes, or no bound is given.

    Rows that are dense only by parts are moved a block at a time.

    Raises
    ------
    ValueError
        If the bound is not a positive number.
    """
    if any(is_dense_by_parts(array) for array in arrays):
        return Chunked(arrays, backend)
    if device_bytes is None:
        return _resident_if_it_fits(arrays, backend)
    if not device_bytes > 0:
        raise ValueError(f"device_bytes is {device_bytes!r}; expected a number of bytes > 0.")
    fits = sum(array.nbytes for array in arrays) <= device_bytes
    return Resident(arrays, backend) if fits else Chunked(arrays, backend)


def _resident_if_it_fits(arrays: Sequence[Array], backend: Backend) -> Feed:
    try:
        return Resident(arrays, backend)
    except MemoryError as error:
        warnings.warn(
            f"the data does not fit into the device's memory ({error}); each block is moved when "
            "its turn comes. Pass device_bytes to have it so from the start.",
            stacklevel=4,
        )
        return Chunked(arrays, backend)
