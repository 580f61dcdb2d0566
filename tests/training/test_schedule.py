"""Orders and cuts of an epoch."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoenc.backends.base import ROWS_PER_BLOCK
from autoenc.training.schedule import block_length, epoch_blocks

sizes = st.integers(1, 60)


@given(n_rows=st.integers(1, 300), batch=sizes, block=sizes, shuffle=st.booleans())
def test_every_row_is_visited_once(n_rows, batch, block, shuffle):
    blocks = list(epoch_blocks(n_rows, batch, block, seed=1, epoch=1, shuffle=shuffle))
    visited = np.concatenate([rows.ravel() for rows in blocks])
    assert sorted(visited) == list(range(n_rows))
    if not shuffle:
        assert list(visited) == list(range(n_rows))


@given(n_rows=st.integers(1, 300), batch=sizes, block=sizes)
def test_only_the_last_minibatch_is_short(n_rows, batch, block):
    blocks = list(epoch_blocks(n_rows, batch, block, seed=1, epoch=1, shuffle=True))
    assert all(rows.shape[1] == batch for rows in blocks[:-1])
    assert all(rows.shape[0] <= block for rows in blocks)
    assert blocks[-1].shape[1] in (batch, n_rows % batch)


@given(blocks=st.tuples(sizes, sizes))
def test_the_order_does_not_depend_on_the_blocks(blocks):
    first, second = (
        np.concatenate(
            [b.ravel() for b in epoch_blocks(100, 7, block, seed=3, epoch=2, shuffle=True)]
        )
        for block in blocks
    )
    np.testing.assert_array_equal(first, second)


def order(seed, epoch):
    (rows,) = epoch_blocks(1000, 1000, 1, seed=seed, epoch=epoch, shuffle=True)
    return rows.ravel().tolist()


def test_the_order_follows_from_seed_and_epoch():
    assert order(1, 1) == order(1, 1)
    assert order(1, 1) != order(1, 2)
    assert order(1, 1) != order(2, 1)


@given(n_minibatches=st.integers(1, 20_000), batch=st.integers(1, 20_000))
def test_blocks_are_bounded_and_few_lengths_are_compiled(n_minibatches, batch):
    length = block_length(n_minibatches, batch, ROWS_PER_BLOCK)
    assert 1 <= length <= max(ROWS_PER_BLOCK // batch, 1)
    # No more than twice as many blocks as the bound demands.
    assert length >= min(n_minibatches, max(ROWS_PER_BLOCK // batch, 1) // 4, 1)


def test_an_even_cut_is_preferred():
    assert 2500 % block_length(2500, 20, ROWS_PER_BLOCK) == 0
    assert block_length(250, 20, ROWS_PER_BLOCK) == 250


def test_less_than_one_minibatch_of_data():
    assert block_length(0, 20, ROWS_PER_BLOCK) == 1
