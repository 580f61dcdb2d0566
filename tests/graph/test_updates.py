"""Update rules against the oracle, in plain functions."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoenc.graph import AutoEncoderLayer, masking, momentum, random_updates, sgd
from autoenc.graph.random import symbolic_generator
from tests import reference
from tests.graph.helpers import MODE

RULES = {
    "sgd": sgd,
    "momentum": functools.partial(momentum, momentum=0.9),
}
rules = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


def parameters(dtype="float32"):
    """Parameters of shapes (3, 2), (2,) and (), none of them at the optimum of `bowl`."""
    rng = np.random.default_rng(3)
    return [
        pytensor.shared(rng.normal(size=shape).astype(dtype), name=name)
        for name, shape in {"W": (3, 2), "b": (2,), "s": ()}.items()
    ]


def bowl(params):
    return sum((p**2).sum() for p in params)


def descend(cost, updates, n_steps):
    step = pytensor.function([], cost, updates=updates, mode=MODE)
    return [float(step()) for _ in range(n_steps)]


@rules
def test_reaches_the_optimum(rule):
    params = parameters()
    costs = descend(bowl(params), rule(bowl(params), params, 0.1), 300)
    assert costs[-1] < 1e-9 < costs[0]


@settings(max_examples=20)
@given(rate=st.floats(1e-3, 0.5), mu=st.floats(0, 0.99))
def test_momentum_is_the_oracles(rate, mu):
    params = parameters()
    expected = reference.Parameters(*(p.get_value().astype("float64") for p in params))
    velocities = reference.Parameters(*map(np.zeros_like, expected))
    descend(bowl(params), momentum(bowl(params), params, rate, mu), 4)
    for _ in range(4):
        grads = [2 * p for p in expected]
        expected, velocities = reference.momentum_step(expected, velocities, grads, rate, mu)
    for p, value in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.get_value(), value, rtol=1e-5, atol=1e-5)


@settings(max_examples=20)
@given(rate=st.floats(1e-3, 0.5))
def test_sgd_is_the_oracles(rate):
    params = parameters()
    expected = reference.Parameters(*(p.get_value().astype("float64") for p in params))
    descend(bowl(params), sgd(bowl(params), params, rate), 4)
    for _ in range(4):
        expected = reference.sgd_step(expected, [2 * p for p in expected], rate)
    for p, value in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.get_value(), value, rtol=1e-5, atol=1e-6)


def test_momentum_0_is_sgd():
    plain, rolling = parameters(), parameters()
    descend(bowl(plain), sgd(bowl(plain), plain, 0.1), 5)
    descend(bowl(rolling), momentum(bowl(rolling), rolling, 0.1, 0.0), 5)
    for p, q in zip(plain, rolling, strict=True):
        np.testing.assert_array_equal(p.get_value(), q.get_value())


def test_momentum_is_nine_tenths_unless_told_otherwise():
    given_, default = parameters(), parameters()
    descend(bowl(given_), momentum(bowl(given_), given_, 0.1, 0.9), 5)
    descend(bowl(default), momentum(bowl(default), default, 0.1), 5)
    for p, q in zip(given_, default, strict=True):
        np.testing.assert_array_equal(p.get_value(), q.get_value())


@rules
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_of_a_parameter_stays(rule, dtype):
    with pytensor.config.change_flags(warn_float64="raise" if dtype == "float32" else "ignore"):
        params = parameters(dtype)
        updates = rule(bowl(params), params, np.float64(0.1))
    for p, expression in updates.items():
        assert p.dtype == expression.dtype == dtype
        assert p.ndim == expression.ndim


@rules
def test_keys_are_the_parameters_in_order_and_new_velocities(rule):
    params = parameters()
    updates = rule(bowl(params), params, 0.1)
    assert [p for p in updates if p in params] == params
    velocities = [v for v in updates if v not in params]
    for v, p in zip(velocities, params, strict=bool(velocities)):
        assert v.get_value().shape == p.get_value().shape
        assert not v.get_value().any()


def test_velocities_are_named_after_their_parameters():
    params = [*parameters(), pytensor.shared(np.zeros(2, "float32"))]
    names = [v.name for v in momentum(bowl(params), params, 0.1) if v not in params]
    assert names == ["W_velocity", "b_velocity", "s_velocity", "velocity"]


def test_a_rate_that_is_shared_can_be_changed_between_steps():
    rate = pytensor.shared(np.float32(0), name="rate")
    (p,) = params = parameters()[:1]
    start = p.get_value()
    step = pytensor.function([], updates=sgd(bowl(params), params, rate), mode=MODE)
    step()
    np.testing.assert_array_equal(p.get_value(), start)
    rate.set_value(np.float32(0.25))
    step()
    np.testing.assert_allclose(p.get_value(), start / 2, rtol=1e-6)


@rules
def test_an_expression_of_another_precision_does_not_upcast(rule):
    with pytensor.config.change_flags(warn_float64="ignore"):
        rate = pytensor.shared(np.float64(0.1), name="rate")
        params = parameters()
        updates = rule(bowl(params), params, rate)
    assert {e.dtype for e in updates.values()} == {"float32"}


@rules
def test_a_parameter_listed_twice_is_changed_once(rule):
    once, twice = parameters()[:1], parameters()[:1]
    descend(bowl(once), rule(bowl(once), once, 0.1), 3)
    descend(bowl(twice), rule(bowl(twice), twice * 2, 0.1), 3)
    np.testing.assert_array_equal(once[0].get_value(), twice[0].get_value())


@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("mu", [0.0, 0.9])
@pytest.mark.parametrize("level", [0.0, 0.4])
def test_training_in_a_plain_function_follows_the_oracle(cost, mu, level):
    # Layer, mask, cost, penalty and rule together, and nothing but pytensor.function.
    data = np.random.default_rng(4).random((22, 6)).astype("float32")
    layer = AutoEncoderLayer(6, 3, rng=np.random.default_rng(1), activation="tanh")
    start = reference.Parameters(*(p.get_value().astype("float64") for p in layer.params))
    x = pt.matrix("x")
    corrupted = masking(x, level, symbolic_generator(9))
    reported = getattr(layer, cost)(x, corrupted).mean()
    minimised = reported + 0.01 * (layer.W**2).sum()
    rule = momentum(minimised, layer.params, 0.2, mu) if mu else sgd(minimised, layer.params, 0.2)
    updates = rule | random_updates(reported)
    step = pytensor.function([x], [reported, corrupted], updates=updates, mode=MODE)
    results = [step(rows) for _ in range(3) for rows in reference.minibatches(data, 5)]
    noisy = iter([rows for _, rows in results])
    expected, costs = reference.train_reference(
        start,
        data.astype("float64"),
        batch_size=5,
        n_epochs=3,
        learning_rate=0.2,
        momentum=mu,
        l2=0.01,
        cost=cost,
        corrupt=lambda rows: next(noisy).astype("float64"),
        activation="tanh",
    )
    assert len(costs) == 15
    np.testing.assert_allclose([c for c, _ in results], costs, rtol=1e-5)
    for p, value in zip(layer.params, expected, strict=True):
        np.testing.assert_allclose(p.get_value(), value, rtol=1e-4, atol=1e-5)
