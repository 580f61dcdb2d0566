"""Penalties against the oracle, finite differences and each other."""

import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytensor import config
from pytensor.tensor.special import softmax

from autoenc.graph import ACTIVATIONS, AutoEncoderLayer, contractive, kl_sparsity, l1, l2
from autoenc.graph.classifier_layers import DenseLayer
from tests import reference
from tests.graph import oracles
from tests.graph.helpers import FLOAT64, check_gradient, evaluate

X = np.random.default_rng(6).normal(size=(5, 4))
activations = pytest.mark.parametrize("activation", sorted(ACTIVATIONS))


def layer_of(activation, n_hidden=3):
    rng = np.random.default_rng(2)
    layer = AutoEncoderLayer(4, n_hidden, rng=rng, activation=activation)
    layer.hidden_bias.set_value(rng.normal(size=n_hidden).astype(config.floatX))
    return layer


def softmax_rows(a):
    return softmax(a, axis=-1)


def encoded(layer):
    """The layer's code in NumPy, which knows no softmax of its own."""
    W, bias = layer.W.get_value(), layer.hidden_bias.get_value()

    def encode(x):
        e = np.exp(x @ W + bias)
        return e / e.sum(axis=1, keepdims=True)

    return encode


@pytest.mark.parametrize(("penalty", "oracle"), [(l1, oracles.l1), (l2, oracles.l2)])
class TestNorms:
    def test_value_is_the_oracles(self, penalty, oracle, rng):
        values = [rng.normal(size=shape).astype("float32") for shape in [(4, 3), (3,), ()]]
        value = penalty([pytensor.shared(v) for v in values])
        assert value.dtype == "float32"
        assert value.ndim == 0
        np.testing.assert_allclose(evaluate(value), oracle(*values), rtol=1e-6)

    def test_gradient_by_finite_differences(self, penalty, oracle, rng):
        check_gradient(lambda p, q: penalty([p, q]), rng.normal(size=(4, 3)), rng.normal(size=3))

    def test_slope_at_0_is_0(self, penalty, oracle):
        p = pytensor.shared(np.zeros(3, "float32"))
        np.testing.assert_array_equal(evaluate(pytensor.grad(penalty([p]), p)), np.zeros(3))

    def test_no_parameters_are_refused(self, penalty, oracle):
        text = "params is empty; expected at least one parameter to penalise."
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            penalty([])


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("target", [0.05, 0.5, 0.9])
def test_sparsity_is_the_oracles(target, rng):
    code = rng.random((6, 3))
    value = evaluate(kl_sparsity(pt.constant(code), target))
    np.testing.assert_allclose(value, oracles.kl_sparsity(code, target), rtol=1e-9)


def test_gradient_of_sparsity_by_finite_differences(rng):
    check_gradient(lambda code: kl_sparsity(code, 0.05), rng.uniform(0.1, 0.9, (6, 3)))


@settings(max_examples=20)
@given(mean=st.floats(0, 1, width=32), target=st.floats(1e-3, 1 - 1e-3))
def test_sparsity_is_finite_and_not_negative(mean, target):
    code = pt.constant(np.full((3, 1), mean, "float32"))
    value = kl_sparsity(code, target)
    slope = evaluate(pytensor.grad(value, code))
    value = evaluate(value)
    assert value.dtype == slope.dtype == np.float32
    assert np.isfinite(slope).all()
    # Rounding of the two logarithms, each of a number next to 1, is 1e-7.
    assert -1e-6 < value < 17


@pytest.mark.parametrize("mean", [0, 1])
def test_a_saturated_unit_is_penalised_most_and_driven_back(mean):
    code = pt.constant(np.full((4, 1), mean, "float32"))
    value = kl_sparsity(code, 0.05)
    slope = evaluate(pytensor.grad(value, code))
    nearer = evaluate(kl_sparsity(pt.constant(np.full((4, 1), abs(mean - 0.01), "float32")), 0.05))
    assert nearer < evaluate(value)
    assert (np.sign(slope) == (1 if mean else -1)).all()


def test_a_saturated_sigmoid_trains_on_without_nan():
    a = pt.constant(np.full((4, 2), [200.0, -200.0], "float32"))
    slope = evaluate(pytensor.grad(kl_sparsity(pt.sigmoid(a), 0.05), a))
    np.testing.assert_array_equal(slope, np.zeros((4, 2)))


