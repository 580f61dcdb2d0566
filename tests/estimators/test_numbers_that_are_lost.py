"""Numbers that a cast, a tolerance or a weight would lose: handled, or refused by name."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError

from autoenc import AutoEncoder, AutoEncoderDetector, DeepAutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import (
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.export import numpy_reader
from autoenc.models.symbolic import moments
from autoenc.rows.blocks import parts
from autoenc.training import Callback

QUICK = {"random_state": 0, "verbose": False}
A = np.random.default_rng(0).normal(size=300)
# Two columns of one number each, of which float32 keeps nothing; row 0 is off by 8.
FAR = np.column_stack([A, 2 * A]) + 1e9
FAR[0, 0] += 8
OUTLIERS = {
    "autoencoder": lambda **s: AutoEncoder(1, n_epochs=60, **QUICK, **s),
    "denoising": lambda **s: DenoisingAutoEncoder(1, corruption=0.1, n_epochs=60, **QUICK, **s),
    "stack": lambda **s: StackedDenoisingAutoEncoder((2, 1), n_epochs=60, **QUICK, **s),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["autoencoder", "denoising"])
def test_an_outlier_far_from_zero_is_found(kind, dtype):
    """Every row was equal, and every error 2e-16, without a word."""
    scores = OUTLIERS[kind](dtype=dtype).fit(FAR).score_samples(FAR)
    assert scores.argmax() == 0
    assert scores[0] > 20 * np.median(scores)


@pytest.mark.parametrize("kind", OUTLIERS)
def test_far_from_zero_a_model_is_that_of_the_centred_rows(kind, tmp_path):
    model, near = OUTLIERS[kind]().fit(FAR), OUTLIERS[kind](scale="standard").fit(FAR - 1e9)
    middle = model.model_.scaling.offset - 1e9
    assert abs(middle).max() < 20
    np.testing.assert_allclose(model.transform(FAR), near.transform(FAR - 1e9), atol=2e-3)
    again = model.reconstruct(FAR)
    assert again.dtype == np.float64
    np.testing.assert_allclose(again - 1e9, near.reconstruct(FAR - 1e9), atol=2e-2)
    np.testing.assert_allclose(model.data_min_, FAR.min(axis=0), rtol=1e-15, atol=1e-6)
    # Whichever way a model travels, it is the same model.
    model.save(tmp_path / "m")
    loaded = type(model).load(tmp_path / "m", verbose=False)
    for other in (loaded, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.reconstruct(FAR), again)
        np.testing.assert_array_equal(other.score_samples(FAR), model.score_samples(FAR))
    read = numpy_reader.load(tmp_path / "m")
    np.testing.assert_allclose(read.reconstruct(FAR) - 1e9, again - 1e9, rtol=1e-4, atol=1e-4)
    assert model.report().yardsticks.model.cost < 1
    assert np.isfinite(loaded.partial_fit(FAR).score(FAR))
    np.testing.assert_array_equal(loaded.model_.scaling.offset, model.model_.scaling.offset)


def test_missing_entries_far_from_zero_are_filled_in():
    X = FAR.copy()
    X[5, 1] = np.nan
    model = DenoisingAutoEncoder(1, missing="mask", n_epochs=60, **QUICK).fit(X)
    filled = model.impute(X)
    np.testing.assert_array_equal(np.delete(filled, 5, axis=0), np.delete(FAR, 5, axis=0))
    assert abs(filled[5, 1] - 1e9) < 10


@pytest.mark.parametrize(
    "model",
    [
        SoftmaxClassifier(n_epochs=60, **QUICK),
        PerceptronClassifier(4, n_epochs=60, **QUICK),
        StackedDenoisingClassifier((3,), n_epochs=60, pretraining_epochs=5, **QUICK),
    ],
)
def test_classes_far_from_zero_are_told_apart(model):
    assert model.fit(FAR[1:], A[1:] > 0).score(FAR[1:], A[1:] > 0) > 0.9


@pytest.mark.parametrize("settings", [{"scale": None}, {"cost": "squared_error"}])
def test_where_columns_are_not_standardised_the_column_is_named(settings):
    frame = pd.DataFrame(FAR, columns=["near", "time"])
    frame["near"] -= 1e9
    with pytest.raises(ValueError, match=r"in column 1 \('time'\); float32 holds so few"):
        AutoEncoder(1, n_epochs=1, **QUICK, **settings).fit(frame)


@pytest.mark.parametrize("unit", [1e-6, 1e-7, 1e-9])
def test_columns_in_small_units_are_not_in_the_unit_interval(unit):
    """±1e-7 counted as 0 but for rounding: cross-entropy, and all errors equal."""
    rows = np.random.default_rng(0).normal(size=(300, 3))
    rows[:, 2] = rows[:, 0] + rows[:, 1]
    rows[0] = 8, 8, -8
    model = AutoEncoder(2, n_epochs=30, **QUICK).fit(rows * unit)
    assert model.cost_ == "squared_error"
    scores = model.score_samples(rows * unit)
    assert scores.argmax() == 0
    assert scores[0] > 5 * scores[1:].max()


def test_rounding_of_a_wide_column_is_still_rounding():
    rows = np.random.default_rng(0).uniform(size=(60, 3))
    rows[3, 1] = -1e-9
    assert AutoEncoder(2, n_epochs=1, **QUICK).fit(rows).cost_ == "cross_entropy"


@pytest.mark.parametrize("weights", [(1e308, 5e307), (1e-310, 2e-310), (1e308, 1e-310)])
def test_weights_of_any_size(weights):
    """Their mean was infinite, and the model that of no rows."""
    X = np.random.default_rng(0).uniform(size=(40, 3))
    large, small = (np.resize(w, 40) for w in (weights, np.array(weights) / max(weights)))
    models = [AutoEncoder(2, n_epochs=2, **QUICK).fit(X, sample_weight=w) for w in (large, small)]
    np.testing.assert_allclose(models[0].W_, models[1].W_, rtol=1e-5)


WEIGHTED = {
    "autoencoder": lambda **s: AutoEncoder(2, n_epochs=2, **QUICK, **s),
    "principal": lambda **s: AutoEncoder(2, n_epochs=1, init="principal", **QUICK, **s),
    "stack": lambda **s: StackedDenoisingAutoEncoder((3, 2), n_epochs=2, **QUICK, **s),
    "deep": lambda **s: DeepAutoEncoder((3, 2), n_epochs=2, **QUICK, **s),
    "perceptron": lambda **s: PerceptronClassifier(n_epochs=2, **QUICK, **s),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("unit", [2.0**-300, 2.0**-130, 2.0**40, 2.0**130, 2.0**900])
@pytest.mark.parametrize("kind", WEIGHTED)
def test_the_unit_of_weights_does_not_matter(kind, unit, dtype):
    """Their sum counted as rows: columns became constant, or weights left the range of floats."""
    rng = np.random.default_rng(0)
    X = np.c_[2015 + 3 * rng.normal(size=60), rng.normal(size=(60, 3))]
    y, w = X[:, 0] > 2015, rng.uniform(1, 2, 60)
    models = [WEIGHTED[kind](dtype=dtype).fit(X, y, sample_weight=k * w) for k in (1, unit)]
    one, other = (model.model_.all_arrays() for model in models)
    assert {name: array.tobytes() for name, array in one.items()} == {
        name: array.tobytes() for name, array in other.items()
    }


def test_parts_of_rows_may_have_negligible_weights():
    """As weights that decay with time have; 0 in float32, in all rows of a part."""
    rows = np.random.default_rng(0).normal(size=(5_000, 784)).astype("float32")
    half = rows[2_500:]
    assert len(list(parts(rows))) > 2
    found = moments(rows, np.where(np.arange(5_000) < 2_500, 1e-60, 1.0))
    np.testing.assert_allclose(found, moments(half, None), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("strange", [np.nan, np.inf, 77.0])
def test_what_a_row_of_weight_0_has_does_not_matter(strange):
    X = np.random.default_rng(0).uniform(size=(40, 3))
    weights = np.ones(40)
    weights[4] = 0
    expected = AutoEncoder(2, n_epochs=2, **QUICK).fit(np.delete(X, 4, axis=0))
    X[4, 1] = strange
    model = AutoEncoder(2, n_epochs=2, **QUICK).fit(X, sample_weight=weights)
    np.testing.assert_array_equal(model.W_, expected.W_)
    # The numbers of other rows are those of X.
    X[7, 2] = np.nan
    with pytest.raises(ValueError, match="X has NaN at row 7, column 2"):
        AutoEncoder(2, n_epochs=2, **QUICK).fit(X, sample_weight=weights)


def test_an_error_beyond_float32_names_its_row():
    model = AutoEncoder(2, n_epochs=1, **QUICK).fit(np.random.default_rng(0).normal(size=(40, 3)))
    X = np.zeros((4, 3))
    X[2, 1] = 1e30
    with pytest.raises(ValueError, match=r"error of row 2 is inf: its values are too large"):
        model.score_samples(X)


@pytest.mark.parametrize(
    "refused", [{"resume": True}, {"callbacks": [3]}, {"sample_weight": [-1] * 40}]
)
def test_a_refused_refit_keeps_the_model(refused):
    X = np.random.default_rng(0).uniform(size=(40, 3))
    model = AutoEncoder(2, n_epochs=1, **QUICK).fit(X)
    codes = model.transform(X)
    with pytest.raises((ValueError, TypeError)):
        model.fit(X, **refused)
    np.testing.assert_array_equal(model.transform(X), codes)


SMALL = np.random.default_rng(0).random((120, 6)) * 9 - 4
FEW = {"n_epochs": 2, **QUICK}
CLASSES = SMALL[:, 2] > 0


def with_one_tiny(unit=1e-50):
    rows = SMALL.copy()
    rows[:, 2] *= unit
    return rows


@pytest.mark.parametrize("make", [lambda: SMALL * 1e-50, with_one_tiny, lambda: SMALL * 1e-36])
def test_a_model_of_tiny_columns_is_that_of_ordinary_ones(make, tmp_path):
    """Values below float32's range were zeros: all codes and errors were equal."""
    rows, expected = make(), AutoEncoder(3, **FEW).fit(SMALL)
    model = AutoEncoder(3, **FEW).fit(rows)
    np.testing.assert_allclose(model.transform(rows), expected.transform(SMALL), atol=1e-4)
    np.testing.assert_allclose(model.score_samples(rows), expected.score_samples(SMALL), rtol=1e-3)
    units = rows[0] / SMALL[0]
    again = expected.reconstruct(SMALL) * units
    assert abs((model.reconstruct(rows) - again) / units).max() < 1e-4
    np.testing.assert_allclose(model.data_min_, rows.min(axis=0), rtol=1e-6)
    model.save(tmp_path / "m")
    for read in (AutoEncoder.load(tmp_path / "m"), numpy_reader.load(tmp_path / "m")):
        again = read.reconstruct(rows) / units
        np.testing.assert_allclose(again, model.reconstruct(rows) / units, rtol=1e-4, atol=1e-4)


