"""Sources of the rows of a block: all data on the device, or one block at a time."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import numpy as np

from autoenc.backends import Backend, SharingBackend
from autoenc.sources import Source, open_source, spooled
from autoenc.tables.memory import readable_size
from autoenc.training.ahead import Ahead
from autoenc.training.conversion import is_dense_by_parts
from autoenc.training.plan import Plan
from autoenc.training.windows import WHOLE, Gathered, Share, WindowReader

Array: TypeAlias = np.ndarray[Any, Any]

logger = logging.getLogger(__name__)

# A read decodes whole pieces of the file. If a piece has more than this many chunks, the source is
# decoded once, into a copy.
PIECE_PER_CHUNK = 4


class Feed(Protocol):
    """Source of device arrays, and of the positions of a block's rows in them."""

    def start(self, epoch: int, done: int) -> None:
        """Prepare for the blocks of an epoch after a number of rows."""
        ...

    def block(self, rows: Array) -> tuple[Sequence[Any], Array]:
        """Return the arrays on the device, and the row numbers of the block in them.

        Parameters
        ----------
        rows : int array, (minibatches, rows of a minibatch)
            Numbers of rows in the whole data: a block of the plan, or consecutive minibatches of a
            block. Blocks are requested in the order of the plan, each as often as needed.
        """
        ...

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows of the last block for each array, in main memory."""
        ...

    def smaller(self) -> Feed:
        """Return a feed that needs less device memory; itself if there is none.

        A feed that returns itself uses less memory for minibatches of the current block from then
        on.
        """
        ...

    def close(self) -> None:
        """End the threads that read ahead."""
        ...


class Resident:
    """Feed that keeps all of the data on the device."""

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
        return _gathered(self._arrays, self._dtypes, self._plan, self._backend)

    def close(self) -> None:
        """Do nothing: all rows have been read."""


class BlockReader(Protocol):
    """Reads the rows of blocks."""

    def blocks(self, epoch: int, done: int) -> Iterator[Gathered]:
        """Return the rows of each block, starting at a position in an epoch.

        The blocks of the next epochs follow.
        """
        ...

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows of each array. Do not call this while blocks are being read."""
        ...


class RowGatherer:
    """Gathers blocks from arrays in memory, row by row; see `BlockReader`."""

    def __init__(self, arrays: Sequence[Array], dtypes: Sequence[str], plan: Plan) -> None:
        self._arrays = arrays
        self._dtypes = dtypes
        self._plan = plan

    def blocks(self, epoch: int, done: int) -> Iterator[Gathered]:
        """Return the rows of each block; see `BlockReader.blocks`."""
        for number in range(epoch, self._plan.n_epochs + 1):
            for rows in self._plan.blocks(number, done):
                numbers = rows.ravel()
                owners = np.zeros_like(numbers)
                yield Gathered(numbers, rows.shape[1], owners, self.rows(numbers))
            done = 0

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows; see `BlockReader.rows`."""
        pairs = zip(self._arrays, self._dtypes, strict=True)
        return [array[numbers].astype(dtype, copy=False) for array, dtype in pairs]


class Block(Protocol):
    """Block in main memory and, unless the device is too small for it, on the device."""

    def on_device(self, places: Array) -> tuple[Any, Array]:
        """Return device arrays, and the positions of some rows of the block in them.

        Parameters
        ----------
        places : int array, (minibatches, rows of a minibatch)
            Positions of whole minibatches in the block.

        Raises
        ------
        MemoryError
            If the device is too small.
        """
        ...

    def shrink(self) -> None:
        """Release the device's memory; only requested rows are moved there from then on."""
        ...


