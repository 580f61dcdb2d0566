"""The sizes of a training, checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autoenc.training.schedule import block_length, epoch_blocks


@dataclass(frozen=True)
class Plan:
    """How many rows, in what pieces, how often, in which order."""

    n_rows: int
    batch_size: int
    n_epochs: int
    block_size: int
    seed: int
    shuffle: bool

    @property
    def minibatches_per_epoch(self) -> int:
        """Minibatches of an epoch, a last, shorter one among them."""
        return -(-self.n_rows // self.batch_size)

    def blocks(self, epoch: int) -> Iterator[np.ndarray[Any, Any]]:
        """Rows of each block of an epoch."""
        return epoch_blocks(
            self.n_rows,
            self.batch_size,
            self.block_size,
            seed=self.seed,
            epoch=epoch,
            shuffle=self.shuffle,
        )


def make_plan(
    n_rows: int,
    batch_size: int,
    n_epochs: int,
    block_size: int | None,
    seed: int,
    shuffle: bool,
    rows_per_block: int,
) -> Plan:
    """Check the sizes of a training, and choose the block size if it is None.

    Raises
    ------
    ValueError
        If a number is not an integer in its range.
    """
    for name, value in (("batch_size", batch_size), ("n_epochs", n_epochs)):
        _check_integer(name, value, at_least=1)
    _check_integer("seed", seed, at_least=0)
    if block_size is None:
        block_size = block_length(n_rows // batch_size, batch_size, rows_per_block)
    _check_integer("block_size", block_size, at_least=1)
    return Plan(n_rows, int(batch_size), int(n_epochs), int(block_size), int(seed), shuffle)


def _check_integer(name: str, value: Any, *, at_least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < at_least:
        raise ValueError(f"{name} is {value!r}; expected an integer of at least {at_least}.")
