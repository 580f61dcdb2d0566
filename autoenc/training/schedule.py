"""The order in which rows are visited, and the division of an epoch into blocks.

Rows are shuffled in two steps. First, chunks of consecutive rows are put into a random order. Then
as many chunks as fit into a window are read, in that order, and the rows of the window are put
into a random order. Data that is no larger than a window is one window and one chunk.

The order depends only on (seed, epoch, rows, chunk, window). Rows that are read from a file during
training are visited in the same order as rows of an array in memory.

>>> order = Order(n_rows=10, chunk=2, window=4, seed=0, shuffle=True)
>>> [len(window) for window in order.windows(epoch=1)]
[4, 4, 2]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

# Maximum values and rows of a window: 256 MB of float32, and 8 MB of row numbers.
VALUES_PER_WINDOW = 1 << 26
ROWS_PER_WINDOW = 1 << 20
# A chunk is one read: 2 MB of float32 if the window has the maximum number of values.
CHUNKS_PER_WINDOW = 128
# Key that separates the order of a window's rows from the noise of blocks.
WINDOW_KEY = 0x6F72646572


def block_length(n_minibatches: int, batch_size: int, rows_per_block: int) -> int:
    """Choose the number of minibatches of a block, if the caller does not.

    A number that divides the epoch evenly is preferred, because XLA compiles every length
    separately.
    """
    longest = max(rows_per_block // batch_size, 1)
    fewest = -(-n_minibatches // longest)
    for n_blocks in range(fewest, 2 * fewest + 1):
        if n_blocks and n_minibatches % n_blocks == 0:
            return n_minibatches // n_blocks
    return max(-(-n_minibatches // max(fewest, 1)), 1)


def default_window(values_per_row: int) -> int:
    """Choose the number of rows to shuffle together, given the width of the data.

    >>> default_window(784), default_window(10)
    (85598, 1048576)
    """
    return min(max(VALUES_PER_WINDOW // max(values_per_row, 1), 1), ROWS_PER_WINDOW)


def default_chunk(window: int) -> int:
    """Choose the number of consecutive rows to read together, given the size of a window.

    >>> default_chunk(85_598)
    668
    """
    return max(window // CHUNKS_PER_WINDOW, 1)


class Shuffled(Protocol):
    """Rows that define the order in which they are visited."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...


AnyWindow = TypeVar("AnyWindow", bound=Shuffled)


@dataclass(frozen=True, eq=False)
class Window:
    """Rows that are shuffled together.

    Attributes
    ----------
    first, last : int array, (chunks,)
        Numbers of the first row of each chunk, and of the row after its last.
    picks : int array, (rows,)
        Positions of rows in the concatenated chunks of the window, in the order in which rows are
        visited.
    """

    first: Array
    last: Array
    picks: Array

    def __len__(self) -> int:
        return len(self.picks)

    def rows(self, span: slice) -> Array:
        """Return the numbers of rows in the order in which they are visited."""
        ends = np.cumsum(self.last - self.first)
        picks = self.picks[span]
        chunk = np.searchsorted(ends, picks, side="right")
        numbers: Array = picks + (self.last - ends)[chunk]
        return numbers

    def pieces(self, span: slice) -> Iterator[tuple[int, int]]:
        """Return the first row of each chunk, and the row after its last, within a span.

        >>> window = Window(np.array([30, 10]), np.array([35, 15]), np.arange(10))
        >>> list(window.pieces(slice(3, 9)))
        [(33, 35), (10, 14)]
        """
        ends = np.cumsum(self.last - self.first)
        first = np.maximum(self.first, self.last - ends + span.start)
        last = np.minimum(self.last, self.last - ends + span.stop)
        within = first < last
        return zip(first[within].tolist(), last[within].tolist(), strict=True)