def test_sparsity_is_0_at_its_target_only():
    at, off = (
        evaluate(kl_sparsity(pt.constant(np.full((5, 2), mean, "float32")), 0.25))
        for mean in (0.25, 0.26)
    )
    assert abs(at) < 1e-6
    assert off > 1e-4


def test_the_target_may_be_an_expression():
    code = pt.constant(np.full((5, 2), 0.5, "float32"))
    target = pytensor.shared(np.float32(0.1), name="target")
    value = kl_sparsity(code, target)
    assert value.dtype == "float32"
    assert evaluate(value) == evaluate(kl_sparsity(code, 0.1))


@pytest.mark.parametrize("target", [0, 1, -0.1, 1.5, float("nan"), None, [0.1]])
def test_a_target_that_is_no_mean_activity_is_refused(target):
    text = f"sparsity target is {target!r}; expected a mean activity in (0, 1), such as 0.05."
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        kl_sparsity(pt.matrix("code"), target)


@pytest.mark.usefixtures("_float64")
@activations
def test_closed_form_is_the_symbolic_jacobian_and_the_oracles(activation):
    layer = layer_of(activation)
    x = pt.matrix("x")
    # The encoder as a plain function is not known to have a closed form.
    closed, symbolic = contractive(layer, x), contractive(layer.encode, x)
    params = reference.Parameters(*(p.get_value() for p in layer.params))
    expected = oracles.squared_jacobian(
        lambda rows: reference.forward(params, rows, activation).code, X
    )
    assert expected.shape == (5,)
    np.testing.assert_allclose(evaluate(closed, {x: X}), expected, rtol=1e-5)
    np.testing.assert_allclose(evaluate(symbolic, {x: X}), expected, rtol=1e-5)


@pytest.mark.usefixtures("_float64")
def test_units_may_be_mixed():
    layer = layer_of(softmax_rows)
    x = pt.matrix("x")
    expected = oracles.squared_jacobian(encoded(layer), X)
    np.testing.assert_allclose(evaluate(contractive(layer, x), {x: X}), expected, rtol=1e-5)


@pytest.mark.usefixtures("_float64")
def test_a_function_of_several_layers():
    lower, upper = layer_of("sigmoid", 6), layer_of("tanh", 2)
    project = pt.constant(np.random.default_rng(3).normal(size=(6, 4)))
    x = pt.matrix("x")

    def encode(x):
        return upper.encode(lower.encode(x) @ project)

    f = pytensor.function([x], encode(x), mode="FAST_COMPILE")
    value = evaluate(contractive(encode, x), {x: X})
    np.testing.assert_allclose(value, oracles.squared_jacobian(f, X), rtol=1e-5, atol=1e-9)


@pytest.mark.usefixtures("_float64")
def test_a_dense_layer_is_as_good():
    layer = layer_of("tanh")
    dense = DenseLayer(4, 3, rng=None, activation="tanh", W=layer.W, bias=layer.hidden_bias)
    x = pt.matrix("x")
    values = [evaluate(contractive(one, x), {x: X}) for one in (layer, dense)]
    np.testing.assert_array_equal(*values)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "linear", softmax_rows])
@pytest.mark.parametrize("closed", [True, False])
def test_gradient_with_respect_to_the_weights_by_finite_differences(activation, closed):
    with config.change_flags(**FLOAT64):
        layer = layer_of(activation)

    def penalty(W):
        if closed:
            layer.W = W
            return contractive(layer, pt.constant(X)).mean()
        return contractive(lambda x: layer.activation(x @ W), pt.constant(X)).mean()

    check_gradient(penalty, np.random.default_rng(4).normal(size=(4, 3)))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "linear", softmax_rows])
def test_it_trains_the_weights_and_nothing_is_upcast(activation):
    layer = layer_of(activation)
    x = pt.matrix("x")
    value = contractive(layer, x)
    assert (value.dtype, value.ndim) == ("float32", 1)
    slope = pytensor.grad(value.mean(), layer.W)
    assert slope.dtype == "float32"
    slope = evaluate(slope, {x: X.astype("float32")})
    assert slope.dtype == np.float32
    assert np.abs(slope).max() > 1e-3


def test_the_penalty_falls_as_it_is_trained():
    layer = layer_of("sigmoid")
    x = pt.matrix("x")
    cost = contractive(layer, x).mean()
    updates = {p: p - np.float32(0.1) * pytensor.grad(cost, p) for p in [layer.W]}
    f = pytensor.function([x], cost, updates=updates, mode="FAST_COMPILE")
    costs = [f(X.astype("float32")) for _ in range(20)]
    assert (np.diff(costs) < 0).all()