def test_tiny_columns_are_scaled_for_classes_and_anomalies():
    tiny = SMALL * 1e-50
    model = SoftmaxClassifier(n_epochs=50, **QUICK).fit(tiny, CLASSES)
    assert model.score(tiny, CLASSES) > 0.85
    scores = AutoEncoderDetector(**QUICK).fit(tiny).score_samples(tiny)
    assert np.unique(scores.round(3)).size > 100


@pytest.mark.parametrize(
    ("rows", "settings", "where"),
    [
        (with_one_tiny(), {"cost": "squared_error"}, r"e-50 in column 2, .* small for float32"),
        (with_one_tiny(), {"scale": None}, r"column 2, .* for float32; .*dtype='float64'"),
        (abs(SMALL) * 1e-50, {"output": "sigmoid"}, "in column 0, which are too small"),
        (SMALL * 1e-305, {}, r"in column 0, .*Change the unit of the column, or leave"),
        (SMALL * 1e-200, {"scale": None, "dtype": "float64"}, "too small for float64"),
    ],
)  # fmt: skip
def test_where_nothing_is_scaled_a_tiny_column_is_refused(rows, settings, where):
    with pytest.raises(ValueError, match=where):
        AutoEncoder(3, **FEW, **settings).fit(rows)


def test_rows_of_other_units_than_tiny_ones_are_refused():
    model = AutoEncoder(3, **FEW).fit(SMALL * 1e-50)
    detector = AutoEncoderDetector(**QUICK).fit(SMALL * 1e-50)
    for use in (model.transform, model.score_samples, model.partial_fit, detector.predict):
        with pytest.raises(ValueError, match=r"scaled like the rows of fit, has -?inf at row 0"):
            use(SMALL)


