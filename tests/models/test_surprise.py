"""Surprise against its definition, value by value, and properties on which users rely."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autoenc.models.surprise import LEAST_WIDTH, Surprise

COLUMNS = arrays(
    np.float64, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=st.floats(-1e3, 1e3)
)


def oracle(values, x, n_bins):
    """−log of the frequency polygon at x: NumPy's histogram and interpolation."""
    counts, edges = np.histogram(values, n_bins)
    width = edges[1] - edges[0]
    centres = np.append(edges - width / 2, edges[-1] + width / 2)
    polygon = np.interp(x, centres, [0.5, *(counts + 0.5), 0.5])
    return -np.log(polygon / (len(values) + 0.5 * n_bins))


def test_frequencies_are_the_oracles():
    rng = np.random.default_rng(0)
    values, x = rng.normal(size=(200, 2)), rng.normal(size=(50, 2)) * 2
    found = Surprise.of(values, 7).entries(x)
    expected = np.column_stack([oracle(values[:, j], x[:, j], 7) for j in range(2)])
    np.testing.assert_allclose(found, expected)


@given(COLUMNS, st.integers(1, 25))
@settings(max_examples=50, deadline=None)
def test_training_values_are_never_beyond_and_surprise_is_bounded(values, n_bins):
    surprise = Surprise.of(values, n_bins)
    seen, strange = surprise.entries(values), surprise.entries(np.full_like(values, 1e9))
    assert (seen < strange).all()
    np.testing.assert_allclose(strange, np.log(2 * len(values) + n_bins))


@given(COLUMNS, st.integers(1, 25), st.floats(-1e3, 1e3))
@settings(max_examples=50, deadline=None)
def test_there_are_no_jumps(values, n_bins, x):
    surprise = Surprise.of(values, n_bins)
    here, there = (surprise.entries(np.full((1, values.shape[1]), x + h)) for h in (0, 1e-9))
    assert (abs(here - there) < 1e-3).all()


@given(COLUMNS, st.floats(0.1, 3))
@settings(max_examples=50, deadline=None)
def test_standardised_rows_have_mean_0_and_the_given_deviation(values, weight):
    surprise = Surprise.of(values, 5).standardised(values, weight)
    entries = surprise.entries(values)
    np.testing.assert_allclose(entries.mean(axis=0), 0, atol=1e-9)
    is_constant = Surprise.of(values, 5).entries(values).sum(axis=1).std() <= LEAST_WIDTH
    expected = 0 if is_constant else weight
    assert entries.sum(axis=1).std() == pytest.approx(expected, abs=LEAST_WIDTH)


def test_in_a_constant_column_every_other_value_is_rare():
    surprise = Surprise.of(np.full((100, 1), 3.0), 20)
    same, rounded, other = surprise.entries(np.array([[3.0], [3 + 1e-7], [3.1]])).ravel()
    assert same < 1
    assert rounded == pytest.approx(same, abs=0.01)
    assert other > 5


def test_missing_entries_add_nothing():
    values = np.array([[0.0, np.nan], [1.0, 2.0], [np.nan, 2.0]])
    surprise = Surprise.of(values, 4).standardised(values)
    entries = surprise.entries(values)
    assert (entries[np.isnan(values)] == 0).all()
    assert np.isfinite(entries).all()
    np.testing.assert_allclose(entries.sum(axis=0), 0, atol=1e-12)
    others = Surprise.of(np.array([[0.0], [1.0]]), 4)
    np.testing.assert_array_equal(others.frequency[0], Surprise.of(values, 4).frequency[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_describe_it(dtype):
    values = np.random.default_rng(0).normal(size=(50, 3)).astype(dtype)
    surprise = Surprise.of(values, 9).standardised(values, 0.7)
    arrays = surprise.arrays("value", dtype)
    assert {array.dtype for array in arrays.values()} == {np.dtype(dtype)}
    again = Surprise.from_arrays("value", arrays)
    tolerance = {"float32": 1e-4, "float64": 0}[dtype]
    np.testing.assert_allclose(again.entries(values), surprise.entries(values), 0, tolerance)


@pytest.mark.parametrize("far", [np.inf, -np.inf, 1e300])
def test_values_without_bounds_are_as_rare_as_the_ends(far):
    surprise = Surprise.of(np.random.default_rng(0).normal(size=(50, 1)), 9)
    assert surprise.entries(np.array([[far]])) == surprise.entries(np.array([[1e3]]))


def test_the_value_of_a_category_is_as_rare_as_a_cell_with_as_many_values():
    """Probabilities 0.7, 0.3 and 0 of a category of three values, and of another beside it."""
    q = np.array([[0.7]] * 7 + [[0.3]] * 3)
    surprise = Surprise.of(np.hstack([q, q, q]), 20, sizes=[3, 0, 50])
    asked = np.array([0.7, 0.3, 0.05, 0.0, 1.0])[:, None] * np.ones(3)
    found = surprise.entries(asked)
    for k, size in ((0, 3), (2, 50)):
        expected = -np.log((10 * asked[:, 0] + 0.5) / (10 + 0.5 * size))
        np.testing.assert_allclose(found[:, k], expected)
    assert found[3, 0] == pytest.approx(np.log(2 * 10 + 3))
    np.testing.assert_allclose(found[:, 1:2], Surprise.of(q, 20).entries(asked[:, 1:2]))


@given(COLUMNS, st.floats(0.1, 3))
@settings(max_examples=50, deadline=None)
def test_each_kind_has_its_part_of_the_variance(values, weight):
    rng = np.random.default_rng(0)
    q = rng.choice([0.01, 0.99], size=(len(values), 2), p=[0.3, 0.7])
    both, n = np.hstack([values, q]), values.shape[1]
    sizes = [0] * n + [2, 2]
    surprise = Surprise.of(both, 5, sizes).standardised(both, weight, sizes)
    entries = surprise.entries(both)
    np.testing.assert_allclose(entries.mean(axis=0), 0, atol=1e-9)
    numbers, categories = entries[:, :n].sum(axis=1).std(), entries[:, n:].sum(axis=1).std()
    is_constant = Surprise.of(values, 5).entries(values).sum(axis=1).std() <= LEAST_WIDTH
    expected = 0 if is_constant else weight * np.sqrt(n / (n + 2))
    assert numbers == pytest.approx(expected, abs=LEAST_WIDTH)
    assert categories <= weight * np.sqrt(2 / (n + 2)) * (1 + 1e-9)


def test_values_that_are_equally_frequent_do_not_make_a_unit():
    q = np.where(np.arange(100) < 51, 0.51, 0.49)[:, None]
    surprise = Surprise.of(q, 20, sizes=[2]).standardised(q, sizes=[2])
    unknown, likely = surprise.entries(np.array([[0.0], [0.51]])).ravel()
    assert abs(likely) < 0.1
    assert 10 < unknown < 4 * np.log(2 * 100 + 2)


def test_without_categories_nothing_is_different():
    values = np.random.default_rng(0).normal(size=(50, 3))
    plain, given_ = Surprise.of(values, 9), Surprise.of(values, 9, [0, 0, 0])
    for a, b in (
        (plain, given_),
        (plain.standardised(values), given_.standardised(values, 1.0, [0] * 3)),
    ):
        for name, array in a.arrays("a", "float64").items():
            assert array.tobytes() == b.arrays("a", "float64")[name].tobytes()
