"""Columns of all kinds become numbers, and are the user's values again."""

import datetime as dt
import json
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pytest

from autoenc.rows import DomainWarning
from autoenc.rows import encoding as encodings
from autoenc.rows.columns import columns_of
from autoenc.rows.encoding import (
    CategoryColumn,
    DateColumn,
    EncodedRows,
    Encoding,
    NumberColumn,
    TimeColumn,
)
from autoenc.rows.frames import fill_frame, frame_like
from autoenc.rows.kinds import encoding_of, has_kinds
from autoenc.rows.reading import encoded

DATES = ["2020-02-29", None, "1969-12-31", "2020-02-29"]
# Each column of four rows: what it is taken for, and the same in polars.
COLUMNS = {
    "floats": (pd.Series([0.5, None, 2.0, 3.0]), "number", [0.5, None, 2.0, 3.0]),
    "integers": (pd.Series([1, None, 3, 4], dtype="Int64"), "number", [1, None, 3, 4]),
    "text": (pd.Series(["a", "b", None, "a"]), "category", ["a", "b", None, "a"]),
    "strings": (pd.Series(["a", "b", None, "a"], dtype="string"), "category", None),
    "objects": (pd.Series(["a", "b", None, "a"], dtype=object), "category", None),
    "categories": (
        pd.Series(pd.Categorical(["u", None, "v", "u"], categories=["v", "u", "w"])),
        "category",
        pl.Series(["u", None, "v", "u"], dtype=pl.Categorical),
    ),
    "codes": (pd.Series(pd.Categorical([3, 1, None, 3])), "category", None),
    "flags": (pd.Series([True, False, True, True]), "category", [True, False, True, True]),
    "booleans": (
        pd.Series([True, None, False, True], dtype="boolean"), "category",
        [True, None, False, True],
    ),
    "times": (pd.to_datetime(pd.Series(DATES)), "date", [
        None if d is None else dt.datetime.fromisoformat(d) for d in DATES
    ]),
    "zoned": (pd.to_datetime(pd.Series(DATES)).dt.tz_localize("Asia/Tokyo"), "date", None),
    "dates": (
        pd.Series([None if d is None else dt.date.fromisoformat(d) for d in DATES], dtype=object),
        "date",
        [None if d is None else dt.date.fromisoformat(d) for d in DATES],
    ),
    "times of day": (
        pd.Series([dt.time(7, 30), None, dt.time(23, 59, 59), dt.time(0)], dtype=object), "time",
        [dt.time(7, 30), None, dt.time(23, 59, 59), dt.time(0)],
    ),
    "exact times of day": (pd.Series([dt.time(7, 30, 1, 5)] * 4, dtype=object), "time", None),
    "intervals": (pd.Series(pd.cut([1.0, np.nan, 9.0, 1.5], 2)), "category", None),
    "identifiers": (
        pd.Series([uuid.UUID(int=1), None, uuid.UUID(int=2), uuid.UUID(int=1)], dtype=object),
        "category", None,
    ),
    "durations": (
        pd.Series(pd.to_timedelta(["1 days", None, "36 hours", "1 days"])), "date",
        [dt.timedelta(1), None, dt.timedelta(1.5), dt.timedelta(1)],
    ),
    "exact": (pd.Series(["2020-01-03T10:00:00.000250", None] * 2), "date", None),
    "universal": (pd.Series(["2020-01-03 10:00:00+00:00", None] * 2), "date", None),
    "zulu": (pd.Series(["2020-01-03T10:00:00Z", None] * 2), "date", None),
    "clock": (pd.Series(["10:30", None, "00:00", "23:59"]), "date", None),
    "written": (pd.Series(["24.12.1999", None, "01.01.2000", "24.12.1999"]), "date", None),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_pandas_is_itself_again(name):
    column, kind, _ = COLUMNS[name]
    frame = pd.DataFrame({name: column}, index=list("wxyz"))
    frame[name] = column.to_numpy() if column.dtype == object else column.set_axis(frame.index)
    encoding = encoding_of(frame)
    assert [own.kind for own in encoding.columns] == [kind]
    numbers, unknown = encoding.encode(frame)
    assert not unknown
    assert numbers.dtype == np.float64
    np.testing.assert_array_equal(encoding.missing(numbers)[:, 0], frame[name].isna())
    again = frame_like(encoding.decode(numbers), "pandas", frame)
    if kind == "number":
        frame = frame.astype(float)
    pd.testing.assert_frame_equal(again, frame)


@pytest.mark.parametrize(
    "name", [n for n, (_, _, values) in COLUMNS.items() if values is not None]
)
def test_a_column_of_polars_is_itself_again(name):
    _, kind, values = COLUMNS[name]
    frame = pl.DataFrame({name: values})
    encoding = encoding_of(frame)
    assert [own.kind for own in encoding.columns] == [kind]
    assert encoding.library == "polars"
    again = frame_like(encoding.decode(encoding.encode(frame)[0]), "polars", frame)
    if kind == "number":
        np.testing.assert_array_equal(again[name], np.array(values, float))
    else:
        assert again[name].to_list() == list(values)
        assert again.schema == frame.schema


@pytest.mark.parametrize("name", COLUMNS)
def test_missing_entries_are_filled_in_the_dtype_of_the_column(name):
    column, _, values = COLUMNS[name]
    frame = pd.DataFrame({"id": list("wxyz"), name: column})
    encoding = encoding_of(frame[[name]])
    whole = encoding.decode(np.nan_to_num(encoding.encode(frame[[name]])[0], nan=1.0))
    filled = fill_frame(frame, whole)
    assert filled.dtypes.equals(frame.dtypes)
    assert not filled[name].isna().any()
    known = column.notna()
    pd.testing.assert_series_equal(filled[name][known], frame[name][known])
    if values is not None:
        own = pl.DataFrame({"id": list("wxyz"), name: values})
        assert fill_frame(own, whole).schema == own.schema
        assert fill_frame(own, whole)[name].null_count() == 0
        assert list(fill_frame(own, whole)["id"]) == list("wxyz")


def test_times_beyond_the_day_are_its_ends():
    column = TimeColumn("t")
    times = column.decode(np.array([[-0.1], [0.5], [1.2], [0.999999], [np.nan]]))
    last = dt.time(23, 59, 59)
    assert times.tolist() == [dt.time(0), dt.time(12), last, last, None]
    with pytest.raises(ValueError, match="column 't' has 'noon' at row 1, which is not a time"):
        column.encode([dt.time(1), "noon"])


def test_zones_of_text_are_converted_to_utc():
    (column,) = encoding_of(
        {"t": ["2020-01-03 10:00:00+02:00", "2020-01-03 10:00:00-01:00"]}
    ).columns
    numbers, _ = column.encode(["2020-01-03 10:00:00+02:00"])
    assert numbers == DateColumn("t").encode([dt.datetime(2020, 1, 3, 8)])[0]
    assert column.decode(numbers) == ["2020-01-03 08:00:00+0000"]


def test_dates_that_were_dates_are_read_as_text():
    frame = pd.DataFrame({"d": pd.to_datetime(["2020-01-03", "2020-01-04"])})
    encoding = encoding_of(frame)
    text = {"d": ["2020-01-03", "2020-01-04 00:00:00"]}
    np.testing.assert_array_equal(encoding.encode(text)[0], encoding.encode(frame)[0])
    with pytest.raises(ValueError, match="'soon' at row 0, which is not a date written as 2020"):
        encoding.encode({"d": ["soon"]})


def test_dates_whose_month_could_be_the_day_are_noted():
    ambiguous = ["03/02/2020", "05/06/2020"]
    with pytest.warns(DomainWarning, match="'03/02/2020'; they were read as 2020-02-03"):
        (column,) = encoding_of({"d": ambiguous}).columns
    assert column.form == "%d/%m/%Y"
    # No warning: one order only, or the same date in both.
    assert encoding_of({"d": [*ambiguous, "05/31/2020"]}).columns[0].form == "%m/%d/%Y"
    assert encoding_of({"d": ["03/03/2020", "05/05/2020"]}).columns[0].form == "%d/%m/%Y"


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize("value", [b"a", [1, 2], {"a": 1}])
def test_bytes_and_containers_are_refused_by_name(library, value):
    frame = library.DataFrame({"x": [1.0, 2.0], "v": [value, value]})
    with pytest.raises(ValueError, match=rf"{type(value).__name__} at row 0, column 1 \('v'\)"):
        encoding_of(frame)


def test_a_description_in_json_makes_the_same_encoding():
    frame = pd.DataFrame({name: column for name, (column, _, _) in COLUMNS.items()})
    encoding = encoding_of(frame)
    stated = json.loads(json.dumps(encoding.described()))
    assert Encoding.from_description(stated) == encoding
    np.testing.assert_array_equal(
        Encoding.from_description(stated).encode(frame)[0], encoding.encode(frame)[0]
    )


def test_rare_values_share_an_entry_and_are_never_the_reconstruction():
    values = [f"c{i % 60}" for i in range(6_000)] + ["rare"] * 3 + ["rarer"] * 2
    encoding = encoding_of(pd.DataFrame({"city": values}))
    (column,) = encoding.columns
    assert len(column.values) == 50
    assert column.other
    numbers, unknown = encoding.encode({"city": ["rare", "never seen", "c0"]})
    assert not unknown
    np.testing.assert_array_equal(numbers.argmax(axis=1), [50, 50, 0])
    almost = np.zeros((1, 51))
    almost[0, [50, 7]] = 0.9, 0.1
    assert encoding.decode(almost)["city"] == [column.values[7]]


def test_values_that_are_not_known_count_as_missing():
    encoding = encoding_of(pd.DataFrame({"sex": ["f", "m"] * 5, "age": range(10)}))
    numbers, unknown = encoding.encode({"sex": ["f", "x", None], "age": [1, 2, 3]})
    assert unknown == {"sex": ["x"]}
    np.testing.assert_array_equal(encoding.missing(numbers), [[0, 0], [1, 0], [1, 0]])
    assert encoding.decode(numbers)["sex"].tolist() == ["f", None, None]


def test_columns_that_say_nothing_are_left_out_with_a_warning():
    frame = pd.DataFrame({
        "name": [f"n{i}" for i in range(9)], "empty": [None] * 9, "sex": list("fmfmfmfmf"),
    })  # fmt: skip
    with pytest.warns(DomainWarning, match="columns left out, because .*: 'name', 'empty'"):
        encoding = encoding_of(frame)
    assert encoding.names == ("sex",)
    assert encoding.left_out == ("name", "empty")
    with pytest.raises(ValueError, match=r"X has no column to learn from \('name', 'empty'\)"):
        encoding_of(frame[["name", "empty"]])


def test_frames_of_numbers_or_of_booleans_alone_are_not_encoded():
    for frame in (
        pd.DataFrame({"a": [1, 2], "b": [0.5, None]}),
        pd.DataFrame({"a": [True, False]}),
        pd.DataFrame({"a": pd.Series([1.0, 2.0], dtype=object)}),
        pl.DataFrame({"a": [1, None], "b": [1.5, 2.5]}),
    ):
        assert not has_kinds(frame)
    assert has_kinds(pd.DataFrame({"a": [True, False], "b": [1, 2]}))


def test_columns_are_matched_by_name():
    encoding = Encoding((NumberColumn("a"), CategoryColumn("b", ("x", "y"))), ("id",))
    numbers, _ = encoding.encode({"b": ["y"], "id": ["?"], "a": [2]})
    np.testing.assert_array_equal(numbers, [[2, 0, 1]])
    with pytest.raises(ValueError, match="X has no column 'b'; the model was fitted on 'a', 'b'"):
        encoding.encode({"a": [1]})
    with pytest.raises(ValueError, match="X has the columns 'c', which the model was not fitted"):
        encoding.encode({"a": [1], "b": ["x"], "c": [1]})
    with pytest.raises(TypeError, match="X is of type list; expected a frame"):
        encoding.encode([[1, "x"]])


def test_values_of_another_kind_are_refused_by_column_and_row():
    with pytest.raises(ValueError, match="column 'a' has 'soon' at row 1, which is not a number"):
        NumberColumn("a").encode(["1", "soon"])
    with pytest.raises(ValueError, match=r"column 'd' has '1\.2\.' at row 0, which is not a date"):
        DateColumn("d", form="%d.%m.%Y").encode(["1.2."])
    with pytest.raises(ValueError, match="column 'd' has 3 at row 1, which is not a date"):
        DateColumn("d").encode([None, 3])


def test_a_category_costs_one_on_average_where_its_frequencies_are_the_reconstruction():
    encoding = Encoding((NumberColumn("a"), CategoryColumn("b", ("x", "y", "z"))))
    p = np.array([0.5, 0.3, 0.2])
    weights = encoding.weights(np.array([7.0, *p]))
    assert weights[0] == 1
    assert weights[1] * -(p * np.log(p)).sum() == pytest.approx(1)
    # A value that almost no row has does not outweigh everything.
    assert Encoding((CategoryColumn("c", ("x", "y")),)).weights(np.array([1.0, 0.0])) == [10]


@pytest.mark.parametrize("unknown_as", [np.nan, 0.0])
def test_what_unknown_values_are_encoded_as_is_told_from_missing(unknown_as):
    encoding = Encoding((CategoryColumn("a", ("x", "y")), CategoryColumn("b", ("z",), other=True)))
    table = {"a": ["y", "new", None], "b": ["z", "new", None]}
    numbers, unknown = encoding.encode(table, unknown_as)
    nan, u = np.nan, unknown_as
    np.testing.assert_array_equal(numbers, [[0, 1, 1, 0], [u, u, 0, 1], [nan] * 4])
    assert unknown == {"a": ["new"]}


def test_rows_know_what_has_encoded_them_and_so_do_parts_of_them():
    encoding = Encoding((CategoryColumn("a", ("x", "y")),))
    rows = EncodedRows.of(encoding.encode({"a": ["y", "x", "y"]})[0], encoding)
    assert rows[1:].encoding is rows.copy().encoding is encoding
    columns = columns_of("AutoEncoder")
    assert encoded(columns, rows[1:], reset=True).shape == (2, 2)
    assert columns.encoding is encoding


def test_columns_of_entries_are_those_of_the_slices():
    encoding = Encoding((NumberColumn("n"), CategoryColumn("a", ("x", "y"), other=True)))
    assert encoding.column_of_entries == (0, 1, 1, 1)


@pytest.mark.parametrize("dtype", [object, "string", "str"])
@pytest.mark.parametrize(
    ("values", "is_category"),
    [
        (["01067", "01069", "80331"], True),
        (["01067", None, "80331"], True),
        (["01067", *["80331"] * 18, "abroad"], True),
        (["0", "0.5", "10"], False),
        (["-1", "1e3", "7"], False),
    ],
)
def test_numbers_with_leading_zeros_are_text(values, is_category, dtype):
    column = pd.Series(values * 20, dtype=dtype)
    frame = pd.DataFrame({"code": column, "city": ["a", "b"] * (len(column) // 2)})
    encoding = encoding_of(frame)
    assert isinstance(encoding.columns[0], CategoryColumn) == is_category
    (first, *_) = encoding.decode(encoding.encode(frame)[0])["code"]
    assert first == (values[0] if is_category else float(values[0]))


@pytest.mark.parametrize(
    ("column", "given"),
    [
        (CategoryColumn("k", ("a", "b")), ["a", None, "z", "b"] * 2_500),
        (DateColumn("d", form="%d.%m.%Y"), ["24.12.1999", None, "1.1.2000", ""] * 2_500),
        (DateColumn("d"), [dt.date(2020, 2, 29), None] * 5_000),
    ],
    ids=["category", "text of dates", "dates"],
)
def test_equal_values_are_encoded_once(column, given, monkeypatch):
    """A loop over the rows took ten times as long as the rest of `reconstruct`."""
    seen, is_missing = [], encodings.is_missing
    monkeypatch.setattr(encodings, "is_missing", lambda v: seen.append(v) or is_missing(v))
    given = [value for value in given if value != ""]
    numbers, _ = column.encode(given)
    assert len(seen) == len(set(given))
    np.testing.assert_array_equal(numbers[:6], column.encode(given[:6])[0])


def test_values_that_are_equal_but_not_the_same_are_encoded_by_their_text():
    """Equal times of two zones are two categories, and some values have no hash."""
    zone = dt.timezone(dt.timedelta(hours=1))
    times = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 1, 1, 1, tzinfo=zone)]
    assert times[0] == times[1]
    for values in (times, [[1], [2]], [1, "1"], [pd.Interval(0, 1), pd.Interval(1, 2)]):
        own = tuple(encodings.plain_value(value) for value in values)
        numbers, unknown = CategoryColumn("k", own).encode([*values, *values])
        np.testing.assert_array_equal(numbers, np.tile(np.eye(2), (2, 1)))
        assert not unknown


def test_the_row_of_a_value_that_is_no_number_is_named():
    with pytest.raises(ValueError, match="has 'x' at row 3, which is not a number"):
        NumberColumn("n").encode(["1", None, "2", "x", "x"])
