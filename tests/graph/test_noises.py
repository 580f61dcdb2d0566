"""Salt and pepper, Gaussian noise, and `corrupt`, which accepts all kinds."""

import functools
import json
import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytensor import config

from autoenc.graph import (
    CORRUPTIONS,
    corrupt,
    gaussian,
    masking,
    random_updates,
    salt_and_pepper,
    symbolic_generator,
)
from tests.graph.helpers import FLOAT64, MODE, check_gradient, evaluate

X = np.random.default_rng(5).uniform(0.25, 0.75, (40, 50)).astype("float32")
names = pytest.mark.parametrize("name", sorted(CORRUPTIONS))


def noisy(noise, amount, rng, x=X):
    return evaluate(noise(pt.constant(x), amount, rng))


def corrupted(corruption, rng=1, x=X):
    return evaluate(corrupt(pt.constant(x), corruption, rng))


@settings(max_examples=25)
@given(level=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_salt_and_pepper_are_half_of_the_level_each(level, seed):
    value = noisy(salt_and_pepper, level, seed)
    assert value.dtype == X.dtype
    for grain in (0, 1):
        # Six deviations, and two entries for the levels next to 0 and 1.
        deviation = np.sqrt(X.size * level / 2 * (1 - level / 2))
        assert abs(np.count_nonzero(value == grain) - X.size * level / 2) <= 6 * deviation + 2
    kept = (value != 0) & (value != 1)
    np.testing.assert_array_equal(value[kept], X[kept])


def test_salt_and_pepper_at_level_1_leave_nothing():
    value = noisy(salt_and_pepper, 1.0, 1)
    assert np.isin(value, [0, 1]).all()
    assert 0.4 < value.mean() < 0.6


def test_salt_and_pepper_drop_what_masking_drops():
    dropped = noisy(masking, 0.3, 1) == 0
    np.testing.assert_array_equal(np.isin(noisy(salt_and_pepper, 0.3, 1), [0, 1]), dropped)


@settings(max_examples=25)
@given(scale=st.floats(1e-6, 1e3), seed=st.integers(0, 2**32))
def test_gaussian_noise_is_centred_and_of_its_scale(scale, seed):
    noise = (noisy(gaussian, scale, seed, np.zeros_like(X)) / scale).astype("float64")
    assert abs(noise.mean()) < 6 / np.sqrt(noise.size)
    assert abs(noise.std() - 1) < 6 / np.sqrt(2 * noise.size)
    # Of N(0, 1), 68.27 % are within one deviation.
    assert abs((np.abs(noise) < 1).mean() - 0.6827) < 6 * np.sqrt(0.6827 * 0.3173 / noise.size)


def test_gaussian_noise_is_added():
    noise = noisy(gaussian, 0.1, 1, np.zeros_like(X))
    np.testing.assert_array_equal(noisy(gaussian, 0.1, 1), X + noise)


@names
def test_none_of_it_is_the_input(name):
    for nothing in (0, 0.0):
        np.testing.assert_array_equal(noisy(CORRUPTIONS[name], nothing, 1), X)


@names
def test_same_seed_same_noise_wherever_it_comes_from(name):
    noise = CORRUPTIONS[name]
    expected = noisy(noise, 0.5, 1)
    for rng in (1, np.int64(1), np.random.default_rng(1), symbolic_generator(1)):
        np.testing.assert_array_equal(noisy(noise, 0.5, rng), expected)
    assert (noisy(noise, 0.5, 2) != expected).mean() > 0.4


@names
def test_the_amount_may_be_a_shared_variable(name):
    amount = pytensor.shared(np.float32(0), name="amount")
    f = pytensor.function([], CORRUPTIONS[name](pt.constant(X), amount, 1), mode=MODE)
    np.testing.assert_array_equal(f(), X)
    amount.set_value(np.float32(0.3))
    np.testing.assert_allclose(f(), noisy(CORRUPTIONS[name], 0.3, 1), rtol=1e-6)


DTYPES = {name: ["float32", "float64", "int8", "bool"] for name in CORRUPTIONS}
DTYPES["gaussian"] = ["float32", "float64"]


@pytest.mark.parametrize(("name", "dtype"), [(n, d) for n in sorted(DTYPES) for d in DTYPES[n]])
@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_shape_and_dtype_are_those_of_the_input(name, dtype, floatX):
    with config.change_flags(floatX=floatX, warn_float64="ignore"):
        for ndim in (1, 2, 3):
            x = pt.tensor("x", dtype=dtype, shape=(None,) * ndim)
            value = CORRUPTIONS[name](x, np.float64(0.5), 1)
            assert value.dtype == dtype
            assert value.ndim == ndim
        assert evaluate(value, {x: np.ones((4, 5, 6), dtype)}).shape == (4, 5, 6)


@names
def test_gradient_goes_through_the_noise(name, rng):
    point = rng.random((4, 5))
    check_gradient(lambda x: pt.tanh(CORRUPTIONS[name](x, 0.5, 1)), point)


def test_gradient_is_0_where_salt_and_pepper_are():
    with config.change_flags(**FLOAT64):
        x = pt.matrix("x")
        slope = pytensor.grad(salt_and_pepper(x, 0.5, 1).sum(), x)
        value = salt_and_pepper(x, 0.5, 1)
        slope, value = (evaluate(e, {x: X.astype("float64")}) for e in (slope, value))
    np.testing.assert_array_equal(slope, ~np.isin(value, [0, 1]))


@pytest.mark.parametrize(
    "level", [1.5, -0.1, 2, float("nan"), float("inf"), True, "0.3", None, [0.3]]
)
@pytest.mark.parametrize("name", ["masking", "salt_and_pepper"])
def test_a_level_that_is_no_probability_is_refused(name, level):
    text = f"corruption level is {level!r}; expected a probability in [0, 1], such as 0.3 to set "
    for noise in (CORRUPTIONS[name], lambda x, level, rng: corrupt(x, (name, level), rng)):
        with pytest.raises(ValueError, match=f"^{re.escape(text)}three entries in ten to "):
            noise(pt.matrix("x"), level, 1)


@pytest.mark.parametrize("scale", [-0.1, float("nan"), float("inf"), True, "0.3", None, [0.3]])
def test_a_scale_that_is_no_deviation_is_refused(scale):
    text = (
        f"corruption scale is {scale!r}; expected a finite number of at least 0, "
        "such as 0.1 for noise of standard deviation 0.1."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        gaussian(pt.matrix("x"), scale, 1)


def test_gaussian_noise_on_integers_is_refused():
    text = "x is int8; expected floats, to which Gaussian noise can be added."
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        gaussian(pt.bmatrix("x"), 0.1, 1)


@names
@pytest.mark.parametrize("rng", [None, "1", 0.5, np.random.RandomState(1)])
def test_what_is_no_generator_is_refused(name, rng):
    text = (
        f"rng is {rng!r}; expected a symbolic generator such as symbolic_generator(123), "
        "a NumPy generator, or a seed."
    )
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        CORRUPTIONS[name](pt.matrix("x"), 0.1, rng)


@names
def test_a_pair_is_the_noise_of_that_name(name):
    expected = noisy(CORRUPTIONS[name], 0.3, 1)
    for corruption in ((name, 0.3), [name, 0.3], [(name, 0.3)], [[[name, 0.3]]]):
        np.testing.assert_array_equal(corrupted(corruption), expected)


@settings(max_examples=10)
@given(level=st.floats(0, 1) | st.sampled_from([0, 1]))
def test_a_number_is_the_level_of_masking(level):
    np.testing.assert_array_equal(corrupted(level), noisy(masking, level, 1))


def test_an_expression_is_the_level_of_masking():
    level = pytensor.shared(np.float32(0.3), name="level")
    np.testing.assert_array_equal(corrupted(level), noisy(masking, 0.3, 1))


def test_a_function_is_given_the_input_and_a_symbolic_generator():
    noise = functools.partial(gaussian, scale=0.1)
    seen = []

    def watched(x, rng):
        seen.append(rng)
        return noise(x, rng=rng)

    expected = noisy(gaussian, 0.1, 1)
    np.testing.assert_array_equal(corrupted(watched), expected)
    np.testing.assert_array_equal(corrupted([watched]), expected)
    assert all(hasattr(rng, "normal") and hasattr(rng, "type") for rng in seen)


@pytest.mark.parametrize("rng", [1, np.random.default_rng(1), symbolic_generator(1)])
def test_a_sequence_is_put_on_in_its_order_with_independent_draws(rng):
    both = [("gaussian", 0.1), ("salt_and_pepper", 0.5)]
    value = corrupted(both, rng)
    first = noisy(gaussian, 0.1, 1)
    kept = ~np.isin(value, [0, 1])
    np.testing.assert_array_equal(value[kept], first[kept])
    assert 0.4 < kept.mean() < 0.6
    # What is kept does not depend on the noise that was there before.
    assert abs(np.corrcoef(kept.ravel(), (first - X).ravel())[0, 1]) < 0.1


def test_the_same_noise_twice_draws_twice():
    added = corrupted([("gaussian", 1.0)] * 2, x=np.zeros((100, 100), "float32"))
    assert abs(added.std() - np.sqrt(2)) < 0.05
    kept = corrupted([0.5, 0.5, 0.5]) != 0
    assert abs(kept.mean() - 0.125) < 0.05


def test_an_empty_sequence_is_no_noise():
    x = pt.matrix("x")
    assert corrupt(x, [], 1) is x


def test_a_chain_steps_its_one_generator_on():
    noise = symbolic_generator(1)
    x = pt.matrix("x")
    value = corrupt(x, [("gaussian", 0.1), 0.5, ("gaussian", 0.1)], noise)
    updates = random_updates(value)
    assert list(updates) == [noise]
    f = pytensor.function([x], value, updates=updates, mode=MODE)
    assert (f(X) != f(X)).mean() > 0.9


def test_a_numpy_generator_is_copied_not_used_up():
    rng = np.random.default_rng(1)
    before = rng.bit_generator.state
    corrupted([("gaussian", 0.1), 0.5], rng)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize(
    "corruption", [0.3, ("gaussian", 0.1), [("salt_and_pepper", 0.2), ("gaussian", 0.1)], []]
)
def test_json_keeps_the_meaning(corruption):
    stored = json.loads(json.dumps(corruption))
    np.testing.assert_array_equal(corrupted(stored), corrupted(corruption))


def test_an_unknown_name_is_refused_with_those_that_are_known():
    text = (
        "corruption 'salt' is not known; expected one of gaussian, masking, salt_and_pepper, "
        "or a function of x and a generator."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        corrupt(pt.matrix("x"), [0.3, ("salt", 0.3)], 1)


@pytest.mark.parametrize("corruption", [None, "gaussian", b"gaussian", True, {"gaussian": 0.1}])
def test_what_is_no_corruption_is_refused(corruption):
    text = (
        f"corruption is {corruption!r}; expected a level in [0, 1], a pair such as "
        "('gaussian', 0.1), a sequence of such pairs, or a function of x and a generator."
    )
    for given_ in (corruption, [corruption]):
        with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
            corrupt(pt.matrix("x"), given_, 1)