WHOLE = 2**60 + np.arange(120)
KINDS = pd.DataFrame(SMALL, columns=list("abcdef")).assign(k=list("ab") * 60, i=WHOLE)
HOLED = KINDS.assign(i=KINDS["i"].astype("Int64").mask(KINDS["a"] > 4))


@pytest.mark.parametrize(
    "table",
    [
        KINDS,
        HOLED,
        KINDS.astype({"i": object}),
        pl.from_pandas(HOLED),
        HOLED.drop(columns="k"),
        pl.from_pandas(HOLED.drop(columns="k")),
        KINDS.drop(columns="k").astype(object).to_numpy(),
    ],
)
def test_whole_numbers_that_float64_makes_equal_are_refused_of_any_table(table):
    """Reconstructions were one number, without a word."""
    with pytest.raises(ValueError, match=r"in column [67].*; float64 holds so few different"):
        AutoEncoder(3, missing="mask", **FEW).fit(table)


@pytest.mark.filterwarnings("error")
def test_infinity_in_a_table_of_kinds_is_an_error_alone():
    with pytest.raises(ValueError, match="X has inf at row 0, column 'a'"):
        AutoEncoder(3, **FEW).fit(KINDS.drop(columns="i").assign(a=np.inf))


@pytest.mark.filterwarnings("error")
def test_a_column_of_seconds_beside_words_is_imputed_without_a_warning():
    seconds = KINDS.assign(i=1.7e9 + np.arange(120) * 3600)
    filled = AutoEncoder(3, **FEW).fit(seconds).impute(seconds.assign(a=np.nan))
    assert filled["i"].equals(seconds["i"])


