"""Exchange of rows between processes, from those that read them to the devices that use them.

A process reads consecutive rows, but the rows of a minibatch are random, so each device needs rows
from every process. Once per block, each device sends to every other device the rows that this
device needs. Afterwards each device has its share of all minibatches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import jax
import numpy as np
from jax.sharding import PartitionSpec

from autoenc.backends.interface import Array, DeviceArray
from autoenc.backends.xla.placement import ROWS, Placement

# Leading binary digits of a message's length: enough for little padding, and few enough that few
# lengths are compiled.
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Routes:
    """The route of each row of a block from the process that has it to a device.

    Attributes
    ----------
    sender, receiver, place : int array, (rows,)
        Numbers of two devices, and the position of the row in the message between them.
    length : int
        Number of rows of a message, including padding.
    picks : int32 array, (minibatches, devices * rows of a share)
        Positions of the rows of minibatches among the rows that their device receives. A share
        that is not full ends with zeros.
    """

    sender: Array
    receiver: Array
    place: Array
    length: int
    picks: Array


def find_routes(owners: Array, batch: int, homes: Array) -> Routes:
    """Find the route of each row of a block.

    Parameters
    ----------
    owners : int array, (minibatches * rows of a minibatch,)
        Rank of the process that has each row.
    batch : int
        Rows of a minibatch, which devices share in order, as XLA does.
    homes : int array, (devices,)
        Rank of the process of each device.

    Examples
    --------
    >>> routes = find_routes(np.array([1, 0, 0, 1]), 2, np.array([0, 1]))
    >>> routes.sender, routes.receiver, routes.place
    (array([1, 0, 0, 1]), array([0, 1, 0, 1]), array([0, 0, 0, 0]))
    >>> routes.picks
    array([[1, 0],
           [0, 1]], dtype=int32)
    """
    n_devices = len(homes)
    share = -(-batch // n_devices)
    minibatch, slot = np.divmod(np.arange(len(owners)), batch)
    sender, receiver = _dealt(owners, homes), slot // share
    place, longest = _places(sender * n_devices + receiver, n_devices**2)
    length = _rounded_up(longest)
    picks = np.zeros((len(owners) // batch, n_devices * share), np.int32)
    picks[minibatch, slot] = sender * length + place
    return Routes(sender, receiver, place, length, picks)


def _dealt(owners: Array, homes: Array) -> Array:
    """Return a sending device for each row, taking turns among those of the row's process."""
    sender = np.empty(len(owners), np.int64)
    for rank in np.unique(homes):
        own, devices = np.flatnonzero(owners == rank), np.flatnonzero(homes == rank)
        sender[own] = devices[np.arange(len(own)) % len(devices)]
    return sender


def _places(messages: Array, n_messages: int) -> tuple[Array, int]:
    """Return the position of each row in its message, and the rows of the longest message."""
    order = np.argsort(messages, kind="stable")
    lengths = np.bincount(messages, minlength=n_messages)
    places = np.empty(len(messages), np.int64)
    places[order] = np.arange(len(messages)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return places, int(lengths.max())


def _rounded_up(length: int) -> int:
    """Return a number with few binary digits.

    >>> _rounded_up(15), _rounded_up(129)
    (15, 144)
    """
    step = 1 << max(length.bit_length() - DIGITS, 0)
    return -(-length // step) * step


class Parts:
    """Rows of a block on the devices of the processes that have them.

    Parameters
    ----------
    arrays : sequence of array
        For each input, the rows that this process has, in the order of the block.
    owners : int array, (rows of the block,)
    batch : int
        Rows of a minibatch.
    placement : Placement

    Attributes
    ----------
    batch : int
    """

    def __init__(
        self, arrays: Sequence[Array], owners: Array, batch: int, placement: Placement
    ) -> None:
        homes = np.array([device.process_index for device in placement.devices])
        routes = find_routes(owners, batch, homes)
        own = np.flatnonzero(owners == jax.process_index())
        self.batch = batch
        self._placement = placement
        self._sent = [_messages(array, own, routes, placement) for array in arrays]
        self._picks = placement.put_columns(routes.picks)

    @cached_property
    def minibatches(self) -> list[DeviceArray]:
        """Exchange the rows with all other processes; the result is cached.

        Returns
        -------
        list of device arrays, (minibatches, devices * rows of a share, ...)
            A device has its share of each minibatch.
        """
        exchange = _exchange(self._placement)
        return [exchange(sent, self._picks) for sent in self._sent]


def _messages(array: Array, own: Array, routes: Routes, placement: Placement) -> DeviceArray:
    """Return the messages of each device, (senders, receivers, rows of a message, ...)."""
    n_devices = len(placement.devices)
    shape = (n_devices, routes.length, *array.shape[1:])

    def messages_of(sender: int) -> Array:
        sent = np.zeros(shape, array.dtype)
        rows = np.flatnonzero(routes.sender[own] == sender)
        sent[routes.receiver[own[rows]], routes.place[own[rows]]] = array[rows]
        return sent

    return placement.put_own(messages_of, (n_devices, *shape))


@lru_cache
def _exchange(placement: Placement) -> Any:
    """Compile the exchange: (messages, picks) → minibatches."""

    def receive(sent: DeviceArray, picks: DeviceArray) -> DeviceArray:
        received = jax.lax.all_to_all(sent[0], ROWS, split_axis=0, concat_axis=0)
        rows = received.reshape(-1, *received.shape[2:])
        return rows.at[picks].get(mode="promise_in_bounds")

    of_sender, of_share = PartitionSpec(ROWS), PartitionSpec(None, ROWS)
    mapped = jax.shard_map(
        receive, mesh=placement.mesh, in_specs=(of_sender, of_share), out_specs=of_share
    )
    return jax.jit(mapped)
