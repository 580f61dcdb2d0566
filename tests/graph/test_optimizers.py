"""Common properties of all update rules, which are in one table."""

import functools
import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor import config

from autoenc.graph import OPTIMIZERS, adam, momentum, resolve_optimizer, sgd
from tests.graph import oracles
from tests.graph.helpers import FLOAT64, MODE

# For each rule a learning rate that suits both problems, how many steps it takes, and how
# near it comes: a rule whose steps do not shrink goes round the optimum.
RATES = {
    "adadelta": (2.0, 600, 0.1),
    "adagrad": (0.5, 500, 0.01),
    "adam": (0.05, 400, 0.01),
    "momentum": (0.004, 400, 0.01),
    "nesterov": (0.004, 400, 0.01),
    "rmsprop": (0.01, 600, 0.02),
    "sgd": (0.02, 800, 0.01),
}
STATE = {
    "adadelta": ["p_mean_square", "p_mean_square_step"],
    "adagrad": ["p_sum_of_squares"],
    "adam": ["p_first_moment", "p_second_moment"],
    "momentum": ["p_velocity"],
    "nesterov": ["p_velocity"],
    "rmsprop": ["p_mean_square"],
    "sgd": [],
}
START = np.array([-0.5, 1.0])
names = pytest.mark.parametrize("name", sorted(OPTIMIZERS))


def bowl(p):
    """Steeper along one axis than along the other; least at (1, 1)."""
    return (p[0] - 1) ** 2 + 4 * (p[1] - 1) ** 2


def valley(p):
    """Rosenbrock's banana with walls of 5 in place of 100; least at (1, 1)."""
    return (1 - p[0]) ** 2 + 5 * (p[1] - p[0] ** 2) ** 2


def valley_slope(p):
    x, y = p
    return np.array([-2 * (1 - x) - 20 * x * (y - x**2), 10 * (y - x**2)])


PROBLEMS = {"bowl": bowl, "valley": valley}


@pytest.fixture(params=["float32", "float64"])
def dtype(request, _no_upcast):
    """Each precision in turn, with graphs built in it."""
    with config.change_flags(**(FLOAT64 if request.param == "float64" else {})):
        yield request.param


def parameter(dtype="float32", start=START):
    return pytensor.shared(np.asarray(start, dtype), name="p")


def run(p, updates, n_steps):
    """Where the parameter is after each step: (steps, entries)."""
    step = pytensor.function([], updates=updates, mode=MODE)
    passed = []
    for _ in range(n_steps):
        step()
        passed.append(p.get_value())
    return np.array(passed)


def expected(name, rates, **settings):
    return oracles.trajectory(name, START, valley_slope, rates, **settings)


def test_the_names_are_those_of_the_documentation():
    assert sorted(OPTIMIZERS) == sorted(oracles.RULES) == sorted(RATES)
    for name, rule in OPTIMIZERS.items():
        assert rule.__name__ == name
        assert f'``"{name}"``' in resolve_optimizer.__doc__


@names
@pytest.mark.parametrize("problem", PROBLEMS)
def test_reaches_the_optimum(name, problem, dtype):
    rate, n_steps, distance = RATES[name]
    p = parameter(dtype)
    passed = run(p, OPTIMIZERS[name](PROBLEMS[problem](p), [p], rate), n_steps)
    assert passed.dtype == dtype
    np.testing.assert_allclose(passed[-1], [1, 1], atol=distance)


@names
def test_twenty_steps_are_the_oracles(name, dtype):
    p = parameter(dtype)
    rate, *_ = RATES[name]
    passed = run(p, OPTIMIZERS[name](valley(p), [p], rate), 20)
    rtol = 1e-4 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(passed, expected(name, [rate] * 20), rtol=rtol)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("adadelta", {"decay": 0.5, "epsilon": 0.01}),
        ("adagrad", {"epsilon": 0.5}),
        ("adam", {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.5}),
        ("momentum", {"momentum": 0.25}),
        ("nesterov", {"momentum": 0.25}),
        ("rmsprop", {"decay": 0.5, "epsilon": 0.5}),
    ],
)
def test_settings_are_the_oracles(name, settings):
    numbers, symbols = parameter(), parameter()
    symbolic = {key: pytensor.shared(np.float32(value)) for key, value in settings.items()}
    passed = run(numbers, OPTIMIZERS[name](valley(numbers), [numbers], 0.01, **settings), 5)
    np.testing.assert_allclose(passed, expected(name, [0.01] * 5, **settings), rtol=1e-4)
    updates = OPTIMIZERS[name](valley(symbols), [symbols], 0.01, **symbolic)
    np.testing.assert_allclose(run(symbols, updates, 5), passed, rtol=1e-6)


@names
def test_a_cost_is_as_good_as_its_gradients(name):
    p, q = parameter(), parameter()
    rate, *_ = RATES[name]
    from_cost = run(p, OPTIMIZERS[name](valley(p), [p], rate), 5)
    gradients = (pytensor.grad(valley(q), q),)
    np.testing.assert_array_equal(run(q, OPTIMIZERS[name](gradients, [q], rate), 5), from_cost)


@names
def test_another_precision_of_rate_or_gradient_does_not_upcast(name, dtype):
    other = "float32" if dtype == "float64" else "float64"
    with config.change_flags(floatX=other, warn_float64="ignore"):
        p = parameter(dtype)
        rate = pytensor.shared(np.asarray(0.1, other))
        for learning_rate in (rate, np.dtype(other).type(0.1), lambda step: rate / (step + 1)):
            updates = OPTIMIZERS[name]([p.astype(other)], [p], learning_rate)
            floats = {v: e for v, e in updates.items() if v.dtype != "int32"}
            assert {v.dtype for v in floats} == {e.dtype for e in floats.values()} == {dtype}


