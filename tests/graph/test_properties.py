"""Layers, weights and masks of any size, against NumPy."""

import numpy as np
import pytensor.tensor as pt
from hypothesis import given
from hypothesis import strategies as st

from autoenc.graph import AutoEncoderLayer, DenseLayer, gaussian_weights, uniform_weights
from autoenc.graph.bernoulli import bernoulli
from tests.graph.helpers import MODE

sizes = st.integers(1, 12)
seeds = st.integers(0, 2**32 - 1)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


@given(n_rows=sizes, n_visible=sizes, n_hidden=sizes, seed=seeds, tied=st.booleans())
def test_a_layer_is_its_equation(n_rows, n_visible, n_hidden, seed, tied):
    rng = np.random.default_rng(seed)
    layer = AutoEncoderLayer(n_visible, n_hidden, rng=rng, tied=tied)
    for variable in layer.params:
        variable.set_value(rng.normal(size=variable.get_value().shape).astype("float32"))
    values = {name: p.get_value() for name, p in layer.named_params().items()}
    x = rng.uniform(size=(n_rows, n_visible)).astype("float32")
    decoder = values["W"].T if tied else values["W_prime"]
    code = sigmoid(x @ values["W"] + values["hidden_bias"])
    expected = sigmoid(code @ decoder + values["visible_bias"])
    z = layer.reconstruct(pt.constant(x)).eval(mode=MODE)
    np.testing.assert_allclose(z, expected, rtol=1e-4, atol=1e-5)


@given(n_rows=sizes, n_in=sizes, n_out=sizes, seed=seeds)
def test_a_dense_layer_is_its_equation(n_rows, n_in, n_out, seed):
    rng = np.random.default_rng(seed)
    layer = DenseLayer(n_in, n_out, rng=rng, activation="tanh")
    x = rng.normal(size=(n_rows, n_in)).astype("float32")
    expected = np.tanh(x @ layer.W.get_value() + layer.bias.get_value())
    y = layer(pt.constant(x)).eval(mode=MODE)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


@given(n_in=st.integers(1, 100), n_out=st.integers(1, 100), seed=seeds)
def test_initial_weights_keep_their_bounds(n_in, n_out, seed):
    uniform = uniform_weights(np.random.default_rng(seed), n_in, n_out)
    assert uniform.shape == (n_in, n_out)
    assert abs(uniform).max() <= 4 * np.sqrt(6 / (n_in + n_out)) * 1.0001
    gaussian = gaussian_weights(np.random.default_rng(seed), n_in, n_out)
    assert gaussian.shape == (n_in, n_out)
    assert abs(gaussian).max() < 7 / np.sqrt(n_in + n_out)


@given(n_rows=sizes, n_columns=sizes, seed=seeds, p=st.sampled_from([0.0, 1.0]))
def test_what_is_certain_is_drawn(n_rows, n_columns, seed, p):
    drawn = bernoulli(p, (n_rows, n_columns), seed).eval(mode=MODE)
    assert drawn.shape == (n_rows, n_columns)
    assert (drawn == bool(p)).all()
