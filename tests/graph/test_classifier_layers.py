"""Dense and softmax layers, networks, and costs of labels."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from autoenc.backends import make_step, resolve_backend
from autoenc.graph import (
    AutoEncoderLayer,
    DenseLayer,
    Network,
    NormalisedLayer,
    NormalisedSoftmaxLayer,
    SoftmaxLayer,
    negative_log_likelihood,
    negative_log_likelihood_from_logits,
    sgd,
    zero_one_loss,
)
from tests.devices import device_of
from tests.graph.helpers import check_gradient, evaluate

X = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
Y = np.array([0, 2, 1, 1, 0, 2, 2], dtype="int32")


def logits(values):
    return pt.constant(np.asarray(values, dtype="float32"))


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 100))
def test_negative_log_likelihood_from_logits(seed, scale):
    a = np.random.default_rng(seed).normal(0, scale, (7, 3)).astype("float32")
    value = evaluate(negative_log_likelihood_from_logits(logits(a), pt.constant(Y)))
    expected = -log_softmax(a.astype("float64"), axis=1)[np.arange(7), Y]
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)
    assert value.dtype == np.float32


def test_large_logits_stay_finite():
    a = logits([[1e4, 0, -1e4]])
    for right, expected in [(0, 0), (1, 1e4), (2, 2e4)]:
        y = pt.constant(np.array([right], dtype="int32"))
        assert evaluate(negative_log_likelihood_from_logits(a, y)) == [expected]


def test_negative_log_likelihood_of_probabilities():
    p = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], dtype="float32")
    y = pt.constant(np.array([1, 0], dtype="int32"))
    value = evaluate(negative_log_likelihood(pt.constant(p), y))
    np.testing.assert_allclose(value, -np.log([0.5, 0.1]), rtol=1e-6)


def test_zero_one_loss():
    p = logits([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0], [0.1, 0.2, 0.7]])
    value = evaluate(zero_one_loss(p, pt.constant(np.array([1, 1, 2], dtype="int32"))))
    assert value.tolist() == [0, 1, 0]
    assert value.dtype == np.float32


def test_gradient_of_the_negative_log_likelihood():
    check_gradient(
        lambda a: negative_log_likelihood_from_logits(a, pt.constant(Y)).sum(),
        np.random.default_rng(1).normal(size=(7, 3)),
    )


def test_softmax_regression_begins_undecided():
    softmax = SoftmaxLayer(4, 3, name="top")
    np.testing.assert_allclose(evaluate(softmax.class_probabilities(pt.constant(X))), 1 / 3)
    assert [p.name for p in softmax.params] == ["top_W", "top_bias"]
    loss = evaluate(softmax.negative_log_likelihood(pt.constant(X), pt.constant(Y)))
    np.testing.assert_allclose(loss, np.log(3), rtol=1e-6)


def test_prediction_is_the_most_probable_class():
    softmax = SoftmaxLayer(4, 3)
    softmax.W.set_value(np.random.default_rng(2).normal(size=(4, 3)).astype("float32"))
    expected = (X @ softmax.W.get_value()).argmax(axis=1)
    np.testing.assert_array_equal(evaluate(softmax.predict(pt.constant(X))), expected)
    wrong = evaluate(softmax.zero_one_loss(pt.constant(X), pt.constant(Y)))
    np.testing.assert_array_equal(wrong, expected != Y)


@pytest.mark.parametrize(("activation", "gain"), [("sigmoid", 4), ("tanh", 1)])
def test_dense_layer(activation, gain):
    layer = DenseLayer(4, 3, rng=np.random.default_rng(0), activation=activation, name="h")
    W = layer.W.get_value()
    assert np.abs(W).max() <= gain * np.sqrt(6 / 7)
    a = X @ W
    expected = np.tanh(a) if activation == "tanh" else 1 / (1 + np.exp(-a))
    np.testing.assert_allclose(evaluate(layer(pt.constant(X))), expected, rtol=1e-5, atol=1e-6)
    assert [p.name for p in layer.params] == ["h_W", "h_bias"]


def test_one_matrix_of_two_owners_is_trained_by_both(backend):
    autoencoder = AutoEncoderLayer(4, 3, rng=np.random.default_rng(0))
    hidden = DenseLayer(4, 3, rng=None, W=autoencoder.W, bias=autoencoder.hidden_bias)
    network = Network([hidden], SoftmaxLayer(3, 3))
    assert hidden.W is autoencoder.W
    assert network.params[0] is autoencoder.W
    x, y = pt.matrix("x"), pt.ivector("y")
    together = autoencoder.squared_error(x).mean() + network.negative_log_likelihood(x, y).mean()
    params = list(dict.fromkeys([*autoencoder.params, *network.params]))
    assert len(params) == 5
    before = autoencoder.W.get_value()
    gradient = evaluate(pytensor.grad(together, autoencoder.W), {x: X, y: Y})
    chosen = resolve_backend(backend, device_of(backend))
    runner = chosen.compile(make_step(together, sgd(together, params, 0.1), [x, y]))
    runner.run([chosen.put(X), chosen.put(Y)], np.arange(7)[np.newaxis], (0,))
    runner.sync()
    np.testing.assert_allclose(hidden.W.get_value(), before - 0.1 * gradient, rtol=1e-4, atol=1e-6)


def test_network_without_hidden_layers_is_its_softmax():
    softmax = SoftmaxLayer(4, 3)
    network = Network([], softmax)
    assert network.params == softmax.params
    assert network.weights == [softmax.W]


def test_dropout_keeps_sums_on_average():
    network = Network([], SoftmaxLayer(500, 3))
    ones = pt.ones((200, 500), dtype="float32")
    thinned = evaluate(network.codes(ones, dropout=[0.4], seed=1))
    assert set(np.unique(thinned).round(4)) == {0.0, np.float32(1 / 0.6).round(4)}
    assert abs(thinned.mean() - 1) < 0.02
    np.testing.assert_array_equal(evaluate(network.codes(ones)), 1)


def test_layers_drop_out_independently():
    rng = np.random.default_rng(0)
    same = DenseLayer(300, 300, rng=rng, activation="linear")
    same.W.set_value(np.eye(300, dtype="float32"))
    network = Network([same], SoftmaxLayer(300, 2))
    ones = pt.ones((50, 300), dtype="float32")
    both = evaluate(network.codes(ones, dropout=[0.5, 0.5], seed=3))
    assert abs((both > 0).mean() - 0.25) < 0.03


@pytest.mark.parametrize(
    ("dropout", "seed", "message"),
    [
        ([0.1, 0.2], 0, "dropout has 2 probabilities; expected 1"),
        ([1.0], 0, r"dropout is \[1.0\]; expected probabilities in \[0, 1\)"),
        ([0.5], None, "dropout needs a seed"),
    ],
)
def test_bad_dropout(dropout, seed, message):
    network = Network([], SoftmaxLayer(4, 3))
    with pytest.raises(ValueError, match=message):
        network.codes(pt.constant(X), dropout, seed)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DenseLayer(0, 2, rng=None), "n_in is 0; expected an integer of at least 1"),
        (lambda: DenseLayer(2, 2, rng=None), "rng is None, but W has to be drawn"),
        (lambda: SoftmaxLayer(2, 2.5), "n_classes is 2.5; expected an integer"),
        (
            lambda: SoftmaxLayer(2, 3, W=pytensor.shared(np.zeros((3, 2), "float32"))),
            r"W has shape \(3, 2\); expected \(2, 3\)",
        ),
    ],
)
def test_bad_layers(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def shared_parameters(n_in, n_out, seed):
    rng = np.random.default_rng(seed)
    vectors = ("bias", "gain", "center", "spread")
    values = {name: rng.uniform(0.5, 1.5, n_out).astype("float32") for name in vectors}
    values["W"] = rng.normal(size=(n_in, n_out)).astype("float32")
    return {name: pytensor.shared(value, name=name) for name, value in values.items()}, values


def normalised(n_in=4, n_out=3, activation="tanh", seed=0):
    shared, values = shared_parameters(n_in, n_out, seed)
    return NormalisedLayer(**shared, activation=activation), values


def normalised_softmax(n_in=4, n_classes=3, seed=2):
    shared, values = shared_parameters(n_in, n_classes, seed)
    return NormalisedSoftmaxLayer(**shared), values


def standardised(z, p):
    """Logits in training."""
    return (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5) * p["gain"] + p["bias"]


def test_a_normalised_layer_divides_by_its_averages():
    layer, p = normalised()
    standard = (X @ p["W"] - p["center"]) / p["spread"]
    expected = np.tanh(standard * p["gain"] + p["bias"])
    np.testing.assert_allclose(evaluate(layer(pt.constant(X))), expected, rtol=1e-5, atol=1e-6)


def test_a_normalised_layer_in_training_divides_by_the_deviations_of_the_minibatch():
    layer, p = normalised()
    values, averages = layer.in_training(pt.constant(X), 0, np.random.default_rng(0))
    z = X @ p["W"]
    deviation = np.sqrt(z.var(axis=0) + 1e-5)
    expected = np.tanh((z - z.mean(axis=0)) / deviation * p["gain"] + p["bias"])
    np.testing.assert_allclose(evaluate(values), expected, rtol=1e-4, atol=1e-5)
    for average, name, seen in (
        (layer.center, "center", z.mean(axis=0)),
        (layer.spread, "spread", deviation),
    ):
        value = evaluate(averages[average])
        np.testing.assert_allclose(value, 0.9 * p[name] + 0.1 * seen, rtol=1e-5)
        assert value.dtype == np.float32


def test_columns_that_do_not_vary_in_a_minibatch_stay_finite():
    layer, p = normalised()
    one = pt.constant(X[:1])
    values, _ = layer.in_training(one, 0, np.random.default_rng(0))
    np.testing.assert_allclose(evaluate(values)[0], np.tanh(p["bias"]), rtol=1e-5)


def test_the_gradient_through_a_minibatch_is_that_of_finite_differences():
    double = {name: value.astype("float64") for name, value in normalised()[1].items()}

    def cost(W):
        layer = NormalisedLayer(**{n: pytensor.shared(v, name=n) for n, v in double.items()})
        layer.W = W
        rows = pt.constant(X.astype("float64"))
        return pt.sqr(layer.in_training(rows, 0, np.random.default_rng(0))[0]).sum()

    check_gradient(cost, double["W"])


def test_noise_is_added_to_standardised_values():
    layer, p = normalised(n_in=4, n_out=400, activation="linear")
    rows = pt.constant(np.random.default_rng(3).normal(size=(300, 4)).astype("float32"))
    plain, noisy = (
        evaluate(layer.in_training(rows, noise, np.random.default_rng(1))[0]) for noise in (0, 0.5)
    )
    deviations = (noisy - plain).std(axis=0)
    np.testing.assert_allclose(deviations, 0.5 * p["gain"], rtol=0.2)
    assert abs(deviations / p["gain"] - 0.5).mean() < 0.03


def test_noise_goes_into_the_input_and_each_layer():
    rng = np.random.default_rng(0)
    same = DenseLayer(300, 300, rng=rng, activation="linear")
    network = Network([same], SoftmaxLayer(300, 300))
    for layer in network.layers:
        layer.W.set_value(np.eye(300, dtype="float32"))
    zeros = pt.zeros((50, 300), dtype="float32")
    found, averages = network.in_training(zeros, noise=[0.3, 0.4], seed=3)
    assert abs(evaluate(found).std() - 0.5) < 0.01
    assert averages == {}


@pytest.mark.parametrize(
    ("noise", "seed", "message"),
    [
        ([0.1, 0.2], 0, "noise has 2 deviations; expected 1"),
        ([-1.0], 0, r"noise is \[-1.0\]; expected deviations in \[0, inf\)"),
        ([0.5], None, "noise needs a seed"),
    ],
)
def test_bad_noise(noise, seed, message):
    network = Network([], SoftmaxLayer(4, 3))
    with pytest.raises(ValueError, match=message):
        network.in_training(pt.constant(X), noise=noise, seed=seed)


def test_averages_are_of_values_without_noise():
    hidden, top = [normalised()[0], normalised(3, 5, seed=1)[0]], normalised_softmax(5)[0]
    network = Network(hidden, top)
    rows = pt.constant(X)
    plain, expected = network.in_training(rows)
    found, averages = network.in_training(rows, [0.1, 0.5, 0], [0.5, 2.0, 0], seed=1)
    layers = [*hidden, top.linear]
    assert list(averages) == [v for layer in layers for v in (layer.center, layer.spread)]
    for average, update in averages.items():
        np.testing.assert_array_equal(evaluate(update), evaluate(expected[average]))
    assert abs(evaluate(found) - evaluate(plain)).max() > 0.1


def test_a_normalised_softmax_divides_by_its_averages():
    top, p = normalised_softmax()
    found = (X @ p["W"] - p["center"]) / p["spread"] * p["gain"] + p["bias"]
    rows, y = pt.constant(X), pt.constant(Y)
    for value, expected in (
        (top.logits(rows), found),
        (top.class_probabilities(rows), softmax(found, axis=1)),
        (top.negative_log_likelihood(rows, y), -log_softmax(found, axis=1)[np.arange(7), Y]),
        (top.zero_one_loss(rows, y), found.argmax(axis=1) != Y),
    ):
        np.testing.assert_allclose(evaluate(value), expected, rtol=1e-5, atol=1e-6)
    assert top.params == [top.W, top.bias, top.linear.gain]


def test_a_normalised_softmax_in_training_divides_by_the_deviations_of_the_minibatch():
    layer, q = normalised()
    top, p = normalised_softmax(3)
    found, averages = Network([layer], top).in_training(pt.constant(X))
    z = np.tanh(standardised(X @ q["W"], q)) @ p["W"]
    np.testing.assert_allclose(evaluate(found), standardised(z, p), rtol=1e-4, atol=1e-5)
    for average, name, seen in (
        (top.linear.center, "center", z.mean(axis=0)),
        (top.linear.spread, "spread", np.sqrt(z.var(axis=0) + 1e-5)),
    ):
        value = evaluate(averages[average])
        np.testing.assert_allclose(value, 0.9 * p[name] + 0.1 * seen, rtol=1e-5)


def test_likelihoods_with_dropout_are_those_of_training():
    top, p = normalised_softmax()
    network = Network([], top)
    value = evaluate(network.negative_log_likelihood(pt.constant(X), pt.constant(Y), [0.0], 0))
    logits_ = standardised(X @ p["W"], p)
    np.testing.assert_allclose(
        value, -log_softmax(logits_, axis=1)[np.arange(7), Y], rtol=1e-4, atol=1e-5
    )
