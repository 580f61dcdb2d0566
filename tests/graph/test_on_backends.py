"""Every piece, compiled as a block of steps by the backends."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.tensor.special import softmax

from autoenc.backends import make_step, resolve_backend
from autoenc.graph import (
    CORRUPTIONS,
    OPTIMIZERS,
    AutoEncoderLayer,
    contractive,
    corrupt,
    exponential_decay,
    inverse_time_decay,
    kl_sparsity,
    l1,
    l2,
    linear_warmup,
    sgd,
    step_decay,
)
from tests.devices import device_of
from tests.graph import oracles
from tests.graph.helpers import MODE

fast_backends = pytest.mark.parametrize("name", ["c", "xla"])
X = np.random.default_rng(6).random((12, 4), dtype="float32")
ROWS = np.arange(12).reshape(3, 4)


@pytest.fixture(autouse=True)
def _upcasts_within_the_engines(_no_upcast):
    # PyTensor adds up float32 in float64.
    with pytensor.config.change_flags(warn_float64="ignore"):
        yield


def compiled(name, cost, updates, inputs):
    return resolve_backend(name, device_of(name)).compile(make_step(cost, updates, inputs))


def run(name, runner, rows, data=X, entropy=(0,)):
    costs = runner.run([resolve_backend(name, device_of(name)).put(data)], rows, entropy)
    runner.sync()
    return costs


def slope(p):
    return 2 * (p - 1) * np.array([1, 4])


def bowls(x, params):
    """The sum of a bowl for each parameter, which depends on x, which is 1, in name only."""
    return sum((pt.sqr(p - 1) * np.array([1, 4], "float32")).sum() for p in params) * x.mean()


@fast_backends
def test_all_rules_at_once_follow_their_oracles(name):
    x = pt.matrix("x")
    start = np.array([-0.5, 2.0], "float32")
    params = {rule: pytensor.shared(start, name=rule) for rule in OPTIMIZERS}
    cost = bowls(x, params.values())
    updates = {}
    for rule, p in params.items():
        updates |= OPTIMIZERS[rule](cost, [p], 0.01)
    run(name, compiled(name, cost, updates, [x]), np.zeros((20, 2), int), np.ones_like(X))
    for rule, p in params.items():
        expected = oracles.trajectory(rule, start, slope, [0.01] * 20)[-1]
        np.testing.assert_allclose(p.get_value(), expected, rtol=1e-4, err_msg=rule)


@fast_backends
def test_all_schedules_at_once_count_on_from_block_to_block(name):
    x = pt.matrix("x")
    schedules = {
        "exponential": (exponential_decay(1, 0.5, 3), lambda i: 0.5 ** (i / 3)),
        "stepped": (step_decay(1, 0.5, 3), lambda i: 0.5 ** (i // 3)),
        "inverse": (inverse_time_decay(1, 0.5, 3), lambda i: 1 / (1 + 0.5 * i / 3)),
        "warm": (linear_warmup(1, 4), lambda i: min(1, (i + 1) / 4)),
    }
    params = {key: pytensor.shared(np.float32(0), name=key) for key in schedules}
    cost = sum(params.values()) * x.mean()
    updates = {}
    for key, p in params.items():
        updates |= sgd(cost, [p], schedules[key][0])
    runner = compiled(name, cost, updates, [x])
    for _ in range(2):
        run(name, runner, np.zeros((4, 2), int), np.ones_like(X))
    for key, p in params.items():
        total = sum(schedules[key][1](i) for i in range(8))
        np.testing.assert_allclose(-p.get_value(), total, rtol=1e-5, err_msg=key)


def test_xla_compiles_the_step_once_for_all_learning_rates():
    x, p = pt.matrix("x"), pytensor.shared(np.zeros(2, "float32"), name="p")
    rate = pytensor.shared(np.float32(0), name="rate")
    cost = bowls(x, [p])
    runner = compiled("xla", cost, OPTIMIZERS["adam"](cost, [p], rate), [x])
    passed = []
    for value in (0.01, 0.02, 0.03):
        rate.set_value(np.float32(value))
        run("xla", runner, np.zeros((1, 2), int), np.ones_like(X))
        passed.append(p.get_value())
    assert runner._block._cache_size() == 1
    expected = oracles.trajectory("adam", [0, 0], slope, [0.01, 0.02, 0.03])
    np.testing.assert_allclose(passed, expected, rtol=1e-4)


@fast_backends
def test_all_noises_at_once_have_their_variance(name):
    x = pt.matrix("x")
    noises = [*CORRUPTIONS, "chain"]
    chain = [("gaussian", 0.5), ("masking", 0.5), lambda x, rng: x + rng.normal(size=x.shape)[1]]
    noisy = [CORRUPTIONS[key](x, 0.5, 1) for key in CORRUPTIONS] + [corrupt(x, chain, 1)]
    moments = pytensor.shared(np.zeros(len(noises), "float32"), name="moments")
    step = pt.stack([pt.sqr(value - x).mean() for value in noisy])
    runner = compiled(name, step.sum(), {moments: moments + step}, [x])
    quarter = np.full((50, 40), 0.25, "float32")
    costs = run(name, runner, np.zeros((10, 50), int) + np.arange(50), quarter)
    assert len(set(costs)) == 10
    expected = {
        "gaussian": 0.5**2,
        "masking": 0.5 * 0.25**2,
        "salt_and_pepper": 0.25 * 0.25**2 + 0.25 * 0.75**2,
        "chain": 0.5 * 0.5**2 + 0.5 * 0.25**2 + 1,
    }
    for key, value in zip(noises, moments.get_value() / 10, strict=True):
        np.testing.assert_allclose(value, expected[key], rtol=0.05, err_msg=key)


def softmax_rows(a):
    return softmax(a, axis=-1)


def penalised_in_closed_form(x):
    layer = AutoEncoderLayer(4, 3, rng=np.random.default_rng(2))
    norms = l1([layer.W]) + l2([layer.W, layer.hidden_bias])
    sparsity = kl_sparsity(layer.encode(x), 0.05)
    return layer.params[:2], contractive(layer, x).mean() + 0.1 * sparsity + 0.01 * norms


def penalised_by_derivation(x):
    layer = AutoEncoderLayer(4, 3, rng=np.random.default_rng(2), activation=softmax_rows)
    return layer.params[:2], contractive(layer, x).mean()


def penalised_in_two_layers(x):
    rng = np.random.default_rng(2)
    lower, upper = (AutoEncoderLayer(*sizes, rng=rng) for sizes in ((4, 3), (3, 2)))
    params = [*lower.params[:2], *upper.params[:2]]
    return params, contractive(lambda x: upper.encode(lower.encode(x)), x).mean()


# Numba would rather not multiply a transpose.
@pytest.mark.filterwarnings(r"ignore:np.dot\(\) is faster on contiguous arrays")
@pytest.mark.parametrize(
    ("name", "penalised"),
    [
        ("c", penalised_in_closed_form),
        ("c", penalised_by_derivation),
        ("xla", penalised_in_closed_form),
        ("xla", penalised_by_derivation),
        ("xla", penalised_in_two_layers),
        # Numba takes long to compile.
        ("numba", penalised_by_derivation),
    ],
)
def test_penalties_train_alike(name, penalised):
    x = pt.matrix("x")
    expected, cost = penalised(x)
    step = pytensor.function([x], cost, updates=sgd(cost, expected, 0.5), mode=MODE)
    expected_costs = [step(X[rows]) for rows in ROWS]
    params, cost = penalised(x)
    costs = run(name, compiled(name, cost, sgd(cost, params, 0.5), [x]), ROWS)
    np.testing.assert_allclose(costs, expected_costs, rtol=1e-4)
    for ours, theirs in zip(params, expected, strict=True):
        np.testing.assert_allclose(ours.get_value(), theirs.get_value(), rtol=1e-4, atol=1e-6)
