"""Row weights, validation, and continued training."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.training import EpochPatience
from tests import reference

QUIET = {"random_state": 0, "verbose": False}
FEW = {"n_epochs": 1, "pretraining_epochs": 1, **QUIET}
MAKERS = {
    "plain": lambda **s: AutoEncoder(8, **{**QUIET, "n_epochs": 2, **s}),
    "denoising": lambda **s: DenoisingAutoEncoder(8, **{**QUIET, "n_epochs": 2, **s}),
    "stack": lambda **s: StackedDenoisingAutoEncoder((8, 5), **{**QUIET, "n_epochs": 2, **s}),
    "softmax": lambda **s: SoftmaxClassifier(**{**QUIET, "n_epochs": 2, **s}),
    "perceptron": lambda **s: PerceptronClassifier(8, **{**QUIET, "n_epochs": 2, **s}),
    "fine-tuned": lambda **s: StackedDenoisingClassifier(
        (8, 5), pretraining_epochs=1, **{**QUIET, "n_epochs": 2, **s}
    ),
}


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    return (X[:200] / 16).astype("float32"), y[:200]


def bytes_of(model):
    return b"".join(array.tobytes() for array in model.model_.named_arrays().values())


def given(model, validation):
    """Return the validation data of a model: rows, or rows and classes."""
    return validation if hasattr(model, "predict") else validation[0]


# Weights


def test_equal_weights_are_none(make, data):
    X, y = data
    plain = make().fit(X, y)
    weighted = make().fit(X, y, sample_weight=np.full(len(X), 3.0))
    assert bytes_of(weighted) == bytes_of(plain)


def test_rows_of_weight_zero_are_not_there(make, data):
    X, y = data
    weights = np.ones(len(X))
    weights[::3] = 0
    changed = X.copy()
    changed[::3] = 1 - changed[::3]
    kept = weights > 0
    weighted = make().fit(changed, y, sample_weight=weights)
    assert bytes_of(weighted) == bytes_of(make().fit(X[kept], y[kept]))


def test_weights_are_repetitions_where_all_rows_are_one_minibatch(data):
    # Plain gradient descent on all rows is deterministic.
    X, y = data[0][:40], data[1][:40]
    weights = 1 + np.arange(40) % 3
    whole = {"batch_size": 200, "n_epochs": 5, "shuffle": False}
    for name in ("plain", "softmax", "perceptron"):
        weighted = MAKERS[name](**whole).fit(X, y, sample_weight=weights)
        repeated = MAKERS[name](**whole).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
        for array, expected in zip(
            weighted.model_.named_arrays().values(),
            repeated.model_.named_arrays().values(),
            strict=True,
        ):
            np.testing.assert_allclose(array, expected, rtol=1e-3, atol=1e-5)


def test_the_cost_in_the_history_is_weighted(data):
    X = data[0]
    weights = np.where(np.arange(len(X)) < 20, 50.0, 1.0)
    model = AutoEncoder(8, learning_rate=1e-12, n_epochs=1, **QUIET)
    model.fit(X, sample_weight=weights)
    costs = model.score_samples(X) + reference.bernoulli_entropy(X)
    expected = np.average(costs, weights=weights)
    assert model.history_[0]["cost"] == pytest.approx(expected, rel=1e-4)


# Validation


def test_validation_by_fraction_is_validation_on_those_rows(make, data):
    X, y = data
    model = make(validation_fraction=0.25, n_epochs=3).fit(X, y)
    costs = [record["valid_cost"] for record in model.history_]
    assert np.isfinite(costs).all()
    assert bytes_of(model) == bytes_of(clone(model).fit(X, y))


def test_validation_that_is_given(make, data):
    X, y = data
    model = make(early_stopping=EpochPatience(1), n_epochs=3)
    model.fit(X[50:], y[50:], validation=given(model, (X[:50], y[:50])))
    assert all("valid_cost" in record for record in model.history_)


def test_the_best_parameters_are_kept(data):
    X, _ = data
    model = AutoEncoder(
        30, learning_rate=1.0, n_epochs=200, early_stopping=EpochPatience(3), **QUIET
    ).fit(X[:30], validation=X[100:])
    best = min(record["valid_cost"] for record in model.history_)
    assert len(model.history_) < 200
    costs = model.score_samples(X[100:]) + reference.bernoulli_entropy(X[100:])
    assert costs.mean() == pytest.approx(best, rel=1e-5)


# Continued training


def test_the_first_partial_fit_is_one_epoch_of_fit(make, data):
    X, y = data
    partial = make().partial_fit(X, y)
    assert bytes_of(partial) == bytes_of(make(n_epochs=1).fit(X, y))


def test_partial_fit_goes_on(make, data):
    X, y = data
    model = make(momentum=0.5).partial_fit(X, y)
    for _ in range(5):
        model.partial_fit(X, y)
    records = [record for record in model.history_ if record.get("layer", 1) == 1]
    assert [record["epoch"] for record in records] == [1, 2, 3, 4, 5, 6]
    assert records[-1]["cost"] < records[0]["cost"]


def test_partial_fit_goes_on_after_pickling_as_if_nothing_had_been(make, data):
    X, y = data
    model = make(momentum=0.9).partial_fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert bytes_of(again.partial_fit(X, y)) == bytes_of(model.partial_fit(X, y))


def test_what_the_optimizer_keeps_is_kept(data):
    X, _ = data
    whole = {"optimizer": "adam", "shuffle": False, "batch_size": 200}
    twice = AutoEncoder(8, **whole, **QUIET).partial_fit(X).partial_fit(X)
    at_once = AutoEncoder(8, n_epochs=2, **whole, **QUIET).fit(X)
    np.testing.assert_allclose(twice.W_, at_once.W_, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("first", "then", "continues"),
    [
        ("momentum", "nesterov", True),
        ("momentum", "rmsprop", False),
        ("rmsprop", "momentum", False),
        ("adadelta", "adam", False),
    ],
)
def test_another_optimizer_starts_anew_unless_its_variables_mean_the_same(
    data, tmp_path, first, then, continues
):
    X, _ = data
    model = AutoEncoder(8, optimizer=first, learning_rate=0.01, **QUIET).partial_fit(X)
    model.set_params(optimizer=then)
    model.save(tmp_path / "m")
    loaded = AutoEncoder.load(tmp_path / "m").partial_fit(X)
    # The other model lacks only the variables of the optimizer.
    model.model_ = model.model_.replaced(
        optimizer_state=model.model_.optimizer_state if continues else (), state_names=()
    )
    assert bytes_of(loaded) == bytes_of(model.partial_fit(X))


def test_warm_start_goes_on_and_its_absence_does_not(make, data):
    X, y = data
    warm = make(warm_start=True).fit(X, y)
    before = bytes_of(warm)
    warm.fit(X, y)
    assert warm.history_[-1]["epoch"] == 4
    assert bytes_of(warm) != before
    cold = make().fit(X, y)
    assert bytes_of(cold.fit(X, y)) == before


def test_classes_may_come_later(data):
    X, y = data
    model = SoftmaxClassifier(**QUIET)
    model.partial_fit(X[y < 5], y[y < 5], classes=range(10)).partial_fit(X, y)
    assert model.predict_proba(X).shape == (200, 10)
    with pytest.raises(ValueError, match=r"y has the classes \[11\], which are not among"):
        model.partial_fit(X, np.where(y == 3, 11, y))


def test_bad_input_loses_nothing(make, data):
    X, y = data
    model = make().fit(X, y)
    before = bytes_of(model), model.history_
    bad = np.full((10, 3), np.nan)
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=r"NaN|features"):
            getattr(model, method)(bad, y[:10])
    assert (bytes_of(model), model.history_) == before
    assert model.n_features_in_ == 64


@pytest.mark.parametrize(
    ("model", "change", "fitted"),
    [
        (AutoEncoder(3, n_epochs=1, verbose=False), {"n_hidden": 4}, "n_hidden=3"),
        (AutoEncoder(3, n_epochs=1, verbose=False), {"tied": False}, "tied=True"),
        (AutoEncoder(3, n_epochs=1, verbose=False), {"dtype": "float64"}, "dtype='float32'"),
        (AutoEncoder(3, n_epochs=1, verbose=False), {"cost": "squared_error"}, "cost='cross_entr"),
        (AutoEncoder(3, n_epochs=1, verbose=False), {"output": "linear"}, "output='sigmoid'"),
        (AutoEncoder(3, n_epochs=1, verbose=False), {"scale": "standard"}, "scale=None"),
        (
            AutoEncoder(3, n_epochs=1, verbose=False),
            {"activation": "tanh"},
            "activation='sigmoid'",
        ),
        (DeepAutoEncoder((3, 2), **FEW), {"activation": "relu"}, r"activation=\['sigmoid', 'l"),
        (DeepAutoEncoder((3, 2), **FEW), {"cost": "squared_error"}, "cost='cross_entropy'"),
        (DeepAutoEncoder((3, 2), **FEW), {"scale": "standard"}, "scale=None"),
        (
            StackedDenoisingAutoEncoder((3, 2), verbose=False),
            {"hidden_sizes": (3, 4)},
            r"hidden_sizes=\(3, 2\)",
        ),
    ],
)
def test_other_models_are_not_continued(model, change, fitted):
    rows = np.random.default_rng(0).random((40, 5), dtype="float32")
    model = clone(model).set_params(warm_start=True).fit(rows)
    with pytest.raises(ValueError, match=f"was fitted with {fitted}.*restore it, or start again"):
        model.set_params(**change).fit(rows)
    model.set_params(warm_start=False).fit(rows)


def test_the_activation_of_a_classifier_stays(data):
    model = PerceptronClassifier(3, activation="tanh", n_epochs=1, **QUIET).fit(*data)
    before = model.predict_proba(data[0])
    with pytest.raises(
        ValueError, match="was fitted with activation='tanh', but activation is 'r"
    ):
        model.set_params(activation="relu").partial_fit(*data)
    np.testing.assert_array_equal(model.predict_proba(data[0]), before)


def test_the_classes_of_a_model_stay():
    rng = np.random.default_rng(0)
    X, y = rng.random((40, 5)), rng.choice(["b", "c"], 40)
    model = SoftmaxClassifier(n_epochs=1, **QUIET).partial_fit(X, y, classes=["c", "a", "b"])
    for same in (["a", "b", "c"], np.array(["c", "b", "a"])):
        model.partial_fit(X, y, classes=same)
    for other in (["a", "b", "c", "d"], ["b", "c"], [], [1, 2, 3]):
        with pytest.raises(ValueError, match=r"the classes \['a', 'b', 'c'\], but classes is \["):
            model.partial_fit(X, y, classes=other)


def test_classes_may_be_dates_in_another_unit():
    rng = np.random.default_rng(0)
    X, days = rng.random((40, 5)), np.array(["2020-01-01", "2020-01-02"], "M8[D]")
    model = SoftmaxClassifier(n_epochs=1, **QUIET).partial_fit(X, days[np.arange(40) % 2])
    model.partial_fit(X, days[np.arange(40) % 2], classes=days.astype("M8[ns]"))
    np.testing.assert_array_equal(model.classes_, days)


def test_the_rate_of_another_kind_of_optimizer_is_chosen_anew(data):
    table = 100 * (data[0] - 0.5)
    model = AutoEncoder(8, n_epochs=1, warm_start=True, **QUIET).fit(table)
    rates = [model.learning_rate_]
    for optimizer in ("momentum", "adam", "sgd"):
        rates.append(model.set_params(optimizer=optimizer).fit(table).learning_rate_)
    assert rates[:3] == [rates[0], rates[0], 0.001]
    assert rates[3] > 0.001
