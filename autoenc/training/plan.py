"""The sizes of a training run, validated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autoenc.graph.checks import positive_int
from autoenc.training.schedule import (
    Order,
    block_length,
    default_chunk,
    default_window,
    epoch_blocks,
)


@dataclass(frozen=True)
class Plan:
    """Plan of a run: numbers of rows and epochs, sizes of pieces, and the order of rows."""

    n_rows: int
    batch_size: int
    n_epochs: int
    block_size: int
    seed: int
    shuffle: bool
    chunk: int
    window: int

    @property
    def order(self) -> Order:
        """Order in which rows are visited."""
        return Order(self.n_rows, self.chunk, self.window, self.seed, self.shuffle)

    @property
    def minibatches_per_epoch(self) -> int:
        """Number of minibatches of an epoch, including a shorter last one."""
        return -(-self.n_rows // self.batch_size)

    def blocks(self, epoch: int, done: int = 0) -> Iterator[np.ndarray[Any, Any]]:
        """Yield the rows of each block of an epoch, without rows that have already been used."""
        return epoch_blocks(self.order, epoch, self.batch_size, self.block_size, done)

    def identity(self) -> dict[str, Any]:
        """Return the sizes that affect results; chunk and window only if they affect the order."""
        unused = {"n_epochs"} if self.order.is_windowed else {"n_epochs", "chunk", "window"}
        return {name: value for name, value in asdict(self).items() if name not in unused}


def make_plan(
    n_rows: int,
    batch_size: int,
    n_epochs: int,
    block_size: int | None,
    seed: int,
    shuffle: bool,
    rows_per_block: int,
    values_per_row: int,
    chunk: int | None = None,
    window: int | None = None,
) -> Plan:
    """Check the sizes of a training run, and choose those that are None.

    Raises
    ------
    ValueError
        If a number is not an integer in its range, or `shuffle` is not a bool.
    """
    batch_size = positive_int(batch_size, "batch_size")
    n_epochs = positive_int(n_epochs, "n_epochs")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}; expected an integer of at least 0.")
    if not isinstance(shuffle, bool | np.bool):
        raise ValueError(f"shuffle is {shuffle!r}; expected True or False.")
    if block_size is None:
        block_size = block_length(n_rows // batch_size, batch_size, rows_per_block)
    block_size = positive_int(block_size, "block_size")
    chunk, window = _choose_chunks(values_per_row, chunk, window)
    return Plan(n_rows, batch_size, n_epochs, block_size, int(seed), bool(shuffle), chunk, window)


def _choose_chunks(values_per_row: int, chunk: int | None, window: int | None) -> tuple[int, int]:
    if chunk is not None:
        chunk = positive_int(chunk, "chunk")
    if window is None:
        window = max(default_window(values_per_row), chunk or 1)
    window = positive_int(window, "window")
    if chunk is None:
        chunk = default_chunk(window)
    if chunk > window:
        raise ValueError(
            f"chunk is {chunk:,} rows and window {window:,}; a window consists of chunks, so "
            "chunk must not be larger."
        )
    return chunk, window
