"""Where a block's rows come from: all of the data on the device, or a block at a time."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from autoenc.backends import Backend
from autoenc.sources import Source, open_source, spooled
from autoenc.tables.memory import readable_size
from autoenc.training.ahead import Ahead
from autoenc.training.arrays import is_dense_by_parts
from autoenc.training.plan import Plan
from autoenc.training.windows import WindowReader

Array: TypeAlias = np.ndarray[Any, Any]

logger = logging.getLogger(__name__)

# A piece that is decoded for a chunk may be this much larger; else it is decoded once for all.
PIECE_PER_CHUNK = 4


class Feed(Protocol):
    """A source of device arrays and of the numbers of a block's rows in them."""

    def start(self, epoch: int, done: int) -> None:
        """Prepare for the blocks of an epoch after so many rows."""
        ...

    def block(self, rows: Array) -> tuple[Sequence[Any], Array]:
        """Return the arrays on the device, and the row numbers of the block in them.

        Parameters
        ----------
        rows : int array, (minibatches, rows of a minibatch)
            Rows of the whole data: a block of the plan, or consecutive minibatches of one.
            Blocks are asked for in the order of the plan, each as often as needed.
        """
        ...

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows of the last block for each array, in main memory."""
        ...

    def smaller(self) -> Feed:
        """Return a feed that needs less device memory; itself if there is none."""
        ...

    def close(self) -> None:
        """End what reads ahead."""
        ...


class Resident:
    """All of the data is on the device, once."""

    def __init__(
        self, arrays: Sequence[Array], dtypes: Sequence[str], plan: Plan, backend: Backend
    ) -> None:
        self._arrays = arrays
        self._dtypes = dtypes
        self._plan = plan
        self._backend = backend
        self._on_device = [backend.put(array) for array in arrays]

    def start(self, epoch: int, done: int) -> None:
        """Do nothing: there is nothing to prepare."""

    def block(self, rows: Array) -> tuple[Sequence[Any], Array]:
        """Return all of the data; see `Feed.block`."""
        return self._on_device, rows

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows; see `Feed.rows`."""
        return [array[numbers] for array in self._arrays]

    def smaller(self) -> Feed:
        """Release the copy on the device; see `Feed.smaller`."""
        self._on_device = []
        gatherer = RowGatherer(self._arrays, self._dtypes, self._plan)
        return Streamed(gatherer, self._plan, self._backend)

    def close(self) -> None:
        """Do nothing: all has been read."""


class BlockReader(Protocol):
    """Reads the rows of blocks."""

    def blocks(self, epoch: int, done: int) -> Iterator[tuple[Array, list[Array]]]:
        """Return row numbers and rows of each block, from a place in an epoch on.

        Those of the next epochs follow.
        """
        ...


class RowGatherer:
    """Gathers blocks from arrays in memory, row by row; see `BlockReader`."""

    def __init__(self, arrays: Sequence[Array], dtypes: Sequence[str], plan: Plan) -> None:
        self._arrays = arrays
        self._dtypes = dtypes
        self._plan = plan

    def blocks(self, epoch: int, done: int) -> Iterator[tuple[Array, list[Array]]]:
        """Return row numbers and rows of each block; see `BlockReader.blocks`."""
        for number in range(epoch, self._plan.n_epochs + 1):
            for rows in self._plan.blocks(number, done):
                numbers = rows.ravel()
                yield numbers, [a[numbers].astype(dtype, copy=False) for a, dtype in self._pairs()]
            done = 0

    def _pairs(self) -> Iterator[tuple[Array, str]]:
        return zip(self._arrays, self._dtypes, strict=True)


@dataclass(frozen=True, eq=False)
class Block:
    """A block in main memory and, unless that is too small for it, on the device."""

    numbers: Array
    arrays: list[Array]
    on_device: list[Any] | None

    def places(self, rows: Array) -> Array | None:
        """Return where in the block some rows are; None if not all are in it."""
        if np.array_equal(rows.ravel(), self.numbers):
            return np.arange(rows.size).reshape(rows.shape)
        order = np.argsort(self.numbers)
        found = np.searchsorted(self.numbers, rows, sorter=order)
        places: Array = order[np.minimum(found, len(order) - 1)]
        return places if np.array_equal(self.numbers[places], rows) else None


