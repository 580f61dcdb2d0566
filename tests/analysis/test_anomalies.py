"""Anomalies: calibrated p-values, scikit-learn's conventions, contributions."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, clone, is_outlier_detector
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import check_estimator

from autoenc import AutoEncoder, AutoEncoderDetector
from autoenc.analysis import AnomalyDetector
from tests.analysis.test_access import KINDS


class SumOfSquares:
    """A model without parameters: how far a row is from 0."""

    def score_samples(self, X):
        return (np.asarray(X, dtype=float) ** 2).sum(axis=1)


class SparseNorm(BaseEstimator):
    """A model that takes sparse rows."""

    def score_samples(self, X):
        return np.asarray(X.multiply(X).sum(axis=1)).ravel()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class Itself:
    """A model whose error is the only column."""

    def score_samples(self, X):
        return np.asarray(X, dtype=float)[:, 0]


def test_scikit_learns_checks():
    # A contamination that no number of rows is too few for.
    results = check_estimator(AnomalyDetector(SumOfSquares(), 0.5), on_skip=None)
    assert len(results) > 40
    assert {result["status"] for result in results} <= {"passed", "skipped"}
    skipped = [result["check_name"] for result in results if result["status"] == "skipped"]
    assert skipped == ["check_array_api_input"]  # wants an environment variable of SciPy


@pytest.mark.parametrize("wrap", [lambda model: model, FrozenEstimator, lambda m: m.model_])
def test_an_outlier_detector_is_calibrated_with_rows_held_out(rng, wrap):
    """Its scores are the larger, the more normal, unlike the errors of other models."""
    X = rng.normal(size=(400, 1)) + 0.1 * rng.normal(size=(400, 3))
    model = AutoEncoderDetector(None, random_state=0, verbose=False).fit(X[:200])
    detector = AnomalyDetector(wrap(model), 0.05).fit(X[200:])
    strange = [[1, -1, 1], [9, 9, 9]]
    np.testing.assert_array_equal(detector.predict(strange), [-1, -1])
    np.testing.assert_array_equal(detector.score_samples(X), model.score_samples(X))
    expected = model.set_params(contamination=0.05).fit(X[:200], calibration=X[200:])
    np.testing.assert_array_equal(detector.p_values(X), expected.p_values(X))
    np.testing.assert_array_equal(detector.contributions(X), expected.contributions(X))


@pytest.mark.parametrize("kind", ["itself", "fitted", "pipeline", "columns"])
def test_frames_with_text_are_judged_by_whatever_reads_them(rng, kind):
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    frame["town"] = rng.choice(["Oslo", "Rome"], 60)
    model = AutoEncoder(3, n_epochs=1, random_state=0, verbose=False)
    if kind == "columns":
        encode = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
        model = make_pipeline(encode, model)
    model = (make_pipeline(model) if kind == "pipeline" else model).fit(frame)
    detector = AnomalyDetector(model.model_ if kind == "fitted" else model, 0.1).fit(frame)
    assert detector.n_features_in_ == 4
    assert list(detector.feature_names_in_) == list(frame)
    np.testing.assert_array_equal(detector.score_samples(frame), -model.score_samples(frame))
    with pytest.raises(ValueError, match="feature names should match those that were passed"):
        detector.predict(frame[[*"bac", "town"]])
    with pytest.raises(ValueError, match=r"X is a dict; .* give pandas\.DataFrame\(X\)"):
        detector.predict(frame.to_dict("list"))


def test_rows_may_be_in_a_file(rng, tmp_path):
    X = rng.normal(size=(60, 3))
    np.save(tmp_path / "X.npy", X)
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    found, expected = (AnomalyDetector(model, 0.1).fit(rows) for rows in (tmp_path / "X.npy", X))
    assert found.n_features_in_ == 3
    np.testing.assert_array_equal(found.p_values(tmp_path / "X.npy"), expected.p_values(X))
    np.save(tmp_path / "X.npy", X[:, :2])
    with pytest.raises(ValueError, match="X has 2 features, but AnomalyDetector is expecting 3"):
        found.predict(tmp_path / "X.npy")


def test_other_outlier_detectors_are_calibrated_too(rng):
    forest = IsolationForest(random_state=0).fit(rng.normal(size=(200, 2)))
    detector = AnomalyDetector(forest, 0.05).fit(rng.normal(size=(200, 2)))
    np.testing.assert_array_equal(detector.predict([[0, 0], [9, 9]]), [1, -1])


class OwnPCA(PCA):
    """A class of a user."""


@pytest.mark.parametrize("wrap", [lambda model: model, FrozenEstimator, make_pipeline])
@pytest.mark.parametrize(
    "model", [OwnPCA(2), GaussianMixture(random_state=0), KernelDensity(), PCA(2)]
)
def test_likelihoods_are_the_larger_the_more_normal(rng, model, wrap):
    X = rng.normal(size=(200, 3))
    model = wrap(model.fit(X))
    detector = AnomalyDetector(model, 0.05).fit(X)
    np.testing.assert_array_equal(detector.score_samples(X), model.score_samples(X))


def test_far_rows_are_unlikely(rng):
    X = rng.normal(size=(200, 3))
    detector = AnomalyDetector(GaussianMixture(random_state=0).fit(X)).fit(X)
    np.testing.assert_array_equal(detector.predict([[50, -50, 50], [0, 0, 0]]), [-1, 1])


def test_it_is_an_outlier_detector(healthy, digits):
    detector = AnomalyDetector(healthy).fit(digits.valid.images)
    assert is_outlier_detector(detector)
    X = digits.test.images[:50]
    np.testing.assert_array_equal(detector.score_samples(X), -healthy.score_samples(X))
    np.testing.assert_allclose(
        detector.decision_function(X), detector.score_samples(X) - detector.offset_
    )
    assert detector.n_features_in_ == 784
    with pytest.raises(AttributeError, match="has no fit_predict"):
        detector.fit_predict(X)


def test_p_values_are_counted():
    detector = AnomalyDetector(Itself(), contamination=0.3).fit(np.array([[3.0], [1], [2], [2]]))
    X = np.array([[0.0], [1], [1.5], [2], [2.5], [3], [3.5]])
    expected = np.array([5, 5, 4, 4, 2, 2, 1]) / 5
    np.testing.assert_array_equal(detector.p_values(X), expected)


@pytest.mark.parametrize("n", [9, 99, 100, 299])
@pytest.mark.parametrize("level", [0.01, 0.05, 0.1, 0.3, 0.5])
def test_predictions_are_p_values_against_the_contamination(rng, n, level):
    held_out = rng.integers(0, 60, size=(n, 1)).astype(float)
    X = np.arange(-1.0, 62)[:, None]
    detector = AnomalyDetector(Itself(), contamination=level)
    if level * (n + 1) < 1:
        with pytest.warns(UserWarning, match=f"Give at least {round(1 / level) - 1} rows"):
            detector.fit(held_out)
    else:
        detector.fit(held_out)
    flagged = detector.p_values(X) <= level + 1e-12
    np.testing.assert_array_equal(detector.predict(X), np.where(flagged, -1, 1))
    np.testing.assert_array_equal(detector.decision_function(X) < 0, flagged)


def test_as_few_rows_as_flag_anything():
    held_out = np.arange(99.0)[:, None]
    assert AnomalyDetector(Itself()).fit(held_out).predict([[98.0], [98.5]]).tolist() == [1, -1]


def test_false_alarms_over_200_simulated_runs(rng):
    model = AutoEncoder(2, cost="squared_error", output="linear", n_epochs=3, learning_rate=0.05,
                        random_state=0, verbose=False)  # fmt: skip
    mixing = rng.normal(size=(2, 6))

    def draw(n):
        return (rng.normal(size=(n, 2)) @ mixing + 0.3 * rng.normal(size=(n, 6))).astype("float32")

    model.fit(draw(500))
    alarms = []
    for _ in range(200):
        detector = AnomalyDetector(model, contamination=0.05).fit(draw(199))
        X = draw(200)
        p = detector.p_values(X)
        alarms.append((p <= 0.05).mean())
        assert (detector.predict(X) == -1).mean() == alarms[-1]
    assert 0.04 < np.mean(alarms) < 0.06
    # p-values of normal rows are uniform: half of those of the last run are below 0.5.
    assert 0.35 < (p <= 0.5).mean() < 0.65


def test_false_alarms_on_real_digits(healthy, digits):
    # Rows that training has not seen, in 200 random halves.
    rows = np.concatenate([digits.valid.images, digits.test.images])
    errors = healthy.score_samples(rows)[:, None]
    alarms = []
    for seed in range(200):
        order = np.random.default_rng(seed).permutation(len(rows))
        held_out, new = np.array_split(errors[order], 2)
        p = AnomalyDetector(Itself(), contamination=None).fit(held_out).p_values(new)
        alarms.append((p <= 0.05).mean())
    assert 0.04 < np.mean(alarms) < 0.06


def test_anomalies_on_real_digits(healthy, digits, rng):
    detector = AnomalyDetector(healthy, contamination=0.05).fit(digits.valid.images)
    normal = digits.test.images
    shuffled = rng.permuted(normal, axis=1)
    assert (detector.predict(normal) == -1).mean() < 0.1
    assert (detector.predict(shuffled) == -1).mean() > 0.95
    labels = np.repeat([1, 0], len(normal))
    scores = detector.score_samples(np.concatenate([normal, shuffled]))
    assert roc_auc_score(labels, scores) > 0.98


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_add_up(models, digits, kind):
    detector = AnomalyDetector(models[kind], contamination=0.1).fit(digits.valid.images[:100])
    X = digits.test.images[:50]
    contributions = detector.contributions(X)
    assert contributions.shape == X.shape
    np.testing.assert_allclose(contributions.sum(axis=1), -detector.score_samples(X), rtol=1e-5)


def test_contributions_name_the_column_that_is_wrong(healthy, digits):
    X = digits.test.images[:20].copy()
    X[:, 5] = 1  # a corner where no digit has ink
    detector = AnomalyDetector(healthy).fit(digits.valid.images)
    assert (detector.contributions(X).argmax(axis=1) == 5).mean() > 0.8


def test_contributions_of_what_is_far_from_all_rows_come_without_a_warning(rng):
    X = rng.normal(size=(60, 4))
    model = AutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(X)
    detector = AnomalyDetector(model, contamination=0.1).fit(X)
    far = X[:2] + np.array([0, 0, 100, 0])
    with pytest.warns(UserWarning, match="far outside"):
        model.transform(far)
    contributions = detector.contributions(far)
    np.testing.assert_allclose(contributions.sum(axis=1), model.score_samples(far), rtol=1e-5)
    assert (contributions.argmax(axis=1) == 2).all()


def test_frames_and_clones(rng):
    frame = pd.DataFrame(rng.uniform(size=(200, 3)), columns=list("abc"))
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(frame)
    detector = AnomalyDetector(FrozenEstimator(model), contamination=0.1)
    fitted = clone(detector).fit(frame)
    assert list(fitted.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_allclose(
        fitted.contributions(frame).sum(axis=1), model.score_samples(frame), rtol=1e-5
    )
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame[["a", "b"]])


def test_sparse_rows_where_the_model_takes_them(rng):
    X = sparse.random_array((50, 4), density=0.5, rng=rng, format="csr")
    detector = AnomalyDetector(SparseNorm(), contamination=0.1).fit(X)
    assert (detector.predict(X) == -1).sum() == 4
    with pytest.raises(TypeError, match="Sparse data was passed"):
        AnomalyDetector(SumOfSquares()).fit(X)


@pytest.mark.parametrize("level", [0, -0.1, 0.6, float("nan")])
def test_absurd_contamination(level):
    with pytest.raises(ValueError, match=r"expected a number in \(0, 0\.5\], or None"):
        AnomalyDetector(Itself(), contamination=level).fit([[1.0]])


def test_without_contamination_there_are_p_values_and_no_predictions():
    detector = AnomalyDetector(Itself(), contamination=0.5).fit([[1.0], [2.0]])
    detector.set_params(contamination=None).fit([[1.0], [2.0]])
    assert detector.p_values([[3.0]]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="there is no threshold, because contamination is None"):
        detector.predict([[3.0]])


def test_errors_that_are_not_numbers():
    detector = AnomalyDetector(Itself(), contamination=0.5).fit([[1.0], [2.0]])
    with pytest.raises(ValueError, match="gives row 1 the error nan; expected finite errors"):
        detector.p_values([[1.0], [np.nan]])


def test_models_that_cannot():
    with pytest.raises(TypeError, match="the model is of type object, without"):
        AnomalyDetector(object()).fit([[1.0]])
    detector = AnomalyDetector(Itself(), contamination=None).fit([[1.0]])
    with pytest.raises(TypeError, match="expected an autoencoder or a stack"):
        detector.contributions([[1.0]])


class Noisy:
    """A model whose errors are rounded in another way on every call."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def score_samples(self, X):
        errors = np.asarray(X, "float64")[:, 0] ** 2
        return errors * (1 + 1e-6 * self.rng.uniform(-1, 1, len(X)))


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12])
def test_errors_that_are_equal_but_for_rounding_are_ties(size):
    """A row judged alone was an anomaly, and the same row among others was not."""
    X = size * np.ones((2000, 1))
    detector = AnomalyDetector(Noisy(), contamination=0.05).fit(X)
    for n in (1, 16, 300):
        assert (detector.p_values(X[:n]) == 1).all()
        assert (detector.predict(X[:n]) == 1).all()
    assert (detector.predict(1.1 * X) == -1).all()