@names
def test_state_is_zeros_of_the_kind_of_its_parameter(name):
    params = [
        pytensor.shared(np.ones((1, 3), "float32"), name="p", shape=(1, 3)),
        pytensor.shared(np.ones((), "float32"), name="p"),
    ]
    updates = OPTIMIZERS[name](sum((p**2).sum() for p in params), params, 0.1)
    state = [v for v in updates if v not in params and v.name != "step"]
    assert [v.name for v in state] == STATE[name] * 2
    for v, p in zip(state, np.repeat(params, len(STATE[name])), strict=True):
        assert v.type == p.type
        assert v.get_value().shape == p.get_value().shape
        assert not np.any(v.get_value())
    step = pytensor.function([], updates=updates, mode=MODE)
    step()
    assert all(np.isfinite(v.get_value()).all() for v in updates)


@names
def test_several_parameters_do_not_disturb_each_other(name):
    alone, p, q = parameter(), parameter(), parameter(start=[3.0, 4.0, 5.0])
    expected = run(alone, OPTIMIZERS[name](valley(alone), [alone], 0.01), 5)
    together = OPTIMIZERS[name](valley(p) + (q**2).sum(), [q, p], 0.01)
    np.testing.assert_allclose(run(p, together, 5), expected, rtol=1e-6)


@names
def test_one_function_serves_all_learning_rates(name):
    p = parameter()
    rate = pytensor.shared(np.float32(0), name="rate")
    step = pytensor.function([], updates=OPTIMIZERS[name](valley(p), [p], rate), mode=MODE)
    passed, rates = [], [0.01, 0.01, 0.02, 0.02, 0.005]
    for value in rates:
        rate.set_value(np.float32(value))
        step()
        passed.append(p.get_value())
    np.testing.assert_allclose(passed, expected(name, rates), rtol=1e-4)


@names
def test_a_schedule_is_called_with_the_step_from_0(name):
    p = parameter()
    updates = OPTIMIZERS[name](valley(p), [p], lambda step: 0.01 / (1 + step.astype("float32")))
    passed = run(p, updates, 6)
    rates = [0.01 / (1 + step) for step in range(6)]
    np.testing.assert_allclose(passed, expected(name, rates), rtol=1e-4)
    (step,) = [v for v in updates if v.name == "step"]
    assert step.dtype == updates[step].dtype == "int32"
    assert step.get_value() == 6


@names
def test_gradients_that_are_zero_change_nothing(name):
    p = parameter()
    passed = run(p, OPTIMIZERS[name]([p.zeros_like()], [p], 0.1), 3)
    np.testing.assert_array_equal(passed, np.tile(START, (3, 1)))


@names
def test_tiny_and_huge_gradients_stay_finite(name):
    p = parameter()
    scales = pt.constant([1e-30, 1e15], dtype="float32")
    passed = run(p, OPTIMIZERS[name]([p * scales], [p], 1e-16), 5)
    assert np.isfinite(passed).all()


def test_momentum_0_and_nesterov_0_are_sgd():
    p = parameter()
    plain = run(p, sgd(valley(p), [p], 0.01), 5)
    for name in ("momentum", "nesterov"):
        q = parameter()
        rolling = run(q, OPTIMIZERS[name](valley(q), [q], 0.01, momentum=0.0), 5)
        np.testing.assert_allclose(rolling, plain, rtol=1e-6)


def test_the_first_step_of_adam_has_the_size_of_the_rate_whatever_the_gradient():
    p = parameter(start=[1.0, 1.0, 1.0])
    gradient = pt.constant([1e-4, -1.0, 1e4], dtype="float32")
    (first,) = run(p, adam([gradient], [p], 0.125), 1)
    np.testing.assert_allclose(first, [0.875, 1.125, 0.875], rtol=1e-4)


@names
def test_a_cost_that_is_not_a_scalar_is_refused(name):
    p = parameter()
    text = (
        "the cost has 1 dimensions; expected a scalar expression. "
        "Costs are per row: take their mean()."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        OPTIMIZERS[name](p**2, [p], 0.1)


@names
def test_a_gradient_too_few_is_refused(name):
    p, q = parameter(), parameter()
    text = (
        "there are 1 gradients and 2 parameters; "
        "expected a gradient for each parameter, in their order."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        OPTIMIZERS[name]([p], [p, q], 0.1)


def test_names_and_functions_are_found():
    half = functools.partial(momentum, momentum=0.5)
    assert resolve_optimizer(half) is half
    assert resolve_optimizer("adam") is adam


def test_an_unknown_name_is_refused_with_those_that_are_known():
    text = (
        "optimizer 'Adam' is not known; expected one of adadelta, adagrad, adam, momentum, "
        "nesterov, rmsprop, sgd, or a function of a cost, parameters and a learning rate."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        resolve_optimizer("Adam")


@pytest.mark.parametrize("optimizer", [None, 3, ["adam"]])
def test_neither_name_nor_function_is_refused(optimizer):
    text = (
        f"optimizer is {optimizer!r}; expected a name or a function "
        "of a cost, parameters and a learning rate."
    )
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        resolve_optimizer(optimizer)
