"""Order of rows, and division of an epoch into blocks."""

import hashlib
import tracemalloc
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoenc.backends.interface import ROWS_PER_BLOCK
from autoenc.training.plan import make_plan
from autoenc.training.schedule import (
    ROWS_PER_WINDOW,
    VALUES_PER_WINDOW,
    Order,
    Walk,
    block_length,
    default_chunk,
    default_window,
    epoch_blocks,
)

sizes = st.integers(1, 60)
# Data of one window, of several, and with a last, shorter chunk.
orders = st.builds(
    lambda n_rows, chunk, chunks, seed, shuffle: Order(
        n_rows, chunk, chunk * chunks, seed, shuffle
    ),
    st.integers(1, 300), st.integers(1, 40), st.integers(1, 5), st.integers(0, 5), st.booleans(),
)  # fmt: skip


def visited(order, batch=7, block=3, epoch=1, done=0):
    blocks = list(epoch_blocks(order, epoch, batch, block, done))
    return np.concatenate([rows.ravel() for rows in blocks]) if blocks else np.empty(0, int)


@given(order=orders, batch=sizes, block=sizes)
def test_every_row_is_visited_once(order, batch, block):
    rows = visited(order, batch, block)
    assert sorted(rows) == list(range(order.n_rows))
    if not order.shuffle:
        assert list(rows) == list(range(order.n_rows))


@given(order=orders, batch=sizes, block=sizes)
def test_only_the_last_minibatch_is_short(order, batch, block):
    blocks = list(epoch_blocks(order, 1, batch, block))
    assert all(rows.shape[1] == batch for rows in blocks[:-1])
    assert all(rows.shape[0] <= block for rows in blocks)
    assert blocks[-1].shape[1] in (batch, order.n_rows % batch)


@given(order=orders, blocks=st.tuples(sizes, sizes))
def test_the_order_does_not_depend_on_the_blocks(order, blocks):
    first, second = (visited(order, block=block) for block in blocks)
    np.testing.assert_array_equal(first, second)


@given(order=orders, batch=sizes, block=sizes, data=st.data())
def test_the_rest_of_an_epoch_is_the_end_of_it(order, batch, block, data):
    minibatches = -(-order.n_rows // batch)
    done = min(data.draw(st.integers(0, minibatches)) * batch, order.n_rows)
    rest = visited(order, batch, block, done=done)
    np.testing.assert_array_equal(rest, visited(order, batch, block)[done:])


@given(order=orders, data=st.data())
def test_rows_are_where_the_window_says(order, data):
    """Reading chunks and picking from them gives the rows whose numbers are known."""
    walk = Walk(order.windows(1))
    n = data.draw(st.integers(1, order.n_rows))
    for window, span in walk.spans(n):
        chunks = zip(window.first, window.last, strict=True)
        stored = np.concatenate([np.arange(first, last) for first, last in chunks])
        np.testing.assert_array_equal(stored[window.picks[span]], window.rows(span))


@given(order=orders)
def test_a_window_is_of_whole_chunks_and_no_larger_than_asked(order):
    for window in order.windows(1):
        assert len(window) <= order.rows_of_a_window <= order.window
        assert (window.first % order.chunk == 0).all()


def order(seed, epoch, n_rows=1000, **sizes):
    sizes = {"chunk": 10, "window": 1000, **sizes}
    return visited(Order(n_rows, **sizes, seed=seed, shuffle=True), epoch=epoch).tolist()


@pytest.mark.parametrize("window", [1000, 100])
def test_the_order_follows_from_seed_and_epoch(window):
    assert order(1, 1, window=window) == order(1, 1, window=window)
    assert order(1, 1, window=window) != order(1, 2, window=window)
    assert order(1, 1, window=window) != order(2, 1, window=window)


def test_data_of_one_window_has_the_order_of_the_first_releases():
    expected = np.random.default_rng([3, 2]).permutation(1000)
    assert order(3, 2) == expected.tolist()


def test_orders_of_several_windows_stay_as_they_are():
    """Checkpoints are resumed by later versions."""
    rows = np.array(order(3, 2, n_rows=1003, window=100), dtype="<i8")
    assert hashlib.sha256(rows.tobytes()).hexdigest()[:16] == "29275545fd492d43"


def test_neighbours_are_taken_apart():
    """What a minibatch has in common with the order of the file is chance."""
    rows = np.array(order(0, 1, n_rows=100_000, chunk=100, window=12_800))
    batches = rows[:96_000].reshape(-1, 32)
    assert np.abs(batches.mean(axis=1) - 50_000).mean() < 1.3 * 28_867 / np.sqrt(32)
    assert (np.abs(np.diff(rows)) < 100).mean() < 0.02


def test_the_order_of_a_billion_rows_takes_memory_of_the_chunks():
    n_rows, width = 10**9, 784
    window = default_window(width)
    large = Order(n_rows, default_chunk(window), window, 1, True)
    tracemalloc.start()
    blocks = list(islice(epoch_blocks(large, 1, 50, 100, done=n_rows // 2), 3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [block.shape for block in blocks] == [(100, 50)] * 3
    assert peak < 100 * n_rows / default_chunk(window)


@given(width=st.integers(1, 10**6))
def test_windows_are_bounded(width):
    window = default_window(width)
    assert 1 <= window <= ROWS_PER_WINDOW
    assert window * width <= max(VALUES_PER_WINDOW, width)
    assert 1 <= default_chunk(window) <= window


def plan(**settings):
    return make_plan(**{
        "n_rows": 1000, "batch_size": 10, "n_epochs": 1, "block_size": None, "seed": 0,
        "shuffle": True, "rows_per_block": 5000, "values_per_row": 784, **settings,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chunk": 0}, "chunk is 0; expected an integer of at least 1"),
        ({"window": 2.5}, "window is 2.5; expected an integer"),
        ({"chunk": 20, "window": 10}, "chunk is 20 rows and window 10; a window consists"),
    ],
)
def test_bad_windows(settings, message):
    with pytest.raises(ValueError, match=message):
        plan(**settings)


def test_sizes_that_do_not_change_the_order_are_no_part_of_a_training():
    assert plan(window=1000).identity() == plan(window=5000).identity()
    assert plan(window=100).identity() != plan(window=200).identity()


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
