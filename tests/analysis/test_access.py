"""Access to models of every kind: layers, cost and its terms."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.frozen import FrozenEstimator

from autoenc import AutoEncoder
from autoenc.analysis.access import coder_of, column_errors, dense
from autoenc.estimators import SoftmaxClassifier
from tests import reference

KINDS = ("tied", "untied", "squared error", "unbounded", "functions", "stack", "deep")


def error(model, X):
    """Error of each row from reconstructions, in plain NumPy."""
    x, z = X.astype("float64"), model.reconstruct(X).astype("float64")
    if model.model_.cost == "squared_error":
        return ((x - z) ** 2).mean(axis=1)
    return reference.bernoulli_deviance(x, z)


@pytest.mark.parametrize("kind", KINDS)
def test_terms_add_up_to_the_error(models, digits, kind):
    model, X = models[kind], digits.test.images[:40]
    terms = column_errors(model, X)
    assert terms.shape == X.shape
    assert terms.dtype == np.float64
    np.testing.assert_allclose(terms.sum(axis=1), error(model, X), rtol=1e-4)
    if hasattr(model, "score_samples"):
        np.testing.assert_allclose(terms.sum(axis=1), model.score_samples(X), rtol=1e-5)


def test_terms_stay_finite_where_reconstructions_round_to_0_or_1(rng):
    X = np.zeros((5, 3), "float32")
    X[:, 0] = 1
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    model.visible_bias_ = np.array([-300, 300, 0], "float32")
    terms = column_errors(model, X)
    assert np.isfinite(terms).all()
    np.testing.assert_allclose(terms[0, :2], 300, rtol=0.05)


def test_a_wrapped_model_is_the_model(models, digits):
    wrapped = FrozenEstimator(models["tied"])
    assert coder_of(wrapped).arrays["W"] is models["tied"].W_
    assert coder_of(wrapped).cost == "cross_entropy"


def test_layers_and_cost(models):
    assert coder_of(models["tied"]).coders == (models["tied"].model_,)
    assert len(coder_of(models["stack"]).coders) == 2
    assert coder_of(models["stack"]).cost == "cross_entropy"
    assert coder_of(models["unbounded"]).cost == "squared_error"


def test_other_fitted_models_are_refused_by_their_class(rng):
    classifier = SoftmaxClassifier(n_epochs=1, verbose=False)
    classifier.fit(rng.normal(size=(20, 3)), np.arange(20) % 2)
    with pytest.raises(
        TypeError, match="is of class SoftmaxClassifier; expected an autoencoder, "
    ):
        coder_of(classifier)


@pytest.mark.parametrize("thing", [AutoEncoder(3), object()])
def test_what_is_no_fitted_model_is_refused(thing):
    with pytest.raises(TypeError, match=r"without weights W_ and without layers_; expected an"):
        coder_of(thing)


def test_frames_and_sparse_matrices_are_rows_too():
    X = np.array([[0.0, 1.5], [2.0, 0.0]])
    for rows in (X.tolist(), pd.DataFrame(X), sparse.csr_array(X)):
        np.testing.assert_array_equal(dense(rows), X)
