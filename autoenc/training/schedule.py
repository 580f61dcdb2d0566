"""In which order rows are visited, and how an epoch is cut into blocks.

An epoch's order follows from (seed, epoch) alone, its cuts from sizes alone.

>>> [block.shape for block in epoch_blocks(10, 4, 1, seed=0, epoch=1, shuffle=True)]
[(1, 4), (1, 4), (1, 2)]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def block_length(n_minibatches: int, batch_size: int, rows_per_block: int) -> int:
    """Choose how many minibatches a block has when the caller does not.

    A number that divides the epoch evenly is preferred: every length is
    compiled for itself on XLA.
    """
    longest = max(rows_per_block // batch_size, 1)
    fewest = -(-n_minibatches // longest)
    for n_blocks in range(fewest, 2 * fewest + 1):
        if n_blocks and n_minibatches % n_blocks == 0:
            return n_minibatches // n_blocks
    return max(-(-n_minibatches // max(fewest, 1)), 1)


def epoch_blocks(
    n_rows: int,
    batch_size: int,
    block_size: int,
    *,
    seed: int,
    epoch: int,
    shuffle: bool,
) -> Iterator[np.ndarray[Any, Any]]:
    """Rows of each block of an epoch.

    Parameters
    ----------
    n_rows : int
        Rows of the data.
    batch_size : int
        Rows of a minibatch.
    block_size : int
        Minibatches of a block.
    seed, epoch : int
        What the order is made from.
    shuffle : bool
        Whether the order is random; otherwise that of the data.

    Yields
    ------
    int array, (minibatches, rows of a minibatch)
        The last block may have fewer minibatches, and a last, shorter minibatch
        comes in a block of its own; every row is in exactly one.
    """
    order = np.arange(n_rows)
    if shuffle:
        # A key of its own keeps the order apart from the noise of block 0.
        order = np.random.default_rng([seed, epoch]).permutation(n_rows)
    n_full = n_rows // batch_size
    full = order[: n_full * batch_size].reshape(n_full, batch_size)
    for first in range(0, n_full, block_size):
        yield full[first : first + block_size]
    if n_rows % batch_size:
        yield order[n_full * batch_size :][np.newaxis]
