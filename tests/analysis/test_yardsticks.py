"""Yardsticks, against NumPy and scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.analysis import untrained, yardsticks
from autoenc.estimators import StackedDenoisingAutoEncoder
from tests import reference
from tests.analysis.test_access import KINDS, error


def mean_squared(x, z):
    return ((x.astype("float64") - z) ** 2).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_the_model(models, digits, kind):
    model, X = models[kind], digits.test.images[:60]
    found = yardsticks(model, X)
    expected = mean_squared(X, model.reconstruct(X))
    assert found.model.mean_squared == pytest.approx(expected, rel=1e-5)
    assert found.model.cost == pytest.approx(error(model, X).mean(), rel=1e-4)


def test_mean_and_pca_come_from_training_rows(healthy, digits):
    train, X = digits.train.images[:1000], digits.test.images[:200]
    found = yardsticks(healthy, X, X_train=train)
    pca = PCA(50, svd_solver="full").fit(train.astype("float64"))
    assert found.n_components == 50
    assert found.n_columns == 784
    assert found.mean.mean_squared == pytest.approx(mean_squared(X, train.mean(axis=0)), rel=1e-5)
    rebuilt = pca.inverse_transform(pca.transform(X))
    assert found.pca.mean_squared == pytest.approx(mean_squared(X, rebuilt), rel=1e-2)
    z = np.clip(rebuilt, 0.001, 0.999)
    cost = reference.bernoulli_deviance(X.astype("float64"), z).mean()
    assert found.pca.cost == pytest.approx(cost, rel=1e-2)
    own = yardsticks(healthy, X)
    assert own.mean.mean_squared == pytest.approx(X.var(axis=0).mean(), rel=1e-4)


def test_pca_is_of_standardised_columns_where_the_model_is(rng):
    # One column has nearly all of the variance, and would be all that PCA sees.
    X = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(200, 6))
    X = X * [1000, 1, 1, 1, 1, 1] + 5
    model = AutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(X[:150])
    found = yardsticks(model, X[150:], X_train=X[:150])
    scale = X[:150].std(axis=0)
    pca = PCA(2, svd_solver="full").fit(X[:150] / scale)
    rebuilt = scale * pca.inverse_transform(pca.transform(X[150:] / scale))
    expected = (((X[150:] - rebuilt) / scale) ** 2).mean()
    assert found.standardised
    assert found.pca.cost == pytest.approx(expected, rel=1e-4) == found.squared(found.pca)
    assert found.pca.mean_squared == pytest.approx(mean_squared(X[150:], rebuilt), rel=1e-4)


def test_squared_error_is_its_own_cost(models, digits):
    found = yardsticks(models["unbounded"], digits.test.images[:50])
    assert found.cost_name == "squared_error"
    for errors in (found.model, found.mean, found.pca, found.untrained):
        assert errors.cost == pytest.approx(errors.mean_squared)


def test_a_trained_model_is_better_than_where_it_began(healthy, digits):
    found = yardsticks(healthy, digits.test.images)
    assert found.model.cost < 0.3 * found.untrained.cost
    assert found.model.mean_squared < 0.5 * found.mean.mean_squared


def test_no_more_components_than_rows_or_columns(rng):
    X = rng.uniform(size=(6, 3))
    model = AutoEncoder(10, n_epochs=1, random_state=0, verbose=False).fit(X)
    found = yardsticks(model, X)
    assert found.n_components == 3
    assert found.pca.mean_squared < 1e-12


# A rate so small that training changes nothing shows where training began.
STILL = {"learning_rate": 1e-30, "n_epochs": 1, "verbose": False}


@pytest.mark.parametrize(
    "model",
    [
        AutoEncoder(7, random_state=3, **STILL),
        DenoisingAutoEncoder(7, random_state=5, tied=False, dtype="float64", **STILL),
        AutoEncoder(7, random_state=3, init="gaussian", **STILL),
        AutoEncoder(7, random_state=3, init="gaussian", tied=False, activation="tanh", **STILL),
        AutoEncoder(7, random_state=3, activation="tanh", scale="standard", **STILL),
    ],
    ids=["AutoEncoder", "DenoisingAutoEncoder", "gaussian", "gaussian, untied", "tanh"],
)
@pytest.mark.parametrize("width", [1.0, 7.0], ids=["in [0, 1]", "standardised"])
def test_untrained_is_where_training_began(model, width, rng, tmp_path):
    X = width * rng.uniform(size=(40, 5))
    start = model.fit(X).model_.named_arrays()
    trained = type(model)(**{**model.get_params(), "learning_rate": 0.1, "n_epochs": 3}).fit(X)
    before = trained.model_.named_arrays()
    found = untrained(trained)
    trained.save(tmp_path / "model.safetensors")
    loaded = untrained(type(model).load(tmp_path / "model.safetensors"))
    np.testing.assert_array_equal(loaded.W_, found.W_)
    assert sorted(found.model_.named_arrays()) == sorted(start)
    for name, array in found.model_.named_arrays().items():
        assert array.dtype == start[name].dtype
        np.testing.assert_allclose(array, start[name], atol=1e-25)
    np.testing.assert_allclose(found.transform(X), model.transform(X), rtol=1e-5)
    assert np.abs(trained.W_ - found.W_).max() > 1e-3
    for name, array in trained.model_.named_arrays().items():
        np.testing.assert_array_equal(array, before[name])


def test_standardised_models_begin_with_small_weights(rng):
    X = 7 * rng.uniform(size=(40, 5))
    bounds = [
        np.abs(untrained(AutoEncoder(100, random_state=3, **STILL).fit(rows)).W_).max()
        for rows in (X, X / 7)
    ]
    # Of a few hundred uniform numbers, the largest is near the end of the range.
    np.testing.assert_allclose(bounds, np.array([1, 4]) * np.sqrt(6 / 105), rtol=0.05)


def test_untrained_stack_saved_and_loaded(rng, tmp_path):
    X = rng.uniform(size=(40, 5))
    settings = {"hidden_sizes": (4, 3), "random_state": 2}
    start = StackedDenoisingAutoEncoder(**settings, **STILL).fit(X)
    trained = StackedDenoisingAutoEncoder(**settings, n_epochs=2, verbose=False).fit(X)
    trained.save(tmp_path / "stack")
    loaded = StackedDenoisingAutoEncoder.load(tmp_path / "stack")
    for model in (trained, loaded):
        np.testing.assert_allclose(untrained(model).transform(X), start.transform(X), rtol=1e-5)
    assert np.abs(trained.transform(X) - start.transform(X)).max() > 1e-3
