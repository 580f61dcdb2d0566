"""Surprise against a loop over values, and what users rely on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autoenc.models.surprise import Surprise

COLUMNS = arrays(
    np.float64, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=st.floats(-1e3, 1e3)
)


def oracle(values, x, n_bins):
    """−log of the smoothed frequency of the cell of x, from its definition."""
    low, high = values.min(), values.max()
    if not low <= x <= high:
        count = 0
    else:
        edges = np.linspace(low, high, n_bins + 1)
        count = np.histogram(values, edges)[0][
            min(np.searchsorted(edges, x, "right") - 1, n_bins - 1)
        ]
    return -np.log((count + 0.5) / (len(values) + 0.5 * n_bins))


def test_frequencies_are_the_oracles():
    rng = np.random.default_rng(0)
    values, x = rng.normal(size=(200, 2)), rng.normal(size=(50, 2)) * 2
    found = Surprise.of(values, 7).entries(x)
    expected = [[oracle(values[:, j], v, 7) for j, v in enumerate(row)] for row in x]
    np.testing.assert_allclose(found, expected)


@given(COLUMNS, st.integers(1, 25))
@settings(max_examples=50, deadline=None)
def test_training_values_are_never_beyond_and_surprise_is_bounded(values, n_bins):
    surprise = Surprise.of(values, n_bins)
    seen, strange = surprise.entries(values), surprise.entries(np.full_like(values, 1e9))
    assert (seen < strange).all()
    np.testing.assert_allclose(strange, np.log(2 * len(values) + n_bins))


@given(COLUMNS, st.floats(0.1, 3))
@settings(max_examples=50, deadline=None)
def test_standardised_rows_have_mean_0_and_the_given_deviation(values, weight):
    surprise = Surprise.of(values, 5).standardised(values, weight)
    entries = surprise.entries(values)
    np.testing.assert_allclose(entries.mean(axis=0), 0, atol=1e-9)
    deviation = entries.sum(axis=1).std()
    assert deviation == pytest.approx(weight) or deviation == pytest.approx(0, abs=1e-5)


def test_in_a_constant_column_every_other_value_is_rare():
    surprise = Surprise.of(np.full((100, 1), 3.0), 20)
    same, other = surprise.entries(np.array([[3.0], [3.1]])).ravel()
    assert same < 0.1
    assert other > 5


def test_missing_entries_add_nothing():
    values = np.array([[0.0, np.nan], [1.0, 2.0], [np.nan, 2.0]])
    entries = Surprise.of(values, 2).entries(values)
    assert (entries[np.isnan(values)] == 0).all()
    assert (entries[~np.isnan(values)] > 0).all()


def test_it_is_restored_from_arrays():
    values = np.random.default_rng(0).normal(size=(20, 3))
    surprise = Surprise.of(values, 4)
    again = Surprise.from_arrays("value", surprise.arrays("value", "float64"))
    np.testing.assert_array_equal(again.entries(values), surprise.entries(values))
