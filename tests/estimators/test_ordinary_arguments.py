"""Ordinary arguments in other forms: accepted, or refused with a remedy."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from autoenc import AutoEncoder, AutoEncoderDetector, DeepAutoEncoder, fit_many
from autoenc.estimators import (
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.models.results import write_results

QUIET = {"random_state": 0, "verbose": False}
QUICK = {"n_epochs": 1, **QUIET}
X = np.random.default_rng(0).random((120, 6)) * 9 - 4
Y = X[:, 0] > 0
RECORDS = np.zeros(3, [("a", int), ("b", float)])
MAKERS = {
    "ae": lambda **s: AutoEncoder(3, **QUICK, **s),
    "deep": lambda **s: DeepAutoEncoder((4, 2), pretraining_epochs=1, **QUICK, **s),
    "stack": lambda **s: StackedDenoisingAutoEncoder((4, 2), **QUICK, **s),
    "detector": lambda **s: AutoEncoderDetector(n_hidden=8, n_updates=4, **QUIET, **s),
    "softmax": lambda **s: SoftmaxClassifier(**QUICK, **s),
}


@pytest.mark.parametrize("who", MAKERS)
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pd.Series([1.0, 2.0, 3.0]), "Expected a 2-dimensional container .*Pass a DataFrame"),
        (pd.DataFrame(), r"X has shape \(0, 0\); expected at least one row and one column"),
        (pd.DataFrame(columns=["a", "b"]), r"0 sample\(s\) \(shape=\(0, 2\)\) while a minimum"),
        (RECORDS, "records with the fields a, b; expected numbers .*Give pandas.DataFrame"),
        (RECORDS.view(np.recarray), "records with the fields a, b"),
        (pd.DataFrame(X).assign(z=1j), r"complex numbers in column 6 \('z'\).*imaginary part"),
    ],
)
def test_what_is_no_table_of_numbers(who, rows, message):
    rows = rows.rename(columns=str) if isinstance(rows, pd.DataFrame) else rows
    with pytest.raises(ValueError, match=message):
        MAKERS[who]().fit(rows, Y[: len(rows)])


@pytest.mark.parametrize("who", MAKERS)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backend": None}, "backend None is not known; expected 'auto', 'c'"),
        ({"device": 3}, "device is 3; expected 'cpu', 'cuda'"),
        ({"dtype": np.float16}, "dtype is 'float16'; expected one of float32, float64"),
    ],
)
def test_settings_of_another_type(who, settings, message):
    with pytest.raises(ValueError, match=message):
        MAKERS[who]().set_params(**settings).fit(X, Y)


@pytest.mark.parametrize("who", MAKERS)
def test_callbacks_may_be_none_or_one(who):
    seen = []
    MAKERS[who]().fit(X, Y, callbacks=None)
    MAKERS[who]().fit(X, Y, callbacks=seen.append)
    n = len(seen)
    assert n > 0
    # All layers of a stack have those of an iterator.
    MAKERS[who]().fit(X, Y, callbacks=iter([seen.append]))
    assert len(seen) == 2 * n
    with pytest.raises(TypeError, match="callbacks is 3; expected a list of objects"):
        MAKERS[who]().fit(X, Y, callbacks=3)


@pytest.mark.parametrize("who", MAKERS)
@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_is_no_checkpoint(who, resume, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in (".", tmp_path):
        with pytest.raises(IsADirectoryError, match="which is a folder; expected a file, such"):
            MAKERS[who]().fit(X, Y, checkpoint=folder, resume=resume)


def test_files_are_reported_on(tmp_path):
    np.save(tmp_path / "rows.npy", X)
    path = str(tmp_path / "rows.npy")
    model = AutoEncoder(3, **QUICK).fit(path)
    found, expected = model.report(path, X_train=path), model.report(X, X_train=X.copy())
    assert found.n_rows == 120
    assert found.yardsticks.model.cost == expected.yardsticks.model.cost
    with pytest.raises(TypeError, match="AutoEncoder; expected a fitted model: give model_ of"):
        write_results(tmp_path / "codes.npy", model, path)


def test_codes_may_be_sparse():
    model = AutoEncoder(3, **QUICK).fit(X)
    codes = model.transform(X)
    again = model.inverse_transform(sparse.csr_array(codes))
    np.testing.assert_array_equal(again, model.inverse_transform(codes))


@pytest.mark.parametrize("estimators", [AutoEncoder(3, **QUICK), 3])
def test_many_are_several(estimators):
    with pytest.raises(TypeError, match="expected a list of estimators, such as"):
        fit_many(estimators, X)


@pytest.mark.parametrize("name", ["learning_rate", "l1", "l2", "momentum", "contraction"])
def test_settings_may_be_float32(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = AutoEncoder(3, **QUICK, **{name: np.float32(0.125)}).fit(X)
    expected = AutoEncoder(3, **QUICK, **{name: 0.125}).fit(X)
    np.testing.assert_array_equal(model.W_, expected.W_)


@pytest.mark.parametrize(
    "kind", [DeepAutoEncoder, StackedDenoisingAutoEncoder, StackedDenoisingClassifier]
)
def test_sizes_may_be_an_array(kind, tmp_path):
    model, expected = (kind(sizes, **QUICK).fit(X, Y) for sizes in (np.array([4, 2]), (4, 2)))
    model.save(tmp_path / "m")
    loaded = kind.load(tmp_path / "m", verbose=False)
    assert loaded.hidden_sizes == (4, 2)
    use = "predict_proba" if kind is StackedDenoisingClassifier else "transform"
    for own in (model, loaded):
        np.testing.assert_array_equal(getattr(own, use)(X), getattr(expected, use)(X))
    with pytest.raises(ValueError, match=r"hidden_sizes has 4\.5 in .*; expected an integer"):
        kind(np.array([4.5, 2]), **QUICK).fit(X, Y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.dtype("float64"), float])
def test_precision_may_be_a_type(dtype, tmp_path):
    model = AutoEncoder(3, dtype=dtype, **QUICK).fit(X)
    assert model.W_.dtype == np.dtype(dtype)
    model.partial_fit(X).save(tmp_path / "m")
    assert AutoEncoder.load(tmp_path / "m").dtype == np.dtype(dtype).name


def test_an_array_of_several_in_a_file_is_chosen_by_open_source(tmp_path):
    np.savez(tmp_path / "two.npz", a=X, b=X)
    with pytest.raises(ValueError, match=r"autoenc\.sources\.open_source\('.*two.npz', key='\.\."):
        AutoEncoder(3, **QUICK).fit(str(tmp_path / "two.npz"))
