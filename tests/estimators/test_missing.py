"""Missing entries are excluded from code and cost, and can be filled in."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from autoenc import AutoEncoder, DeepAutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import StackedDenoisingAutoEncoder
from autoenc.export import numpy_reader
from autoenc.plotting.tiles import MISSING
from autoenc.rows.refusals import DomainWarning
from tests import reference

QUIET = {"random_state": 0, "verbose": False}


@pytest.fixture(scope="module")
def rows():
    return (load_digits().data[:300] / 16).astype("float32")


@pytest.fixture(scope="module")
def holes(rows):
    return np.where(np.random.default_rng(0).random(rows.shape) < 0.3, np.nan, rows)


@pytest.fixture(scope="module", params=[AutoEncoder, DenoisingAutoEncoder])
def fitted(request, holes):
    return request.param(20, missing="mask", n_epochs=5, **QUIET).fit(holes)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def test_codes_and_errors_agree_with_numpy(fitted, holes):
    observed = ~np.isnan(holes)
    code = sigmoid(np.where(observed, holes, 0) @ fitted.W_ + fitted.hidden_bias_)
    np.testing.assert_allclose(fitted.transform(holes), code, rtol=1e-4, atol=1e-6)
    z = sigmoid(code @ fitted.W_.T + fitted.visible_bias_)
    terms = -(holes * np.log(z) + (1 - holes) * np.log(1 - z))
    x = np.where(observed, holes, 0)
    deviance = np.nansum(terms, axis=1) - reference.bernoulli_entropy(x)
    expected = deviance * 64 / observed.sum(axis=1)
    np.testing.assert_allclose(fitted.score_samples(holes), expected, rtol=1e-3)


def test_squared_error_of_what_is_observed(holes):
    model = AutoEncoder(5, cost="squared_error", missing="mask", n_epochs=2, **QUIET).fit(holes)
    expected = np.nanmean((holes - model.reconstruct(holes)) ** 2, axis=1)
    np.testing.assert_allclose(model.score_samples(holes), expected, rtol=1e-4)


def test_what_is_observed_stays_and_the_rest_is_reconstructed(fitted, holes):
    filled = fitted.impute(holes)
    observed = ~np.isnan(holes)
    np.testing.assert_array_equal(filled[observed], holes[observed].astype("float32"))
    np.testing.assert_array_equal(filled[~observed], fitted.reconstruct(holes)[~observed])


def test_rows_with_holes_are_drawn(fitted, holes, tmp_path):
    figure = fitted.plot_reconstructions(holes, tmp_path / "again.png", k=3)
    assert (tmp_path / "again.png").exists()
    picture = np.asarray(figure.axes[0].images[0].get_array())
    inputs, reconstructions = np.split(picture, 2)
    blue = [(half == MISSING).all(axis=-1).sum() for half in (inputs, reconstructions)]
    assert blue == [np.isnan(holes[:3]).sum() * 14**2, 0]  # a pixel is drawn as 14 × 14


def test_a_missing_value_cannot_be_told_from_any_other_missing_value(rows, holes):
    # What is under the holes must not matter: rows that differ only there give the same model.
    model = AutoEncoder(5, missing="mask", n_epochs=2, **QUIET).fit(holes)
    again = AutoEncoder(5, missing="mask", n_epochs=2, **QUIET).fit(
        np.ma.MaskedArray(rows, np.isnan(holes))
    )
    assert model.W_.tobytes() == again.W_.tobytes()


def test_without_holes_it_is_the_same_model(rows):
    masked = AutoEncoder(5, missing="mask", n_epochs=2, **QUIET).fit(rows)
    plain = AutoEncoder(5, n_epochs=2, **QUIET).fit(rows)
    np.testing.assert_allclose(masked.W_, plain.W_, rtol=1e-4, atol=1e-6)


def test_a_model_of_complete_rows_can_fill_in_too(rows, holes):
    model = DenoisingAutoEncoder(
        100, corruption=0.5, learning_rate=0.3, n_epochs=150, **QUIET
    ).fit(rows)
    missing = np.isnan(holes)
    means = np.broadcast_to(np.nanmean(holes, axis=0), rows.shape)
    ours, theirs = (
        np.sqrt(np.mean((values[missing] - rows[missing]) ** 2))
        for values in (model.impute(holes), means)
    )
    assert ours < 0.75 * theirs


def test_standardised_columns_are_filled_in_their_own_units():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 1)) @ np.ones((1, 4)) * [1, 10, 100, 1000] + 5000
    holes = np.where(rng.random(X.shape) < 0.2, np.nan, X)
    model = DenoisingAutoEncoder(20, missing="mask", n_epochs=100, **QUIET).fit(holes)
    np.testing.assert_allclose(model.mean_, np.nanmean(holes, axis=0), rtol=1e-5)
    missing = np.isnan(holes)
    distance = np.abs(model.impute(holes) - X) / X.std(axis=0)
    assert distance[missing].mean() < 0.5


def test_a_row_of_nothing_has_no_error(fitted):
    nothing = np.full((1, 64), np.nan)
    with pytest.warns(DomainWarning, match="1 of 1 rows have no observed value"):
        assert np.isnan(fitted.score_samples(nothing))
    assert np.isfinite(fitted.impute(nothing)).all()


LARGE = np.column_stack([np.arange(120) * 1_000_003.0, np.arange(120) % 7.0])
IMPUTERS = {
    "autoencoder": AutoEncoder(1, missing="mask", scale=None, cost="squared_error",
                               learning_rate=1e-19, n_epochs=1, **QUIET),
    "standardised": DenoisingAutoEncoder(1, missing="mask", n_epochs=1, **QUIET),
    "deep": DeepAutoEncoder((2, 1), missing="mask", n_epochs=1, **QUIET),
    "stack": StackedDenoisingAutoEncoder((2, 1), missing="mask", n_epochs=1, **QUIET),
}  # fmt: skip


@pytest.mark.parametrize("kind", IMPUTERS)
def test_observed_entries_come_back_to_the_last_digit(kind, tmp_path):
    """Float64 and integers came back as float32, off by 4."""
    holed = LARGE.copy()
    holed[5, 1] = np.nan
    model = IMPUTERS[kind].fit(LARGE)
    model.save(tmp_path / "m")
    for own in (model, numpy_reader.load(tmp_path / "m")):
        for rows in (LARGE, LARGE.astype("int64"), holed, holed.tolist()):
            filled = own.impute(rows)
            assert filled.dtype == np.float64
            np.testing.assert_array_equal(filled[~np.isnan(rows)], np.ravel(LARGE)[
                ~np.isnan(np.ravel(rows))])  # fmt: skip
            assert np.isfinite(filled).all()
        assert own.impute(holed.astype("float32")).dtype == np.float32
        assert own.impute((LARGE % 100).astype("uint8")).dtype == np.float32


def test_an_imputed_frame_of_numbers_keeps_its_dtypes():
    frame = pd.DataFrame(
        {"id": LARGE[:, 0].astype("int64"), "week": LARGE[:, 1].astype("float32"),
         "n": pd.array(LARGE[:, 1], "Int64")}, index=np.arange(120) + 7,
    )  # fmt: skip
    frame.loc[9, "week"], frame.loc[11, "n"] = None, None
    model = AutoEncoder(1, missing="mask", n_epochs=1, **QUIET).set_output(transform="pandas")
    filled = model.fit(frame).impute(frame)
    assert filled.dtypes.equals(frame.dtypes)
    assert filled.index.equals(frame.index)
    assert not filled.isna().any(axis=None)
    assert ((filled == frame) | frame.isna()).all(axis=None)