@pytest.mark.parametrize("n", [19, 99, 400])
@pytest.mark.parametrize("level", [0.05, 0.1, 0.5])
def test_flags_are_the_p_values_at_most_the_contamination(n, level, rng):
    calibration = np.round(rng.normal(size=(n, 1)), 1)
    detector = AnomalyDetector(Noisy(), contamination=level).fit(calibration)
    X = np.round(rng.normal(size=(500, 1)) * 2, 1)
    expected = detector.p_values(X) <= level
    np.testing.assert_array_equal(detector.predict(X) == -1, expected)


def test_rows_are_not_ranked_by_how_grey_they_are():
    """Cross-entropy contains the entropy of the row itself: a grey row was the strangest."""
    rng = np.random.default_rng(0)
    factor = rng.uniform(0.02, 0.98, size=(2000, 1))
    X = factor * np.ones((1, 8))
    model = AutoEncoder(4, n_epochs=60, learning_rate=0.5, random_state=0, verbose=False).fit(X)
    grey, odd = np.full((1, 8), 0.5), np.full((1, 8), 0.05)
    odd[0, 3] = 0.4
    assert model.score_samples(grey)[0] < model.score_samples(odd)[0]
    assert model.score_samples(grey)[0] < 0.3


def test_a_contamination_that_is_set_after_fit_counts(rng):
    X = rng.normal(size=(300, 4))
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    detector = AnomalyDetector(model, None).fit(X)
    assert not hasattr(detector, "threshold_")
    for level in (0.1, 0.3):
        detector.set_params(contamination=level)
        np.testing.assert_array_equal(detector.predict(X) == -1, detector.p_values(X) <= level)
    detector.set_params(contamination=1e-6)
    with pytest.warns(UserWarning, match="300 held-out rows are too few for a contamination of"):
        assert (detector.predict(X) == 1).all()
    detector.set_params(contamination=None)
    with pytest.raises(ValueError, match="there is no threshold, because contamination is None"):
        detector.predict(X)
    detector.set_params(contamination="0.1")
    with pytest.raises(ValueError, match=r"contamination is '0\.1'; expected"):
        detector.predict(X)
    with pytest.raises(ValueError, match=r"contamination is '0\.1'; expected"):
        detector.fit(X)


@pytest.mark.parametrize("level", [0, -0.1, 1.5, float("nan")])
def test_levels_of_thresholds_are_fractions(level):
    rows = np.random.default_rng(0).random((60, 3))
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(rows)
    detector = AnomalyDetector(model, contamination=0.1).fit(rows)
    with pytest.raises(ValueError, match=r"level is .*; expected a number in \(0, 1\]"):
        detector.threshold_at(level)
