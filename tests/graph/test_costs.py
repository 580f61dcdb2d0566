"""Costs against the oracle, their properties, and where they stay finite."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pytensor import config
from scipy.special import expit, rel_entr

from autoenc.graph import (
    bernoulli_deviance,
    bernoulli_deviance_from_logits,
    bernoulli_entropy,
    cross_entropy,
    cross_entropy_from_logits,
    squared_error,
)
from tests import reference
from tests.graph.helpers import FLOAT64, MODE, check_gradient

# Costs of rows, from those of entries, beside the oracle's.
COSTS = {
    "cross_entropy": (lambda x, z: cross_entropy(x, z).sum(axis=-1), reference.cross_entropy),
    "cross_entropy_from_logits": (
        lambda x, a: cross_entropy_from_logits(x, a).sum(axis=-1),
        reference.cross_entropy_from_logits,
    ),
    "squared_error": (lambda x, z: squared_error(x, z).mean(axis=-1), reference.squared_error),
}
SHAPE = (3, 4)


@functools.cache
def compiled(name, dtype="float64", ndim=2):
    with config.change_flags(floatX=dtype, warn_float64=FLOAT64["warn_float64"]):
        x, z = pt.tensor("x", shape=(None,) * ndim), pt.tensor("z", shape=(None,) * ndim)
        cost = COSTS[name][0](x, z)
        slope = pytensor.grad(cost.sum(), z)
        return pytensor.function([x, z], [cost, slope], mode=MODE)


def arrays(low, high):
    return hnp.arrays(np.float64, SHAPE, elements=st.floats(low, high))


targets = arrays(0, 1)
# Away from 0 and 1, where the logarithms are finite.
reconstructions = arrays(1e-9, 1 - 1e-9)
logits = arrays(-700, 700)


@pytest.mark.parametrize("name", COSTS)
def test_value_is_the_oracles_one_for_each_row(name, rng):
    x, z = rng.random((2, 7, 5))
    cost, _ = compiled(name)(x, z)
    np.testing.assert_allclose(cost, COSTS[name][1](x, z), rtol=1e-12)


@pytest.mark.parametrize("name", COSTS)
def test_features_are_the_last_axis_whatever_comes_before(name, rng):
    x, z = rng.random((2, 6, 7, 5))
    cost, _ = compiled(name, ndim=3)(x, z)
    assert cost.shape == (6, 7)
    np.testing.assert_allclose(cost[2], compiled(name)(x[2], z[2])[0], rtol=1e-12)


@pytest.mark.parametrize("name", COSTS)
def test_nothing_is_upcast(name):
    x, z = pt.matrices("x", "z")
    cost = COSTS[name][0](x, z)
    assert cost.dtype == "float32"
    assert pytensor.grad(cost.mean(), z).dtype == "float32"


@pytest.mark.parametrize("name", COSTS)
def test_gradient_by_finite_differences(name, rng):
    x, z = rng.random((2, 3, 4))
    check_gradient(COSTS[name][0], x, z)


@given(targets, reconstructions)
def test_cross_entropy_is_at_least_the_entropy(x, z):
    cost, _ = compiled("cross_entropy")(x, z)
    inside = np.clip(x, 1e-300, 1)
    outside = np.clip(1 - x, 1e-300, 1)
    entropy = -(x * np.log(inside) + (1 - x) * np.log(outside)).sum(axis=1)
    assert (cost >= entropy - 1e-12).all()


@given(reconstructions)
def test_cross_entropy_is_least_where_the_reconstruction_is_the_input(x):
    _, slope = compiled("cross_entropy")(x, x)
    np.testing.assert_allclose(slope, 0, atol=1e-12)


@given(targets, arrays(-15, 15))
def test_from_logits_is_the_plain_form_where_both_are_finite(x, a):
    cost, _ = compiled("cross_entropy_from_logits")(x, a)
    plain, _ = compiled("cross_entropy")(x, reference.sigmoid(a))
    # The plain form loses e^|a| of its digits to 1 − z.
    np.testing.assert_allclose(cost, plain, rtol=1e-9, atol=1e-8)


@given(targets, arrays(-15, 15))
def test_slope_from_logits_is_the_error(x, a):
    _, slope = compiled("cross_entropy_from_logits")(x, a)
    np.testing.assert_allclose(slope, reference.sigmoid(a) - x, atol=1e-12)


@given(targets, arrays(-1e4, 1e4))
def test_from_logits_is_finite_and_right_where_the_sigmoid_is_0_or_1(x, a):
    x, a = x.astype("float32"), a.astype("float32")
    cost, slope = compiled("cross_entropy_from_logits", "float32")(x, a)
    assert cost.dtype == slope.dtype == np.float32
    assert np.isfinite(cost).all()
    assert np.isfinite(slope).all()
    expected = reference.cross_entropy_from_logits(x.astype("float64"), a.astype("float64"))
    scale = np.abs(a).sum(axis=1) + 1
    assert (np.abs(cost - expected) <= 1e-6 * scale).all()


def test_from_logits_at_the_ends():
    ends = np.array([[1e4, -1e4, 1e4, -1e4]], "float32")
    x = np.array([[1, 0, 0, 1]], "float32")
    cost, slope = compiled("cross_entropy_from_logits", "float32")(x, ends)
    assert cost.item() == 2e4
    np.testing.assert_array_equal(slope, [[0, 0, 1, -1]])


@given(targets, arrays(-1e6, 1e6))
def test_squared_error_is_zero_only_where_nothing_differs(x, z):
    cost, _ = compiled("squared_error")(x, z)
    assert (cost >= 0).all()
    # Differences below 1e-150 vanish when squared.
    assert ((cost > 0) | (np.abs(x - z) < 1e-150).all(axis=1)).all()


def test_mean_of_rows_is_the_mean_of_all_entries(rng):
    x, z = rng.random((2, 7, 5))
    cost, _ = compiled("squared_error")(x, z)
    np.testing.assert_allclose(cost.mean(), np.square(x - z).mean(), rtol=1e-12)


def test_cross_entropy_near_zero_does_not_lose_the_digits_of_the_reconstruction():
    # log(1 − 1e-12) is 0 in float32 if 1 − z is rounded first.
    z = np.full((1, 4), 1e-12, "float32")
    cost, _ = compiled("cross_entropy", "float32")(np.zeros((1, 4), "float32"), z)
    np.testing.assert_allclose(cost, 4e-12, rtol=1e-6)


@functools.cache
def deviance(form, dtype="float64"):
    """Compile the deviance, of reconstructions or of pre-activations."""
    with config.change_flags(floatX=dtype, warn_float64=FLOAT64["warn_float64"]):
        x, z = pt.matrices("x", "z")
        return pytensor.function([x, z], form(x, z), mode=MODE)


@given(targets, reconstructions)
def test_deviance_is_zero_for_a_perfect_reconstruction_and_never_negative(x, z):
    assert (deviance(bernoulli_deviance)(x, z) >= 0).all()
    np.testing.assert_allclose(deviance(bernoulli_deviance)(z, z), 0, atol=1e-12)


@given(targets, logits)
def test_deviances_of_outputs_and_of_their_pre_activations_are_those_of_the_oracle(x, a):
    expected = rel_entr(x, expit(a)) + rel_entr(1 - x, expit(-a))
    found = deviance(bernoulli_deviance_from_logits)(x, a)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    inside = np.abs(a) < 20
    found = deviance(bernoulli_deviance)(x[None, inside], expit(a)[None, inside])
    np.testing.assert_allclose(found[0], expected[inside], rtol=1e-6, atol=1e-12)


def test_deviance_of_numbers_that_are_nearly_reconstructed_keeps_digits_of_float32(rng):
    a = rng.normal(0, 4, (50, 40)).astype("float32")
    x = np.clip(expit(a) + rng.normal(0, 1e-3, a.shape), 0, 1).astype("float32")
    exact = rel_entr(x, expit(np.float64(a))) + rel_entr(1 - np.float64(x), expit(-np.float64(a)))
    found = deviance(bernoulli_deviance_from_logits, "float32")(x, a)
    # Cross-entropy minus entropy is off by up to 4e-7.
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-7)
    subtracted = deviance(
        lambda x, a: cross_entropy_from_logits(x, a) - bernoulli_entropy(x), "float32"
    )
    assert np.abs(found - exact).mean() < 0.5 * np.abs(subtracted(x, a) - exact).mean()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_deviance_is_finite_at_and_beyond_the_ends(dtype):
    x, a = (
        v.astype(dtype) for v in np.meshgrid([0, 1, -1e-7, 1 + 1e-7], [-1e30, -80, 0, 80, 1e30])
    )
    expected = np.logaddexp(0, np.where(x > 0.5, -a, a).astype("float64"))
    found = deviance(bernoulli_deviance_from_logits, dtype)(x, a)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_entropy_is_the_oracles_one_and_finite_at_and_beyond_the_ends(rng):
    x = np.concatenate([rng.random(50), [0, 1, -1e-7, 1 + 1e-7]]).astype("float32")
    entropy = bernoulli_entropy(pt.constant(x)).eval()
    expected = [reference.bernoulli_entropy(v[None, None])[0] for v in x[:-2]]
    np.testing.assert_allclose(entropy[:-2], expected, rtol=1e-5, atol=1e-7)
    assert entropy[-2:].tolist() == [0, 0]
