"""Decoded values are written in the type and format of the column that receives them."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from autoenc import AutoEncoder
from autoenc.rows.containers import in_container
from autoenc.rows.kinds import encoding_of

NULL = pd.ArrowDtype(pa.null())


def written(fit, new, *, only_missing=True):
    """Return the values of the data of `fit` in the type of a new column."""
    frame = pd.DataFrame({"d": fit, "t": ["a"] * len(fit)})
    encoding = encoding_of(frame)
    estimator = SimpleNamespace(model_=SimpleNamespace(columns=SimpleNamespace(encoding=encoding)))
    numbers, _ = encoding.encode(frame)
    library = pl if isinstance(new, pl.Series) else pd
    like = library.DataFrame({"d": new, "t": ["a"] * len(new)})
    return in_container(estimator, numbers, like, only_missing=only_missing)["d"]


DAYS = pd.Series(pd.to_datetime(["2020-02-01", "2020-02-01", "2020-03-04", "2020-03-24"]))
GERMAN = DAYS.dt.strftime("%d.%m.%Y")
FITTED_DATES = {
    "datetimes": DAYS,
    "dates": pd.Series(DAYS.dt.date, dtype=object),
    "German text": GERMAN,
    "American text": DAYS.dt.strftime("%m/%d/%Y"),
    "ISO text": DAYS.dt.strftime("%Y-%m-%d"),
    "text in UTC": DAYS.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "days of pandas": DAYS.dt.to_period("D"),
}
BERLIN = DAYS.dt.tz_localize("Europe/Berlin")
HOLED = DAYS.mask([True, False, False, False])
DATES = {
    "datetime64[us]": HOLED.astype("M8[us]"),
    "datetime64[ns]": HOLED.astype("M8[ns]"),
    "Berlin": BERLIN.mask(HOLED.isna()),
    "arrow": HOLED.astype("timestamp[us][pyarrow]"),
    "arrow, Berlin": BERLIN.astype("timestamp[us, tz=Europe/Berlin][pyarrow]").mask(HOLED.isna()),
    "arrow, dates": HOLED.astype("date32[pyarrow]"),
    "dates": pd.Series([None, *DAYS.dt.date[1:]], dtype=object),
    "datetimes": pd.Series([None, *DAYS.dt.to_pydatetime()[1:]], dtype=object),
    "datetimes, Berlin": pd.Series([None, *BERLIN.dt.to_pydatetime()[1:]], dtype=object),
    "periods": DAYS.dt.to_period("D").mask(HOLED.isna()),
    "objects of periods": pd.Series([None, *DAYS.dt.to_period("D")[1:]], dtype=object),
    "categories": HOLED.astype("category"),
    "polars, dates": pl.Series([None, *DAYS.dt.date[1:]]),
    "polars, datetimes": pl.Series([None, *DAYS.dt.to_pydatetime()[1:]]),
    "polars, Berlin": pl.Series(
        [None, *DAYS.dt.to_pydatetime()[1:]], dtype=pl.Datetime("ns", "UTC")
    ).dt.convert_time_zone("Europe/Berlin"),
}  # fmt: skip


def moment(value):
    value = value.to_timestamp() if isinstance(value, pd.Period) else pd.Timestamp(value)
    return value if value.tzinfo is None else value.tz_convert("UTC").tz_localize(None)


@pytest.mark.parametrize("new", DATES)
@pytest.mark.parametrize("fit", FITTED_DATES)
def test_a_date_is_the_same_date_in_every_column(fit, new):
    column = DATES[new]
    for only_missing in (True, False):
        found = written(FITTED_DATES[fit], column, only_missing=only_missing)
        if str(column.dtype) != "category":
            assert found.dtype == column.dtype
        values = found.to_list()
        assert moment(values[0]) == DAYS[0]
        assert {type(value) for value in values} == {type(column.to_list()[1])}
        if only_missing:
            assert values[1:] == column.to_list()[1:]
        else:
            assert list(map(moment, values)) == DAYS.tolist()


@pytest.mark.parametrize(
    ("fit", "text", "expected"),
    [
        ("German text", "04.03.2020", "01.02.2020"),
        ("American text", "03/04/2020", "02/01/2020"),
        ("ISO text", "2020-03-04", "2020-02-01"),
        ("text in UTC", "2020-03-04T00:00:00Z", "2020-02-01T00:00:00Z"),
        ("datetimes", "2020-03-04", "2020-02-01"),
        ("datetimes", "2020-03-04T00:00:00Z", "2020-02-01T00:00:00Z"),
        ("dates", "2020-03-04 10:00", "2020-02-01 00:00"),
    ],
)
@pytest.mark.parametrize(
    "dtype",
    ["str", "string", "string[pyarrow]", object, "category", pl.String, pl.Categorical,
     pl.Enum(["x"])],
)  # fmt: skip
def test_a_date_has_the_format_of_a_column_of_text(fit, text, expected, dtype):
    texts = [None, text, text, text]
    if dtype == pl.Enum(["x"]):
        column = pl.Series(texts, dtype=pl.Enum([text]))
    elif isinstance(dtype, str | type) and dtype in (pl.String, pl.Categorical):
        column = pl.Series(texts, dtype=dtype)
    else:
        column = pd.Series(texts, dtype=dtype)
    found = written(FITTED_DATES[fit], column)
    assert found.to_list() == [expected, text, text, text]
    assert type(found.dtype) is type(column.dtype)


BOOLS = pd.Series([True, True, False, False])
CODES = pd.Series([1, 1, 0, 0]).astype("category")
PARTS = pd.Series([1.0, 1.0, 0.0, 0.0]).astype("category")
DIGITS = pd.Series(["1", "1", "0", "0"]).astype("category")
EQUAL = {
    "Int64": (pd.Series([None, 1, 0, 0], dtype="Int64"), 1),
    "int8[pyarrow]": (pd.Series([None, 1, 0, 0], dtype="int8[pyarrow]"), 1),
    "float": (pd.Series([None, 1.0, 0.0, 0.0]), 1.0),
    "float32": (pd.Series([None, 1.0, 0.0, 0.0], dtype="float32"), 1.0),
    "objects, int": (pd.Series([None, 1, 0, 0], dtype=object), 1),
    "objects, Decimal": (pd.Series([None, *map(Decimal, (1, 0, 0))], dtype=object), Decimal(1)),
    "category, int": (pd.Series([None, 1, 0, 0], dtype="Int64").astype("category"), 1),
    "category, float": (pd.Series([None, 1.0, 0.0, 0.0]).astype("category"), 1.0),
    "category, text": (pd.Series([None, "1", "0", "0"]).astype("category"), "1"),
    "text": (pd.Series([None, "1", "0", "x"], dtype="str"), "1"),
    "polars, Int8": (pl.Series([None, 1, 0, 0], dtype=pl.Int8), 1),
    "polars, UInt64": (pl.Series([None, 1, 0, 0], dtype=pl.UInt64), 1),
    "polars, Float32": (pl.Series([None, 1, 0, 0], dtype=pl.Float32), 1.0),
    "polars, Decimal": (pl.Series([None, 1, 0, 0], dtype=pl.Decimal(4, 1)), Decimal(1)),
    "polars, String": (pl.Series([None, "1", "0", "x"]), "1"),
    "polars, Categorical": (pl.Series([None, "1", "0", "x"], dtype=pl.Categorical), "1"),
    "polars, Enum": (pl.Series([None, "1", "0", "x"], dtype=pl.Enum(["1", "0", "x"])), "1"),
}
TRUTH = {
    "boolean": pd.Series([None, True, False, False], dtype="boolean"),
    "bool[pyarrow]": pd.Series([None, True, False, False], dtype="bool[pyarrow]"),
    "objects": pd.Series([None, True, False, False], dtype=object),
    "category": pd.Series([None, True, False, False]).astype("category"),
    "polars": pl.Series([None, True, False, False]),
}


@pytest.mark.parametrize("new", EQUAL)
@pytest.mark.parametrize(
    "fit", [BOOLS, CODES, PARTS, DIGITS], ids=["bool", "int", "float", "text"]
)
def test_a_category_is_the_equal_value_of_a_column(fit, new):
    column, expected = EQUAL[new]
    found = written(fit, column)
    assert found.dtype == column.dtype
    assert found.to_list() == [expected, *column.to_list()[1:]]
    assert {type(value) for value in found.to_list()} == {type(expected)}
    again = written(fit, column, only_missing=False)
    assert again.dtype == column.dtype
    assert again[0] == again[1] == expected


@pytest.mark.parametrize("new", TRUTH)
@pytest.mark.parametrize("fit", [BOOLS, CODES, PARTS], ids=["bool", "int", "float"])
def test_a_category_is_a_boolean_in_a_column_of_booleans(fit, new):
    for only_missing in (True, False):
        found = written(fit, TRUTH[new], only_missing=only_missing)
        assert found.dtype == TRUTH[new].dtype
        assert found.to_list() == [True, True, False, False]
        assert {type(value) for value in found.to_list()} == {bool}


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_a_boolean_is_written_as_the_text_of_a_column(text):
    for library in (pd, pl):
        assert written(BOOLS, library.Series([None, text, "x", "x"])).to_list()[:2] == [text, text]


@pytest.mark.parametrize(
    "new",
    [
        pd.Series([None, "c", "c", "c"]).astype("category"),
        pl.Series([None, "c", "c", "c"], dtype=pl.Categorical),
        pl.Series([None, "c", "c", "c"], dtype=pl.Enum(["d", "c"])),
    ],
    ids=["pandas", "Categorical", "Enum"],
)
def test_categories_are_added_if_a_value_needs_one(new):
    fit = pd.Series(["a", "a", "b", "b"])
    assert written(fit, new).to_list() == ["a", "c", "c", "c"]
    assert written(fit, new, only_missing=False).to_list() == list(fit)
    enum = written(fit, pl.Series([None, "c", "c", "c"], dtype=pl.Enum(["d", "c"])))
    assert enum.dtype == pl.Enum(["d", "c", "a"])


MISSING = {
    "NaN": pd.Series([np.nan] * 4),
    "None": pd.Series([None] * 4, dtype=object),
    "Int64": pd.Series([None] * 4, dtype="Int64"),
    "null[pyarrow]": pd.Series([None] * 4, dtype=NULL),
    "polars, Null": pl.Series([None] * 4),
    "polars, NaN": pl.Series([float("nan")] * 4),
}
FITTED = {
    "bool": (BOOLS, "bool", pl.Boolean),
    "text": (pd.Series(["a", "a", "b", "b"]), "str", pl.String),
    "German text": (GERMAN, "str", pl.String),
    "datetimes": (DAYS, "datetime64[s]", pl.Datetime("us")),
    "durations": (DAYS - DAYS[0], "timedelta64[s]", pl.Duration("us")),
    "times": (pd.Series([dt.time(1), dt.time(1), dt.time(2), dt.time(2)]), "object", pl.Time),
}


@pytest.mark.parametrize("new", MISSING)
@pytest.mark.parametrize("fit", FITTED)
def test_a_column_without_values_has_the_type_of_fit(fit, new):
    values, of_pandas, of_polars = FITTED[fit]
    for only_missing in (True, False):
        found = written(values, MISSING[new], only_missing=only_missing)
        assert found.to_list() == values.to_list()
        assert found.dtype == (of_polars if isinstance(found, pl.Series) else of_pandas)


@pytest.mark.parametrize(
    ("fit", "new"),
    [
        (BOOLS, pd.Series([None] * 4, dtype="boolean")),
        (pd.Series(["a", "a", "b", "b"]), pd.Series([None] * 4, dtype="string")),
        (pd.Series(["a", "a", "b", "b"]), pd.Series([None] * 4).astype("category")),
        (GERMAN, pd.Series([None] * 4).astype("category")),
        (DAYS, pd.Series([None] * 4, dtype="datetime64[ns, Asia/Tokyo]")),
        (pd.Series([1.0, 1, 2, 2]), pd.Series([None] * 4, dtype="UInt8")),
        (DAYS, pl.Series([None] * 4, dtype=pl.Date)),
        (pd.Series(["a", "a", "b", "b"]), pl.Series([None] * 4, dtype=pl.Categorical)),
    ],
)
def test_a_column_without_values_keeps_a_type_that_fits(fit, new):
    found = written(fit, new)
    assert type(found.dtype) is type(new.dtype)
    assert str(found.dtype) == str(new.dtype)
    assert not any(pd.isna(value) for value in found.to_list())


TEXT = pd.Series(["01", "01", "b", "b"])
REFUSED = {
    "text, float": (TEXT, pd.Series([None, 1.0, 2.0, 2.0]), "'01'"),
    "text, Int64": (TEXT, pd.Series([None, 1, 2, 2], dtype="Int64"), "'01'"),
    "text, bool": (TEXT, pd.Series([None, True, False, False], dtype="boolean"), "'01'"),
    "text, datetime": (TEXT, HOLED, "'01'"),
    "bool, datetime": (BOOLS, HOLED, "True"),
    "bool, month": (BOOLS, HOLED.dt.to_period("M"), "True"),
    "number, datetime": (pd.Series([0.5, 1, 2, 3]), HOLED, "0.5"),
    "300, Int8": (
        pd.Series([300, 300, 1, 1]).astype("category"), pd.Series([None, 1, 1, 1], dtype="Int8"),
        "300",
    ),
    "half, Int64": (
        pd.Series([0.5, 0.5, 1, 1]).astype("category"), pd.Series([None, 1, 1, 1], dtype="Int64"),
        "0.5",
    ),
    "date, duration": (DAYS, pd.Series(pd.to_timedelta([None, "1D", "2D", "2D"])), "2020-02-01"),
    "text, polars float": (TEXT, pl.Series([None, 1.5, 2.5, 2.5]), "'01'"),
    "text, polars int": (TEXT, pl.Series([None, 1, 2, 2]), "'01'"),
    "text, polars bool": (TEXT, pl.Series([None, True, False, False]), "'01'"),
    "number, polars Decimal": (
        pd.Series([123.0, 1, 2, 3]), pl.Series([None, 1, 2, 2], dtype=pl.Decimal(2, 1)), "123.0"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_a_column_cannot_contain_is_refused_by_name(name):
    fit, new, value = REFUSED[name]
    with pytest.raises(ValueError, match=rf"column 'd' is of type .*, such as {value}.*; convert"):
        written(fit, new)
    known = new.fillna(new[1]) if isinstance(new, pd.Series) else new.fill_null(new[1])
    assert written(fit, known).to_list() == known.to_list()


def test_models_write_the_dates_they_were_fitted_on():
    x = np.random.default_rng(0).normal(size=60)
    days = pd.Series(pd.date_range("2020", periods=60))
    fit = pd.DataFrame({"x": x, "d": days.dt.strftime("%d.%m.%Y"), "b": x > 0})
    model = AutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(fit)
    hole = np.arange(60) % 7 == 0
    texts = model.impute(fit.assign(d=fit["d"].mask(hole)))["d"]
    new = fit.assign(d=days.mask(hole), b=pd.Series(fit["b"].astype("Int64")))
    again = model.reconstruct(fit)
    for frame in (new, pl.from_pandas(new)):
        filled = pd.Series(model.impute(frame)["d"].to_list())
        assert filled.dt.strftime("%d.%m.%Y").tolist() == texts.tolist()
        found = model.reconstruct(frame)
        assert pd.Series(found["b"].to_list()).eq(again["b"]).all()
        assert found["b"].dtype == frame["b"].dtype


def test_codes_in_a_frame_are_reconstructed_too():
    frame = pd.DataFrame({"x": np.arange(8.0), "s": list("abababab")})
    model = AutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(frame)
    codes = model.set_output(transform="pandas").transform(frame)
    assert model.inverse_transform(codes)["s"].tolist() == model.reconstruct(frame)["s"].tolist()


def test_intervals_without_values_stay_intervals():
    b = np.random.default_rng(0).random(40)
    frame = pd.DataFrame({"n": b, "c": pd.cut(b, 3)})
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(frame)
    holes = frame.copy()
    holes.loc[1, "c"] = None
    alone, among = model.impute(holes.iloc[1:2]), model.impute(holes).iloc[1:2]
    pd.testing.assert_frame_equal(alone, among)
    assert alone["c"].dtype == frame["c"].dtype


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("whole", [True, False])
def test_dates_without_a_time_stay_so_in_a_column_without_values(library, whole, tmp_path):
    """They came back with the time 0:00: as Timestamp of pandas, or as Datetime of polars."""
    rng = np.random.default_rng(0)
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=int(k)) for k in rng.integers(0, 99, 40)]
    moments = [dt.datetime(day.year, day.month, day.day) for day in days]
    columns = {"a": rng.random(40), "d": days if whole else moments}
    if library == "pandas":
        given, empty = pd.DataFrame(columns), pd.DataFrame({**columns, "d": None})
    else:
        given = pl.DataFrame(columns)
        empty = given.with_columns(d=pl.lit(None))
    model = AutoEncoder(1, n_epochs=1, random_state=0, verbose=False).fit(given)
    model.save(tmp_path / "model.safetensors")
    for own in (model, AutoEncoder.load(tmp_path / "model.safetensors")):
        for found in (own.impute(empty), own.reconstruct(empty), own.reconstruct(given)):
            assert {type(value) is dt.date for value in found["d"].to_list()} == {whole}