@dataclass(frozen=True)
class Order:
    """The order in which the rows of a data set are visited.

    Attributes
    ----------
    n_rows : int
        Rows of the data.
    chunk, window : int
        Numbers of rows of a chunk and of a window. A window has as many whole chunks as fit.
    seed : int
        Seed of the order.
    shuffle : bool
        Whether the order is random; otherwise it is that of the data.
    """

    n_rows: int
    chunk: int
    window: int
    seed: int
    shuffle: bool

    @property
    def is_windowed(self) -> bool:
        """Whether the data has more than one window, so that the order depends on its size."""
        return self.shuffle and self._is_cut

    @property
    def rows_of_a_window(self) -> int:
        """Number of rows of the largest window."""
        return min(self._per_window * self.chunk, self.n_rows) if self._is_cut else self.n_rows

    def windows(self, epoch: int, done: int = 0) -> Iterator[Window]:
        """Return the windows of an epoch, starting with that of the first unvisited row.

        Time and memory are proportional to the number of chunks plus the rows of one window.
        """
        chunks = self._chunks(epoch)
        for number, end in enumerate(self._ends(chunks)):
            if end > done:
                of_window = slice(number * self._per_window, (number + 1) * self._per_window)
                yield self._window(epoch, number, chunks[of_window])

    def done_in_window(self, epoch: int, done: int) -> int:
        """Return the number of visited rows in the window of the next row."""
        ends = self._ends(self._chunks(epoch))
        return done - int(ends[ends <= done].max(initial=0))

    @property
    def _is_cut(self) -> bool:
        return self.n_rows > self.window

    @property
    def _per_window(self) -> int:
        return self.window // self.chunk

    def _chunks(self, epoch: int) -> Array:
        """Return the numbers of chunks in their order; a single window is a single chunk."""
        if not self._is_cut:
            return np.zeros(1, np.int64)
        n_chunks = -(-self.n_rows // self.chunk)
        return (
            self._generator(epoch).permutation(n_chunks) if self.shuffle else np.arange(n_chunks)
        )

    def _ends(self, chunks: Array) -> Array:
        first, last = self._bounds(chunks)
        starts = np.arange(0, len(chunks), self._per_window)
        lengths: Array = np.add.reduceat(last - first, starts)
        return np.cumsum(lengths)

    def _bounds(self, chunks: Array) -> tuple[Array, Array]:
        chunk = self.chunk if self._is_cut else self.n_rows
        return chunks * chunk, np.minimum((chunks + 1) * chunk, self.n_rows)

    def _window(self, epoch: int, number: int, chunks: Array) -> Window:
        first, last = self._bounds(chunks)
        n_rows = int((last - first).sum())
        picks = np.arange(n_rows)
        if self.shuffle:
            key = (number, WINDOW_KEY) if self.is_windowed else ()
            picks = self._generator(epoch, key).permutation(n_rows)
        return Window(first, last, picks)

    def _generator(self, epoch: int, key: tuple[int, ...] = ()) -> np.random.Generator:
        # An entropy of its own separates the order from the noise of block 0.
        return np.random.default_rng(np.random.SeedSequence([self.seed, epoch], spawn_key=key))


class Walk(Generic[AnyWindow]):
    """Walk through the rows of windows, a number of rows at a time.

    Parameters
    ----------
    windows : iterator
        Windows. A window may be reused when the next one is requested.
    at : int
        Number of rows of the first window to skip.
    """

    def __init__(self, windows: Iterator[AnyWindow], at: int = 0) -> None:
        self._windows = windows
        self._window: AnyWindow | None = None
        self._at = at

    def spans(self, n_rows: int) -> Iterator[tuple[AnyWindow, slice]]:
        """Return the positions of the next rows: windows, and spans of their orders."""
        while n_rows:
            if self._window is None:
                self._window = next(self._windows)
            n = min(n_rows, len(self._window) - self._at)
            window, at = self._window, self._at
            self._at += n
            n_rows -= n
            yield window, slice(at, at + n)
            if self._at == len(window):
                self._window, self._at = None, 0


def block_shapes(
    n_rows: int, batch_size: int, block_size: int, done: int = 0
) -> Iterator[tuple[int, int]]:
    """Return the number of minibatches of each block of an epoch, and of rows of each minibatch.

    The last block may have fewer minibatches. A shorter last minibatch is a block of its own.

    >>> list(block_shapes(10, 4, 1))
    [(1, 4), (1, 4), (1, 2)]
    >>> list(block_shapes(10, 2, 3, done=2))
    [(2, 2), (2, 2)]
    """
    n_full = n_rows // batch_size
    shapes = [
        (min(block_size, n_full - first), batch_size) for first in range(0, n_full, block_size)
    ]
    if n_rows % batch_size:
        shapes.append((1, n_rows % batch_size))
    for n_minibatches, size in shapes:
        n_done = min(done // size, n_minibatches)
        done -= n_done * size
        if n_done < n_minibatches:
            yield n_minibatches - n_done, size


def epoch_blocks(
    order: Order, epoch: int, batch_size: int, block_size: int, done: int = 0
) -> Iterator[Array]:
    """Yield the rows of each block of an epoch, or of the rest of it.

    Parameters
    ----------
    order : Order
        Order in which rows are visited.
    epoch : int
        Number of the epoch.
    batch_size : int
        Rows of a minibatch.
    block_size : int
        Minibatches of a block.
    done : int
        Number of rows that have been visited, in whole minibatches.

    Yields
    ------
    int array, (minibatches, rows of a minibatch)
        Every unvisited row is in exactly one block.
    """
    walk = Walk(order.windows(epoch, done), order.done_in_window(epoch, done))
    for shape in block_shapes(order.n_rows, batch_size, block_size, done):
        rows = [window.rows(span) for window, span in walk.spans(shape[0] * shape[1])]
        yield (rows[0] if len(rows) == 1 else np.concatenate(rows)).reshape(shape)
