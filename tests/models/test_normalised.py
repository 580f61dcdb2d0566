"""Normalised layers start from the parameters of trained autoencoders."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.estimators import StackedDenoisingAutoEncoder
from autoenc.graph import NormalisedLayer
from autoenc.models import fitted_classifiers as classifiers
from autoenc.models.fitted_classifiers import normalised_as_trained

X = np.random.default_rng(5).uniform(size=(60, 6)).astype("float32")
GAPS = np.where(X < 0.1, np.float32(np.nan), X)
SETTINGS = {"n_epochs": 2, "random_state": 0, "verbose": False}


def layers_of(stack, found):
    """The normalised layers of a stack."""
    arrays = [layer.arrays for layer in stack.model_.layers]
    for k, (own, activation) in enumerate(zip(arrays, stack.activation, strict=True), start=1):
        names = ("bias", "gain", "center", "spread")
        shared = {name: pytensor.shared(found[f"{name}_{k}"]) for name in names}
        yield NormalisedLayer(pytensor.shared(own["W"]), **shared, activation=activation)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(
    ("rows", "settings"),
    [(X, {}), (X * 50 - 20, {}), (GAPS, {"missing": "mask"}), (GAPS * 9, {"missing": "mask"})],
    ids=["unit", "standardised", "missing", "both"],
)
def test_codes_are_those_of_the_stack(rows, settings, activation):
    stack = StackedDenoisingAutoEncoder(
        (5, 4), activation=[activation, "sigmoid"], optimizer="adam", **settings, **SETTINGS
    ).fit(rows)
    found = normalised_as_trained(stack.model_.layers, rows)
    bottom = stack.model_.layers[0].arrays
    values = (rows - bottom["mean"]) / bottom["scale"] if "mean" in bottom else rows
    trained = used = pt.constant(np.nan_to_num(values).astype("float32"))
    for layer in layers_of(stack, found):
        trained, averages = layer.in_training(trained, 0, np.random.default_rng(0))
        used = layer(used)
        for average, update in averages.items():
            np.testing.assert_allclose(update.eval(), average.get_value(), rtol=1e-4, atol=1e-5)
    codes = stack.transform(rows)
    np.testing.assert_allclose(used.eval(), codes, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(trained.eval(), codes, rtol=2e-3, atol=1e-3)


def test_units_that_never_change_begin_at_zero():
    stack = StackedDenoisingAutoEncoder((5, 4), activation="relu", **SETTINGS).fit(X)
    bottom, top = stack.model_.layers
    bias = np.float32([-50, 50, 0.1, 0, -0.1])
    bottom = bottom.replaced(arrays={**bottom.arrays, "hidden_bias": bias})
    found = normalised_as_trained([bottom, top], X)["bias_1"]
    z = X @ bottom.arrays["W"]
    np.testing.assert_allclose(found[2:], z.mean(axis=0)[2:] + bias[2:], rtol=1e-4)
    assert found[:2].tolist() == [0, 0]


def test_weights_count_rows():
    stack = StackedDenoisingAutoEncoder((5, 4), activation="relu", **SETTINGS).fit(X)
    weights = np.float32([3, 1, 0, 2] * 15)
    found = normalised_as_trained(stack.model_.layers, X, weights)
    repeated = normalised_as_trained(stack.model_.layers, X.repeat(weights.astype(int), axis=0))
    for name, array in repeated.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-4, atol=1e-5)
        assert found[name].dtype == np.float32


def test_rows_are_taken_from_everywhere(monkeypatch):
    monkeypatch.setattr(classifiers, "MOST_ROWS", 20)
    stack = StackedDenoisingAutoEncoder((5, 4), activation="relu", **SETTINGS).fit(X)
    order = np.argsort(X[:, 0])
    center = normalised_as_trained(stack.model_.layers, X[order])["center_1"]
    expected = X @ stack.model_.layers[0].arrays["W"]
    assert abs(center - expected.mean(axis=0)).max() < 0.3 * expected.std(axis=0).max()
    first = expected[order[:20]].mean(axis=0)
    assert abs(first - expected.mean(axis=0)).max() > 0.3 * expected.std(axis=0).max()
