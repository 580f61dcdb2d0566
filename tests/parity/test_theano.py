"""Training gives the numbers that Theano 1.0.5 gave.

``theano-1.0.5-float32.json`` holds what Theano reported: costs and final parameters of
several runs on MNIST, in file order, from the same initial weights. The runs on the
first 5,000 digits are repeated on the bundled sample; the others are collected where the
full data is found.

What the file says only in the names of the runs: the code is the sigmoid's, or with
``tanh`` the hyperbolic tangent's, and with ``linear`` the reconstruction is linear. The
penalty is l2·ΣW², without a half: with one, the weights differ by 1e-3 to 1e-2.

All backends agree with Theano to some 2e-7 in the costs and 1e-5 in the parameters. The
bounds here are ten times above that, and still below what autoenc promises.
"""

import functools
import json
from pathlib import Path

import numpy as np
import pytensor.tensor as pt
import pytest

from autoenc import load_mnist, train
from autoenc.backends import make_step, resolve_backend
from autoenc.datasets import DatasetNotFoundError
from autoenc.graph import AutoEncoderLayer, momentum, sgd
from tests import reference
from tests.devices import device_of

COSTS = {"ce": "cross_entropy", "mse": "squared_error"}
COST_TOLERANCE = 1e-5
PARAMETER_TOLERANCE = 1e-4
N_SAMPLE = 5_000


def read_runs():
    path = Path(__file__).with_name("theano-1.0.5-float32.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: run for name, run in content.items() if isinstance(run, dict) and "rows" in run}


@functools.cache
def full_images():
    try:
        return load_mnist().train.images
    except DatasetNotFoundError:
        return None


RUNS = read_runs()
RUNNABLE = [n for n, r in RUNS.items() if r["rows"] <= N_SAMPLE or full_images() is not None]
# All epochs of the longest run take minutes. It is compared over the first two.
EPOCHS = {"mnist_784_500_batch20_lr0.1": 2}
# Numba compiles slowly, so that it is given the smallest run only.
NUMBA_RUN = "mnist_first5000_784_20_linear_mse_fullbatch_lr0.5_momentum0.9"

runs = pytest.mark.parametrize("name", RUNNABLE)
runs_on_backends = pytest.mark.parametrize(
    ("name", "backend"),
    [*((name, backend) for name in RUNNABLE for backend in ("c", "xla")), (NUMBA_RUN, "numba")],
)


def images_of(run, digits):
    if run["rows"] <= N_SAMPLE:
        return digits.train.images[: run["rows"]]
    return full_images()[: run["rows"]]


def activations(name):
    return {
        "activation": "tanh" if "_tanh_" in name else "sigmoid",
        "output": "linear" if "_linear_" in name else "sigmoid",
    }


def build(name):
    """Layer, input, reported cost and updates of a run."""
    run = RUNS[name]
    layer = AutoEncoderLayer(
        run["n_visible"], run["n_hidden"], rng=np.random.RandomState(123), **activations(name)
    )
    x = pt.matrix("x")
    cost = getattr(layer, COSTS[run["loss"]])(x).mean()
    minimised = cost + run["l2"] * (layer.W**2).sum() if run["l2"] else cost
    if run["momentum"]:
        updates = momentum(minimised, layer.params, run["learning_rate"], run["momentum"])
    else:
        updates = sgd(minimised, layer.params, run["learning_rate"])
    return layer, x, cost, updates


def first_minibatches(run, images):
    """Row numbers of the minibatches whose costs Theano reported one by one."""
    n = len(run["first_20_minibatch_costs"])
    rows = np.arange(n * run["batch_size"]).reshape(n, run["batch_size"])
    assert rows.size <= len(images)
    return rows


def test_every_run_is_one_we_know():
    assert len(RUNS) == 7
    assert {run["loss"] for run in RUNS.values()} == set(COSTS)
    assert {run["l1"] for run in RUNS.values()} == {0.0}
    assert {run["init"] for run in RUNS.values()} == {
        "W ~ RandomState(123).uniform(-b, b, (n_visible, n_hidden)), "
        "b = 4*sqrt(6/(n_hidden+n_visible)); biases 0; rows in file order, no shuffling"
    }


@runs_on_backends
def test_first_minibatches(name, backend, digits):
    run = RUNS[name]
    images = images_of(run, digits)
    _, x, cost, updates = build(name)
    chosen = resolve_backend(backend, device_of(backend))
    runner = chosen.compile(make_step(cost, updates, [x]))
    costs = runner.run([chosen.put(images)], first_minibatches(run, images), (0, 1, 0))
    np.testing.assert_allclose(costs, run["first_20_minibatch_costs"], rtol=COST_TOLERANCE)


@runs_on_backends
def test_training(name, backend, digits):
    run = RUNS[name]
    layer, x, cost, updates = build(name)
    n_epochs = EPOCHS.get(name, run["epochs"])
    history = train(
        cost,
        updates,
        inputs=[x],
        data=images_of(run, digits),
        batch_size=run["batch_size"],
        n_epochs=n_epochs,
        shuffle=False,
        backend=backend,
        device=device_of(backend),
        progress=False,
    )
    costs = [record["cost"] for record in history]
    np.testing.assert_allclose(costs, run["epoch_mean_costs"][:n_epochs], rtol=COST_TOLERANCE)
    if n_epochs < run["epochs"]:
        return  # Theano reported the parameters of the end.
    assert_parameter(layer.W, run["W"])
    assert_parameter(layer.hidden_bias, run["b_hidden"])
    assert_parameter(layer.visible_bias, run["b_visible"])


@runs
def test_the_numpy_oracle(name, digits):
    run = RUNS[name]
    images = images_of(run, digits)
    layer, *_ = build(name)
    _, costs = reference.train_reference(
        reference.Parameters(*(p.get_value() for p in layer.params)),
        images[: first_minibatches(run, images).size],
        batch_size=run["batch_size"],
        n_epochs=1,
        learning_rate=run["learning_rate"],
        momentum=run["momentum"] or 0.0,
        l2=run["l2"],
        cost=COSTS[run["loss"]],
        **activations(name),
    )
    np.testing.assert_allclose(costs, run["first_20_minibatch_costs"], rtol=COST_TOLERANCE)


def assert_parameter(parameter, expected):
    """Compare the statistics that are there.

    A mean may be near zero and a single entry is of no size of its own, so that their
    scale is the deviation of all entries.
    """
    value = parameter.get_value().astype("float64")
    near = {"rtol": 0, "atol": PARAMETER_TOLERANCE * expected["std"]}
    assert list(value.shape) == expected["shape"]
    np.testing.assert_allclose(value.mean(), expected["mean"], **near)
    np.testing.assert_allclose(value.ravel()[:5], expected["first"], **near)
    np.testing.assert_allclose(value.ravel()[-5:], expected["last"], **near)
    np.testing.assert_allclose(value.std(), expected["std"], rtol=PARAMETER_TOLERANCE)
    np.testing.assert_allclose(np.linalg.norm(value), expected["l2"], rtol=PARAMETER_TOLERANCE)