class Refusing(Callback):
    def start(self, training):
        raise OSError("the file cannot be written")


FITTED = {
    "denoising": lambda: DenoisingAutoEncoder(1, n_epochs=2, **QUICK),
    "stack": lambda: StackedDenoisingAutoEncoder((2, 1), n_epochs=2, **QUICK),
    "deep": lambda: DeepAutoEncoder((2, 1), n_epochs=2, pretraining_epochs=1, **QUICK),
    "classifier": lambda: SoftmaxClassifier(n_epochs=2, **QUICK),
    "detector": lambda: AutoEncoderDetector(n_updates=5, **QUICK),
}


@pytest.mark.parametrize("kind", FITTED)
def test_a_fit_that_a_callback_refuses_keeps_the_earlier_model(kind):
    X, y = np.random.default_rng(0).random((60, 3)), np.arange(60) % 2
    labels = (y,) if kind == "classifier" else ()
    model = FITTED[kind]()
    with pytest.raises(OSError, match="cannot be written"):
        model.fit(X, *labels, callbacks=Refusing())
    with pytest.raises(NotFittedError):
        model.save("unused")
    model.fit(X, *labels)
    before, n_epochs = bytes_of(model), len(model.history_)
    with pytest.raises(OSError, match="cannot be written"):
        model.fit(2 * X, *labels, callbacks=Refusing())
    assert bytes_of(model) == before
    assert len(model.history_) == n_epochs
    if kind not in ("classifier", "detector"):
        assert model.report().n_rows == 60


def bytes_of(model):
    return {name: array.tobytes() for name, array in model.model_.all_arrays().items()}
