"""Blocks of steps: the same numbers on every backend."""

import os
import subprocess
import sys

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.scalar.sharedvar import shared as shared_number

from autoenc.backends import make_step, resolve_backend
from autoenc.graph import (
    AutoEncoderLayer,
    adam,
    masking,
    momentum,
    rmsprop,
    sgd,
    symbolic_generator,
)
from tests.devices import DEVICE, device_of

X = np.random.default_rng(7).random((37, 6), dtype="float32")
ROWS = np.random.default_rng(8).permutation(36).reshape(9, 4)


def layer_and_cost(corruption=0.0):
    layer = AutoEncoderLayer(6, 3, rng=np.random.RandomState(1))
    x = pt.matrix("x")
    corrupted = masking(x, corruption, symbolic_generator(0)) if corruption else None
    return layer, x, layer.cross_entropy(x, corrupted).mean()


def run(backend, updates_rule=sgd, rows=ROWS, corruption=0.0, entropy=(0, 1, 2)):
    layer, x, cost = layer_and_cost(corruption)
    chosen = resolve_backend(backend, device_of(backend))
    runner = chosen.compile(make_step(cost, updates_rule(cost, layer.params, 0.5), [x]))
    costs = runner.run([chosen.put(X)], rows, entropy)
    runner.sync()
    return costs, [p.get_value() for p in layer.params]


@pytest.fixture(scope="module")
def expected():
    return {rule: run("c", rule) for rule in (sgd, momentum)}


COMPILED = """
import sys
import numpy as np
from autoenc import AutoEncoder
X = np.random.default_rng(0).random((50, 7))
model = AutoEncoder(3, n_epochs=1, init="uniform", backend=sys.argv[1], verbose=False).fit(X)
model.score_samples(X)
"""


