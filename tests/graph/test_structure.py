"""Graphs that count as the same computation."""

import subprocess
import sys

import numpy as np
import pytensor
import pytensor.sparse
import pytensor.tensor as pt
import pytest
import scipy.sparse
from pytensor import wrap_py
from pytensor.graph.basic import Constant
from pytensor.link.c.type import generic

from autoenc.graph import AutoEncoderLayer, masking, sgd
from autoenc.graph.structure import describe_structure, structure


def sparse_times(factor, x):
    """The product of a sparse constant, which shows neither its entries nor their places."""
    return pytensor.sparse.structured_dot(
        pytensor.sparse.as_sparse_variable(
            np.float32(factor) * scipy.sparse.eye(3, format="csr", dtype="float32")
        ),
        x,
    )


@wrap_py(itypes=[generic], otypes=[pt.lscalar])
def len_of(values):
    return np.asarray(len(values))


def step(activation="sigmoid", corruption=0.3, rate=0.1, n_hidden=5, seed=1):
    layer = AutoEncoderLayer(8, n_hidden, rng=np.random.default_rng(seed), activation=activation)
    x = pt.matrix("x")
    corrupted = masking(x, corruption, seed) if corruption else None
    cost = layer.squared_error(x, corrupted).mean()
    outputs = [cost, *sgd(cost, layer.params, rate).values()]
    roots = [v for v in pytensor.graph.traversal.graph_inputs(outputs) if v is not x]
    inputs = [x, *(v for v in roots if not isinstance(v, pytensor.graph.basic.Constant))]
    return structure(inputs, outputs)


def test_models_built_alike_are_the_same_whatever_their_weights_and_seeds():
    assert step() == step(seed=2)
    assert hash(step()) == hash(step(seed=2))
    assert describe_structure(step()) == describe_structure(step(seed=2))


@pytest.mark.parametrize(
    "other",
    [
        {"activation": "tanh"},
        {"corruption": 0.31},
        {"corruption": 0.0},
        {"rate": 0.2},
    ],
)
def test_another_computation_is_another_structure(other):
    assert step() != step(**other)
    assert describe_structure(step()) != describe_structure(step(**other))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda x, y: x.sum(0), lambda x, y: x.sum(1)),
        (lambda x, y: x[1:], lambda x, y: x[2:]),
        (lambda x, y: x - y, lambda x, y: y - x),
        (lambda x, y: x.astype("int32"), lambda x, y: x),
        (lambda x, y: x.T, lambda x, y: x),
        (lambda x, y: pt.concatenate([x, y], 0), lambda x, y: pt.concatenate([x, y], 1)),
        (lambda x, y: x.dimshuffle(0, "x", 1), lambda x, y: x.dimshuffle(0, 1, "x")),
        (lambda x, y: x + np.float32(1), lambda x, y: x + np.float32(1.0000001)),
        (pt.maximum, pt.minimum),
        (lambda x, y: sparse_times(1.0, x), lambda x, y: sparse_times(2.0, x)),
    ],
)
def test_small_differences_are_seen(first, second):
    x, y = pt.matrices("x", "y")
    outputs = [structure([x, y], [f(x, y)]) for f in (first, second)]
    assert outputs[0] != outputs[1]
    assert describe_structure(outputs[0]) != describe_structure(outputs[1])


def test_an_unknown_constant_is_equal_to_itself_only():
    x = pt.matrix("x")
    graphs = [x[: len_of(Constant(generic, [1, 2]))] for _ in range(2)]
    assert structure([x], [graphs[0]]) == structure([x], [graphs[0]])
    assert hash(structure([x], [graphs[0]])) == hash(structure([x], [graphs[0]]))
    assert structure([x], [graphs[0]]) != structure([x], [graphs[1]])


def test_inputs_are_told_apart_by_their_type():
    x, z = pt.matrix("x"), pt.matrix("z", dtype="int32")
    assert structure([x], [x + x]) != structure([z], [z + z])


def test_the_description_is_the_same_in_every_process():
    code = (
        "from tests.graph.test_structure import step\n"
        "from autoenc.graph.structure import describe_structure\n"
        "print(describe_structure(step()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == describe_structure(step())
