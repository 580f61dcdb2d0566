"""Every way to obtain a model, combined with every later operation on it."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.export import to_onnx
from tests.models.test_old_files import UNIT, WIDE, path_of

Y = np.arange(24) % 3
QUICK = {"n_epochs": 2, "random_state": 0, "verbose": False}
MAKERS = {
    "plain": lambda **s: AutoEncoder(3, **{**QUICK, "optimizer": "adam", **s}),
    "untied": lambda **s: AutoEncoder(3, tied=False, momentum=0.9, **{**QUICK, **s}),
    "denoising": lambda **s: DenoisingAutoEncoder(3, momentum=0.9, **{**QUICK, **s}),
    "stack": lambda **s: StackedDenoisingAutoEncoder((4, 2), momentum=0.9, **{**QUICK, **s}),
    "deep": lambda **s: DeepAutoEncoder((4, 2), pretraining_epochs=1, **{**QUICK, **s}),
    "free deep": lambda **s: DeepAutoEncoder(
        (4, 2), pretraining_epochs=1, tied=False, optimizer="sgd", momentum=0.9, **{**QUICK, **s}
    ),
    "softmax": lambda **s: SoftmaxClassifier(**{**QUICK, "optimizer": "adam", **s}),
    "perceptron": lambda **s: PerceptronClassifier(3, momentum=0.9, **{**QUICK, **s}),
    "tuned": lambda **s: StackedDenoisingClassifier(
        (4, 2), pretraining_epochs=1, momentum=0.9, **{**QUICK, **s}
    ),
}
# The file of an earlier version whose class and sizes are those of the maker.
OLD = {
    "plain": "tied",
    "untied": "untied",
    "denoising": "denoising",
    "stack": "stack",
    "deep": "deep",
    "free deep": "free_deep",
    "softmax": "softmax",
    "perceptron": "perceptron",
    "tuned": "stacked_classifier",
}
STATES = ("fresh", "cloned", "pickled", "loaded", "old")


def rows_of(model):
    """Rows that the old file of this class was fitted on, too."""
    if isinstance(model, DeepAutoEncoder) and not model.tied:
        return WIDE
    return WIDE if isinstance(model, StackedDenoisingClassifier) else UNIT


def labels_of(model):
    return np.array(["a", "b", "c"])[Y] if isinstance(model, PerceptronClassifier) else Y


def bytes_of(model):
    return {name: array.tobytes() for name, array in model.model_.all_arrays().items()}


def make(name, state, folder, **settings):
    model = MAKERS[name](**settings)
    model.fit(rows_of(model), labels_of(model))
    if state == "cloned":
        return clone(model).fit(rows_of(model), labels_of(model))
    if state == "pickled":
        return pickle.loads(pickle.dumps(model))
    if state == "loaded":
        model.save(folder / "model")
        return type(model).load(folder / "model", verbose=False)
    if state == "old":
        return type(model).load(path_of(OLD[name]), verbose=False, **settings)
    return model


def use(model):
    what = model.predict_proba if hasattr(model, "predict") else model.transform
    return what(rows_of(model))


@pytest.fixture(params=STATES)
def state(request):
    return request.param


@pytest.fixture(params=MAKERS)
def name(request):
    return request.param


def test_every_state_can_be_used_saved_and_exported(name, state, tmp_path):
    model, fresh = make(name, state, tmp_path), make(name, "fresh", tmp_path)
    if state != "old":
        assert bytes_of(model) == bytes_of(fresh)
        np.testing.assert_array_equal(use(model), use(fresh))
    model.save(tmp_path / "again")
    again = type(model).load(tmp_path / "again", verbose=False)
    assert bytes_of(again) == bytes_of(model)
    assert again.history_ == model.history_
    np.testing.assert_array_equal(use(again), use(model))
    assert to_onnx(model).graph.input[0].name == "x"
    if not hasattr(model, "predict"):
        assert np.isfinite(model.score_samples(rows_of(model))).all()
        assert model.report(rows_of(model)).n_rows == 24


@pytest.mark.parametrize("how", ["partial_fit", "warm_start"])
def test_every_state_continues_training(name, state, how, tmp_path):
    settings = {"warm_start": True} if how == "warm_start" else {}
    model, fresh = (make(name, s, tmp_path, **settings) for s in (state, "fresh"))
    n_epochs = len(model.history_)
    method = "fit" if how == "warm_start" else how
    for m in (model, fresh):
        getattr(m, method)(rows_of(m), labels_of(m))
    assert len(model.history_) > n_epochs
    assert np.isfinite(use(model)).all()
    if state != "old":
        assert bytes_of(model) == bytes_of(fresh)


def test_every_state_can_be_fitted_anew(name, state, tmp_path):
    model = make(name, state, tmp_path)
    expected = clone(model).fit(rows_of(model), labels_of(model))
    assert bytes_of(model.fit(rows_of(model), labels_of(model))) == bytes_of(expected)