class Streamed:
    """The data stays where it is; the next block is moved while the present one trains.

    Parameters
    ----------
    reader : BlockReader
        Reads it.
    plan : Plan
        Which blocks there are.
    backend : Backend
        Has the device.
    """

    def __init__(self, reader: BlockReader, plan: Plan, backend: Backend) -> None:
        self._reader = reader
        self._plan = plan
        self._backend = backend
        self._next: tuple[int, int] | None = None
        self._blocks: Ahead[Block] | None = None
        self._present: Block | None = None

    def start(self, epoch: int, done: int) -> None:
        """Read ahead from here on, unless that is done already; see `Feed.start`."""
        self._present = None
        if self._next != (epoch, done):
            self.close()
            self._next = (epoch, done)
            self._blocks = Ahead(self._move(self._reader.blocks(epoch, done)))

    def block(self, rows: Array) -> tuple[Sequence[Any], Array]:
        """Return a copy of the block's rows; see `Feed.block`."""
        block, places = self._find(rows)
        if block.on_device is not None:
            return block.on_device, places
        some = [self._backend.put(array[places.ravel()]) for array in block.arrays]
        return some, np.arange(rows.size).reshape(rows.shape)

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows; see `Feed.rows`."""
        block, places = self._find(numbers)
        return [array[places] for array in block.arrays]

    def smaller(self) -> Feed:
        """Return itself; see `Feed.smaller`."""
        return self

    def close(self) -> None:
        """End the threads; see `Feed.close`."""
        if self._blocks is not None:
            self._blocks.close()
        self._blocks = self._next = None

    def _find(self, rows: Array) -> tuple[Block, Array]:
        """Return the block that some rows are in, and where: the present one, or a later one."""
        while self._present is None or (places := self._present.places(rows)) is None:
            self._advance()
        return self._present, places

    def _advance(self) -> None:
        assert self._blocks is not None
        assert self._next is not None
        self._present = None  # its memory is for the one that is read next
        self._present = next(self._blocks)
        epoch, done = self._next
        done += len(self._present.numbers)
        self._next = (epoch + 1, 0) if done == self._plan.n_rows else (epoch, done)

    def _move(self, blocks: Iterator[tuple[Array, list[Array]]]) -> Iterator[Block]:
        for numbers, arrays in blocks:
            yield Block(numbers, arrays, self._put(arrays))

    def _put(self, arrays: list[Array]) -> list[Any] | None:
        try:
            return [self._backend.put(array) for array in arrays]
        except MemoryError:  # parts of it may fit
            return None


def make_feed(
    arrays: Sequence[Any],
    dtypes: Sequence[str],
    plan: Plan,
    backend: Backend,
    device_bytes: int | None,
    memory: int | None = None,
) -> Feed:
    """Keep the data on the device if it fits into so many bytes, or no bound is given.

    Rows that are dense only by parts are moved a block at a time, those of sources read a window
    at a time.

    Raises
    ------
    ValueError
        If a bound is not a positive number, or memory is too small for windows.
    """
    if device_bytes is not None and not device_bytes > 0:
        raise ValueError(f"device_bytes is {device_bytes!r}; expected a number of bytes > 0.")
    if any(isinstance(array, Source) for array in arrays):
        sources = [_readable_by_chunks(open_source(array).stored, plan) for array in arrays]
        return Streamed(WindowReader(sources, dtypes, plan, memory), plan, backend)
    gathered = Streamed(RowGatherer(arrays, dtypes, plan), plan, backend)
    if any(is_dense_by_parts(array) for array in arrays):
        return gathered
    if device_bytes is None:
        return _resident_if_it_fits(arrays, dtypes, plan, backend)
    if sum(array.nbytes for array in arrays) <= device_bytes:
        return Resident(arrays, dtypes, plan, backend)
    return gathered


def _readable_by_chunks(source: Source, plan: Plan) -> Source:
    """Return a source of which a chunk costs no more than a few chunks."""
    is_cheap = source.reader.piece <= PIECE_PER_CHUNK * plan.chunk
    if is_cheap or not plan.order.is_windowed:
        return source
    logger.info(
        "%s (%s) is copied, to read chunks by themselves",
        source.name,
        readable_size(source.nbytes),
    )
    return spooled(source)


def _resident_if_it_fits(
    arrays: Sequence[Array], dtypes: Sequence[str], plan: Plan, backend: Backend
) -> Feed:
    try:
        return backend.processes.in_memory(lambda: Resident(arrays, dtypes, plan, backend))
    except MemoryError as error:
        warnings.warn(
            f"the data does not fit into the device's memory ({error}); each block is moved when "
            "its turn comes. Pass device_bytes to have it so from the start.",
            stacklevel=4,
        )
        return Streamed(RowGatherer(arrays, dtypes, plan), plan, backend)
