"""Values chosen for settings at ``"auto"``, which give errors no worse than those of PCA."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_sample_image,
    load_wine,
)
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import PerceptronClassifier
from autoenc.export.numpy_reader import load
from autoenc.graph import adadelta, adam, sgd
from autoenc.models.settings import SETTINGS

TABLES = {
    "iris": load_iris,
    "wine": load_wine,
    "breast cancer": load_breast_cancer,
    "diabetes": load_diabetes,
}
QUIET = {"random_state": 0, "verbose": False}


@pytest.mark.parametrize("cls", [AutoEncoder, DenoisingAutoEncoder])
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("scaled", [False, True], ids=["in its units", "in [0, 1]"])
def test_defaults_are_no_worse_than_pca_of_the_same_size(cls, name, scaled):
    X = TABLES[name]().data
    X = (X - X.min(axis=0)) / np.ptp(X, axis=0) if scaled else X
    own, of_pca = np.array([errors_of(cls, X, seed) for seed in range(3)]).T
    error = own.std(ddof=1) / np.sqrt(len(own))
    assert own.mean() <= of_pca.mean() + error
    assert own.mean() > 0.97 * of_pca.mean()  # what limits of columns give


def errors_of(cls, X, seed):
    """Errors on rows held out, of a model with its defaults and of PCA, in standard units."""
    train, test = train_test_split(X, test_size=0.3, random_state=seed)
    model = cls(random_state=seed, verbose=False).fit(train)
    mean, scale = train.mean(axis=0), train.std(axis=0)
    train, standard = (train - mean) / scale, (test - mean) / scale
    pca = PCA(model.W_.shape[1]).fit(train)
    z = pca.inverse_transform(pca.transform(standard))
    again = (model.reconstruct(test) - mean) / scale
    return np.mean((again - standard) ** 2), np.mean((z - standard) ** 2)


def switched(rng, n_rows=80):
    """Amounts that end at 0, a switch, and what depends on both, in no unit interval."""
    amount = np.maximum(rng.normal(size=(n_rows, 2)), 0)
    switch = rng.uniform(size=(n_rows, 1)) < 0.5
    rest = amount @ rng.normal(size=(2, 4)) + switch + 0.1 * rng.normal(size=(n_rows, 4))
    return np.hstack([5 * amount, switch, 20 + rest])


@pytest.mark.parametrize("backend", ["c", "xla", "numba"])
def test_reconstructions_stay_within_the_limits_of_columns(backend, rng):
    X = switched(rng)
    model = AutoEncoder(2, n_epochs=40, backend=backend, **QUIET).fit(X)
    assert model.output_ == "clipped"
    np.testing.assert_array_equal(model.lower_, [0, 0, 0] + [-np.inf] * 4)
    np.testing.assert_array_equal(model.upper_, [np.inf, np.inf, 1] + [np.inf] * 4)
    z = (X - model.mean_) / model.scale_
    raw = (z @ model.W_ + model.hidden_bias_) @ model.W_.T + model.visible_bias_
    free = raw * model.scale_ + model.mean_
    clipped = np.clip(free, model.lower_, model.upper_)
    assert (clipped != free).any()
    np.testing.assert_allclose(model.reconstruct(X), clipped, atol=1e-4)
    np.testing.assert_allclose(model.inverse_transform(model.transform(X)), clipped, atol=1e-4)
    errors = np.mean(((clipped - X) / model.scale_) ** 2, axis=1)
    np.testing.assert_allclose(model.score_samples(X), errors, rtol=1e-3, atol=1e-5)


def test_training_within_limits_gains_on_clipped_pca(rng):
    X = switched(rng, 400)
    model = AutoEncoder(2, **QUIET).fit(X)
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    pca = PCA(2).fit(z)
    free = pca.inverse_transform(pca.transform(z))
    limits = [(np.array(v) - X.mean(axis=0)) / X.std(axis=0) for v in (model.lower_, model.upper_)]
    assert np.mean(model.score_samples(X)) < 0.99 * np.mean((np.clip(free, *limits) - z) ** 2)


def test_a_table_without_limits_is_not_clipped(rng):
    model = AutoEncoder(**QUIET).fit(9 * rng.normal(size=(60, 8)))
    assert model.output_ == "linear"
    assert not hasattr(model, "lower_")
    assert model.chosen_["n_epochs"] == 15


def test_entries_that_are_missing_are_no_limit_and_are_imputed_within_them(rng):
    X = switched(rng)
    X[::7, 0], X[3::7, 2] = np.nan, np.nan
    model = DenoisingAutoEncoder(2, missing="mask", **QUIET).fit(X)
    np.testing.assert_array_equal(model.lower_[:3], 0)
    filled = model.impute(X)
    assert filled[:, 0].min() > -1e-5
    assert -1e-5 < filled[:, 2].min() <= filled[:, 2].max() < 1 + 1e-5


def test_later_rows_beyond_a_limit_lift_it(rng):
    X = switched(rng)
    model = AutoEncoder(2, n_epochs=2, **QUIET).fit(X)
    beyond = X.copy()
    beyond[0, 0], beyond[1, 2] = -3, 2
    model.partial_fit(beyond)
    np.testing.assert_array_equal(model.lower_[:3], [-np.inf, 0, 0])
    np.testing.assert_array_equal(model.upper_[:3], np.inf)
    model.partial_fit(X)
    assert model.lower_[0] == -np.inf


def test_the_first_rows_of_many_say_nothing_of_limits(rng):
    X = switched(rng)
    assert AutoEncoder(2, **QUIET).partial_fit(X).output_ == "linear"
    assert AutoEncoder(2, output="linear", **QUIET).fit(X).output_ == "linear"
    with pytest.raises(ValueError, match="output is 'clipped', but cost is 'cross_entropy'"):
        AutoEncoder(2, output="clipped", cost="cross_entropy", **QUIET).fit(X)


def test_drawings_get_the_settings_of_tutorials():
    model = DenoisingAutoEncoder(**QUIET, n_epochs=1).fit(load_digits().data[:40] / 16)
    assert model.chosen_ == {
        "n_hidden": 500, "activation": "sigmoid", "init": "uniform", "corruption": 0.3,
    }  # fmt: skip
    assert (model.cost_, model.output_, model.learning_rate_) == ("cross_entropy", "sigmoid", 0.1)


@pytest.mark.parametrize("cls", [AutoEncoder, DenoisingAutoEncoder])
def test_patches_of_photographs_are_reconstructed_as_by_pca(cls, rng):
    grey = np.mean(load_sample_image("china.jpg"), axis=2) / 255
    corners = np.column_stack([rng.integers(0, side - 16, 200) for side in grey.shape])
    X = np.array([grey[i : i + 16, j : j + 16].ravel() for i, j in corners])
    model = cls(**QUIET).fit(X[:150])
    pca = PCA(38).fit(X[:150])
    again = pca.inverse_transform(pca.transform(X[150:]))
    assert model.W_.shape == (256, 38)
    assert np.mean((model.reconstruct(X[150:]) - X[150:]) ** 2) < 1.05 * np.mean(
        (again - X[150:]) ** 2
    )


def test_more_units_than_rows_do_no_harm(rng):
    X = rng.normal(size=(30, 5)) @ rng.normal(size=(5, 60)) + 0.1 * rng.normal(size=(30, 60))
    errors = [
        np.mean((AutoEncoder(n, **QUIET).fit(X[:20]).reconstruct(X[20:]) - X[20:]) ** 2)
        for n in (19, 21, 50)
    ]
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("limited", [False, True])
def test_asked_and_chosen_are_kept(limited, rng, tmp_path):
    X = switched(rng) if limited else 9 * rng.normal(size=(60, 8))
    model = AutoEncoder(**QUIET).fit(X)
    assert clone(model).n_hidden == "auto"
    model.save(tmp_path / "model.safetensors")
    again = AutoEncoder.load(tmp_path / "model.safetensors")
    assert again.get_params() == model.get_params()
    assert again.chosen_ == model.chosen_
    assert again.chosen_["n_hidden"] == 2
    np.testing.assert_array_equal(again.transform(X), model.transform(X))
    assert again.output_ == model.output_ == ("clipped" if limited else "linear")
    alone = load(tmp_path / "model.safetensors")
    for method in ("transform", "reconstruct", "score_samples"):
        expected = getattr(model, method)(X)
        np.testing.assert_allclose(getattr(alone, method)(X), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(again.partial_fit(X).W_, model.partial_fit(X).W_)


def test_what_is_given_stays(rng):
    X = 9 * rng.normal(size=(60, 8))
    model = AutoEncoder(3, activation="tanh", n_epochs=2, **QUIET).fit(X)
    assert model.chosen_ == {"init": "uniform"}
    assert len(model.history_) == 2


def test_a_code_as_wide_as_the_row_keeps_the_sigmoid(rng):
    model = AutoEncoder(8, n_epochs=1, **QUIET).fit(9 * rng.normal(size=(60, 8)))
    assert model.chosen_ == {"activation": "sigmoid", "init": "uniform"}


def test_the_documented_noise_is_the_chosen_one(rng):
    model = DenoisingAutoEncoder(n_epochs=1, random_state=0, verbose=False)
    model.fit(rng.normal(size=(60, 6)))
    name, deviation = model.chosen_["corruption"]
    assert f'("{name}", {deviation})' in SETTINGS["corruption"].auto


def test_a_line_says_what_was_chosen(rng, capsys):
    AutoEncoder(n_epochs=1, random_state=0).fit(9 * rng.normal(size=(60, 8)))
    line = "8 columns, standardised as those of a table: 2 units, activation linear from the"
    assert line in capsys.readouterr().err


@pytest.mark.parametrize("name", ["n_hidden", "n_epochs"])
def test_classifiers_choose_nothing(name, rng):
    model = PerceptronClassifier(**{"n_hidden": 3, name: "auto", **QUIET})
    with pytest.raises(ValueError, match=f"{name} is 'auto'; expected an integer"):
        model.fit(rng.uniform(size=(20, 4)), np.arange(20) % 2)


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [
        ("adam", 0.001),
        (adam, 0.001),
        ("rmsprop", 0.001),
        ("adadelta", 1.0),
        (adadelta, 1.0),
        (lambda cost, params, learning_rate=0.25: sgd(cost, params, learning_rate), 0.25),
    ],
)
def test_the_rate_of_a_rule_that_has_one_is_its_own(optimizer, rate):
    rows = np.random.default_rng(0).normal(size=(60, 5))
    settings = {"n_epochs": 1, "random_state": 0, "verbose": False, "activation": "tanh"}
    assert AutoEncoder(3, optimizer=optimizer, **settings).fit(rows).learning_rate_ == rate


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_the_rate_is_smaller_with_momentum(momentum):
    rows = np.random.default_rng(0).normal(size=(60, 5))
    settings = {"n_epochs": 1, "random_state": 0, "verbose": False, "activation": "tanh"}
    rates = [
        AutoEncoder(3, momentum=own, **settings).fit(rows).learning_rate_ for own in (0, momentum)
    ]
    np.testing.assert_allclose(rates[1], (1 - momentum) * rates[0], rtol=1e-6)
