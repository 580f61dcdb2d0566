"""Reports without rows use those of the last fit, to which the model has a weak reference."""

import copy
import gc
import pickle
import re
import warnings
import weakref

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

from autoenc import AutoEncoder, DenoisingAutoEncoder

QUICK = {"n_epochs": 1, "random_state": 0, "verbose": False}
NO_ROWS = "there are no rows to report on: .*give rows, as in report"


def rows(n=60):
    return (load_digits().data[:n] / 16).astype("float32")


def of_frame():
    return pd.DataFrame(rows()[:, 2:6], columns=list("abcd"))


@pytest.mark.parametrize(
    "make",
    [
        rows,
        of_frame,
        lambda: pl.from_pandas(of_frame()),
        lambda: sparse.csr_array(rows()),
        lambda: np.ma.MaskedArray(rows(), rows() == 0.5),
    ],
    ids=["array", "pandas", "polars", "sparse", "masked"],
)
def test_rows_of_the_last_fit(make):
    X = make()
    model = DenoisingAutoEncoder(3, missing="mask", **QUICK).fit(X)
    found = model.report()
    assert found == model.report(X)
    assert found.n_rows == 60
    if hasattr(X, "columns"):
        assert found.columns == list("abcd")


def test_a_report_of_frames_says_nothing_of_names():
    X = of_frame()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = AutoEncoder(2, **QUICK).fit(X).report(X, X_train=X)
    assert found.columns == list("abcd")


def test_all_rows_as_they_are_now():
    X = rows()
    weights = np.where(np.arange(60) < 20, 0.0, 1.0)
    model = AutoEncoder(3, validation_fraction=0.2, **QUICK).fit(X, sample_weight=weights)
    before = model.report()
    assert before.n_rows == 60
    X[:30] = 1
    again = X.copy()
    assert model.report() == model.report(again, X_train=again)
    assert model.report() != before
    assert model.report(X_train=X[:40]).n_train_rows == 40


def test_the_last_fit_counts():
    first, second = rows(), rows(40)
    model = AutoEncoder(3, **QUICK).fit(first).fit(second)
    assert model.report().n_rows == 40
    with pytest.raises(ValueError, match="has NaN"):
        model.fit(np.full_like(first, np.nan))
    assert model.report().n_rows == 40


def test_rows_are_not_kept_alive():
    X = rows()
    model = AutoEncoder(3, **QUICK).fit(X)
    model.report()
    alive = weakref.ref(X)
    del X
    gc.collect()
    assert alive() is None
    with pytest.raises(ValueError, match=NO_ROWS):
        model.report()
    assert model.report(rows()).n_rows == 60


@pytest.mark.parametrize(
    "fit",
    [
        lambda model, X: model.fit(X.tolist()),
        lambda model, X: model.fit(X + 0),
        lambda model, X: model.partial_fit(X),
        lambda model, X: model.fit(X).partial_fit(X),
    ],
    ids=["list", "made in the call", "by parts", "by parts afterwards"],
)
def test_rows_that_cannot_be_known(fit):
    X = rows()
    model = fit(AutoEncoder(3, **QUICK), X)
    gc.collect()
    with pytest.raises(ValueError, match=NO_ROWS):
        model.report()


def joblib_again(model, folder):
    joblib.dump(model, folder / "m.joblib")
    return joblib.load(folder / "m.joblib")


def saved_again(model, folder):
    model.save(folder / "m")
    return type(model).load(folder / "m")


@pytest.mark.parametrize(
    "again",
    [
        lambda model, _: pickle.loads(pickle.dumps(model)),
        lambda model, _: copy.copy(model),
        lambda model, _: copy.deepcopy(model),
        joblib_again,
        saved_again,
    ],
    ids=["pickle", "copy", "deepcopy", "joblib", "file"],
)
def test_rows_do_not_travel(again, tmp_path):
    X = rows()
    model = AutoEncoder(3, **QUICK).fit(X)
    other = again(model, tmp_path)
    with pytest.raises(ValueError, match=NO_ROWS):
        other.report()
    assert other.report(X, X_train=X) == model.report() == model.report(X)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"_rows_of_fit" not in content + pickle.dumps(model)


def test_clones_are_not_fitted():
    X = rows()
    model = AutoEncoder(3, **QUICK).fit(X)
    with pytest.raises(NotFittedError):
        clone(model).report()


def test_what_has_no_cost_is_refused_before_anything_is_said():
    X = of_frame()
    model = AutoEncoder(2, **QUICK).fit(X)
    X.loc[7, "c"] = 1.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=re.escape("X has 1.5 at row 7, column 2 ('c')")):
            model.report()
        with pytest.raises(ValueError, match=r"X_train has 1\.5 at row 7, column 2"):
            model.report(X.drop(index=7), X_train=X)
