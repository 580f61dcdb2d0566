"""Which rows are held out."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoenc.rows import held_out
from autoenc.rows.held_out import PartOfRows, hold_out


@given(st.data(), st.integers(2, 20_000), st.integers(0, 5))
def test_parts_are_all_rows_once(data, n_rows, seed):
    n_held_out = data.draw(st.integers(1, n_rows - 1))
    own, others = (PartOfRows(n_rows, n_held_out, seed, held) for held in (False, True))
    assert len(others) == n_held_out
    assert np.array_equal(np.sort(np.r_[own, others]), np.arange(n_rows))
    for part in (own, others):
        assert (np.diff(part) > 0).all()
        first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(part))] * 2)))
        assert np.array_equal(part[first:last], np.asarray(part)[first:last])


def test_parts_depend_on_the_seed_and_are_not_regular():
    parts = [np.asarray(PartOfRows(100_000, 10_000, seed, held=True)) for seed in (0, 0, 1)]
    assert np.array_equal(parts[0], parts[1])
    assert len(np.intersect1d(parts[0], parts[2])) == pytest.approx(1_000, rel=0.15)
    gaps = np.diff(parts[0])
    assert gaps.std() == pytest.approx(np.sqrt(90), rel=0.1)  # of a geometric distribution


def test_a_billion_rows_are_held_out_without_memory():
    tracemalloc.start()
    own, others = hold_out(10**9, 0.1, seed=0)
    some = others[10**7 : 10**7 + 5]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(own), len(others)) == (9 * 10**8, 10**8)
    assert abs(some[0] - 10**8) < held_out.ROWS_OF_A_CHUNK
    assert peak < 1e6


def test_few_rows_and_classes_are_divided_by_scikit_learn():
    for classes in (None, np.arange(2**20 + 100) % 2):
        n_rows = 50 if classes is None else len(classes)
        own, others = hold_out(n_rows, 0.2, seed=0, classes=classes)
        assert isinstance(own, np.ndarray)
        assert np.array_equal(np.sort(np.r_[own, others]), np.arange(n_rows))


def test_all_rows_cannot_be_held_out():
    with pytest.raises(ValueError, match="not possible with these 2000000 rows"):
        hold_out(2_000_000, 1 - 1e-9, seed=0)
