"""Rows that estimators read during training and scoring."""

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest
from scipy import sparse

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import SoftmaxClassifier, StackedDenoisingAutoEncoder
from autoenc.models import write_results
from autoenc.rows import DomainWarning, held_out
from autoenc.sources import open_source
from autoenc.training import EpochPatience
from tests.sources.test_formats import (
    NAMES,
    TorchDataset,
    arrow_list_column,
    arrow_table,
    hugging_face,
    lazy_frame,
    pandas_frame,
    parquet,
    polars_frame,
    zarr_store,
)

ROWS = np.random.default_rng(0).uniform(size=(3000, 6)).astype("float32")
SETTINGS = {"n_hidden": 4, "n_epochs": 2, "random_state": 0, "verbose": False, "backend": "xla"}


@pytest.fixture(autouse=True)
def several_parts(monkeypatch):
    monkeypatch.setattr("autoenc.rows.blocks.VALUES_AT_A_TIME", 2_048 * 6)


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    return tmp_path / "rows.npy"


def state(estimator):
    arrays = estimator.model_.all_arrays()
    return {name: array.tobytes() for name, array in arrays.items()}


@pytest.mark.parametrize(
    "settings",
    [
        {}, {"cost": "squared_error", "scale": "standard"}, {"optimizer": "adam"},
        {"validation_fraction": 0.2, "early_stopping": EpochPatience(1)}, {"memory": "50kB"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [AutoEncoder, DenoisingAutoEncoder])
def test_a_file_gives_the_model_of_its_rows(path, kind, settings):
    expected = kind(**SETTINGS, **{**settings, "memory": None}).fit(ROWS)
    small = {"memory": "1MB"} if "memory" in settings else {}
    found = kind(**SETTINGS, **{**settings, **small}).fit(path)
    assert state(found) == state(expected)
    assert found.data_dtype_ == expected.data_dtype_
    costs = [[r.get("cost"), r.get("valid_cost")] for r in found.history_]
    assert costs == [[r.get("cost"), r.get("valid_cost")] for r in expected.history_]


def test_rows_held_out_in_chunks_are_those_of_the_array(path, monkeypatch):
    monkeypatch.setattr(held_out, "MOST_AT_ONCE", 1_000)
    monkeypatch.setattr(held_out, "ROWS_OF_A_CHUNK", 64)
    settings = {**SETTINGS, "validation_fraction": 0.21}
    expected, found = (AutoEncoder(**settings).fit(rows) for rows in (ROWS, path))
    assert state(found) == state(expected)
    assert found.history_[-1]["valid_cost"] == expected.history_[-1]["valid_cost"]


def test_codes_and_errors_of_a_file_are_those_of_its_rows(path):
    ae = AutoEncoder(**SETTINGS).fit(path)
    for method in (ae.transform, ae.reconstruct, ae.score_samples, ae.score):
        np.testing.assert_array_equal(method(path), method(ROWS))
        np.testing.assert_array_equal(method(open_source([ROWS])), method(ROWS))
    with pytest.warns(UserWarning, match="only once"):
        np.testing.assert_array_equal(ae.transform(iter(np.split(ROWS, 3))), ae.transform(ROWS))


def test_other_formats(tmp_path):
    for rows in (parquet(tmp_path), zarr_store(tmp_path), TorchDataset()):
        ae = AutoEncoder(**SETTINGS).fit(rows)
        assert ae.n_features_in_ == 6
        assert ae.transform(rows).shape == (103, 4)


@pytest.mark.parametrize("make", [arrow_table, parquet, hugging_face, polars_frame, lazy_frame])
def test_names_of_columns_are_compared(tmp_path, make):
    rows = make(tmp_path)
    ae = AutoEncoder(**SETTINGS).fit(rows)
    assert ae.feature_names_in_.tolist() == NAMES
    expected = ae.transform(pandas_frame(tmp_path))
    np.testing.assert_array_equal(ae.transform(rows), expected)
    other = open_source(rows, columns=NAMES[::-1])
    with pytest.raises(ValueError, match=r"columns f, e, .* was fitted with a, b, .* this order"):
        ae.transform(other)
    narrow = open_source(rows, columns=NAMES[:2])
    with pytest.raises(ValueError, match="X has 2 features, but AutoEncoder is expecting 6"):
        ae.transform(narrow)


def test_columns_that_make_up_one_image_have_no_names(tmp_path):
    ae = AutoEncoder(**SETTINGS).fit(arrow_list_column(tmp_path))
    assert not hasattr(ae, "feature_names_in_")
    with pytest.raises(ValueError, match="has no columns with names, but columns is"):
        open_source(ROWS, columns=["a"])


def test_a_list_of_arrays(path):
    expected = AutoEncoder(**SETTINGS).fit(ROWS)
    found = AutoEncoder(**SETTINGS).fit([ROWS[:100], np.load(path, mmap_mode="r")[100:]])
    assert state(found) == state(expected)


@pytest.mark.parametrize("shape", [(0, 6), (5, 0)])
def test_files_without_values(tmp_path, path, shape):
    np.save(tmp_path / "empty.npy", np.zeros(shape, "float32"))
    message = "empty.npy has shape .*; expected at least one row and one column"
    ae = AutoEncoder(**SETTINGS).fit(path)
    for method in (ae.fit, ae.transform, ae.score_samples):
        with pytest.raises(ValueError, match=message):
            method(tmp_path / "empty.npy")


def test_missing_entries_of_an_iterable_are_imputed():
    rows = ROWS.copy()
    rows[5, 2] = np.nan
    ae = AutoEncoder(**SETTINGS).fit(ROWS)
    with pytest.warns(UserWarning, match="only once"):
        found = ae.impute(iter(np.split(rows, 3)))
    np.testing.assert_array_equal(found, ae.impute(rows))


def test_weights_and_labels_beside_a_file(path):
    labels = np.arange(3000) % 3
    weights = np.random.default_rng(1).integers(0, 3, 3000)
    expected = AutoEncoder(**SETTINGS).fit(ROWS, sample_weight=weights)
    assert state(AutoEncoder(**SETTINGS).fit(path, sample_weight=weights)) == state(expected)
    settings = {"n_epochs": 2, "random_state": 0, "verbose": False, "backend": "xla"}
    classifier = SoftmaxClassifier(**settings).fit(ROWS, labels)
    assert state(SoftmaxClassifier(**settings).fit(path, labels)) == state(classifier)
    np.testing.assert_array_equal(classifier.predict(path), classifier.predict(ROWS))


def test_a_stack_of_a_file(path):
    settings = {"n_epochs": 1, "random_state": 0, "verbose": False, "backend": "xla"}
    expected = StackedDenoisingAutoEncoder((4, 3), **settings).fit(ROWS)
    assert state(StackedDenoisingAutoEncoder((4, 3), **settings).fit(path)) == state(expected)


def test_partial_fit_of_parts_and_of_a_file(path):
    settings = {**SETTINGS, "shuffle": False}
    expected, found = AutoEncoder(**settings), AutoEncoder(**settings)
    for _ in range(2):
        expected.partial_fit(ROWS)
        found.partial_fit(path)
    assert state(found) == state(expected)


def test_large_arrays_are_converted_in_parts():
    rows = (ROWS > 0.5).astype("uint8")
    expected = AutoEncoder(**SETTINGS).fit(rows)
    found = AutoEncoder(**SETTINGS, memory="140kB", batch_size=10).fit
    with pytest.raises(ValueError, match="memory is 140 kB, but reading needs"):
        found(rows)
    assert state(AutoEncoder(**SETTINGS, memory="1MB").fit(rows)) == state(expected)


@pytest.mark.parametrize("memory", ["1 GiB", "0.5gb", "80000000", 10**8])
def test_a_budget_is_in_the_file_of_a_model(tmp_path, path, memory):
    AutoEncoder(**SETTINGS, memory=memory).fit(path).save(tmp_path / "model.safetensors")
    assert AutoEncoder.load(tmp_path / "model.safetensors").memory == memory


def with_value(tmp_path, value, dtype="float32"):
    rows = ROWS.astype(dtype)
    rows[2717, 3] = value
    np.save(tmp_path / "bad.npy", rows)
    return tmp_path / "bad.npy", rows


@pytest.mark.parametrize(
    ("value", "dtype", "settings", "message"),
    [
        (np.nan, "float32", {}, r"X has NaN at row 2717, column 3 \(1 of 18,000 values"),
        (np.inf, "float32", {}, r"X has inf at row 2717, column 3 \(1 of 18,000 values"),
        (1e100, "float64", {}, r"X has 1e\+100 at row 2717, column 3 .*too large for float32"),
        (1e300, "float64", {}, r"X has values up to 1e\+300 in column 3, whose squares are"),
        (7.5, "float32", {"cost": "cross_entropy"}, r"X has 7.5 at row 2717, column 3"),
    ],
)
def test_what_cannot_be_learnt_is_named_by_row_and_column(
    tmp_path, value, dtype, settings, message
):
    path, rows = with_value(tmp_path, value, dtype)
    messages = []
    for X in (rows, path):
        with pytest.raises(ValueError, match=message) as caught:
            AutoEncoder(**SETTINGS, **settings).fit(X)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_columns_are_centred_before_the_cast(tmp_path):
    """Seconds since 1970 differ by less than float32 tells apart."""
    rows = ROWS.astype("float64")
    rows[:, 1] = 1.7e9 + np.arange(len(rows))
    np.save(tmp_path / "seconds.npy", rows)
    expected = AutoEncoder(**SETTINGS).fit(rows)
    found = AutoEncoder(**SETTINGS).fit(tmp_path / "seconds.npy")
    assert found.model_.scaling.offset[1] == expected.model_.scaling.offset[1] > 1e9
    assert state(found) == state(expected)
    for method in ("transform", "reconstruct", "score_samples"):
        of_file = getattr(found, method)(tmp_path / "seconds.npy")
        np.testing.assert_array_equal(of_file, getattr(expected, method)(rows))
        write_results(tmp_path / "out.npy", found.model_, tmp_path / "seconds.npy", method)
        np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), of_file)


