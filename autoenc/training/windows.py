"""Windows of sources in memory: the next one is read while the current one is in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autoenc.sources import Source
from autoenc.tables.memory import readable_size
from autoenc.tables.text import counted
from autoenc.training.ahead import Ahead
from autoenc.training.plan import Plan
from autoenc.training.schedule import Walk, Window, block_shapes

Array: TypeAlias = np.ndarray[Any, Any]

# Windows in memory: one in use, one being read.
N_WINDOWS = 2
# Copies of a block's rows: of the one in use and of the next, in main memory and on the device.
N_BLOCKS = 4
# Further copies where processes exchange rows: what is sent, in main memory and on the device.
N_EXCHANGED = 2


@dataclass(frozen=True, eq=False)
class Loaded:
    """A window in memory: for each source, the rows of its chunks, one chunk after the other.

    Attributes
    ----------
    window : Window
    arrays : sequence of array
        Rows that this process reads.
    """

    window: Window
    arrays: Sequence[Array]

    def __len__(self) -> int:
        return len(self.window)


@dataclass(frozen=True)
class Share:
    """Rows of a window that one of several processes reads; the shares are equal.

    The rows of a share are consecutive, so that only its first and last chunk may be incomplete.
    Rows are divided by their positions in the window, because a minibatch has random rows of all
    chunks.

    Attributes
    ----------
    rank, count : int
        Number of the process, and number of processes.

    Examples
    --------
    >>> Share(1, 3).span(10), Share(1, 3).owners(np.array([9, 2, 3]), 10)
    (slice(3, 6, None), array([2, 0, 1]))
    """

    rank: int = 0
    count: int = 1

    def span(self, n_rows: int) -> slice:
        """Return the positions of the rows that this process reads, given the size of a window."""
        return slice(self._first(self.rank, n_rows), self._first(self.rank + 1, n_rows))

    def owners(self, positions: Array, n_rows: int) -> Array:
        """Return the numbers of the processes that read the rows at some positions."""
        ends = [self._first(rank + 1, n_rows) for rank in range(self.count)]
        return np.searchsorted(ends, positions, side="right")

    def most(self, n_rows: int) -> int:
        """Return the maximum number of rows that a process reads."""
        return -(-n_rows // self.count)

    def _first(self, rank: int, n_rows: int) -> int:
        return rank * n_rows // self.count


WHOLE = Share()
"""The share of a process that trains alone."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """Rows of a block in main memory.

    Attributes
    ----------
    numbers : int array, (rows of the block,)
        Row numbers, in the order of the block.
    batch : int
        Rows of a minibatch.
    owners : int array, (rows of the block,)
        For each row, the number of the process that has it.
    arrays : list of array
        For each input, the rows that this process has, in the order of the block.
    """

    numbers: Array
    batch: int
    owners: Array
    arrays: list[Array]


class WindowReader:
    """Reads the blocks of epochs from sources, a window at a time.

    Parameters
    ----------
    sources : sequence of Source
        Sources with the same number of rows.
    dtypes : sequence of str
        dtype to which the rows of each source are converted.
    plan : Plan
        Plan that defines the order of rows.
    memory : int, optional
        Bytes of memory available for windows and blocks.
    share : Share
        Share of each window that this process reads.

    Raises
    ------
    ValueError
        If windows and blocks need more memory; the message states how large a window may be.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        dtypes: Sequence[str],
        plan: Plan,
        memory: int | None = None,
        share: Share = WHOLE,
    ) -> None:
        self._sources = sources
        self._dtypes = dtypes
        self._plan = plan
        self._share = share
        self._buffers: list[Sequence[Array]] = []
        if memory is not None:
            self._check(memory)

    def blocks(self, epoch: int, done: int) -> Iterator[Gathered]:
        """Return the rows of each block; see `BlockReader.blocks`."""
        windows = Ahead(self._windows(epoch, done))
        try:
            walk = Walk(windows, self._plan.order.done_in_window(epoch, done))
            for _ in range(epoch, self._plan.n_epochs + 1):
                sizes = self._plan.n_rows, self._plan.batch_size, self._plan.block_size
                for n_minibatches, size in block_shapes(*sizes, done):
                    yield self._gather(walk, n_minibatches * size, size)
                done = 0
        finally:
            windows.close()

    def rows(self, numbers: Array) -> list[Array]:
        """Return some rows for each source; see `BlockReader.rows`."""
        return [
            source.take(numbers)[:].astype(dtype, copy=False)
            for source, dtype in zip(self._sources, self._dtypes, strict=True)
        ]

    def _windows(self, epoch: int, done: int) -> Iterator[Loaded]:
        loaded: Loaded | None = None
        for number in range(epoch, self._plan.n_epochs + 1):
            for window in self._plan.order.windows(number, done):
                if loaded is None or len(loaded) != self._plan.n_rows:
                    loaded = self._load(window, loaded)
                else:  # all rows are in memory already
                    loaded = Loaded(window, loaded.arrays)
                yield loaded
            done = 0

    def _load(self, window: Window, before: Loaded | None) -> Loaded:
        """Read a window into buffers that the previous window does not use."""
        buffers = self._buffers or self._allocate()
        free = next(b for b in buffers if before is None or not _is_in(before, b))
        span = self._share.span(len(window))
        arrays = [buffer[: span.stop - span.start] for buffer in free]
        for source, array in zip(self._sources, arrays, strict=True):
            at = 0
            for first, last in window.pieces(span):
                source.read_into(first, array[at : at + last - first])
                at += last - first
            source.settle()
        return Loaded(window, arrays)

    def _allocate(self) -> list[Sequence[Array]]:
        n_rows = self._share.most(self._plan.order.rows_of_a_window)
        self._buffers = [
            [np.empty((n_rows, *s.shape[1:]), s.dtype) for s in self._sources]
            for _ in range(self._n_windows)
        ]
        return self._buffers

    @property
    def _n_windows(self) -> int:
        return N_WINDOWS if self._plan.n_rows > self._plan.order.rows_of_a_window else 1

    def _gather(self, walk: Walk[Loaded], n_rows: int, batch: int) -> Gathered:
        numbers, owners = np.empty(n_rows, np.int64), np.empty(n_rows, np.int64)
        blocks = self._empty(n_rows)
        at = n_own = 0
        for loaded, span in walk.spans(n_rows):
            picks = loaded.window.picks[span]
            here = slice(at, at + len(picks))
            numbers[here] = loaded.window.rows(span)
            owners[here] = self._share.owners(picks, len(loaded))
            own = picks[owners[here] == self._share.rank]
            own = own - self._share.span(len(loaded)).start
            for array, block in zip(loaded.arrays, blocks, strict=True):
                _take(array, own, block[n_own : n_own + len(own)])
            at, n_own = here.stop, n_own + len(own)
        return Gathered(numbers, batch, owners, [block[:n_own] for block in blocks])

    def _empty(self, n_rows: int) -> list[Array]:
        """Return arrays for the rows of a block. Rows take memory only when they are written."""
        return [
            np.empty((n_rows, *source.shape[1:]), dtype)
            for source, dtype in zip(self._sources, self._dtypes, strict=True)
        ]

    def _check(self, memory: int) -> None:
        plan = self._plan
        stored = sum(source.row_bytes for source in self._sources)
        used = sum(
            int(np.prod(source.shape[1:])) * np.dtype(dtype).itemsize
            for source, dtype in zip(self._sources, self._dtypes, strict=True)
        )
        share = self._share
        copies = N_BLOCKS + (share.count > 1) * N_EXCHANGED
        block = share.most(min(plan.batch_size * plan.block_size, plan.n_rows))
        window = share.most(plan.order.rows_of_a_window)
        needed = copies * used * block + self._n_windows * stored * window
        if needed <= memory:
            return
        largest = share.count * ((memory - copies * used * block) // (N_WINDOWS * stored))
        advice = f"use a window of at most {largest:,} rows (window={largest})"
        if largest < 1:
            advice = "use autoenc.training.train with a smaller block_size"
        raise ValueError(
            f"memory is {readable_size(memory)}, but reading needs {readable_size(needed)}: "
            f"{counted(self._n_windows, 'window')} of {window:,} rows and {copies} blocks of "
            f"{block:,}. Give more memory, or {advice}; this changes the order of rows."
        )


def _is_in(loaded: Loaded, buffers: Sequence[Array]) -> bool:
    return all(a.base is b for a, b in zip(loaded.arrays, buffers, strict=True))


def _take(array: Array, picks: Array, out: Array) -> None:
    """Gather rows, and convert them if the result has a different dtype."""
    if array.dtype == out.dtype:
        # "clip" lets NumPy write into the result directly; rows are in range.
        array.take(picks, axis=0, out=out, mode="clip")
    else:
        out[...] = array.take(picks, axis=0)
