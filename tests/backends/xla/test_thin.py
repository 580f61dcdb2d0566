"""Blocks of thin minibatches as one kernel, emulated on a CPU, thread by thread."""

import jax
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.backends import make_step
from autoenc.backends.xla.thin import EmulatedGpu
from autoenc.backends.xla.xla_backend import XlaBackend
from autoenc.graph import (
    AutoEncoderLayer,
    adam,
    contractive,
    l2,
    masking,
    momentum,
    rmsprop,
    sgd,
    symbolic_generator,
)

X = np.random.default_rng(1).random((50, 37), dtype="float32")
ROWS = np.random.default_rng(2).integers(0, 50, (3, 6))
pytestmark = pytest.mark.usefixtures("compiler")


def masked(x, level=0.3):
    return masking(x, level, symbolic_generator(1))


def sigmoids(n_visible=37, n_hidden=21, rule=sgd, corrupt=masked, rate=0.1, penalty=0.0):
    layer = AutoEncoderLayer(n_visible, n_hidden, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x, corrupted=corrupt(x) if corrupt else None).mean()
    minimised = cost + np.float32(penalty) * l2([layer.W]) if penalty else cost
    return cost, rule(minimised, layer.params, rate), x


def linear_outputs(rule, activation):
    layer = AutoEncoderLayer(
        37, 21, rng=np.random.default_rng(0), activation=activation, output="linear"
    )
    x = pt.matrix("x")
    cost = layer.squared_error(x).mean()
    return cost, rule(cost, layer.params, 0.01), x


def standardised():
    layer = AutoEncoderLayer(37, 21, rng=np.random.default_rng(0), output="linear")
    x = pt.matrix("x")
    mean, scale = (pytensor.shared(np.linspace(a, 1, 37, dtype="float32")) for a in (0.2, 0.5))
    values = (x - mean) / scale
    cost = layer.squared_error(values, corrupted=masked(values)).mean()
    return cost, sgd(cost, layer.params, 0.01), x


MODELS = {
    "plain": lambda: sigmoids(corrupt=None),
    "masks": sigmoids,
    "as many units as columns": lambda: sigmoids(37, 37, rule=momentum),
    "adam": lambda: sigmoids(rule=adam),
    "penalty and a shared rate": lambda: sigmoids(
        penalty=1e-2, rate=pytensor.shared(np.float32(0.1))
    ),
    "tanh, momentum": lambda: linear_outputs(momentum, "tanh"),
    "relu, rmsprop": lambda: linear_outputs(rmsprop, "relu"),
    "standardised columns": standardised,
}


def train(model, gpu, rows=ROWS):
    cost, updates, x = model()
    backend = XlaBackend("cpu")
    backend.gpu = gpu
    runner = backend.compile(make_step(cost, updates, [x]))
    costs = runner.run([backend.put(X)], rows, (4, 5))
    runner.sync()
    return costs, [np.asarray(v.get_value()) for v in updates if hasattr(v.type, "dtype")]


class Counting(EmulatedGpu):
    """Counts the programs that it was given."""

    n_programs = 0

    def add(self, program):
        self.n_programs += 1
        return super().add(program)


@pytest.mark.parametrize("name", MODELS)
def test_one_kernel_gives_the_numbers_of_the_scan(name):
    gpu = Counting()
    costs, state = train(MODELS[name], gpu)
    assert gpu.n_programs == 1
    expected_costs, expected_state = train(MODELS[name], None)
    np.testing.assert_allclose(costs, expected_costs, rtol=2e-6)
    for ours, theirs in zip(state, expected_state, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_number_of_multiprocessors_changes_no_mask():
    few, many = (train(MODELS["masks"], EmulatedGpu(n))[0] for n in (2, 5))
    np.testing.assert_allclose(few, many, rtol=2e-6)


def free_decoder():
    layer = AutoEncoderLayer(37, 21, rng=np.random.default_rng(0), tied=False)
    x = pt.matrix("x")
    cost = layer.cross_entropy(x).mean()
    return cost, sgd(cost, layer.params, 0.1), x


def contracted():
    layer = AutoEncoderLayer(37, 21, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x).mean()
    return cost, sgd(cost + contractive(layer, x).mean(), layer.params, 0.1), x


def mean_of_numbers():
    x, mean = pt.vector("x"), pytensor.shared(np.float32(0))
    cost = ((x - mean) ** 2).mean()
    return cost, sgd(cost, [mean], 0.1), x


def test_numbers_that_are_no_matrix_are_left_to_the_scan():
    cost, updates, x = mean_of_numbers()
    backend = XlaBackend("cpu")
    backend.gpu = Counting()
    costs = backend.compile(make_step(cost, updates, [x])).run([backend.put(X[:, 0])], ROWS, (1,))
    assert costs.shape == (3,)
    assert backend.gpu.n_programs == 0


@pytest.mark.parametrize("model", [free_decoder, contracted])
def test_a_model_of_another_form_is_left_to_the_scan(model):
    gpu = Counting()
    np.testing.assert_array_equal(train(model, gpu)[0], train(model, None)[0])
    assert gpu.n_programs == 0


def test_a_minibatch_that_is_too_large_is_left_to_the_scan():
    gpu = Counting(shared_bytes=1_000)
    np.testing.assert_array_equal(train(sigmoids, gpu)[0], train(sigmoids, None)[0])
    assert gpu.n_programs == 0


def test_keys_are_split_as_jax_splits_them():
    # The kernel draws its keys itself; with other keys masks, and costs, would be others.
    assert jax.config.jax_threefry_partitionable


def test_a_gpu_without_room_for_the_kernel_is_used_through_xla(caplog, monkeypatch):
    cost, updates, x = sigmoids()
    runner = XlaBackend("cpu").compile(make_step(cost, updates, [x]))

    def no_room(*_):
        raise jax.errors.JaxRuntimeError("cuLaunchCooperativeKernel failed with CUDA error 720")

    monkeypatch.setattr(runner, "_block", no_room)
    costs = runner.run([jax.numpy.asarray(X)], ROWS, (4, 5))
    np.testing.assert_array_equal(costs, train(sigmoids, None)[0])
    assert "CUDA error 720" in caplog.text
