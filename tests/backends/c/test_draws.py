"""Masks have the requested frequency, and are independent within and between draws."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import stats

from autoenc.backends import make_step, resolve_backend
from autoenc.graph import symbolic_generator
from autoenc.graph.bernoulli import bernoulli

SHAPE = (40, 50)
STEPS = 100


def masks(backend, p, steps=STEPS, seed=1, blocks=1):
    """Draw a mask at every step, kept by writing it into a shared tensor."""
    step = pytensor.shared(np.int32(0), name="step")
    kept = pytensor.shared(np.zeros((steps * blocks, *SHAPE), "float32"), name="kept")
    x = pt.matrix("x")
    draw = bernoulli(p, x.shape, symbolic_generator(0)).astype("float32")
    updates = {kept: pt.set_subtensor(kept[step], draw), step: step + 1}
    runner = resolve_backend(backend, "cpu").compile(make_step(x.mean(), updates, [x]))
    data = np.zeros((SHAPE[0], SHAPE[1]), "float32")
    rows = np.tile(np.arange(SHAPE[0]), (steps, 1))
    for block in range(blocks):
        runner.run([data], rows, (seed, block))
    runner.sync()
    return kept.get_value()


@pytest.mark.parametrize("p", [0.0, 1e-4, 0.3, 0.7, 1 / 3, 1.0])
def test_true_comes_as_often_as_asked_for(backend, p):
    count = int(masks(backend, p).sum())
    n = STEPS * SHAPE[0] * SHAPE[1]
    assert stats.binomtest(count, n, p).pvalue > 1e-3


def correlations(first, second, p):
    """Correlations of pairs that should have none, in units of their standard deviation."""
    products = (first - p) * (second - p)
    return products.mean(0) * np.sqrt(len(products)) / (p * (1 - p))


@pytest.mark.parametrize("p", [0.3, 0.9])
def test_entries_are_independent(backend, p):
    """Neighbours in a row, in a column, in time, and far apart."""
    drawn = masks(backend, p, steps=200)
    flat = drawn.reshape(len(drawn), -1)
    for lag in (1, 2, 3, 50, 64, 256, 1024):
        z = correlations(flat[:, :-lag].ravel()[:, None], flat[:, lag:].ravel()[:, None], p)
        assert abs(z).max() < 4.5
    for lag in (1, 2, 17):
        z = correlations(drawn[:-lag].ravel()[:, None], drawn[lag:].ravel()[:, None], p)
        assert abs(z).max() < 4.5


def test_the_number_of_each_row_and_entry_varies_as_it_should(backend):
    drawn = masks(backend, 0.3, steps=400)
    for axis in (0, 2):
        counts = drawn.sum(axis).ravel()
        n = drawn.shape[axis]
        statistic = ((counts - 0.3 * n) ** 2 / (n * 0.3 * 0.7)).sum()
        assert 1e-4 < stats.chi2.cdf(statistic, len(counts)) < 1 - 1e-4


def test_runs_have_the_right_lengths(backend):
    flat = masks(backend, 0.5).reshape(-1)
    ends = np.flatnonzero(np.diff(flat) != 0)
    lengths = np.clip(np.diff(ends), 1, 10)
    expected = 0.5 ** np.arange(1, 11)
    expected[-1] *= 2
    counts = np.bincount(lengths, minlength=11)[1:]
    assert stats.chisquare(counts, expected * counts.sum()).pvalue > 1e-3


def test_seeds_and_blocks_have_masks_of_their_own(backend):
    first = masks(backend, 0.5, steps=4, blocks=2)
    np.testing.assert_array_equal(first, masks(backend, 0.5, steps=4, blocks=2))
    other = masks(backend, 0.5, steps=4, blocks=2, seed=2)
    for a, b in [(first[:4], first[4:]), (first, other)]:
        assert 0.45 < (a == b).mean() < 0.55


def test_a_level_can_be_symbolic(backend):
    level = pytensor.shared(np.float32(0.25), name="level")
    assert masks(backend, level).mean() == pytest.approx(0.25, abs=0.005)
