"""The outlier detector: what it finds, its thresholds, p-values, contributions and files."""

import pickle
import re
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from autoenc import AutoEncoderDetector
from autoenc.analysis import AnomalyDetector, report
from autoenc.rows import DomainWarning
from autoenc.training import EpochPatience

QUIET = {"random_state": 0, "verbose": False}
QUICK = {**QUIET, "n_hidden": 16, "n_updates": 20}


def correlated(n, seed=0):
    """Three columns of which the first two are almost equal."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    return np.column_stack([x[:, 0], x[:, 0] + 0.1 * rng.normal(size=n), x[:, 1]])


@pytest.fixture(scope="module")
def rows():
    return correlated(600)


@pytest.fixture(scope="module")
def detector(rows):
    return AutoEncoderDetector(**QUIET).fit(rows)


STRANGE = {"combination": [1.2, -1.2, 0.0], "value": [0.0, 0.0, 9.0]}


@pytest.mark.parametrize("kind", STRANGE)
def test_rare_values_and_rare_combinations_are_found_and_blamed(detector, kind):
    row = [STRANGE[kind]]
    assert detector.predict(row) == [-1]
    assert detector.p_values(row) < 0.02
    blamed = detector.contributions(row).argmax()
    assert blamed == 2 if kind == "value" else blamed < 2


def test_without_dependence_combinations_are_not_found(rows):
    model = AutoEncoderDetector(dependence=0, **QUIET).fit(rows)
    assert model.predict([STRANGE["combination"]]) == [1]
    assert model.predict([STRANGE["value"]]) == [-1]


def test_anomalies_among_the_training_rows_do_little_harm():
    rng = np.random.default_rng(3)
    X = np.vstack([correlated(500, 1), 3 * rng.normal(size=(50, 3))])
    is_anomaly = np.arange(550) >= 500
    for other in (1, 1e4):
        model = AutoEncoderDetector(**QUIET).fit(np.where(is_anomaly[:, None], X * other, X))
        strange = -model.score_samples(np.where(is_anomaly[:, None], X * other, X))
        assert roc_auc_score(is_anomaly, strange) > 0.9


def test_scores_are_the_sums_of_contributions(detector, rows):
    scores = detector.score_samples(rows)
    np.testing.assert_allclose(-detector.contributions(rows).sum(axis=1), scores, 1e-5, 1e-5)
    assert scores.mean() == pytest.approx(0, abs=1e-4)
    distances = detector.decision_function(rows)
    np.testing.assert_array_equal(distances, scores - detector.offset_)
    assert detector.threshold_ == -detector.offset_
    np.testing.assert_array_equal(detector.predict(rows) == -1, scores < detector.offset_)


@pytest.mark.parametrize("level", [0.01, 0.1, 0.5])
def test_so_many_training_rows_are_flagged(detector, rows, level):
    model = clone(detector).set_params(contamination=level).fit(rows)
    assert (model.predict(rows) == -1).sum() == pytest.approx(level * len(rows), abs=1)


@pytest.mark.parametrize("seed", range(4))
def test_equal_rows_at_the_threshold_are_not_flagged(seed):
    """Their scores in float64 differ from those that the model stores."""
    flags = (np.random.default_rng(seed).random((200, 2)) < 0.3).astype(float)
    found = AutoEncoderDetector(**QUIET, contamination=0.1).fit(flags)
    assert (found.predict(flags) == -1).mean() <= 0.1
    ties = np.ones((50, 2))
    assert (AutoEncoderDetector(**QUICK).fit(ties).predict(ties) == 1).all()


def test_with_held_out_rows_false_alarms_are_within_binomial_limits(rows):
    model = AutoEncoderDetector(0.05, **QUIET).fit(rows, calibration=correlated(1999, 5))
    assert model.calibrated_on_ == "held-out rows"
    new = correlated(2000, 6)
    p = model.p_values(new)
    for level in (0.01, 0.05, 0.2):
        # Of calibration rows and of new rows: both vary.
        limit = 4 * np.sqrt(level * (1 - level) * (1 / 2000 + 1 / 1999))
        assert abs((p <= level).mean() - level) < limit
    np.testing.assert_array_equal(model.predict(new) == -1, p <= 0.05)


def test_without_contamination_there_is_no_threshold(rows):
    model = AutoEncoderDetector(None, **QUIET).fit(rows)
    assert not hasattr(model, "threshold_")
    assert len(model.p_values(rows)) == len(rows)
    with pytest.raises(ValueError, match="no threshold, because contamination is None"):
        model.predict(rows)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_files_and_pickles_score_alike(rows, dtype, tmp_path):
    model = AutoEncoderDetector(dtype=dtype, **QUIET).fit(rows, calibration=rows[:50])
    model.save(tmp_path / "m")
    for again in (AutoEncoderDetector.load(tmp_path / "m"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.score_samples(rows), model.score_samples(rows))
        np.testing.assert_array_equal(again.p_values(rows), model.p_values(rows))
        np.testing.assert_array_equal(again.predict(rows), model.predict(rows))
        assert again.n_epochs_ == model.n_epochs_


def test_rows_in_a_file_are_scored_like_those_in_memory(rows, tmp_path):
    np.save(tmp_path / "x.npy", rows)
    model = AutoEncoderDetector(**QUICK).fit(rows)
    of_file = clone(model).fit(tmp_path / "x.npy")
    scores = of_file.score_samples(tmp_path / "x.npy")
    np.testing.assert_allclose(scores, model.score_samples(rows), 1e-5, 1e-5)


def test_a_copy_is_independent(rows):
    model = AutoEncoderDetector(**QUICK).fit(rows)
    again, scores = deepcopy(model), model.score_samples(rows)
    model.fit(rows[:300])
    np.testing.assert_array_equal(again.score_samples(rows), scores)


def test_a_loaded_detector_is_trained_further(rows, tmp_path):
    AutoEncoderDetector(**QUICK).fit(rows).save(tmp_path / "m")
    model = AutoEncoderDetector.load(tmp_path / "m", warm_start=True)
    before = model.history_[-1]
    model.fit(rows)
    assert model.history_[-1]["epoch"] == 2 * before["epoch"]
    assert model.history_[-1]["cost"] < before["cost"]
    for setting, value in (("n_hidden", 5), ("dtype", "float64")):
        other = AutoEncoderDetector.load(tmp_path / "m", warm_start=True)
        with pytest.raises(ValueError, match=f"was fitted with {setting}=.* start again"):
            other.set_params(**{setting: value}).fit(rows)


def test_names_of_columns_are_those_of_the_frame(rows, tmp_path):
    frame = pd.DataFrame(rows, columns=list("abc"))
    model = AutoEncoderDetector(**QUICK).fit(frame)
    model.save(tmp_path / "m")
    again = AutoEncoderDetector.load(tmp_path / "m")
    assert list(again.feature_names_in_) == list("abc")
    with pytest.raises(ValueError, match="feature names"):
        again.score_samples(frame[["b", "a", "c"]])


def test_rows_without_observed_values_are_neither_normal_nor_strange(rows):
    empty = np.full((1, 3), np.nan)
    model = AutoEncoderDetector(missing="mask", **QUICK).fit(np.vstack([rows, empty]))
    assert len(model.calibration_errors_) == len(rows)
    for method in ("score_samples", "contributions", "p_values"):
        with pytest.warns(DomainWarning, match="1 of 1 rows have no observed value"):
            assert np.isnan(getattr(model, method)(empty)).all()
    with pytest.warns(DomainWarning, match="no observed value"):
        assert model.predict(empty) == [0]
    with pytest.raises(ValueError, match="no calibration row has an observed value"):
        clone(model).fit(rows, calibration=empty)


def _fail(record):
    raise KeyError("callback")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"calibration": np.ones((5, 2))}, "calibration has 2 features"),
        ({"calibration": np.full((5, 3), np.nan)}, "calibration has NaN at row 0"),
        ({"callbacks": _fail}, "callback"),
    ],
    ids=["width", "missing", "callback"],
)
def test_a_fit_that_fails_leaves_the_earlier_model(rows, change, message):
    model = AutoEncoderDetector(**QUICK).fit(rows)
    scores, epochs = model.score_samples(rows), []
    with pytest.raises((ValueError, KeyError), match=message):
        model.fit(rows, **{"callbacks": epochs.append, **change})
    assert not epochs  # calibration rows are checked before training
    np.testing.assert_array_equal(model.score_samples(rows), scores)
    other = clone(model)
    with pytest.raises((ValueError, KeyError), match=message):
        other.fit(rows, **change)
    with pytest.raises(NotFittedError):
        other.predict(rows)


@pytest.mark.parametrize("contamination", [0.9, "auto"])
def test_a_threshold_of_another_range_is_refused_after_fit_too(rows, contamination):
    model = AutoEncoderDetector(**QUICK).fit(rows).set_params(contamination=contamination)
    with pytest.raises(ValueError, match=r"contamination is .*; expected a number in \(0, 0.5\]"):
        model.predict(rows)


def test_its_size_is_given(rows):
    with pytest.raises(ValueError, match="n_hidden is 'auto'; expected an integer of at least 1"):
        AutoEncoderDetector(n_hidden="auto", **QUIET).fit(rows)


def test_it_is_no_autoencoder_to_report_on(rows):
    with pytest.raises(TypeError, match=r"AutoEncoderDetector; expected an autoencoder"):
        report(AutoEncoderDetector(**QUICK).fit(rows), rows)


def test_the_same_seed_gives_the_same_bytes(detector, rows):
    again = clone(detector).fit(rows)
    for name, array in detector.model_.arrays.items():
        assert again.model_.arrays[name].tobytes() == array.tobytes()


def test_it_resumes_to_the_same_bytes(rows, tmp_path):
    def stop(record):
        if record["epoch"] == 3:
            raise RuntimeError

    path, whole = tmp_path / "run", AutoEncoderDetector(batch_size=200, **QUIET).fit(rows)
    with pytest.raises(RuntimeError):
        clone(whole).fit(rows, checkpoint=path, callbacks=[stop])
    again = clone(whole).fit(rows, checkpoint=path, resume=True)
    for name, array in whole.model_.arrays.items():
        assert again.model_.arrays[name].tobytes() == array.tobytes()


def test_a_fit_that_fails_leaves_nothing_that_scores(rows):
    def stop(record):
        raise RuntimeError

    model = AutoEncoderDetector(**QUIET)
    with pytest.raises(RuntimeError):
        model.fit(rows, callbacks=[stop])
    assert not model.__sklearn_is_fitted__()


@pytest.mark.parametrize("backend", ["xla", "numba"])
def test_backends_agree(detector, rows, backend):
    other = clone(detector).set_params(backend=backend).fit(rows)
    a, b = detector.score_samples(rows), other.score_samples(rows)
    assert np.corrcoef(a, b)[0, 1] > 0.99


def test_missing_entries_are_left_out(rows):
    X = rows.copy()
    X[::7, 1] = np.nan
    model = AutoEncoderDetector(missing="mask", **QUIET).fit(X)
    entries = model.contributions(X)
    assert (entries[np.isnan(X)] == 0).all()
    assert model.predict([[0, np.nan, 9]]) == [-1]
    with pytest.raises(ValueError, match="missing"):
        AutoEncoderDetector(**QUIET).fit(X)


def test_offsets_and_units_of_columns_do_not_matter(detector, rows):
    moved = rows * [1, 1e-3, 1e4] + [1.7e9, 0, -50]
    model = clone(detector).fit(moved)
    a, b = detector.score_samples(rows), model.score_samples(moved)
    assert np.corrcoef(a, b)[0, 1] > 0.99


def test_epochs_follow_from_updates(rows):
    model = AutoEncoderDetector(batch_size=100, n_updates=13, **QUIET).fit(rows)
    assert model.n_epochs_ == len(model.history_) == 3


def test_training_can_be_validated(rows):
    model = AutoEncoderDetector(
        validation_fraction=0.2, early_stopping=EpochPatience(3), **QUIET
    ).fit(rows)
    assert model.history_[-1]["valid_cost"] < model.history_[0]["valid_cost"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("contamination", 0.6),
        ("seen", 1.0),
        ("dependence", -1),
        ("dependence", 1e300),
        ("n_bins", 0),
        ("n_updates", 0.5),
    ],
)
def test_settings_out_of_range_are_refused(rows, setting, value):
    with pytest.raises(ValueError, match=re.escape(f"{setting} is {value}; expected")):
        AutoEncoderDetector(**QUIET).set_params(**{setting: value}).fit(rows)


def test_a_row_without_an_observed_value_is_neither_normal_nor_an_anomaly():
    rows = np.random.default_rng(0).normal(size=(200, 6))
    model = AutoEncoderDetector(missing="mask", random_state=0, verbose=False).fit(rows)
    rows = np.vstack([np.full(6, np.nan), np.full(6, 50.0), np.zeros(6)])
    for detector in (
        model,
        AnomalyDetector(model).fit(np.random.default_rng(1).normal(size=(99, 6))),
    ):
        with pytest.warns(DomainWarning, match="no observed value"):
            assert detector.predict(rows).tolist() == [0, -1, 1]
