"""Decoded columns fit the dtypes of frames, also where reconstructions are beyond their limits."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from autoenc import DenoisingAutoEncoder
from autoenc.rows.encoding import DateColumn
from autoenc.rows.frames import fill_frame, frame_like

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
FAR = np.array([-1e30, -1.2, 40.4, 1e30, 7.6])


def pandas_dtypes(name):
    return [name.replace("i", "I").replace("u", "U"), f"{name}[pyarrow]"]


@pytest.mark.parametrize("dtype", [d for name in INTEGERS for d in pandas_dtypes(name)])
def test_holes_of_integers_are_filled_within_their_limits(dtype):
    limits = np.iinfo(dtype.lower().removesuffix("[pyarrow]"))
    frame = pd.DataFrame({"n": pd.array([None, None, None, None, 3], dtype=dtype)})
    filled = fill_frame(frame, {"n": FAR})["n"]
    assert filled.dtype == frame["n"].dtype
    assert filled.tolist()[1:3] == [max(-1, limits.min), 40]
    assert filled[0] == limits.min
    assert limits.max - filled[3] <= limits.max // 2**53
    assert filled[4] == 3


@pytest.mark.parametrize("name", INTEGERS)
def test_so_are_those_of_polars(name):
    limits = np.iinfo(name)
    dtype = getattr(pl, name.replace("i", "I").replace("u", "U"))
    filled = fill_frame(pl.DataFrame({"n": pl.Series([None] * 4 + [3], dtype=dtype)}), {"n": FAR})
    assert filled.schema == {"n": dtype}
    values = filled["n"].to_list()
    assert values[:3] == [limits.min, max(-1, limits.min), 40]
    assert limits.max - values[3] <= limits.max // 2**53
    assert values[4] == 3


def test_impute_fills_counts_that_would_be_negative():
    x = np.random.default_rng(0).normal(size=200)
    counts = pd.array(np.clip(np.round(x), 0, 9), dtype="UInt8")
    frame = pd.DataFrame({"x": x, "children": counts, "sex": np.where(x > 0, "m", "f")})
    frame.loc[::4, "children"] = pd.NA
    model = DenoisingAutoEncoder(1, activation="linear", random_state=0, verbose=False).fit(frame)
    new = frame.assign(x=frame.x * 2)
    assert model.reconstruct(new).children[::4].min() < -0.5
    for given in (new, pl.from_pandas(new)):
        filled = model.impute(given)["children"]
        assert filled.min() == 0
        assert filled.dtype == given["children"].dtype
        assert (
            len(filled.drop_nulls() if hasattr(filled, "drop_nulls") else filled.dropna()) == 200
        )


DAYS = np.array([[-1e7], [100.0], [1e7], [np.nan]])


@pytest.mark.parametrize("unit", ["D", "s", "us"])
def test_dates_are_dates_of_python(unit):
    found = DateColumn("d", unit).decode(DAYS).astype("M8[us]").tolist()
    assert found[:2] == [datetime(1, 1, 1), datetime(1970, 4, 11)]
    assert found[2].date() == date(9999, 12, 31)
    assert found[3] is None


@pytest.mark.parametrize(
    "text", ["9999-12-31 23:59:59", "0962-02-07 01:02:03", "0001-01-01 00:00:00"]
)
def test_dates_near_the_limits_stay_what_they_are(text):
    column = DateColumn("d", "s", form="%Y-%m-%d %H:%M:%S")
    days, _ = column.encode(pd.Series([text]))
    assert column.decode(days).tolist() == [text]
    plain = DateColumn("d", "us")
    moments = np.array([text], "M8[us]")
    np.testing.assert_array_equal(plain.decode(plain.encode(pd.Series(moments))[0]), moments)


def test_dates_in_text_can_be_read_again():
    column = DateColumn("d", form="%Y-%m-%d")
    text = column.decode(DAYS)
    assert text.tolist() == ["0001-01-01", "1970-04-11", "9999-12-31", None]
    days, _ = column.encode(pd.Series(text))
    np.testing.assert_array_equal(column.decode(days), text)


def test_durations_are_limited():
    found = DateColumn("d", "us", duration=True).decode(np.array([[-1e30], [1.0], [1e30]]))
    np.testing.assert_array_equal(found / np.timedelta64(1, "D"), [-106751991, 1, 106751991])


@pytest.mark.parametrize(
    ("unit", "zone", "moment"),
    [("ns", None, "2262-04-11 23:47:16"), ("ns", None, "1677-09-21 00:12:44"),
     ("us", "UTC", "9999-12-31 23:59:59"), ("us", "UTC", "0001-01-01 00:00:00"),
     ("us", None, "9999-12-31 23:59:59")],
)  # fmt: skip
def test_frames_keep_dates_near_the_limits(unit, zone, moment):
    given = pd.Series(np.array([moment], "M8[us]")).astype(f"M8[{unit}]")
    given = given if zone is None else given.dt.tz_localize(zone)
    column = DateColumn("d", "s")
    decoded = {"d": column.decode(column.encode(given)[0])}
    for like in (pd.DataFrame({"d": given}), pl.from_pandas(pd.DataFrame({"d": given}))):
        found = frame_like(decoded, "pandas" if hasattr(like, "iloc") else "polars", like)
        assert found["d"][0] == like["d"][0]


FRAMES = {
    "pandas, us": lambda days: pd.DataFrame({"d": days.astype("M8[us]")}),
    "pandas, ns": lambda days: pd.DataFrame({"d": days.astype("M8[ns]")}),
    "pandas, ns, UTC": lambda days: pd.DataFrame(
        {"d": pd.Series(days.astype("M8[ns]")).dt.tz_localize("UTC")}
    ),
    "pandas, us, New York": lambda days: pd.DataFrame(
        {"d": pd.Series(days.astype("M8[us]")).dt.tz_localize("America/New_York")}
    ),
    "polars, us, Tokyo": lambda days: pl.DataFrame(
        {"d": pl.Series(days.astype("M8[us]")).dt.replace_time_zone("Asia/Tokyo")}
    ),
    "pandas, pyarrow": lambda days: pd.DataFrame(
        {"d": pd.Series(days.astype("M8[ns]")).astype("timestamp[ns][pyarrow]")}
    ),
    "pandas, dates": lambda days: pd.DataFrame({"d": pd.Series(days.tolist(), dtype=object)}),
    "polars, us": lambda days: pl.DataFrame({"d": days.astype("M8[us]")}),
    "polars, ns": lambda days: pl.DataFrame({"d": days.astype("M8[ns]")}),
    "polars, dates": lambda days: pl.DataFrame({"d": days.tolist()}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_hold_dates_beyond_those_of_the_data(name):
    days = np.array(["2020-01-01", "2024-02-29", "2021-05-06", "2022-01-01"], "M8[D]")
    like = FRAMES[name](days)
    found = frame_like({"d": DateColumn("d").decode(DAYS)}, name.split(",")[0], like)["d"]
    assert str(found.dtype) == str(like["d"].dtype)
    values = [v if v is None or isinstance(v, date) else v.to_pydatetime() for v in found[:3]]
    first, middle, last = (v.replace(tzinfo=None) if hasattr(v, "tzinfo") else v for v in values)
    nanoseconds = "ns" in str(found.dtype)
    assert (first.year, middle.year, last.year) == (
        (1677, 1970, 2262) if nanoseconds else (1, 1970, 9999)
    )
    assert found.is_null()[3] if hasattr(found, "is_null") else pd.isna(found[3])
