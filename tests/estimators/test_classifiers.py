"""Classifiers and stacks, on real digits."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from autoenc import DenoisingAutoEncoder
from autoenc.estimators import (
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
    stacks,
)
from autoenc.training import EpochPatience
from tests import reference

QUIET = {"random_state": 0, "verbose": False}
MAKERS = {
    "softmax": lambda **s: SoftmaxClassifier(**{**QUIET, "n_epochs": 4, **s}),
    "perceptron": lambda **s: PerceptronClassifier(40, **{**QUIET, "n_epochs": 4, **s}),
    "stack": lambda **s: StackedDenoisingClassifier(
        (40, 30), **{**QUIET, "n_epochs": 8, "pretraining_epochs": 1, **s}
    ),
}


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


@pytest.fixture(scope="module", params=MAKERS)
def fitted(request, digits):
    return MAKERS[request.param]().fit(digits.train.images, digits.train.labels)


def test_digits_are_told_apart(fitted, digits):
    assert fitted.score(digits.test.images, digits.test.labels) > 0.8
    assert fitted.history_[-1]["cost"] < fitted.history_[0]["cost"]
    assert fitted.classes_.tolist() == list(range(10))


def test_probabilities_agree_with_numpy(fitted, digits):
    X = digits.test.images[:50]
    values = X
    act = np.tanh if isinstance(fitted, PerceptronClassifier) else lambda a: 1 / (1 + np.exp(-a))
    for W, b in list(zip(fitted.weights_, fitted.biases_, strict=True))[:-1]:
        values = act(values @ W + b)
    logits = values @ fitted.weights_[-1] + fitted.biases_[-1]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p = fitted.predict_proba(X)
    np.testing.assert_allclose(p, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(fitted.predict(X), p.argmax(axis=1))


def test_classes_may_be_words(make, digits):
    X, y = digits.train.images[:400], digits.train.labels[:400]
    words = np.array(["even", "odd"])[y % 2]
    model = make().fit(X, words)
    assert model.classes_.tolist() == ["even", "odd"]
    assert set(model.predict(X)) <= {"even", "odd"}
    assert model.score(X, words) > 0.6


def test_the_same_seed_gives_the_same_bytes(make, digits):
    X, y = digits.train.images[:300], digits.train.labels[:300]
    dropout = {"dropout": 0.2}
    first, again = (make(**dropout).fit(X, y) for _ in range(2))
    other = make(**dropout, random_state=1).fit(X, y)
    assert all(
        a.tobytes() == b.tobytes() for a, b in zip(first.weights_, again.weights_, strict=True)
    )
    assert first.weights_[-1].tobytes() != other.weights_[-1].tobytes()


def test_save_and_load(fitted, digits, tmp_path):
    fitted.save(tmp_path / "m")
    again = type(fitted).load(tmp_path / "m")
    X = digits.test.images[:20]
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.classes_.tolist() == fitted.classes_.tolist()


def test_pickle_and_clone(fitted, digits):
    X = digits.test.images[:20]
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    with pytest.raises(NotFittedError):
        clone(fitted).predict(X)


def test_validation_is_watched_and_the_best_is_kept(make, digits):
    train, valid = digits.train, digits.valid
    rule = EpochPatience(2)
    model = make(n_epochs=40, learning_rate=0.5, early_stopping=rule)
    X, y = train.images[:500], train.labels[:500]
    model.fit(X, y, validation=(valid.images, valid.labels))
    errors = [record["valid_cost"] for record in model.history_]
    ours = 1 - model.score(valid.images, valid.labels)
    assert ours == pytest.approx(min(errors), abs=1e-6)
    # The rule that was given is a setting, and is left as it was.
    assert rule.best_iteration == -1


def test_penalties_and_dropout_hold_weights_back(make, digits):
    X, y = digits.train.images[:500], digits.train.labels[:500]
    free, held = make(l2=0.0).fit(X, y), make(l2=0.1).fit(X, y)
    assert (held.weights_[-1] ** 2).sum() < 0.9 * (free.weights_[-1] ** 2).sum()
    sparse = make(l1=0.01, l2=0.0).fit(X, y)
    assert np.abs(sparse.weights_[-1]).sum() < 0.9 * np.abs(free.weights_[-1]).sum()
    noisy = make(l2=0.0, dropout=0.5).fit(X, y)
    assert noisy.history_[-1]["cost"] > free.history_[-1]["cost"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"l1": -1}, "l1 is -1; expected a number >= 0"),
        ({"learning_rate": 0}, "learning_rate is 0; expected a number > 0"),
        (
            {"learning_rate_decay": 1.5},
            r"learning_rate_decay is 1.5; expected a factor in \(0, 1\]",
        ),
        ({"dropout": 1.0}, r"dropout is 1.0; expected a number in \[0, 1\)"),
        ({"early_stopping": EpochPatience()}, "early_stopping needs validation="),
    ],
)
def test_bad_settings(make, digits, settings, message):
    with pytest.raises(ValueError, match=message):
        make(**settings).fit(digits.train.images[:100], digits.train.labels[:100])


def test_bad_labels(make, digits):
    X = digits.train.images[:10]
    with pytest.raises(ValueError, match="y has only one class, 3; expected at least two"):
        make().fit(X, [3] * 10)
    with pytest.raises(ValueError, match="y has 2 labels and X 10 rows: inconsistent numbers"):
        make().fit(X, [0, 1])
    with pytest.raises(ValueError, match=r"validation has the classes \[7\], which are not among"):
        make().fit(X, [0, 1] * 5, validation=(X, [7] * 10))


def test_dropout_for_each_layer(digits):
    model = PerceptronClassifier(20, dropout=(0.2, 0.5), n_epochs=1, **QUIET)
    model.fit(digits.train.images[:100], digits.train.labels[:100])
    wrong = PerceptronClassifier(20, dropout=(0.2, 0.5, 0.5), n_epochs=1, **QUIET)
    with pytest.raises(ValueError, match="dropout has 3 probabilities; expected 2"):
        wrong.fit(digits.train.images[:100], digits.train.labels[:100])


# Stacks


@pytest.fixture(scope="module")
def stack(digits):
    return StackedDenoisingAutoEncoder((40, 30, 20), n_epochs=2, **QUIET).fit(digits.train.images)


def test_each_layer_learns_from_the_codes_below(stack, digits):
    values = digits.train.images
    for k, layer in enumerate(stack.layers_):
        alone = DenoisingAutoEncoder(
            layer.n_hidden, n_epochs=2, random_state=stack.seed_ + k, verbose=False
        ).fit(values)
        assert alone.W_.tobytes() == layer.W_.tobytes()
        values = layer.transform(values)
    np.testing.assert_array_equal(stack.transform(digits.train.images), values)


def test_history_tells_of_each_layer(stack):
    assert [(r["layer"], r["epoch"]) for r in stack.history_] == [
        (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2),
    ]  # fmt: skip


def test_down_again(stack, digits):
    X = digits.test.images[:30]
    codes = stack.transform(X)
    assert stack.inverse_transform(codes).shape == X.shape
    np.testing.assert_array_equal(stack.reconstruct(X), stack.inverse_transform(codes))
    assert len(stack.get_feature_names_out()) == 20


def reference_error(stack, X):
    """Error of reconstructions through all layers, in plain NumPy."""
    codes = X.astype("float64")
    for layer in stack.layers_:
        mean, scale = getattr(layer, "mean_", 0), getattr(layer, "scale_", 1)
        codes = 1 / (1 + np.exp(-((codes - mean) / scale @ layer.W_ + layer.hidden_bias_)))
    for layer in reversed(stack.layers_):
        a = codes @ layer.W_.T + layer.visible_bias_
        codes = 1 / (1 + np.exp(-a))
    if stack.layers_[0].cost_ == "cross_entropy":
        return reference.cross_entropy(X, codes) - reference.bernoulli_entropy(X)
    bottom = stack.layers_[0]
    return np.square((X - bottom.mean_) / bottom.scale_ - a).mean(axis=1)


def test_errors_of_rows_are_of_the_way_through_all_layers(stack, digits):
    X = digits.test.images[:60]
    errors = stack.score_samples(X)
    np.testing.assert_allclose(errors, reference_error(stack, X), rtol=1e-5)
    assert errors.dtype == np.float32
    assert stack.score(X) == pytest.approx(-errors.mean(), rel=1e-6)
    assert (errors != stack.layers_[0].score_samples(X)).all()


def test_errors_of_standardised_columns(rng):
    X = rng.normal(50, 20, (80, 6))
    stack = StackedDenoisingAutoEncoder((4, 3), n_epochs=2, **QUIET).fit(X)
    np.testing.assert_allclose(stack.score_samples(X), reference_error(stack, X), rtol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        far = stack.score_samples(1000 * X)
    assert far.min() > stack.score_samples(X).max()


def test_a_stack_fills_in_what_is_missing(stack, digits):
    X = digits.test.images[:20].copy()
    holes = np.random.default_rng(0).random(X.shape) < 0.2
    emptied = np.where(holes, 0, X)
    X[holes] = np.nan
    expected = np.where(holes, stack.reconstruct(emptied), X)
    np.testing.assert_allclose(stack.impute(X), expected, rtol=1e-5)


def test_a_stack_is_pickled_scored_in_frames_and_searched(stack, digits):
    X = digits.test.images[:60]
    again = pickle.loads(pickle.dumps(stack))
    np.testing.assert_array_equal(again.score_samples(X), stack.score_samples(X))
    assert type(again.set_output(transform="pandas").reconstruct(X)) is pd.DataFrame
    assert again.score_samples(X).shape == (60,)
    search = GridSearchCV(
        StackedDenoisingAutoEncoder((5, 2), n_epochs=1, **QUIET), {"batch_size": [10, 60]}, cv=2
    ).fit(X)
    assert search.best_params_ == {"batch_size": 10}


@pytest.mark.parametrize(
    ("low", "high", "activation"),
    [(0, 1, "sigmoid"), (-9e-7, 1 + 9e-7, "sigmoid"), (-2e-6, 1, "tanh"), (0, 1 + 2e-6, "tanh")],
)
def test_rounding_does_not_choose_the_activation(low, high, activation, digits):
    X = digits.train.images[:40].copy()
    # What is rounding is relative to the range of a column.
    X[3, np.argsort(X.std(axis=0))[-2:]] = low, high
    model = StackedDenoisingClassifier((3,), pretraining_epochs=1, n_epochs=1, **QUIET)
    model.fit(X, digits.train.labels[:40])
    assert (model.activation_, model.stack_.layers_[0].cost_) == (
        activation,
        "cross_entropy" if activation == "sigmoid" else "squared_error",
    )


def test_a_stack_is_drawn(stack, digits, tmp_path):
    X = digits.test.images[:20]
    stack.plot_filters(tmp_path / "filters.png", k=5)
    stack.plot_reconstructions(X, tmp_path / "again.png", k=5)
    figure = stack.plot_loss(tmp_path / "loss.png")
    assert figure.axes[0].lines[0].get_xdata().tolist() == [1, 2, 3, 4, 5, 6]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_stack_reports(stack, digits):
    X = digits.test.images[:60]
    found = stack.report(X)
    assert (found.model, found.n_rows) == ("StackedDenoisingAutoEncoder", 60)
    assert found.yardsticks.model.cost == pytest.approx(-stack.score(X), rel=1e-5)
    assert len(found.layers) == 3
    assert stack.report().n_rows == min(len(digits.train.images), 10_000)
    again = StackedDenoisingAutoEncoder((4,), n_epochs=1, **QUIET).partial_fit(X)
    with pytest.raises(ValueError, match="there are no rows to report on"):
        again.report()


def test_large_codes_are_kept_in_a_file(stack, digits, monkeypatch):
    monkeypatch.setattr(stacks, "BYTES_IN_MEMORY", 0)
    again = clone(stack).fit(digits.train.images)
    for ours, theirs in zip(again.layers_, stack.layers_, strict=True):
        assert ours.W_.tobytes() == theirs.W_.tobytes()


def test_a_stack_is_saved_and_loaded(stack, digits, tmp_path):
    stack.save(tmp_path / "m")
    again = StackedDenoisingAutoEncoder.load(tmp_path / "m")
    X = digits.test.images[:30]
    np.testing.assert_array_equal(again.transform(X), stack.transform(X))
    np.testing.assert_array_equal(again.reconstruct(X), stack.reconstruct(X))
    assert again.layers_[2].history_ == stack.layers_[2].history_


def test_several_noises_of_a_layer_are_saved_for_each_layer(digits, tmp_path):
    X = digits.train.images[:100]
    layer = DenoisingAutoEncoder(
        corruption=[("masking", 0.4), ("gaussian", 0.1)], n_epochs=1, verbose=False
    )
    stack = StackedDenoisingAutoEncoder((4, 2), layer=layer, random_state=0).fit(X)
    stack.save(tmp_path / "m")
    again = StackedDenoisingAutoEncoder.load(tmp_path / "m").fit(X)
    for ours, theirs in zip(again.layers_, stack.layers_, strict=True):
        assert ours.W_.tobytes() == theirs.W_.tobytes()


def test_fine_tuning_starts_from_the_stack(digits):
    X, y = digits.train.images[:300], digits.train.labels[:300]
    model = StackedDenoisingClassifier(
        (40, 30), pretraining_epochs=2, n_epochs=1, learning_rate=1e-9, **QUIET
    ).fit(X, y)
    for W, layer in zip(model.weights_, model.stack_.layers_, strict=False):
        np.testing.assert_allclose(W, layer.W_, atol=1e-6)
    tuned = StackedDenoisingClassifier(
        (40, 30), pretraining_epochs=2, n_epochs=1, learning_rate=0.5, **QUIET
    ).fit(X, y)
    assert np.abs(tuned.weights_[0] - tuned.stack_.layers_[0].W_).max() > 1e-3


def test_in_a_pipeline(digits):
    X, y = digits.train.images[:500], digits.train.labels[:500]
    pipeline = make_pipeline(PCA(20), PerceptronClassifier(20, n_epochs=5, **QUIET))
    assert pipeline.fit(X, y).score(X, y) > 0.7


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"hidden_sizes": ()},
            r"hidden_sizes is \(\); expected the number of units of each layer",
        ),
        ({"hidden_sizes": 500}, "hidden_sizes is 500; expected the number of units of each layer"),
        ({"corruption": (0.1, 0.2, 0.3)}, "corruption has 3 values, but hidden_sizes has 2"),
    ],
)
def test_bad_stacks(digits, settings, message):
    stack = StackedDenoisingAutoEncoder(**{"hidden_sizes": (4, 3), **QUIET, **settings})
    with pytest.raises(ValueError, match=message):
        stack.fit(digits.train.images[:50])


@pytest.mark.parametrize("batch_size", [127, 128, 129, 600])
@pytest.mark.parametrize("backend", ["c", "xla"])
def test_minibatches_of_any_size(digits, backend, batch_size):
    X, y = digits.train.images[:1200], digits.train.labels[:1200]
    model = SoftmaxClassifier(batch_size=batch_size, n_epochs=5, backend=backend, **QUIET)
    assert model.fit(X, y).score(X, y) > 0.7


@pytest.fixture(scope="module", params=["c", "xla"])
def normalised(request, digits):
    model = StackedDenoisingClassifier(
        (40, 30), activation="relu", batch_norm=True, noise=0.2, optimizer="adam",
        learning_rate=0.01, batch_size=50, n_epochs=5, pretraining_epochs=1,
        backend=request.param, **QUIET,
    )  # fmt: skip
    return model.fit(digits.train.images, digits.train.labels)


def test_a_normalised_network_learns_and_is_one_of_plain_layers(normalised, digits):
    X = digits.test.images
    assert normalised.score(X, digits.test.labels) > 0.85
    arrays = normalised.model_.arrays
    for k, n_units in enumerate((40, 30, 10), start=1):
        gain, center, spread = (arrays[f"{name}_{k}"] for name in ("gain", "center", "spread"))
        assert gain.shape == center.shape == spread.shape == (n_units,)
        W, bias = normalised.weights_[k - 1], normalised.biases_[k - 1]
        np.testing.assert_allclose(W, arrays[f"W_{k}"] * gain / spread, rtol=1e-4)
        np.testing.assert_allclose(
            bias, arrays[f"bias_{k}"] - center * gain / spread, rtol=1e-3, atol=1e-5
        )
    values = X
    *hidden, (W_top, bias_top) = zip(normalised.weights_, normalised.biases_, strict=True)
    for W, bias in hidden:
        values = np.maximum(values @ W + bias, 0)
    logits = values @ W_top + bias_top
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(normalised.predict_proba(X), expected, rtol=1e-3, atol=1e-5)


def test_a_loaded_normalised_network_learns_as_the_one_that_was_saved(
    normalised, digits, tmp_path
):
    X, y = digits.train.images[:200], digits.train.labels[:200]
    normalised.save(tmp_path / "m")
    copies = [
        StackedDenoisingClassifier.load(tmp_path / "m"),
        pickle.loads(pickle.dumps(normalised)),
        pickle.loads(pickle.dumps(normalised)),
    ]
    expected = copies.pop().partial_fit(X, y).model_.arrays
    for name in ("spread_1", "spread_3", "gain_3"):
        assert (expected[name] != normalised.model_.arrays[name]).any()
    for copy in copies:
        found = copy.partial_fit(X, y).model_.arrays
        assert {n: a.tobytes() for n, a in found.items()} == {
            n: a.tobytes() for n, a in expected.items()
        }


def test_a_network_does_not_become_normalised_in_the_middle(digits):
    model = PerceptronClassifier(5, n_epochs=1, warm_start=True, **QUIET)
    model.fit(digits.train.images[:100], digits.train.labels[:100]).set_params(batch_norm=True)
    with pytest.raises(ValueError, match="fitted with batch_norm=False, but batch_norm is True"):
        model.fit(digits.train.images[:100], digits.train.labels[:100])


def test_a_normalised_softmax_begins_with_weights_that_vary(digits):
    """From zeros, the first step of gradient descent was hundreds of times too long."""
    X, y = digits.train.images[:1000], digits.train.labels[:1000]
    model = PerceptronClassifier(20, batch_norm=True, n_epochs=1, learning_rate=0.1, **QUIET)
    top = model.fit(X, y).model_.arrays["W_2"]
    assert np.abs(top).max() < 2
    assert model.score(X, y) > 0.75


def test_normalised_layers_begin_as_the_stack_has_learned_them(digits):
    """Means were subtracted that the biases of the stack rest on: fewer units were at rest."""
    X, y = digits.train.images[:1000], digits.train.labels[:1000]
    model = StackedDenoisingClassifier(
        (40, 30), activation="relu", batch_norm=True, pretraining_optimizer="adam",
        pretraining_epochs=3, n_epochs=1, learning_rate=1e-6, batch_size=100, **QUIET,
    ).fit(X, y)  # fmt: skip
    values = codes = X
    for k, layer in enumerate(model.stack_.layers_):
        values = np.maximum(values @ model.weights_[k] + model.biases_[k], 0)
        codes = layer.transform(codes)
        assert abs(values - codes).mean() < 0.02 * codes.mean()


def test_averages_of_a_short_training_are_those_of_its_rows(digits):
    """After 40 minibatches, two thirds of the averages were what they began with."""
    X, y = digits.train.images[:2000], digits.train.labels[:2000]
    model = PerceptronClassifier(20, batch_norm=True, n_epochs=1, batch_size=50, **QUIET)
    arrays = model.fit(X, y).model_.arrays
    z = np.tanh(X @ model.weights_[0] + model.biases_[0]) @ arrays["W_2"]
    deviation = z.std(axis=0)
    assert (abs(arrays["center_2"] - z.mean(axis=0)) < 0.3 * deviation).all()
    assert (abs(arrays["spread_2"] - deviation) < 0.2 * deviation).all()
