"""Sorting of the variables on which a cost and its updates depend."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.backends import make_step
from autoenc.graph import AutoEncoderLayer, masking, sgd, symbolic_generator


@pytest.fixture
def p():
    return pytensor.shared(np.ones(3, dtype="float32"), name="p")


@pytest.fixture
def x():
    return pt.vector("x", dtype="float32")


def test_everything_is_sorted(p, x):
    rate = pytensor.shared(np.float32(0.1), name="rate")
    noise = symbolic_generator(1, name="noise")
    cost = (p * masking(x, 0.3, noise)).sum()
    step = make_step(cost, sgd(cost, [p], rate), [x])
    assert step.inputs == [x]
    assert step.state == [p]
    assert step.constants == [rate]
    assert step.generators == [noise]
    assert len(step.next_state) == len(step.next_generators) == 1
    assert step.dtype == "float32"


def test_updates_may_be_pairs(p, x):
    assert make_step((p * x).sum(), [(p, p * 2)], [x]).state == [p]


def test_a_generator_among_the_updates_is_not_state(p, x):
    noise = symbolic_generator(1)
    next_noise, draw = noise.uniform(size=x.shape)
    step = make_step((p * x * draw).sum(), {p: p * 2, noise: next_noise}, [x])
    assert (step.state, step.generators) == ([p], [noise])
    assert step.next_generators == [next_noise]


def test_a_missing_input(p, x):
    y = pt.vector("y", dtype="float32")
    with pytest.raises(ValueError, match="the graph needs y, which inputs does not have"):
        make_step((p * x * y).sum(), {}, [x])


def test_an_unused_input(p, x):
    y = pt.vector("y", dtype="float32")
    with pytest.raises(ValueError, match="inputs has y, which neither the cost nor the updates"):
        make_step((p * x).sum(), {p: p * 2}, [x, y])


def test_a_cost_that_is_not_a_scalar(p, x):
    with pytest.raises(ValueError, match=r"cost has 1 dimensions; .* take their mean\(\)"):
        make_step(p * x, {p: p * 2}, [x])


def test_an_update_of_what_is_not_shared(x):
    with pytest.raises(TypeError, match=r"updates has x of type .* expected shared variables"):
        make_step(x.sum(), {x: x * 2}, [x])


def test_an_update_of_another_dtype(p):
    x = pt.vector("x", dtype="float64")
    with pytest.raises(TypeError, match="update of p is float64, but the parameter is float32"):
        make_step((p * x).sum(), {p: p * x}, [x])


def test_an_update_that_is_a_number(p, x):
    with pytest.raises(TypeError, match=r"update of p is 3\.0 of type float; .*as_tensor"):
        make_step((p * x).sum(), {p: 3.0}, [x])


def test_a_silent_upcast_of_the_cost(rng):
    x = pt.matrix("x", dtype="float64")
    layer = AutoEncoderLayer(4, 2, rng=rng)
    cost = layer.cross_entropy(x).mean()
    updates = {q: pt.cast(e, "float32") for q, e in sgd(cost, layer.params, 0.1).items()}
    with pytest.raises(TypeError, match=r"cost is float64, but W is float32; .*dtype="):
        make_step(cost, updates, [x])
