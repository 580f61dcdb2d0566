"""Reports, yardsticks and anomalies of rows with missing entries, against NumPy."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import rel_entr
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.analysis import AnomalyDetector, error_shares, report, yardsticks
from autoenc.analysis.access import column_errors, dense
from autoenc.rows import DomainWarning

QUICK = {"random_state": 0, "verbose": False, "missing": "mask"}


def holed(X, seed):
    """Real digits of which 30 % is not there."""
    return np.where(np.random.default_rng(seed).random(X.shape) < 0.3, np.nan, X)


@pytest.fixture(scope="module")
def inked(digits):
    """Pixels that have been black and white, so that no row is far from those fitted on."""
    return np.nanmax(holed(digits.train.images[:600], 0), axis=0) > 0.9


@pytest.fixture(scope="module")
def rows(digits, inked):
    return tuple(
        holed(images, seed)[:, inked]
        for seed, images in enumerate((digits.train.images[:600], digits.test.images[:150]))
    )


@pytest.fixture(scope="module", params=["cross_entropy", "squared_error", "standardised"])
def model(request, rows):
    settings = {
        "cross_entropy": {},
        "squared_error": {"cost": "squared_error"},
        "standardised": {"cost": "squared_error", "scale": "standard"},
    }[request.param]
    return DenoisingAutoEncoder(20, n_epochs=3, **settings, **QUICK).fit(rows[0])


def terms(model, x, z):
    """Terms of the cost over columns, of all entries: NaN where one is missing."""
    if model.cost_ == "cross_entropy":
        return rel_entr(x, z) + rel_entr(1 - x, 1 - z)
    return np.square((x - z) / getattr(model, "scale_", 1)) / x.shape[1]


def cost(model, x, z):
    return (np.nanmean(terms(model, x, z), axis=1) * x.shape[1]).mean()


def test_contributions_are_of_what_is_observed(model, rows):
    X = rows[1]
    found = AnomalyDetector(model, contamination=0.1).fit(rows[0][:99]).contributions(X)
    z = model.reconstruct(X).astype("float64")
    n = (~np.isnan(X)).sum(axis=1, keepdims=True)
    expected = np.nan_to_num(terms(model, X, z) * X.shape[1] / n)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)
    assert (found[np.isnan(X)] == 0).all()
    np.testing.assert_allclose(found.sum(axis=1), model.score_samples(X), rtol=1e-4)
    np.testing.assert_allclose(
        error_shares(model, X), expected.sum(axis=0) / expected.sum(), rtol=1e-3, atol=1e-9
    )


def test_yardsticks_are_of_what_is_observed(model, rows):
    train, X = rows
    found = yardsticks(model, X, X_train=train)
    imputer = SimpleImputer().fit(train)
    scale = getattr(model, "scale_", 1)
    pca = PCA(20, svd_solver="full").fit(imputer.transform(train) / scale)
    rebuilt = scale * pca.inverse_transform(pca.transform(imputer.transform(X) / scale))
    mean = np.broadcast_to(np.nanmean(train, axis=0), X.shape)
    bounded = model.cost_ == "cross_entropy"
    for errors, z, rel in (
        (found.model, model.reconstruct(X).astype("float64"), 1e-4),
        (found.mean, mean, 1e-5),
        (found.pca, rebuilt, 1e-2),
    ):
        kept = np.clip(z, 0.001, 0.999) if bounded and errors is not found.model else z
        assert errors.mean_squared == pytest.approx(np.nanmean((X - z) ** 2), rel=rel)
        assert errors.cost == pytest.approx(cost(model, X, kept), rel=rel)
    assert found.untrained.cost > found.model.cost
    assert yardsticks(model, X).mean.mean_squared == pytest.approx(
        np.nanmean((X - np.nanmean(X, axis=0)) ** 2), rel=1e-5
    )


def test_reports_say_what_is_missing(model, rows):
    train, X = rows
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = model.report(X, X_train=train)
    assert found.missing == np.isnan(X).mean()
    shown = " ".join(str(found).split())
    assert (
        f"{np.isnan(X).mean():.1%} of the values are missing: they are excluded from errors"
        in shown
    )
    assert max(map(len, str(found).splitlines())) <= 80
    assert found.train_cost == pytest.approx(
        cost(model, train, model.reconstruct(train).astype("float64")), rel=1e-4
    )
    assert "missing" not in str(model.report(np.nan_to_num(X)))


def test_what_is_missing_does_not_matter(model, rows, digits, inked):
    # Whatever is under the holes, errors of what is observed are the same.
    X = rows[1]
    masked = np.ma.MaskedArray(digits.test.images[:150, inked], np.isnan(X))
    assert report(model, masked).to_dict() == report(model, X).to_dict()
    np.testing.assert_array_equal(column_errors(model, masked), column_errors(model, X))


def test_missing_entries_of_frames(rows):
    frame = pd.DataFrame(rows[0][:50, 200:204], columns=list("abcd")).convert_dtypes()
    frame.loc[3, "a"] = pd.NA
    model = AutoEncoder(2, n_epochs=1, **QUICK).fit(frame)
    assert np.isnan(dense(frame)[3, 0])
    with pytest.warns(DomainWarning, match="no observed value"):
        found, again = model.report(frame), report(model, frame, X_train=frame)
    assert found == again
    assert found.missing == frame.isna().to_numpy().mean()


def test_anomalies_with_missing_entries(digits):
    model = DenoisingAutoEncoder(30, n_epochs=5, **QUICK).fit(holed(digits.train.images[:600], 0))
    detector = AnomalyDetector(model, contamination=0.05).fit(holed(digits.valid.images, 2))
    normal = holed(digits.test.images, 3)
    shuffled = np.random.default_rng(4).permuted(normal, axis=1)
    assert 0.02 < (detector.predict(normal) == -1).mean() < 0.09
    assert (detector.predict(shuffled) == -1).mean() > 0.9


def test_rows_and_columns_of_nothing(rows):
    train, X = rows
    X = X.copy()
    X[3], X[:, 200] = np.nan, np.nan
    model = AutoEncoder(5, n_epochs=1, **QUICK).fit(train)
    with pytest.warns(DomainWarning, match=r"1 of 150 rows have no observed .* row 3\); their"):
        errors = column_errors(model, X)
    assert np.isnan(errors[3]).all()
    assert (np.delete(errors, 3, axis=0)[:, 200] == 0).all()
    with pytest.warns(DomainWarning, match="no observed value"):
        found = yardsticks(model, X)
    for errors in (found.model, found.mean, found.pca, found.untrained):
        assert np.isfinite([errors.mean_squared, errors.cost]).all()
    with pytest.warns(DomainWarning, match="2 of 2 rows have no observed value"):
        nothing = yardsticks(model, np.full_like(X[:2], np.nan))
    assert nothing.model.mean_squared == nothing.pca.cost == 0


def test_missing_entries_are_refused_where_the_model_refuses_them(healthy, digits):
    X = holed(digits.test.images[:50], 1)
    for measure in (report, yardsticks, column_errors, error_shares):
        with pytest.raises(ValueError, match="X has NaN at row 0"):
            measure(healthy, X)


JUDGING = ("p_values", "predict", "decision_function")


def test_a_row_of_nothing_has_no_error_and_is_not_flagged(rows):
    """Its error was 0, which made it the most normal of all."""
    train, X = rows
    X = X.copy()
    X[3] = np.nan
    model = AutoEncoder(5, n_epochs=1, **QUICK).fit(train)
    with pytest.warns(DomainWarning, match="no observed value"):
        scores = model.score_samples(X)
    assert np.flatnonzero(np.isnan(scores)).tolist() == [3]
    detector = AnomalyDetector(model, contamination=0.1).fit(train[:99])
    with pytest.warns(DomainWarning, match="no observed value"):
        p, flags, margins = (getattr(detector, name)(X) for name in JUDGING)
    assert np.flatnonzero(np.isnan(p)).tolist() == [3]
    assert flags[3] == 0
    assert np.isnan(margins[3])
    with pytest.warns(DomainWarning, match="no observed value"):
        found = model.report(X)
    assert np.isfinite([found.yardsticks.model.cost, *found.error_shares]).all()
