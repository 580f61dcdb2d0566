"""Stacks, deep autoencoders and classifiers of frames whose columns are not all numbers."""

import pickle

import numpy as np
import pandas as pd
import pytest

from autoenc import DeepAutoEncoder, DenoisingAutoEncoder, StackedDenoisingAutoEncoder
from autoenc.analysis import AnomalyDetector, report
from autoenc.analysis.access import column_errors, row_errors
from autoenc.estimators import (
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingClassifier,
    fit_many,
)
from autoenc.rows import DomainWarning
from tests.estimators.test_mixed import people

QUIET = {"random_state": 0, "verbose": False}
CODERS = {
    "stack": StackedDenoisingAutoEncoder((8, 3), **QUIET),
    "deep": DeepAutoEncoder((8, 3), **QUIET),
    "untied": DeepAutoEncoder((8, 3), tied=False, n_epochs=10, **QUIET),
    "not pretrained": DeepAutoEncoder((8, 3), pretraining_epochs=0, n_epochs=60, **QUIET),
}
CLASSIFIERS = {
    "softmax": SoftmaxClassifier(n_epochs=20, **QUIET),
    "perceptron": PerceptronClassifier(10, **QUIET),
    "stacked": StackedDenoisingClassifier((8, 4), pretraining_epochs=5, **QUIET),
}
BRANCHES = np.array(["shop", "mine", "farm"])


def labelled(n=300, seed=0, missing=0.0):
    """People, and where they work, which follows from what kind they are."""
    whole = people(n, seed)
    z = whole["city"].map({"Köln": 0, "Oslo": 1, "Rom": 2}).to_numpy()
    holes = people(n, seed, missing)
    return holes, BRANCHES[z]


@pytest.fixture(scope="module")
def frame():
    return people(missing=0.1)


@pytest.fixture(scope="module", params=CODERS)
def coder(request, frame):
    return CODERS[request.param].fit(frame)


@pytest.fixture(scope="module", params=CLASSIFIERS)
def classifier(request):
    return CLASSIFIERS[request.param].fit(*labelled(missing=0.1))


def test_reconstructions_are_the_users_columns_and_values(coder, frame):
    assert coder.cost_ == "mixed"
    assert coder.n_features_in_ == 5
    assert list(coder.feature_names_in_) == list(frame)
    again = coder.reconstruct(frame)
    assert list(again) == list(frame)
    known = frame["city"].notna()
    assert (again["city"] == frame["city"])[known].mean() > 0.9
    assert again["born"].dtype.kind == "M"
    assert abs(again["age"] - frame["age"]).mean() < 4
    codes = coder.transform(frame)
    assert codes.shape == (300, 3)
    pd.testing.assert_frame_equal(
        coder.inverse_transform(codes), again.reset_index(drop=True), check_dtype=False
    )


def test_empty_cells_are_filled_in(coder):
    whole, holed = people(seed=1), people(seed=1, missing=0.3)
    filled = coder.impute(holed)
    assert filled.dtypes.equals(holed.dtypes)
    assert ((filled == holed) | holed.isna()).all(axis=None)
    was = holed["city"].isna()
    assert (filled["city"] == whole["city"])[was].mean() > 0.8


def test_errors_are_those_of_each_column_and_add_up(coder, frame):
    shares = column_errors(coder, frame)
    assert shares.shape == (300, 5)
    assert (shares[np.asarray(frame.isna())] == 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), row_errors(coder, frame), rtol=1e-4)
    strange = frame.assign(age=90.0)
    assert (column_errors(coder, strange).argmax(axis=1) == 0).mean() > 0.9
    detector = AnomalyDetector(coder).fit(people(seed=4))
    assert detector.p_values(strange).max() < 0.02
    found = report(coder, people(seed=3), X_train=frame)
    assert found.columns == list(frame)
    assert found.yardsticks.model.cost < found.yardsticks.mean.cost


def test_cost_is_the_unrolled_networks_in_numpy(coder, frame):
    """Cross-entropy of the city given by all layers up and down, over its entropy."""
    rows = frame.dropna()
    model, encoding = coder.model_, coder.model_.columns.encoding
    part, bottom = encoding.slices[1], model.coders[0].arrays
    code = coder.transform(rows).astype(float)
    for layer in model.coders[:0:-1]:
        code = code @ layer.decoder + layer.arrays["visible_bias"]
        below = model.coders[0].choices["activation"]
        code = {"tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}[below](code)
    a = (code @ model.coders[0].decoder + bottom["visible_bias"])[:, part]
    x = encoding.encode(rows)[0][:, part]
    p, frequencies = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True), bottom["mean"][part]
    expected = -np.log((x * p).sum(axis=1)) / -(frequencies * np.log(frequencies)).sum() / 5
    np.testing.assert_allclose(column_errors(coder, rows)[:, 1], expected, 1e-3, 1e-6)


