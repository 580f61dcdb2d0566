"""Blocks that several processes read together."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autoenc.sources import Source, open_source
from autoenc.training.plan import Plan
from autoenc.training.windows import Share, WindowReader


class Noting:
    """Reads rows, and notes which."""

    def __init__(self, reader):
        self._reader, self.seen = reader, []
        self.shape, self.dtype, self.piece = reader.shape, reader.dtype, reader.piece
        self.files = reader.files

    def read_into(self, first, out):
        self.seen += range(first, first + len(out))
        self._reader.read_into(first, out)

    def settle(self):
        self._reader.settle()


@st.composite
def plans(draw):
    n_rows = draw(st.integers(1, 60))
    chunk = draw(st.integers(1, 9))
    return Plan(
        n_rows=n_rows,
        batch_size=draw(st.integers(1, n_rows)),
        n_epochs=2,
        block_size=draw(st.integers(1, 4)),
        seed=draw(st.integers(0, 5)),
        shuffle=draw(st.booleans()),
        chunk=chunk,
        window=draw(st.integers(chunk, 70)),
    )


def read_by(rank, count, plan, done):
    """Blocks as one of several processes reads them, and the rows that it has read."""
    # The value of a row tells its number.
    rows = (7 + 3 * np.arange(plan.n_rows, dtype="float32")).reshape(-1, 1)
    noting = Noting(open_source(rows).reader)
    share = Share(rank, count)
    reader = WindowReader([Source(noting, "rows")], ["float32"], plan, None, share)
    return list(reader.blocks(1, done)), noting.seen


@settings(max_examples=150, deadline=None)
@given(plan=plans(), count=st.integers(1, 5), n_done=st.integers(0, 3))
def test_the_shares_of_a_block_are_together_the_block(plan, count, n_done):
    """Each row is read by one process: that which the others take to have it."""
    done = min(n_done * plan.batch_size, plan.n_rows // plan.batch_size * plan.batch_size)
    expected = [rows for epoch in (1, 2) for rows in plan.blocks(epoch, done * (epoch == 1))]
    found = [read_by(rank, count, plan, done)[0] for rank in range(count)]
    assert {len(blocks) for blocks in found} == {len(expected)}
    for rows, *parts in zip(expected, *found, strict=True):
        whole = np.full((rows.size, 1), np.nan, "float32")
        for rank, part in enumerate(parts):
            np.testing.assert_array_equal(part.numbers, rows.ravel())
            np.testing.assert_array_equal(part.owners, parts[0].owners)
            whole[part.owners == rank] = part.arrays[0]
        np.testing.assert_array_equal(whole[:, 0], 7 + 3 * rows.ravel())


@settings(max_examples=100, deadline=None)
@given(plan=plans(), count=st.integers(2, 5))
def test_processes_read_each_row_of_a_window_once_and_as_many_each(plan, count):
    epochs = [read_by(rank, count, plan, 0)[1] for rank in range(count)]
    n_epochs = 1 if plan.order.rows_of_a_window == plan.n_rows else 2
    everything = np.sort(np.concatenate([np.array(seen, int) for seen in epochs]))
    np.testing.assert_array_equal(everything, np.repeat(np.arange(plan.n_rows), n_epochs))
    n_windows = n_epochs * sum(1 for _ in plan.order.windows(1))
    sizes = [len(seen) for seen in epochs]
    assert max(sizes) - min(sizes) <= n_windows


@given(n_rows=st.integers(0, 10**12), count=st.integers(1, 1000), data=st.data())
@settings(deadline=None)
def test_shares_are_consecutive_and_have_their_owners(n_rows, count, data):
    rank = data.draw(st.integers(0, count - 1))
    span = Share(rank, count).span(n_rows)
    after = Share(rank + 1, count).span(n_rows).start
    assert span.stop == (n_rows if rank == count - 1 else after)
    assert 0 <= span.stop - span.start <= Share(rank, count).most(n_rows)
    ends = np.array([n for n in (span.start, span.stop - 1) if span.start <= n < span.stop], int)
    assert (Share(0, count).owners(ends, n_rows) == rank).all()
