"""Many fits with one graph give the same results as separate fits."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone

from autoenc import (
    AutoEncoder,
    AutoEncoderDetector,
    DeepAutoEncoder,
    DenoisingAutoEncoder,
    PerceptronClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
    fit_many,
)
from autoenc.graph import inverse_time_decay
from autoenc.models import graphs
from autoenc.training import EpochPatience

RNG = np.random.default_rng(0)
X = RNG.random((120, 10), dtype="float32")
TABLE = RNG.normal(size=(120, 10)).astype("float32") * 7 + 100
Y = np.arange(120) % 3
QUIET = {"n_epochs": 3, "verbose": False}


def state(estimator):
    """All results of a fit, except times."""
    model = estimator.model_
    costs = [{k: r[k] for k in r if "second" not in k} for r in model.history]
    arrays = {name: a.tobytes() for name, a in model.all_arrays().items()}
    return arrays, costs, model.choices.get("learning_rate"), model.engine


def check(estimators, X, *, y=None, **arguments):
    """Check that joint fits have the same bytes as separate ones, and can be continued."""
    n = len(estimators)
    apart = list(map(clone, estimators))
    together = fit_many(estimators, X, y, **arguments)
    assert all(one is other for one, other in zip(together, estimators, strict=True))
    for k in range(n):
        given = {"X": X, "y": y, **arguments}
        own = {name: v[k] if isinstance(v, list) else v for name, v in given.items()}
        apart[k].fit(**{name: v for name, v in own.items() if v is not None})
        assert state(together[k]) == state(apart[k])
    return together, apart


@pytest.mark.parametrize(
    ("cls", "settings"),
    [
        (AutoEncoder, {"n_hidden": 8}),
        (AutoEncoder, {"n_hidden": 8, "optimizer": "adam", "l2": 0.01, "tied": False}),
        (AutoEncoder, {"n_hidden": 8, "momentum": 0.9}),
        (AutoEncoder, {"n_hidden": 8, "learning_rate": inverse_time_decay(0.1, 0.01, every=2)}),
        (DenoisingAutoEncoder, {"n_hidden": 8, "corruption": 0.3}),
        (DenoisingAutoEncoder, {"n_hidden": 8, "corruption": ("gaussian", 0.1)}),
        (DeepAutoEncoder, {"hidden_sizes": (8, 2)}),
    ],
)
@pytest.mark.parametrize("rows", [X, TABLE], ids=["[0, 1]", "table"])
def test_seeds(cls, settings, rows):
    estimators = [cls(**settings, **QUIET, random_state=k) for k in range(3)]
    together, _ = check(estimators, rows)
    assert len({model.model_.seed for model in together}) == 3


@pytest.mark.parametrize("backend", ["c", "numba", "xla"])
def test_every_backend_and_use_afterwards(backend, tmp_path):
    settings = {"corruption": 0.3, "optimizer": "adam", "backend": backend, **QUIET}
    models = [DenoisingAutoEncoder(8, **settings, random_state=k) for k in range(3)]
    for together, apart in zip(*check(models, X), strict=True):
        path = tmp_path / "model.safetensors"
        together.save(path)
        loaded = DenoisingAutoEncoder.load(path)
        expected = apart.transform(X)
        for model in (together, loaded):
            np.testing.assert_array_equal(model.transform(X), expected)
            model.partial_fit(X)
        apart.partial_fit(X)
        np.testing.assert_array_equal(together.W_, apart.W_)
        np.testing.assert_array_equal(loaded.W_, apart.W_)


def test_rows_and_weights_of_each():
    rows = [X, X[:70], TABLE[:50], X[20:]]
    weights = [None, RNG.random(70), np.ones(50), np.repeat([0.0, 2.0], 50)]
    models = [AutoEncoder(8, **QUIET, batch_size=7, random_state=k) for k in range(4)]
    check(models, rows, sample_weight=weights)


@pytest.mark.filterwarnings("ignore:.*can be iterated only once:UserWarning")
def test_sources_of_rows(tmp_path):
    models = [AutoEncoder(8, **QUIET, random_state=k) for k in range(3)]
    expected = [state(model) for model in fit_many(list(map(clone, models)), X)]
    np.save(tmp_path / "rows.npy", X)
    for rows in (tmp_path / "rows.npy", (row for row in X), [tmp_path / "rows.npy", X, X]):
        found = fit_many(list(map(clone, models)), rows)
        assert [state(model) for model in found] == expected


def test_decays_of_rates_follow_the_rows_of_each():
    rows, labels = [X, X[:70], X[:50], X], [Y, Y[:70], Y[:50], Y]
    quiet = {"n_epochs": 3, "verbose": False, "learning_rate_decay": 0.5}
    models = [PerceptronClassifier(6, **quiet, random_state=0) for _ in range(4)]
    check(models, rows, y=labels)
    # In a table, a decay is chosen for a small code.
    models = [AutoEncoder(2, **QUIET, random_state=0) for _ in range(3)]
    together, _ = check(models, [TABLE, TABLE[:70], TABLE[20:]], validation=TABLE[:30])
    assert "learning_rate_decay" in together[0].chosen_


def test_settings_of_each():
    def models():
        return [
            AutoEncoder(8, **QUIET, learning_rate=0.05, random_state=1),
            AutoEncoder(8, **QUIET, learning_rate=0.5, random_state=1, batch_size=50),
            AutoEncoder(8, **QUIET, l1=0.01, random_state=1),
            AutoEncoder(8, **QUIET, l1=0.02, random_state=1),
            AutoEncoder(5, **QUIET, random_state=1),
            AutoEncoder(8, n_epochs=5, verbose=False, random_state=1),
            AutoEncoder(8, **QUIET, activation="tanh", random_state=1, dtype="float64"),
            AutoEncoder(8, **QUIET, cost="squared_error", random_state=1),
            AutoEncoder(8, **QUIET, missing="mask", random_state=1),
            DenoisingAutoEncoder(8, **QUIET, corruption=0.1, random_state=1),
            DenoisingAutoEncoder(8, **QUIET, corruption=0.2, random_state=1),
        ]

    check(models() + models()[::-1], X)


@pytest.mark.parametrize("fractions", [(None, 0.25), (0.25, None)])
def test_some_have_rows_held_out(fractions):
    models = [AutoEncoder(8, **QUIET, validation_fraction=f, random_state=0) for f in fractions]
    together, _ = check(models, X)
    assert ["valid_cost" in model.history_[-1] for model in together] == [
        fraction is not None for fraction in fractions
    ]


def test_a_warm_start_continues_its_decay():
    settings = {"n_epochs": 2, "verbose": False, "warm_start": True, "learning_rate_decay": 0.5}
    apart = [PerceptronClassifier(8, **settings, random_state=k) for k in (0, 1)]
    together = list(map(clone, apart))
    for models in (apart, together):
        for model in (models[0], models[1], models[1]):
            model.fit(X, Y)
    for model in apart:
        model.fit(X, Y)
    fit_many(together, X, Y)
    assert list(map(state, together)) == list(map(state, apart))


def test_early_stopping():
    rule = EpochPatience(2)
    settings = {"early_stopping": rule, "validation_fraction": 0.2, "verbose": False}
    models = [AutoEncoder(8, n_epochs=30, learning_rate=5.0 + k, **settings) for k in range(3)]
    check([m.set_params(random_state=0) for m in models], X)


def test_classifiers_stacks_and_detectors():
    quiet = {"verbose": False}
    check([PerceptronClassifier(6, **QUIET, random_state=k) for k in range(3)], X, y=Y)
    labels = [Y, Y[::-1].copy(), np.where(Y == 2, 7, Y)]
    check([PerceptronClassifier(6, **QUIET, random_state=0) for _ in range(3)], X, y=labels)
    stacks = [StackedDenoisingAutoEncoder((8, 4), **QUIET, random_state=k) for k in range(2)]
    check(stacks, X)
    deep = {"pretraining_epochs": 2, "n_epochs": 2, **quiet}
    check([StackedDenoisingClassifier((8, 4), **deep, random_state=k) for k in range(2)], X, y=Y)
    check([AutoEncoderDetector(n_hidden=9, **quiet, random_state=k) for k in range(3)], TABLE)


@pytest.mark.filterwarnings("ignore:.*half the learning rate:UserWarning")
@pytest.mark.filterwarnings("ignore:the cost has risen:UserWarning")
def test_a_training_that_diverged_leaves_nothing_to_the_next():
    settings = {**QUIET, "cost": "squared_error", "output": "linear"}
    rates = [3000.0, 0.01, 3000.0]
    models = [AutoEncoder(8, **settings, learning_rate=r, random_state=0) for r in rates]
    together, _ = check(models, X)
    assert together[0].history_[1]["halved"] == 1
    assert not any("halved" in record for record in together[1].history_)


def test_columns_of_all_kinds():
    frames = pytest.importorskip("pandas")
    rows = frames.DataFrame({"a": X[:, 0], "b": list("xyz") * 40, "c": X[:, 1] * 9})
    models = [AutoEncoder(2, **QUIET, random_state=k) for k in range(2)]
    check(models, [rows, rows.assign(a=rows["a"] * 5)])


def test_one_graph_is_made_for_all(monkeypatch):
    made = []

    def counted(*arguments, **named):
        made.append(arguments)
        return make_task(*arguments, **named)

    make_task = graphs.make_task
    monkeypatch.setattr(graphs, "make_task", counted)
    rates = [0.1, 0.2, 0.3, "auto"]
    models = [AutoEncoder(8, **QUIET, learning_rate=rate, batch_size=9) for rate in rates]
    fit_many(models, [X, X[:50], X[:40], X], sample_weight=[None, None, np.ones(40), None])
    assert len(made) == 1


def test_threads_have_graphs_of_their_own():
    def fits(seed):
        models = [AutoEncoder(8, **QUIET, random_state=seed + k) for k in range(4)]
        return [state(model) for model in fit_many(models, X)]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(fits, [0, 1, 2, 3]))
    assert results == [fits(seed) for seed in (0, 1, 2, 3)]
    assert graphs.GRAPHS.get() is None


def test_what_does_not_fit_is_refused():
    one = AutoEncoder(8, **QUIET)
    with pytest.raises(
        TypeError, match="estimator 1 is of type str; expected estimators of autoenc"
    ):
        fit_many([one, "two"], X)
    with pytest.raises(ValueError, match="an estimator is given twice"):
        fit_many([one, one], X)
    with pytest.raises(ValueError, match="X is a list of 3 elements for 1 estimators"):
        fit_many([one], [X, X, X])
    two = [one, AutoEncoder(8, **QUIET)]
    with pytest.raises(ValueError, match="NaN") as error:
        fit_many(two, [X, np.where(X > 0.5, np.nan, X)])
    assert error.value.__notes__ == ["This was the fit of estimator 1 of fit_many."]
    assert one.W_.shape == (10, 8)
    assert not hasattr(two[1], "model_")
    assert fit_many([], X) == []
    assert graphs.GRAPHS.get() is None


@pytest.mark.filterwarnings("ignore:training was interrupted:UserWarning")
def test_an_interruption_ends_all():
    models = [AutoEncoder(8, n_epochs=10**6, verbose=False) for _ in range(2)]
    models.insert(0, AutoEncoder(8, **QUIET))
    timer = threading.Timer(3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt, match="in the fit of estimator 1"):
        fit_many(models, X)
    timer.join()
    assert models[1].history_[-1]["interrupted"]
    assert not hasattr(models[2], "model_")