def test_coders_are_the_same_from_files_and_pickles(coder, frame, tmp_path):
    coder.save(tmp_path / "m.safetensors")
    for other in (
        type(coder).load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(coder)),
    ):  # fmt: skip
        pd.testing.assert_frame_equal(other.impute(frame), coder.impute(frame))
        for method in ("transform", "score_samples"):
            own, expected = getattr(other, method)(frame), getattr(coder, method)(frame)
            assert own.tobytes() == expected.tobytes()
        assert column_errors(other, frame).tobytes() == column_errors(coder, frame).tobytes()
        before = other.score(frame)
        other.partial_fit(frame)
        assert other.score(frame) != before
    assert list(coder.layers_[0].feature_names_in_) == list(frame)
    pd.testing.assert_index_equal(coder.layers_[0].reconstruct(frame).columns, frame.columns)
    assert coder.layers_[1].reconstruct(coder.layers_[0].transform(frame)).shape == (300, 8)


@pytest.mark.parametrize("kind", CODERS)
def test_validation_with_empty_cells_and_weights(kind, frame):
    model = CODERS[kind].__sklearn_clone__()
    name = "layer__n_epochs" if kind == "stack" else "n_epochs"
    model.set_params(**{name: 2, "warm_start": True})
    weights = np.arange(300) % 3
    model.fit(frame, validation=people(50, seed=2, missing=0.2), sample_weight=weights)
    assert all("valid_cost" in record for record in model.history_)
    n = len(model.history_)
    assert len(model.fit(frame).history_) == 2 * n


@pytest.mark.parametrize("kind", ["stack", "deep", "not pretrained"])
def test_settings_that_do_not_go_with_categories_are_refused(kind, frame):
    model = CODERS[kind].__sklearn_clone__().set_params(cost="squared_error")
    with pytest.raises(ValueError, match=r"cost is 'squared_error', but .* not numbers"):
        model.fit(frame)
    model.set_params(cost="auto", missing="refuse")
    with pytest.raises(ValueError, match="X has NaN at row"):
        model.fit(frame)


def test_unknown_values_count_as_missing(coder, frame):
    strange = frame.assign(city=frame["city"].where(frame.index != 3, "Atlantis"))
    empty = frame.assign(city=frame["city"].where(frame.index != 3, None))
    with pytest.warns(DomainWarning, match="count as missing: 'Atlantis' of 'city'"):
        codes = coder.transform(strange)
    np.testing.assert_array_equal(codes, coder.transform(empty))


def test_classes_are_told_apart(classifier):
    rows, labels = labelled(200, seed=1, missing=0.1)
    assert classifier.score(rows, labels) > 0.9
    assert classifier.n_features_in_ == 5
    assert list(classifier.feature_names_in_) == list(rows)
    shuffled = rows[list(rows)[::-1]]
    np.testing.assert_array_equal(classifier.predict(shuffled), classifier.predict(rows))
    strange = rows.assign(city="Atlantis")
    with pytest.warns(DomainWarning, match="count as missing: 'Atlantis'"):
        found = classifier.predict_proba(strange)
    np.testing.assert_array_equal(found, classifier.predict_proba(rows.assign(city=None)))


def test_classifiers_are_the_same_from_files_and_pickles(classifier, tmp_path):
    rows, labels = labelled(50, seed=2, missing=0.1)
    classifier.save(tmp_path / "m.safetensors")
    for other in (
        type(classifier).load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(classifier)),
    ):  # fmt: skip
        expected = classifier.predict_proba(rows)
        assert other.predict_proba(rows).tobytes() == expected.tobytes()
        other.partial_fit(rows, labels)
        assert other.predict_proba(rows).tobytes() != expected.tobytes()


def test_a_softmax_sees_standardised_entries():
    rows, labels = labelled(missing=0.1)
    model = SoftmaxClassifier(n_epochs=3, **QUIET).fit(rows, labels)
    x = model.model_.columns.encoding.encode(rows)[0]
    (W,), (bias,) = model.weights_, model.biases_
    a = np.nan_to_num((x - model.mean_) / model.scale_) @ W + bias
    expected = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(rows), expected, atol=1e-5)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classifiers_validate_with_empty_cells_and_continue(kind):
    model = CLASSIFIERS[kind].__sklearn_clone__().set_params(n_epochs=2, warm_start=True)
    model.fit(*labelled(missing=0.1), validation=labelled(50, seed=3, missing=0.2))
    assert len(model.history_) == 2
    assert model.history_[0]["valid_cost"] < 0.6
    assert len(model.fit(*labelled(missing=0.1)).history_) == 4


@pytest.mark.parametrize("cls", [DenoisingAutoEncoder, PerceptronClassifier])
def test_many_fits_are_those_of_each(cls):
    frame, labels = labelled(100, missing=0.1)
    y = labels if cls is PerceptronClassifier else None
    settings = {"n_hidden": 3, "n_epochs": 2, "verbose": False}
    many = fit_many([cls(random_state=k, **settings) for k in range(2)], frame, y)
    for k, model in enumerate(many):
        alone = cls(random_state=k, **settings).fit(frame, y)
        for name, array in alone.model_.arrays.items():
            assert model.model_.arrays[name].tobytes() == array.tobytes()
