"""Products in mixed precision: as NumPy rounds them, and as good to train with."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autoenc.backends.xla_ops  # noqa: F401 - PyTensor's own mode needs it here
from autoenc.backends import BackendError, in_precision, make_step, resolve_backend
from autoenc.graph import AutoEncoderLayer, masking, sgd
from autoenc.graph.precision import as_bfloat16, with_mixed_products
from autoenc.training import train


def model(n_visible=784, n_hidden=40, dtype="float32"):
    layer = AutoEncoderLayer(n_visible, n_hidden, rng=np.random.default_rng(0))
    x = pt.matrix("x", dtype=dtype)
    cost = layer.cross_entropy(x, masking(x, 0.3, 1)).mean()
    return layer, {"cost": cost, "updates": sgd(cost, layer.params, 0.1), "inputs": [x]}


def fit(images, **settings):
    layer, graph = model()
    history = train(**graph, data=images, n_epochs=5, progress=False, backend="xla", **settings)
    return [record["cost"] for record in history], layer.W.get_value()


def products(outputs):
    return pytensor.dprint(outputs, file="str").count("MixedDot")


def test_all_products_of_a_step_are_exchanged_and_the_step_itself_is_left_alone():
    _, graph = model()
    step = make_step(**graph)
    mixed = in_precision("mixed_bfloat16", step, resolve_backend("xla", "cpu"))
    assert products([mixed.cost, *mixed.next_state]) == 5
    assert products([step.cost, *step.next_state]) == 0
    assert in_precision("float32", step, resolve_backend("c", "cpu")) is step


def test_xla_computes_what_numpy_rounds(rng):
    a, b = pt.matrices("a", "b")
    (product,) = with_mixed_products([pt.dot(a, b)])
    xs = [rng.normal(size=shape).astype("float32") for shape in [(7, 300), (300, 11)]]
    expected = as_bfloat16(xs[0]).astype("float64") @ as_bfloat16(xs[1])
    for mode in ("JAX", "FAST_COMPILE"):
        f = pytensor.function([a, b], product, mode=mode)
        np.testing.assert_allclose(f(*xs), expected, rtol=1e-4, atol=1e-4)
    assert abs(xs[0] @ xs[1] - expected).max() > 1e-3


@given(arrays("float32", 5, elements=st.floats(width=32, allow_nan=True, allow_infinity=True)))
def test_rounding_is_that_of_jax(values):
    import jax.numpy as jnp

    theirs = np.asarray(jnp.asarray(values).astype(jnp.bfloat16).astype(jnp.float32))
    # XLA takes subnormal numbers for zero.
    tiny = abs(values) < 1.2e-38
    np.testing.assert_array_equal(as_bfloat16(values)[~tiny], theirs[~tiny])


def test_the_cost_after_five_epochs_is_that_of_float32(digits):
    costs, W = fit(digits.train.images)
    mixed_costs, mixed_W = fit(digits.train.images, precision="mixed_bfloat16")
    np.testing.assert_allclose(mixed_costs, costs, rtol=5e-3)
    assert mixed_W.dtype == np.float32
    assert not np.array_equal(W, mixed_W)


def test_refusals(digits):
    images = digits.train.images[:100]
    with pytest.raises(ValueError, match=r"precision is 'half'; expected one of 'float32'"):
        fit(images, precision="half")
    _, graph = model()
    with pytest.raises(BackendError, match="runs on XLA, but the backend is 'c'"):
        train(**graph, data=images, backend="c", precision="mixed_bfloat16", progress=False)


def test_products_of_integers_are_left_alone():
    integers = pt.matrix("i", dtype="int32")
    assert products(with_mixed_products([pt.dot(integers, integers)])) == 0
