"""Autoencoders of frames whose columns are not all numbers."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from autoenc import (
    AutoEncoder,
    AutoEncoderDetector,
    DeepAutoEncoder,
    DenoisingAutoEncoder,
    SoftmaxClassifier,
)
from autoenc.analysis import AnomalyDetector, report
from autoenc.analysis.access import column_errors, row_errors
from autoenc.models.choices import choose_mixed
from autoenc.rows import DomainWarning
from autoenc.storage import ModelFileError, load_arrays, save_arrays

BORN = np.datetime64("2000-01-01")


def people(n=300, seed=0, missing=0.0):
    """Five columns that one of three kinds of people determines, nearly."""
    rng = np.random.default_rng(seed)
    z = rng.integers(3, size=n)
    frame = pd.DataFrame({
        "age": 20 + 10 * z + rng.normal(size=n),
        "city": np.array(["Köln", "Oslo", "Rom"])[z],
        "member": (z > 0) ^ (rng.random(n) < 0.1),
        "born": pd.Series(BORN + 365 * z + rng.integers(30, size=n)).astype("M8[us]"),
        "size": pd.Series(150 + 10 * z + rng.integers(-2, 3, size=n), dtype="Int64"),
    })  # fmt: skip
    holes = rng.random(frame.shape) < missing
    holes[:, 2] = False  # NumPy's booleans cannot be missing
    return frame.mask(holes)


@pytest.fixture(scope="module")
def frame():
    return people(missing=0.1)


@pytest.fixture(scope="module")
def model(frame):
    return DenoisingAutoEncoder(3, random_state=0, verbose=False).fit(frame)


def test_what_is_shown_is_the_users(frame, model):
    assert model.cost_ == "mixed"
    assert model.n_features_in_ == 5
    assert list(model.feature_names_in_) == list(frame)
    assert model.transform(frame).shape == (300, 3)
    assert model.get_feature_names_out()[0] == "denoisingautoencoder0"


def test_reconstructions_have_the_users_columns_values_and_index(frame, model):
    shuffled = frame.sample(frac=1, random_state=0)
    again = model.reconstruct(shuffled)
    assert list(again) == list(frame)
    assert again.index.equals(shuffled.index)
    assert set(again["city"]) <= {"Köln", "Oslo", "Rom"}
    assert again["member"].dtype == bool
    assert (again["city"] == shuffled["city"])[shuffled["city"].notna()].mean() > 0.95
    assert abs(again["born"] - shuffled["born"]).median() < 0.4 * shuffled["born"].std()
    pd.testing.assert_frame_equal(model.inverse_transform(model.transform(shuffled)),
                                  again.reset_index(drop=True), check_dtype=False)  # fmt: skip


def test_imputed_entries_are_nearly_those_removed(model):
    whole, holed = people(seed=1), people(seed=1, missing=0.3)
    filled = model.impute(holed)
    assert filled.dtypes.equals(holed.dtypes)
    assert not filled.isna().any(axis=None)
    known = holed.notna()
    assert ((filled == holed) | ~known).all(axis=None)
    was = ~known["city"]
    assert (filled["city"] == whole["city"])[was].mean() > 0.9
    assert abs(filled["age"] - whole["age"])[~known["age"]].mean() < 3
    assert filled["size"].dtype == "Int64"


def test_polars_in_is_polars_out(model):
    holed = pl.from_pandas(people(seed=1, missing=0.3))
    filled = model.impute(holed)
    assert filled.schema == holed.schema
    assert sum(filled.null_count().row(0)) == 0
    expected = model.impute(people(seed=1, missing=0.3))
    pd.testing.assert_frame_equal(filled.to_pandas(), expected, check_dtype=False)
    own = AutoEncoder(3, random_state=0, verbose=False).fit(holed)
    assert isinstance(own.inverse_transform(own.transform(holed)), pl.DataFrame)
    assert isinstance(own.set_output(transform="pandas").reconstruct(holed), pd.DataFrame)


def oracle(model, frame):
    """Error of each column of each row, in NumPy."""
    own, encoding = model.model_.arrays, model.model_.columns.encoding
    x = encoding.encode(frame)[0]
    mean, scale = own["mean"].astype(float), own["scale"].astype(float)
    if model.model_.scaling is not None:
        x = model.model_.scaling.forward(x)
    values = np.where(np.isnan(x), 0, (x - mean) / scale)
    code = values @ own["W"] + own["hidden_bias"]
    a = code @ own["W"].T + own["visible_bias"]
    errors = np.zeros((len(x), 5))
    for k, (size, part) in enumerate(zip(encoding.sizes, encoding.slices, strict=True)):
        if size:
            p = np.exp(a[:, part]) / np.exp(a[:, part]).sum(axis=1, keepdims=True)
            entropy = -(mean[part] * np.log(mean[part])).sum()
            errors[:, k] = -np.log(np.where(x[:, part] == 1, p, 1)).sum(axis=1) / entropy
        else:
            errors[:, k] = (values[:, part] - a[:, part])[:, 0] ** 2
    seen = ~encoding.missing(x)
    return np.where(seen, errors, 0) / seen.sum(axis=1, keepdims=True)


def test_errors_of_columns_are_those_of_numpy_and_add_up(frame, model):
    expected = oracle(model, frame)
    np.testing.assert_allclose(column_errors(model, frame), expected, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(row_errors(model, frame), expected.sum(axis=1), rtol=1e-3)
    assert (column_errors(model, frame)[np.asarray(frame.isna())] == 0).all()


def test_the_start_is_the_mean_and_the_frequencies(frame):
    encoding = DenoisingAutoEncoder(1, n_epochs=1, verbose=False).fit(frame).model_
    known = {**encoding.untrained().arrays, "W": np.zeros_like(encoding.arrays["W"])}
    start = encoding.replaced(arrays=known)
    assert start.score_samples(frame).mean() == pytest.approx(1, abs=0.35)
    bias = encoding.untrained().arrays["visible_bias"]
    assert bias.shape == encoding.arrays["mean"].shape


@pytest.mark.parametrize("backend", ["c", "xla", "numba"])
def test_backends_learn_the_same(backend, frame):
    reference = AutoEncoder(2, n_epochs=3, random_state=0, verbose=False, backend="numba",
                            dtype="float64").fit(frame)  # fmt: skip
    own = AutoEncoder(2, n_epochs=3, random_state=0, verbose=False, backend=backend,
                      dtype="float64").fit(frame)  # fmt: skip
    np.testing.assert_allclose(own.W_, reference.W_, rtol=1e-6)
    np.testing.assert_allclose(own.score_samples(frame), reference.score_samples(frame), rtol=1e-6)


def test_files_and_pickles_hold_the_whole_model(frame, model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    for other in (
        DenoisingAutoEncoder.load(tmp_path / "m.safetensors"),
        pickle.loads(pickle.dumps(model)),
    ):
        np.testing.assert_array_equal(other.score_samples(frame), model.score_samples(frame))
        pd.testing.assert_frame_equal(other.impute(frame), model.impute(frame))
        assert list(other.feature_names_in_) == list(frame)
        other.partial_fit(frame)
        assert len(other.history_) == len(model.history_) + 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: e["columns"].pop(), "the number of entries of table.encoding"),
        (lambda e: e["columns"][1].update(values=[]), "values"),
        (lambda e: e["columns"][1].update(values=["a", "a", "b"]), "have duplicates"),
        (lambda e: e["columns"][0].update(kind="__class__"), "a column is of the kind"),
        (lambda e: e["columns"][0].update(name="city"), "have duplicates"),
        (lambda e: e["columns"][3].update(unit="Y"), "unit"),
        (lambda e: e["columns"][1].update(other=1), "other"),
        (lambda e: e.update(library="os"), "library"),
        (lambda e: e.clear(), "there is no table.encoding"),
    ],
)
def test_damaged_descriptions_are_refused(change, said, model, tmp_path):
    path = tmp_path / "m.safetensors"
    model.save(path)
    arrays, description = load_arrays(path)
    change(description["table"]["encoding"])
    save_arrays(path, arrays, description)
    with pytest.raises(ModelFileError, match=said):
        DenoisingAutoEncoder.load(path)


def test_unknown_values_warn_and_count_as_missing(frame, model):
    strange = frame.assign(city=frame["city"].where(frame.index != 3, "Atlantis"))
    empty = frame.assign(city=frame["city"].where(frame.index != 3, None))
    with pytest.warns(DomainWarning, match="that count as missing: 'Atlantis' of 'city'"):
        errors = model.score_samples(strange)
    np.testing.assert_array_equal(errors, model.score_samples(empty))


def test_missing_entries_can_be_refused(frame):
    ae = AutoEncoder(2, missing="refuse", verbose=False)
    with pytest.raises(ValueError, match="X has NaN at row"):
        ae.fit(frame)
    ae.fit(frame.dropna())
    with pytest.raises(ValueError, match="X has NaN at row"):
        ae.score_samples(frame)
    assert np.isfinite(ae.score_samples(frame.dropna())).all()


def test_numbers_alone_are_refused_as_before_where_entries_are_missing():
    with pytest.raises(ValueError, match="X has NaN at row 1"):
        AutoEncoder(2, verbose=False).fit(pd.DataFrame({"a": [1.0, None], "b": [1.0, 2.0]}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("cost", "cross_entropy"), ("cost", "squared_error"), ("output", "sigmoid"), ("scale", None)],
)
def test_settings_that_do_not_go_with_categories_are_refused(name, value, frame):
    with pytest.raises(ValueError, match=f"{name} is .*has columns that are not numbers"):
        AutoEncoder(2, verbose=False, **{name: value}).fit(frame)


def test_validation_weights_and_more_training_take_frames(frame):
    ae = AutoEncoder(2, n_epochs=2, warm_start=True, random_state=0, verbose=False)
    ae.fit(frame, validation=people(seed=2), sample_weight=np.arange(300))
    assert "valid_cost" in ae.history_[-1]
    ae.fit(frame)
    assert len(ae.history_) == 4


def test_reports_and_p_values_speak_of_the_users_columns(frame, model):
    found = report(model, people(seed=3), X_train=frame)
    assert found.columns == list(frame)
    assert len(found.error_shares) == 5
    assert found.yardsticks.mean.cost == pytest.approx(1, abs=0.1)
    assert found.yardsticks.model.cost < 0.5 * found.yardsticks.mean.cost
    assert "error" in str(found)
    assert report(model, frame).missing == pytest.approx(frame.isna().to_numpy().mean())
    detector = AnomalyDetector(model).fit(people(seed=4))
    strange = people(n=2, seed=5).assign(age=[90.0, 90.0], city=["Köln", "Köln"])
    assert detector.p_values(strange).max() < 0.02
    assert detector.contributions(strange).argmax(axis=1).tolist() == [0, 0]


@pytest.mark.parametrize("cls", [AutoEncoder, AutoEncoderDetector, SoftmaxClassifier])
def test_arrays_of_text_are_refused_with_a_hint(cls, frame):
    rows = frame[["age", "city"]].dropna().to_numpy(object)
    labels = [np.arange(len(rows)) % 2] if cls is SoftmaxClassifier else []
    with pytest.raises(ValueError, match=r"is not a number .* Frames of pandas and polars may"):
        cls(verbose=False).fit(rows, *labels)


def test_choices_of_columns_of_different_kinds():
    given = dict.fromkeys(["cost", "output", "scale", "n_hidden", "activation", "init"], "auto")
    given |= {"missing": "auto", "learning_rate": 0.1, "batch_size": 20, "corruption": "auto"}
    found = choose_mixed(given, (1_000, 16))
    assert found["cost"] == "mixed"
    assert found["masked"]
    assert found["chosen"]["n_hidden"] == 4
    assert found["chosen"]["corruption"] == 0.3


@pytest.mark.parametrize("freq", ["M", "Q", "W", "h"])
@pytest.mark.parametrize("dtype", [None, object])
def test_periods_are_dates(freq, dtype, tmp_path):
    """They were left out as text that is different in every row."""
    table = people(120)
    table["month"] = pd.period_range("2001-01", periods=120, freq=freq)
    table["month"] = table["month"].astype(dtype or table["month"].dtype)
    table.loc[7, "month"] = pd.NaT
    model = AutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(table)
    assert "month" in model.feature_names_in_
    start = pd.Period("2001-01", freq).to_timestamp()
    assert model.data_min_[-1] == pytest.approx((start - pd.Timestamp(0)) / pd.Timedelta("1D"))
    model.save(tmp_path / "m")
    again = AutoEncoder.load(tmp_path / "m", verbose=False).reconstruct(table)
    pd.testing.assert_frame_equal(again, model.reconstruct(table))
    if dtype is None:
        assert again["month"].dtype == table["month"].dtype
        filled = model.impute(table)["month"]
        assert filled.dtype == table["month"].dtype
        assert filled.drop(7).equals(table["month"].drop(7))


def test_columns_of_kinds_are_matched_by_name(frame, model):
    np.testing.assert_array_equal(model.transform(frame[frame.columns[::-1]]),
                                  model.transform(frame))  # fmt: skip


@pytest.mark.filterwarnings("error")
def test_complex_numbers_are_refused_by_name(frame, model):
    own = frame.assign(age=1j)
    with pytest.raises(ValueError, match="'age' has complex numbers; expected real"):
        model.transform(own)
    for dtype in (complex, object):
        with pytest.raises(ValueError, match=r"complex numbers in column 0 \('age'\)"):
            AutoEncoder(2, verbose=False).fit(own.astype({"age": dtype}))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1e39, r"X has 1e\+39 at row 7, column 'c' \(1 of 120 values is too large for float32\)"),
        (1e200, r"X has values up to 1e\+200 in column 'c', whose squares are beyond"),
        (np.inf, r"X has inf at row 7, column 'c' \(1 of 120 values is not finite\)"),
    ],
)
@pytest.mark.parametrize("kind", [AutoEncoder, AutoEncoderDetector, DeepAutoEncoder])
def test_messages_name_the_column_of_the_frame(kind, value, message):
    frame = pd.DataFrame({"a": np.arange(40.0), "b": ["x", "y"] * 20, "c": np.arange(40) % 7.0})
    frame.loc[7, "c"] = value
    with pytest.raises(ValueError, match=message):
        kind(random_state=0, verbose=False).fit(frame)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("kind", ["denoising", "deep", "softmax"])
def test_rows_of_weight_0_have_no_influence(kind, library):
    """Not even by values that only they have, or by their dates."""
    frame, labels = people(200), np.arange(200) // 7 % 2
    weights = np.ones(200)
    weights[:20] = 0
    others = frame.copy()
    others.loc[:19, "city"] = "Atlantis"
    others.loc[:19, "age"] = np.nan
    others.loc[:19, "born"] = pd.Timestamp("1700-01-01")
    given = [own if library == "pandas" else pl.from_pandas(own) for own in (frame, others)]
    make = {
        "denoising": lambda: DenoisingAutoEncoder(3, n_epochs=1, random_state=0, verbose=False),
        "deep": lambda: DeepAutoEncoder(
            (3, 2), n_epochs=1, pretraining_epochs=1, random_state=0, verbose=False
        ),
        "softmax": lambda: SoftmaxClassifier(n_epochs=1, random_state=0, verbose=False),
    }[kind]
    alone = make().fit(given[0][20:], labels[20:])
    for rows in given:
        model = make().fit(rows, labels, sample_weight=weights)
        assert model.model_.columns.encoding == alone.model_.columns.encoding
        for name, array in alone.model_.all_arrays().items():
            np.testing.assert_array_equal(model.model_.all_arrays()[name], array)


class OtherFrame:
    """A frame of an unknown library."""

    def __init__(self, frame):
        self.frame, self.columns, self.shape = frame, list(frame), frame.shape

    def __getitem__(self, name):
        return self.frame[name]

    def __len__(self):
        return len(self.frame)

    def to_numpy(self, *arguments, **named):
        return self.frame.to_numpy(*arguments, **named)


def test_frames_of_other_libraries_may_have_rows_of_weight_0():
    weights = np.ones(60)
    weights[:5] = 0
    model = DenoisingAutoEncoder(2, n_epochs=1, random_state=0, verbose=False)
    model.fit(OtherFrame(people(60)), sample_weight=weights)
    assert model.history_[-1]["epoch"] == 1
