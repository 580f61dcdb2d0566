"""Masking noise: its effect on entries, and its frequency."""

import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytensor import config

from autoenc.graph import masking, random_updates, symbolic_generator
from tests.graph.helpers import FLOAT64, MODE, check_gradient, evaluate

X = np.random.default_rng(5).uniform(0.5, 1, (40, 50)).astype("float32")


def mask(level, rng, x=X):
    return evaluate(masking(pt.constant(x), level, rng))


@settings(max_examples=25)
@given(level=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_entries_are_kept_as_they_are_or_zero(level, seed):
    corrupted = mask(level, seed)
    assert corrupted.shape == X.shape
    assert corrupted.dtype == X.dtype
    kept = corrupted != 0
    np.testing.assert_array_equal(corrupted[kept], X[kept])


@settings(max_examples=25)
@given(level=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_the_fraction_kept_is_one_less_the_level(level, seed):
    kept = np.count_nonzero(mask(level, seed))
    deviation = np.sqrt(X.size * level * (1 - level))
    # Six deviations, and three entries for the levels next to 0 and 1.
    assert abs(kept - X.size * (1 - level)) <= 6 * deviation + 3


def test_every_entry_is_masked_by_itself():
    dropped = np.mean([mask(0.3, seed, X[:8, :8]) == 0 for seed in range(200)], axis=0)
    assert dropped.min() > 0.1
    assert dropped.max() < 0.5
    # No row or column goes as one.
    assert np.abs(np.corrcoef(mask(0.5, 1) != 0)[~np.eye(40, dtype=bool)]).max() < 0.75


def test_level_0_is_the_input_and_level_1_is_zeros():
    np.testing.assert_array_equal(mask(0, 1), X)
    np.testing.assert_array_equal(mask(0.0, 1), X)
    np.testing.assert_array_equal(mask(1, 1), np.zeros_like(X))
    np.testing.assert_array_equal(mask(1.0, 1), np.zeros_like(X))


def test_the_level_may_be_a_shared_variable():
    level = pytensor.shared(np.float32(0), name="level")
    corrupted = pytensor.function([], masking(pt.constant(X), level, 1), mode=MODE)
    np.testing.assert_array_equal(corrupted(), X)
    level.set_value(np.float32(0.3))
    np.testing.assert_array_equal(corrupted(), mask(0.3, 1))


@pytest.mark.parametrize(("level", "kept"), [(-1.5, 1), (-0.25, 1), (1.25, 0)])
def test_a_symbolic_level_beyond_the_unit_interval_is_as_good_as_its_end(level, kept):
    levels = pytensor.shared(np.array([level, level], config.floatX))
    drawn = masking(pt.ones((500, 2)), levels, 1).eval(mode=MODE)
    np.testing.assert_array_equal(drawn, np.full((500, 2), kept))


def test_same_seed_same_mask_and_other_seed_other_mask():
    np.testing.assert_array_equal(mask(0.5, 1), mask(0.5, 1))
    assert (mask(0.5, 1) != mask(0.5, 2)).mean() > 0.4


def test_seed_numpy_generator_and_symbolic_generator_are_the_same_noise():
    expected = mask(0.5, 1)
    np.testing.assert_array_equal(mask(0.5, np.random.default_rng(1)), expected)
    np.testing.assert_array_equal(mask(0.5, symbolic_generator(1)), expected)


def test_noise_steps_on_with_its_updates():
    x = pt.matrix("x")
    corrupted = masking(x, 0.5, 1)
    f = pytensor.function([x], corrupted, updates=random_updates(corrupted), mode=MODE)
    first, second = f(X), f(X)
    np.testing.assert_array_equal(first, mask(0.5, 1))
    assert (first != second).mean() > 0.4


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool"])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_shape_and_dtype_are_those_of_the_input(dtype, ndim):
    x = pt.tensor("x", dtype=dtype, shape=(None,) * ndim)
    corrupted = masking(x, 0.5, 1)
    assert corrupted.dtype == dtype
    ones = np.ones((4, 5, 6)[:ndim], dtype)
    value = evaluate(corrupted, {x: ones})
    assert value.dtype == dtype
    assert value.shape == ones.shape


def test_float64_stays_float64():
    with config.change_flags(**FLOAT64):
        assert mask(0.5, 1, X.astype("float64")).dtype == np.float64


def test_gradient_goes_through_the_mask(rng):
    point = rng.random((4, 5))
    check_gradient(lambda x: pt.tanh(masking(x, 0.5, 1)), point)
    with config.change_flags(**FLOAT64):
        x = pt.matrix("x")
        slope = evaluate(pytensor.grad(masking(x, 0.5, 1).sum(), x), {x: point})
        kept = mask(0.5, 1, np.ones((4, 5)))
    np.testing.assert_array_equal(slope, kept)


@pytest.mark.parametrize("level", [1.5, -0.1, 2, float("nan"), float("inf")])
def test_what_is_no_probability_is_refused(level):
    text = (
        f"corruption level is {level}; expected a probability in [0, 1], "
        "such as 0.3 to set three entries in ten to zero."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        masking(pt.matrix("x"), level, 1)
