"""Windows of sources in memory: the next one is read while the present one is in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autoenc.sources import Source
from autoenc.tables.memory import readable_size
from autoenc.training.ahead import Ahead
from autoenc.training.plan import Plan
from autoenc.training.schedule import Walk, Window, block_shapes

Array: TypeAlias = np.ndarray[Any, Any]

# Windows in memory: one in use, one being read.
N_WINDOWS = 2
# Copies of a block's rows: in use and ahead, each in main memory and on the device.
N_BLOCKS = 4


@dataclass(frozen=True, eq=False)
class Loaded:
    """A window and the rows of its chunks, one chunk after the other, for each source."""

    window: Window
    arrays: Sequence[Array]

    def __len__(self) -> int:
        return len(self.window)


class WindowReader:
    """Reads the blocks of epochs from sources, a window at a time.

    Parameters
    ----------
    sources : sequence of Source
        With the same number of rows.
    dtypes : sequence of str
        What rows of each become.
    plan : Plan
        In which order they are visited.
    memory : int, optional
        Bytes that windows and blocks may take.

    Raises
    ------
    ValueError
        If windows and blocks take more; says how large a window may be.
    """

    def __init__(
        self, sources: Sequence[Source], dtypes: Sequence[str], plan: Plan, memory: int | None
    ) -> None:
        self._sources = sources
        self._dtypes = dtypes
        self._plan = plan
        self._buffers: list[Sequence[Array]] = []
        if memory is not None:
            self._check(memory)

    def blocks(self, epoch: int, done: int) -> Iterator[tuple[Array, list[Array]]]:
        """Return row numbers and rows of each block; see `BlockReader.blocks`."""
        windows = Ahead(self._windows(epoch, done))
        try:
            walk = Walk(windows, self._plan.order.done_in_window(epoch, done))
            for _ in range(epoch, self._plan.n_epochs + 1):
                sizes = self._plan.n_rows, self._plan.batch_size, self._plan.block_size
                for n_minibatches, size in block_shapes(*sizes, done):
                    yield self._gather(walk, n_minibatches * size)
                done = 0
        finally:
            windows.close()

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
        """Read a window into memory that the one before does not use."""
        buffers = self._buffers or self._allocate()
        free = next(b for b in buffers if before is None or not _is_in(before, b))
        arrays = [buffer[: len(window)] for buffer in free]
        for source, array in zip(self._sources, arrays, strict=True):
            at = 0
            for first, last in zip(window.first.tolist(), window.last.tolist(), strict=True):
                source.read_into(first, array[at : at + last - first])
                at += last - first
            source.settle()
        return Loaded(window, arrays)

    def _allocate(self) -> list[Sequence[Array]]:
        n_rows = self._plan.order.rows_of_a_window
        self._buffers = [
            [np.empty((n_rows, *s.shape[1:]), s.dtype) for s in self._sources]
            for _ in range(self._n_windows)
        ]
        return self._buffers

    @property
    def _n_windows(self) -> int:
        return N_WINDOWS if self._plan.n_rows > self._plan.order.rows_of_a_window else 1

    def _gather(self, walk: Walk[Loaded], n_rows: int) -> tuple[Array, list[Array]]:
        numbers = np.empty(n_rows, np.int64)
        blocks = [
            np.empty((n_rows, *source.shape[1:]), dtype)
            for source, dtype in zip(self._sources, self._dtypes, strict=True)
        ]
        at = 0
        for loaded, span in walk.spans(n_rows):
            picks = loaded.window.picks[span]
            numbers[at : at + len(picks)] = loaded.window.rows(span)
            for array, block in zip(loaded.arrays, blocks, strict=True):
                _take(array, picks, block[at : at + len(picks)])
            at += len(picks)
        return numbers, blocks

    def _check(self, memory: int) -> None:
        plan = self._plan
        stored = sum(source.row_bytes for source in self._sources)
        used = sum(
            int(np.prod(source.shape[1:])) * np.dtype(dtype).itemsize
            for source, dtype in zip(self._sources, self._dtypes, strict=True)
        )
        blocks = N_BLOCKS * used * min(plan.batch_size * plan.block_size, plan.n_rows)
        needed = blocks + self._n_windows * stored * plan.order.rows_of_a_window
        if needed <= memory:
            return
        largest = (memory - blocks) // (N_WINDOWS * stored)
        advice = f"a window of at most {largest:,} rows, window={largest}, fits"
        if largest < 1:
            advice = "use a smaller block_size"
        raise ValueError(
            f"memory is {readable_size(memory)}, but reading needs {readable_size(needed)}: "
            f"{self._n_windows} windows of {plan.order.rows_of_a_window:,} rows and {N_BLOCKS} "
            f"blocks. Give more, or {advice}; rows are visited in another order then."
        )


def _is_in(loaded: Loaded, buffers: Sequence[Array]) -> bool:
    return all(a.base is b for a, b in zip(loaded.arrays, buffers, strict=True))


def _take(array: Array, picks: Array, out: Array) -> None:
    """Gather rows, and convert them where they are of another dtype."""
    if array.dtype == out.dtype:
        # "clip" lets NumPy write into the result directly; rows are in range.
        array.take(picks, axis=0, out=out, mode="clip")
    else:
        out[...] = array.take(picks, axis=0)