class WholeBlock:
    """Block whose rows are all in this process; see `Block`.

    Parameters
    ----------
    rows : Gathered
    backend : Backend
        Backend of the device.
    """

    def __init__(self, rows: Gathered, backend: Backend) -> None:
        self._arrays = rows.arrays
        self._backend = backend
        self._whole: list[Any] | None = _unless_too_large(lambda: self._put(self._arrays))

    def on_device(self, places: Array) -> tuple[Any, Array]:
        """Return device arrays and places in them; see `Block.on_device`."""
        if self._whole is not None:
            return self._whole, places
        some = self._put([array[places.ravel()] for array in self._arrays])
        return some, np.arange(places.size).reshape(places.shape)

    def shrink(self) -> None:
        """Release the device's memory; see `Block.shrink`."""
        self._whole = None

    def _put(self, arrays: Sequence[Array]) -> list[Any]:
        return [self._backend.put(array) for array in arrays]


class SharedBlock:
    """Block whose rows are divided among processes; see `Block`.

    All processes must request the same positions, because they exchange rows.

    Parameters
    ----------
    rows : Gathered
    backend : SharingBackend
        Backend of the devices.
    """

    def __init__(self, rows: Gathered, backend: SharingBackend) -> None:
        self._rows = rows
        self._backend = backend
        self._by_parts = False
        self._whole = _unless_too_large(lambda: self._put(np.arange(len(rows.numbers))))

    def on_device(self, places: Array) -> tuple[Any, Array]:
        """Return parts of minibatches and their numbers; see `Block.on_device`."""
        if self._by_parts:
            return self._put(places.ravel()), np.arange(len(places))
        if self._whole is None:
            raise MemoryError("the block of this process does not fit")
        return self._whole, places[:, 0] // self._rows.batch

    def shrink(self) -> None:
        """Release the device's memory; see `Block.shrink`."""
        self._whole, self._by_parts = None, True

    def _put(self, places: Array) -> Any:
        rows = self._rows
        is_own = rows.owners == self._backend.processes.rank
        own = (np.cumsum(is_own) - 1)[places[is_own[places]]]
        arrays = [array[own] for array in rows.arrays]
        return self._backend.put_parts(arrays, rows.owners[places], rows.batch)


Item = TypeVar("Item")


def _unless_too_large(put: Callable[[], Item]) -> Item | None:
    """Return the item on the device; None if it does not fit, because parts of it may fit."""
    try:
        return put()
    except MemoryError:
        return None


class Streamed:
    """Feed that transfers the next block to the device during training on the current one.

    Parameters
    ----------
    reader : BlockReader
        Reader of the data.
    plan : Plan
        Plan that defines the blocks.
    moved : callable
        Function that moves a block to the device.
    """

    def __init__(
        self, reader: BlockReader, plan: Plan, moved: Callable[[Gathered], Block]
    ) -> None:
        self._reader = reader
        self._plan = plan
        self._moved = moved
        self._next: tuple[int, int] | None = None
        self._blocks: Ahead[tuple[Array, Block]] | None = None
        self._present: tuple[Array, Block] | None = None

    def start(self, epoch: int, done: int) -> None:
        """Start reading ahead from here, unless reading has already started; see `Feed.start`."""
        self._present = None
        if self._next != (epoch, done):
            self.close()
            self._next = (epoch, done)
            self._blocks = Ahead(self._move(self._reader.blocks(epoch, done)))

    def block(self, rows: Array) -> tuple[Any, Array]:
        """Return the block on the device; see `Feed.block`."""
        while self._present is None or (places := _places(self._present[0], rows)) is None:
            self._advance()
        return self._present[1].on_device(places)

    def rows(self, numbers: Array) -> list[Array]:
        """Read some rows; see `Feed.rows`."""
        self.close()
        return self._reader.rows(numbers)

    def smaller(self) -> Feed:
        """Shrink the current block; see `Feed.smaller`."""
        if self._present is not None:
            self._present[1].shrink()
        return self

    def close(self) -> None:
        """End the threads; see `Feed.close`."""
        if self._blocks is not None:
            self._blocks.close()
        self._blocks = self._next = None

    def _advance(self) -> None:
        assert self._blocks is not None
        assert self._next is not None
        self._present = None  # release its memory before the next block is read
        self._present = next(self._blocks)
        epoch, done = self._next
        done += len(self._present[0])
        self._next = (epoch + 1, 0) if done == self._plan.n_rows else (epoch, done)

    def _move(self, blocks: Iterator[Gathered]) -> Iterator[tuple[Array, Block]]:
        for rows in blocks:
            yield rows.numbers, self._moved(rows)