def test_masked_entries_of_a_file(tmp_path):
    path, rows = with_value(tmp_path, np.nan)
    expected = AutoEncoder(**SETTINGS, missing="mask").fit(rows)
    assert state(AutoEncoder(**SETTINGS, missing="mask").fit(path)) == state(expected)


def test_rows_scored_far_outside(tmp_path, path):
    ae = AutoEncoder(**SETTINGS).fit(path)
    other, _ = with_value(tmp_path, 3.0)
    with pytest.warns(DomainWarning, match="3 at row 2717, column 3"):
        ae.transform(other)
    with pytest.raises(ValueError, match=r"X has 3.0 at row 2717, column 3"):
        ae.score_samples(other)


def test_files_of_another_width(tmp_path, path):
    ae = AutoEncoder(**SETTINGS).fit(path)
    np.save(tmp_path / "narrow.npy", ROWS[:, :4])
    with pytest.raises(ValueError, match="X has 4 features, but AutoEncoder is expecting 6"):
        ae.transform(tmp_path / "narrow.npy")
    np.save(tmp_path / "vector.npy", ROWS[:, 0])
    with pytest.raises(ValueError, match=r"vector.npy has shape \(3000,\); expected 2 dimensions"):
        ae.fit(tmp_path / "vector.npy")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"devices": 0}, "devices is 0; expected 'all', an integer of at least 1, a grid such as"),
        ({"devices": 2, "backend": "c"}, "devices is 2, but backend 'c' has only one"),
        ({"memory": "lots"}, "memory is 'lots'; expected a number of bytes"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        AutoEncoder(**{**SETTINGS, **settings}).fit(ROWS)


LARGE = np.c_[2**60 + np.arange(40) % 7, np.arange(40) % 9]
EQUAL_IN_FLOAT64 = r"values from .* in column 0.*; float64 holds so few different numbers"


def as_npy(values, path):
    np.save(path / "rows.npy", values)
    return path / "rows.npy"


def as_parquet(values, path):
    pd.DataFrame(values, columns=["a", "b"]).to_parquet(path / "rows.parquet")
    return path / "rows.parquet"


def as_arrow(values, path):
    return pyarrow.table({"a": values[:, 0], "b": values[:, 1]})


@pytest.mark.parametrize("form", [as_npy, as_parquet, as_arrow, lambda x, _: sparse.csr_matrix(x)])
def test_integers_that_are_equal_in_float64_are_refused_in_every_form(form, tmp_path):
    with pytest.raises(ValueError, match=EQUAL_IN_FLOAT64):
        AutoEncoder(2, n_epochs=1, verbose=False).fit(form(LARGE, tmp_path))
    wide = np.c_[LARGE[:, 0] * (np.arange(40) % 3 - 1), LARGE[:, 1]]
    fitted = AutoEncoder(2, n_epochs=1, init="glorot", verbose=False).fit(form(wide, tmp_path))
    np.testing.assert_allclose(fitted.data_max_, wide.max(axis=0))


@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("form", ["table", "file", "lists"])
def test_integers_beside_floats_or_nulls_are_refused_if_float64_makes_them_equal(
    form, nulls, tmp_path
):
    a = LARGE[:, 0].tolist()
    a[-1] = None if nulls else a[-1]
    wide = (LARGE[:, 0] + 10**15 * (np.arange(40) % 5)).tolist()
    for column, is_refused in ((a, True), (wide, False)):
        table = pyarrow.table({"a": column, "b": LARGE[:, 1] * 0.5})
        if form == "lists":
            pairs = pyarrow.array([[n, 1] for n in column], pyarrow.list_(pyarrow.int64(), 2))
            table = table.set_column(0, "a", pairs)
        if form == "file":
            pyarrow.parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=10)
            table = tmp_path / "rows.parquet"
        model = AutoEncoder(2, n_epochs=1, missing="mask", init="glorot", verbose=False)
        if is_refused:
            with pytest.raises(ValueError, match=EQUAL_IN_FLOAT64):
                model.fit(table)
        else:
            assert model.fit(table).n_features_in_ == 2 + (form == "lists")