def test_compiling_leaves_no_temporary_files(backend, tmp_path, request):
    """In a process of its own: another backend may have seen to it here."""
    if backend == "c":
        request.getfixturevalue("compiler")
    command = [sys.executable, "-c", COMPILED, backend]
    subprocess.run(command, env={**os.environ, "TMPDIR": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rule", [sgd, momentum])
def test_backends_agree(backend, rule, expected):
    costs, params = run(backend, rule)
    assert costs.dtype == np.float64
    assert costs.shape == (9,)
    np.testing.assert_allclose(costs, expected[rule][0], rtol=1e-5)
    for ours, theirs in zip(params, expected[rule][1], strict=True):
        assert isinstance(ours, np.ndarray)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_one_block_is_as_good_as_many(backend):
    layer, x, cost = layer_and_cost()
    chosen = resolve_backend(backend, device_of(backend))
    runner = chosen.compile(make_step(cost, sgd(cost, layer.params, 0.5), [x]))
    data = [chosen.put(X)]
    costs = np.concatenate([runner.run(data, rows[np.newaxis], (0,)) for rows in ROWS])
    runner.sync()
    whole_costs, whole_params = run(backend)
    np.testing.assert_array_equal(costs, whole_costs)
    for ours, theirs in zip(layer.params, whole_params, strict=True):
        np.testing.assert_array_equal(ours.get_value(), theirs)


def test_consecutive_rows_are_the_same_as_gathered_ones(backend):
    in_order = np.arange(4, 36).reshape(8, 4)
    layer, x, cost = layer_and_cost()
    chosen = resolve_backend(backend, device_of(backend))
    runner = chosen.compile(make_step(cost, sgd(cost, layer.params, 0.5), [x]))
    reversed_data = np.ascontiguousarray(X[::-1])
    gathered = runner.run([chosen.put(reversed_data)], 36 - in_order, (0,))
    np.testing.assert_array_equal(run(backend, rows=in_order)[0], gathered)


def test_noise_follows_from_the_entropy_alone(backend):
    one, again, other = (run(backend, corruption=0.5, entropy=e)[0] for e in ([1], [1], [2]))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_noise_differs_from_step_to_step(backend):
    x = pt.matrix("x")
    counter = pytensor.shared(np.float32(0), name="counter")
    cost = masking(x, 0.5, symbolic_generator(0)).sum()
    chosen = resolve_backend(backend, device_of(backend))
    runner = chosen.compile(make_step(cost, {counter: counter + 1}, [x]))
    ones = chosen.put(np.ones((4, 500), dtype="float32"))
    costs = runner.run([ones], np.zeros((20, 4), dtype=int) + np.arange(4), (3,))
    runner.sync()
    assert counter.get_value() == 20
    assert len(set(costs)) > 10
    assert 0.45 < costs.mean() / 2000 < 0.55


def test_the_callers_generator_is_not_used_up(backend):
    noise = symbolic_generator(5)
    before = noise.get_value().bit_generator.state
    x = pt.matrix("x")
    chosen = resolve_backend(backend, device_of(backend))
    p = pytensor.shared(np.float32(0), name="p")
    runner = chosen.compile(make_step(masking(x, 0.5, noise).sum(), {p: p + 1}, [x]))
    runner.run([chosen.put(X)], ROWS, (0,))
    assert noise.get_value().bit_generator.state == before


def test_shared_variables_changed_between_blocks_count(backend):
    x, p = pt.vector("x"), pytensor.shared(np.float32(1), name="p")
    rate = pytensor.shared(np.float32(1), name="rate")
    chosen = resolve_backend(backend, device_of(backend))
    runner = chosen.compile(make_step((x * p).sum(), {p: p + rate}, [x]))
    data, rows = [chosen.put(np.ones(2, dtype="float32"))], np.array([[0, 1]])
    assert runner.run(data, rows, (0,)) == [2]
    rate.set_value(np.float32(10))
    assert runner.run(data, rows, (0,)) == [4]
    runner.sync()
    assert p.get_value() == 12
    p.set_value(np.float32(0))
    assert runner.run(data, rows, (0,)) == [0]
    runner.sync()
    for variable, value in ((p, 3), (rate, 5)):
        variable.container.storage[0][...] = value
    assert runner.run(data, rows, (0,)) == [6]
    runner.sync()
    assert p.get_value() == 8


def test_float64(backend):
    x = pt.vector("x", dtype="float64")
    p = pytensor.shared(np.float64(1e-12), name="p")
    chosen = resolve_backend(backend, device_of(backend))
    cost = ((x - 1 - p) ** 2).sum()
    runner = chosen.compile(make_step(cost, {p: p * 2}, [x]))
    costs = runner.run([chosen.put(np.ones(1))], np.array([[0], [0]]), (0,))
    runner.sync()
    np.testing.assert_allclose(costs, [1e-24, 4e-24], rtol=1e-3)
    assert p.get_value().dtype == np.float64


@pytest.mark.parametrize("rule", [sgd, momentum, adam, rmsprop])
def test_steps_in_float64_have_the_digits_of_float64(backend, rule, compiler):
    """XLA would round the numbers of a graph, such as rates of decay, to float32."""

    def trained(backend):
        with pytensor.config.change_flags(floatX="float64"):
            layer, x, cost = layer_and_cost()
            step = make_step(cost, rule(cost, layer.params, 0.1), [x])
        chosen = resolve_backend(backend, device_of(backend))
        runner = chosen.compile(step)
        costs = runner.run([chosen.put(X.astype("float64"))], ROWS, (0,))
        runner.sync()
        return [costs, *(p.get_value() for p in layer.params)]

    for found, expected in zip(trained(backend), trained("c"), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


def test_several_inputs_of_several_dtypes(backend):
    x, y = pt.matrix("x"), pt.ivector("y")
    p = pytensor.shared(np.float32(0), name="p")
    chosen = resolve_backend(backend, device_of(backend))
    cost = x[pt.arange(x.shape[0]), y].sum()
    runner = chosen.compile(make_step(cost, {p: p + 1}, [x, y]))
    labels = np.arange(37, dtype="int32") % 6
    costs = runner.run([chosen.put(X), chosen.put(labels)], ROWS, (0,))
    np.testing.assert_allclose(costs, X[ROWS, labels[ROWS]].sum(axis=1), rtol=1e-6)


def test_a_number_may_be_shared_without_being_an_array(backend):
    x, factor = pt.matrix("x"), shared_number(np.float32(2), "factor")
    chosen = resolve_backend(backend, device_of(backend))
    function = chosen.function([x], x * pt.tensor_from_scalar(factor))
    np.testing.assert_array_equal(function(np.ones((2, 2), "float32")), np.full((2, 2), 2))
    factor.set_value(np.float32(3))
    np.testing.assert_array_equal(function(np.ones((2, 2), "float32")), np.full((2, 2), 3))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 37])
def test_functions_of_rows(backend, n):
    layer, x, _ = layer_and_cost()
    encode = resolve_backend(backend, device_of(backend)).function([x], layer.encode(x))
    W, bias = layer.W.get_value(), layer.hidden_bias.get_value()
    expected = 1 / (1 + np.exp(-(X[:n] @ W + bias)))
    np.testing.assert_allclose(encode(X[:n]), expected, rtol=1e-5)
    layer.W.set_value(np.zeros_like(W))
    np.testing.assert_allclose(encode(X[:n]), 0.5)


def test_a_second_model_of_the_same_kind_is_not_compiled_again(monkeypatch):
    """What is shared is the code: data, weights and noise are each model's own."""
    from autoenc.backends.xla import block

    def fit(seed, rate):
        layer = AutoEncoderLayer(6, 3, rng=np.random.default_rng(seed))
        x = pt.matrix("x")
        cost = layer.cross_entropy(x, masking(x, 0.3, seed)).mean()
        step = make_step(cost, sgd(cost, layer.params, rate), [x])
        runner = resolve_backend("xla", DEVICE).compile(step)
        data = np.random.default_rng(seed).uniform(size=(8, 6)).astype("float32")
        costs = runner.run([data], np.arange(8).reshape(2, 4), (seed, 0))
        runner.sync()
        return costs, layer.W.get_value()

    first = fit(1, rate=0.123)
    monkeypatch.setattr(block, "jaxify", None)
    other, again = fit(2, rate=0.123), fit(1, rate=0.123)
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    with pytest.raises(TypeError):
        fit(1, rate=0.124)


def test_the_graph_of_a_known_step_is_not_copied(backend, monkeypatch):
    """A copy takes a quarter of the time of a small fit."""
    costs, params = run(backend, rmsprop, corruption=0.2)
    for module in ("step", "rewritten", "xla.block"):
        monkeypatch.setattr(f"autoenc.backends.{module}.clone_replace", None, raising=False)
    same_costs, same_params = run(backend, rmsprop, corruption=0.2)
    np.testing.assert_array_equal(same_costs, costs)
    for same, array in zip(same_params, params, strict=True):
        np.testing.assert_array_equal(same, array)
    with pytest.raises(TypeError):
        run(backend, rmsprop, corruption=0.21)