def _places(numbers: Array, rows: Array) -> Array | None:
    """Return the positions of some rows in a block; None if any of them is not in the block."""
    if np.array_equal(rows.ravel(), numbers):
        return np.arange(rows.size).reshape(rows.shape)
    order = np.argsort(numbers)
    found = np.searchsorted(numbers, rows, sorter=order)
    places: Array = order[np.minimum(found, len(order) - 1)]
    return places if np.array_equal(numbers[places], rows) else None


def make_feed(
    arrays: Sequence[Any],
    dtypes: Sequence[str],
    plan: Plan,
    backend: Backend,
    device_bytes: int | None,
    memory: int | None = None,
) -> Feed:
    """Make a feed that keeps the data on the device if it fits, or if no bound is given.

    Rows that are made dense by parts are moved one block at a time. Rows of sources are read one
    window at a time.

    Raises
    ------
    ValueError
        If a bound is not a positive number, or memory is too small for windows.
    """
    if device_bytes is not None and not device_bytes > 0:
        raise ValueError(f"device_bytes is {device_bytes!r}; expected a number of bytes > 0.")
    if any(isinstance(array, Source) for array in arrays):
        together = [open_source(array).stored.read_by(backend.processes) for array in arrays]
        sources = [_readable_by_chunks(source, plan) for source in together]
        return _read(sources, dtypes, plan, backend, memory)
    gathered = _gathered(arrays, dtypes, plan, backend)
    if any(is_dense_by_parts(array) for array in arrays):
        return gathered
    if device_bytes is None:
        return _resident_if_it_fits(arrays, dtypes, plan, backend)
    if sum(array.nbytes for array in arrays) <= device_bytes:
        return Resident(arrays, dtypes, plan, backend)
    return gathered


def _gathered(
    arrays: Sequence[Array], dtypes: Sequence[str], plan: Plan, backend: Backend
) -> Streamed:
    """Return a feed of arrays; every process has all of their rows."""
    return Streamed(
        RowGatherer(arrays, dtypes, plan), plan, lambda rows: WholeBlock(rows, backend)
    )


def _read(
    sources: Sequence[Source],
    dtypes: Sequence[str],
    plan: Plan,
    backend: Backend,
    memory: int | None,
) -> Streamed:
    """Return a feed of sources; every process reads its own share of the rows."""
    share = Share(backend.processes.rank, backend.processes.count)
    reader = WindowReader(sources, dtypes, plan, memory, share)
    if share == WHOLE:
        return Streamed(reader, plan, lambda rows: WholeBlock(rows, backend))
    sharing = cast(SharingBackend, backend)  # several processes always have such a backend
    return Streamed(reader, plan, lambda rows: SharedBlock(rows, sharing))


def _readable_by_chunks(source: Source, plan: Plan) -> Source:
    """Return a source in which reading one chunk decodes no more than a few chunks."""
    is_cheap = source.reader.piece <= PIECE_PER_CHUNK * plan.chunk
    if is_cheap or not plan.order.is_windowed:
        return source
    logger.info(
        "copying %s (%s), so that its chunks can be read separately",
        source.name,
        readable_size(source.nbytes),
    )
    return spooled(source)


def _resident_if_it_fits(
    arrays: Sequence[Array], dtypes: Sequence[str], plan: Plan, backend: Backend
) -> Feed:
    try:
        return backend.processes.in_each(lambda: Resident(arrays, dtypes, plan, backend))
    except MemoryError as error:
        warnings.warn(
            f"the data does not fit into the device's memory ({error}); blocks are transferred "
            "one at a time instead. Pass device_bytes to do so from the start.",
            stacklevel=4,
        )
        return _gathered(arrays, dtypes, plan, backend)
