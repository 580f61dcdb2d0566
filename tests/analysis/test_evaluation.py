"""Reports, and advice on models that really have the problem in question."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from autoenc import AutoEncoder
from autoenc.analysis import report, summarize
from autoenc.analysis.advice import ALL_WELL, about_history
from autoenc.estimators import StackedDenoisingAutoEncoder
from tests.analysis.test_access import KINDS

QUICK = {"random_state": 0, "verbose": False}
REAL = {"cost": "squared_error", "output": "linear"}


def advice(model, X, **options):
    return " | ".join(report(model, X, **options).advice)


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_json_of_every_kind_of_model(models, digits, kind):
    found = report(models[kind], digits.test.images[:200], X_train=digits.train.images[:300])
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert f"{type(models[kind]).__name__} of 784 columns" in lines[0]
    assert "measured on 200 rows; mean and PCA are taken from 300 training rows" in lines
    for name in ("this model ", "PCA, ", "mean row", "this model, random weights"):
        assert sum(line.startswith(name) for line in lines) == 1
    stored = json.loads(json.dumps(found.to_dict()))
    assert stored["yardsticks"]["model"]["cost"] == found.yardsticks.model.cost
    assert len(stored["error_shares"]) == len(stored["columns"]) == 784
    assert stored["advice"] == found.advice
    assert len(stored["layers"]) == (2 if kind in ("stack", "deep") else 1)


def test_numbers_in_the_text_are_those_found(healthy, digits):
    found = report(healthy, digits.test.images)
    shown = " ".join(str(found).split())
    for errors in (found.yardsticks.model, found.yardsticks.pca, found.yardsticks.untrained):
        assert f"{errors.mean_squared:.6g}" in shown
        assert f"{errors.cost:.6g}" in shown
    assert f"cost from {healthy.history_[0]['cost']:.6g}" in shown
    assert f"effective number of codes {found.layers[0].units.effective:.1f}" in shown
    assert "mean and PCA are taken from the same rows" in shown
    assert "deviance of PCA and mean: with values kept in [0.001, 0.999]" in shown
    worst = int(np.argmax(found.error_shares))
    assert f"largest shares of the error: column {worst} " in shown


def test_a_notebook_shows_the_text_with_names_of_columns_escaped(rng):
    rows = pd.DataFrame(rng.random((50, 3)), columns=["a", "b", "<script>"])
    found = report(AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(rows), rows)
    shown = found._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert shown.startswith("<pre>AutoEncoder of 3 columns")


def test_layers_of_a_stack_are_judged_each_on_its_input(models, digits):
    stack, X = models["stack"], digits.test.images[:200]
    found = report(stack, X)
    assert [layer.units.n_units for layer in found.layers] == [30, 20]
    top = report(stack.layers_[1], stack.layers_[0].transform(X))
    assert found.layers[1] == top.layers[0]
    assert "layer 2: 2 epochs" in str(found)


def test_names_of_columns(rng):
    frame = pd.DataFrame(rng.uniform(size=(50, 2)), columns=["height", "weight"])
    model = AutoEncoder(1, n_epochs=1, **QUICK).fit(frame)
    assert report(model, frame).columns == ["height", "weight"]


def test_many_rows_are_sampled(healthy, digits):
    found = report(healthy, digits.test.images, X_train=digits.train.images, max_rows=150)
    assert (found.n_rows, found.n_train_rows) == (150, 150)
    again = report(healthy, digits.test.images, X_train=digits.train.images, max_rows=150)
    assert found.to_dict() == again.to_dict()
    whole = report(healthy, digits.test.images)
    assert found.yardsticks.model.cost == pytest.approx(whole.yardsticks.model.cost, rel=0.1)


def test_dead_units(digits):
    X = digits.train.images[:500]
    model = AutoEncoder(20, activation="relu", learning_rate=2.0, n_epochs=1, **QUICK).fit(X)
    n_dead = len(report(model, X).layers[0].units.dead)
    assert f"{n_dead} of 20 units are dead: they give every row the same code." in advice(model, X)


def test_saturated_units(digits):
    # One pixel in five times a thousand: pre-activations are far from 0.
    X = 255 * digits.train.images[:300]
    model = AutoEncoder(20, n_epochs=1, learning_rate=1e-5, **REAL, **QUICK).fit(X)
    model.hidden_bias_ += 20
    assert "units are saturated: at a bound of their activation" in advice(model, X)


def test_duplicate_units_and_collapsed_codes(rng):
    # One number in every column: there is only one thing that units can say.
    X = rng.uniform(size=(300, 1)) * np.ones((1, 6), "float32")
    model = AutoEncoder(10, n_epochs=20, **QUICK).fit(X)
    text = advice(model, X)
    assert "of 10 units duplicate another unit" in text
    assert "vary along one direction only (effective number 1.0)" in text


def test_a_model_that_has_just_begun(digits):
    X = digits.train.images[:1000]
    model = AutoEncoder(20, n_epochs=6, learning_rate=0.001, **QUICK).fit(X)
    text = advice(model, X, X_train=X)
    assert "better than that of the mean row" in text
    assert "% per epoch: train longer" in text
    assert "no better than PCA with 20 components" in text


def test_standardised_columns_are_compared_in_standard_units(rng):
    X = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 6)) * [1e4, 1, 1, 1, 1, 1]
    model = AutoEncoder(3, n_epochs=1, learning_rate=1e-4, **QUICK).fit(X)
    y = report(model, X).yardsticks
    text = advice(model, X, X_train=X)
    assert f"model ({y.model.cost:.4g}) is no better than PCA with 3" in text
    assert f"({y.pca.cost:.4g}). If reconstruction is the aim, use PCA, or train longer;" in text
    assert "squared error: of standardised columns" in str(report(model, X))


def test_a_stack_fitted_on_a_frame_takes_the_frame(rng):
    X = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"))
    found = report(StackedDenoisingAutoEncoder((3,), n_epochs=1, **QUICK).fit(X), X)
    assert found.columns == ["a", "b", "c"]


@pytest.mark.filterwarnings("ignore:the cost has risen")
def test_training_that_has_done_harm(rng):
    X = rng.normal(size=(200, 5)) * np.array([0.01, 1, 1, 1, 1])
    model = AutoEncoder(3, n_epochs=3, learning_rate=3.0, activation="tanh", **REAL, **QUICK)
    text = advice(model.fit(X), X)
    assert "is no better than with random weights" in text


def test_learned_by_heart(digits):
    train, test = digits.train.images[:30], digits.test.images[:300]
    model = AutoEncoder(100, n_epochs=150, **QUICK).fit(train)
    assert "the model overfits" in advice(model, test, X_train=train)
    assert "overfits" not in advice(model, train, X_train=train)


def test_one_column_on_another_scale(rng):
    X = rng.normal(size=(300, 5)) * np.array([1, 1, 30, 1, 1])
    model = AutoEncoder(2, n_epochs=2, learning_rate=1e-4, **REAL, **QUICK).fit(X)
    assert "'column 2' alone has 9" in advice(model, X)
    assert "do all columns have the same scale?" in advice(model, X)


def test_one_column_that_the_others_do_not_predict(rng):
    a = rng.normal(size=(300, 1))
    X = np.hstack([a, 30 * a, a, rng.normal(size=(300, 1))])
    model = AutoEncoder(1, n_epochs=50, random_state=0, verbose=False).fit(X)
    assert "'column 3' alone has 9" in advice(model, X)
    assert "hardly predicts it from the other columns" in advice(model, X)
    assert "scale" not in advice(model, X)


def test_rising_cost(digits):
    X = digits.train.images[:500]
    model = AutoEncoder(20, n_epochs=5, learning_rate=lambda step: 0.3 * 1.04**step, **QUICK)
    text = advice(model.fit(X), X)
    assert model.history_[-1]["cost"] > model.history_[-3]["cost"]
    assert "cost was rising by" in text


def test_validation_cost_that_has_risen(healthy, digits):
    model = AutoEncoder(5, n_epochs=1, **QUICK).fit(digits.train.images[:50])
    costs = [(9.0, 9.5), (8.0, 8.9), (7.0, 9.3)]
    model.history_ = [
        {"epoch": i, "cost": cost, "valid_cost": valid}
        for i, (cost, valid) in enumerate(costs, start=1)
    ]
    text = advice(model, digits.test.images[:50])
    assert "validation cost was lowest after epoch 2 (8.9) and has risen to 9.3" in text
    assert "per epoch: train longer" not in text
    assert "validation lowest after epoch 2: 8.9" in str(report(model, digits.test.images[:50]))


def test_nothing_stands_out():
    # A bump that moves: a curve, of which three units can make more than three components.
    places = np.linspace(0, 1, 12)
    X = np.exp(-(((np.random.default_rng(0).uniform(size=(500, 1)) - places) / 0.15) ** 2))
    settings = {"tied": False, "cost": "squared_error", "learning_rate": 2.0, "momentum": 0.9}
    model = AutoEncoder(3, n_epochs=150, **settings, **QUICK).fit(X.astype("float32"))
    found = report(model, X, X_train=X)
    assert found.yardsticks.model.cost < 0.3 * found.yardsticks.pca.cost
    assert found.advice == [ALL_WELL]
    assert "deviance of PCA" not in str(found)


def test_histories():
    records = [{"epoch": i, "cost": c, "seconds": 0.5} for i, c in enumerate((8.0, 4.0, 2.0), 1)]
    found = summarize([*records, {"epoch": 3, "cost": math.nan}, {"note": "learning rate halved"}])
    assert (found.n_epochs, found.first_cost, found.last_cost, found.seconds) == (3, 8, 2, 1.5)
    assert found.fall == pytest.approx(0.375)
    assert found.best_epoch is None
    assert summarize(records[:1]).fall is None
    assert found.has_trend
    long = summarize([{"epoch": i, "cost": c} for i, c in enumerate((100, 50, 50, 50, 50), 1)])
    assert long.fall == pytest.approx(0)
    assert not long.has_trend


@pytest.mark.parametrize("n_epochs", [2, 3, 4, 5, 8, 12, 40])
@pytest.mark.parametrize("noise", [0.001, 0.02])
def test_nothing_is_said_of_a_flat_curve(n_epochs, noise):
    """It was "still falling" or "rising" for 17 of 20 seeds."""
    for seed in range(20):
        costs = 50 * (1 + noise * np.random.default_rng(seed).normal(size=n_epochs))
        found = summarize([{"epoch": i, "cost": cost} for i, cost in enumerate(costs, 1)])
        assert list(about_history("", found)) == []


@pytest.mark.parametrize("slope", [-0.015, 0.01])
def test_a_trend_within_noise_is_seen(slope):
    epochs = np.arange(1, 31)
    costs = 50 * np.exp(slope * epochs) * (1 + 0.004 * np.random.default_rng(0).normal(size=30))
    found = summarize([{"epoch": int(i), "cost": c} for i, c in zip(epochs, costs, strict=True)])
    (text,) = about_history("", found)
    assert ("still falling by" if slope < 0 else "rising by") in text


def test_no_advice_to_use_pca_of_other_rows(healthy, digits):
    """500 components of 1,000 test rows reconstruct these well, whatever the model."""
    wide = AutoEncoder(400, n_epochs=1, learning_rate=0.01, **QUICK).fit(digits.train.images[:800])
    assert "no better than PCA" not in advice(wide, digits.test.images[:500])
    text = advice(wide, digits.test.images[:500], X_train=digits.train.images[:800])
    assert "no better than PCA with 400 components" in text


def test_the_rows_of_the_fit_are_the_yardsticks(digits):
    train, test = digits.train.images[:300], digits.test.images[:100]
    model = AutoEncoder(5, n_epochs=1, **QUICK).fit(train)
    expected = report(model, test, X_train=train)
    assert model.report(test).to_dict() == expected.to_dict()
    assert model.report().yardsticks.is_fair


def test_anomalies_are_not_learned_by_heart(digits):
    """Rows to be judged had larger errors because they were anomalies."""
    train, valid = digits.train.images[:1000], digits.valid.images[:300]
    model = AutoEncoder(20, n_epochs=5, **QUICK).fit(train)
    strange = np.random.default_rng(0).permuted(digits.test.images[:200], axis=1)
    assert "overfits" in advice(model, strange, X_train=train)
    assert "overfits" not in advice(model, strange, X_train=train, X_held_out=valid)
    few = np.vstack([valid, strange[:100]])
    assert "overfits" not in advice(model, few, X_train=train)


def test_what_is_refused(healthy, digits):
    with pytest.raises(TypeError, match="expected an autoencoder or a stack"):
        report(AutoEncoder(3), digits.test.images)
    with pytest.raises(ValueError, match="X has 1 row; a report needs at least two"):
        report(healthy, digits.test.images[:1])
    with pytest.raises(ValueError, match=r"X is a dict; expected numbers of shape"):
        report(healthy, {"a": [0.0, 1.0]})
    rows = digits.test.images[:9]
    masked = AutoEncoder(3, n_epochs=1, missing="mask", **QUICK).fit(rows)
    with pytest.raises(ValueError, match="no row of X has an observed value"):
        report(masked, np.full((9, 784), np.nan))
    for given in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"max_rows is {given}; expected an integer"):
            report(healthy, digits.test.images, max_rows=given)


def test_the_best_epoch_has_a_finite_validation_cost():
    costs = [math.nan, 0.5, 0.0, 0.25]
    records = [
        {"epoch": k + 1, "cost": 1.0 - 0.1 * k, "valid_cost": cost} for k, cost in enumerate(costs)
    ]
    found = summarize(records)
    assert (found.best_epoch, found.best_valid_cost, found.last_valid_cost) == (3, 0.0, 0.25)


def test_rows_of_a_file_have_its_names(rng, tmp_path):
    path = tmp_path / "rows.parquet"
    pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd")).to_parquet(path)
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(path)
    found = report(model, path, X_train=path, max_rows=100)
    assert (found.columns, found.n_rows) == (list("abcd"), 100)
    with pytest.raises(ValueError, match="feature names"):
        report(model, pd.DataFrame(np.zeros((9, 4)), columns=list("abce")))
