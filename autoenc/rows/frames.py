"""Frames of pandas and polars, made of decoded columns or filled with them.

>>> import pandas
>>> frame = pandas.DataFrame({"sex": ["f", None], "age": [36.0, None]})
>>> found = {"sex": np.array(["f", "m"], object), "age": np.array([30.0, 41.0])}
>>> fill_frame(frame, found).values.tolist()
[['f', 36.0], ['m', 41.0]]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autoenc.rows.blocks import Array
from autoenc.rows.encoding import DAY, END_OF_DATES, FIRST_DATE

PANDAS, POLARS = "pandas", "polars"


def library_of(frame: Any) -> str | None:
    """Return the library of a frame, pandas or polars; None if the object is not a frame."""
    root = type(frame).__module__.split(".")[0]
    return root if root in (PANDAS, POLARS) and hasattr(frame, "columns") else None


def rows_of_frame(frame: Any, numbers: Array) -> Any:
    """Return a frame of pandas or polars with some rows, given by their numbers."""
    return frame.iloc[numbers] if library_of(frame) == PANDAS else frame[numbers]


def frame_like(columns: Mapping[str, Array], library: str, like: Any) -> Any:
    """Make a frame.

    Parameters
    ----------
    columns : mapping from name to array
    library : {"pandas", "polars"}
    like : frame, optional
        Source of index, names and dtypes, if it is of this library. Numbers stay floats, because
        reconstructions of whole numbers are not whole.
    """
    known = like if library_of(like) == library else None
    labels = {} if known is None else {str(label): label for label in known.columns}
    series = _pandas_series if library == PANDAS else _polars_series
    found = {
        labels.get(name, name): series(values, None if known is None else known[labels[name]])
        for name, values in columns.items()
    }
    if library == POLARS:
        import polars

        return polars.DataFrame(found)
    import pandas

    frame = pandas.DataFrame(found)
    return frame if known is None else frame.set_index(known.index)


def fill_frame(frame: Any, columns: Mapping[str, Array]) -> Any:
    """Return a frame with its missing entries replaced, in its own dtypes.

    Parameters
    ----------
    frame : pandas.DataFrame or polars.DataFrame
        Columns that are not in `columns` are unchanged.
    columns : mapping from name to array, (rows,)
        Replacements of missing entries; whole numbers are rounded.
    """
    labels = {str(label): label for label in frame.columns}
    fill = _filled_pandas if library_of(frame) == PANDAS else _filled_polars
    for name, values in columns.items():
        frame = fill(frame, labels[name], values)
    return frame


def _filled_pandas(frame: Any, label: Any, values: Array) -> Any:
    own = frame[label]
    missing = np.asarray(own.isna())
    if not missing.any():
        return frame
    values = _own_objects(values, own)
    if str(own.dtype) == "category":
        found = [value for value in dict.fromkeys(values[missing]) if value is not None]
        own = own.cat.add_categories([value for value in found if value not in own.cat.categories])
    if own.dtype.kind in "iu":
        limits = np.iinfo(getattr(own.dtype, "numpy_dtype", own.dtype))
        values = _as_whole(values, limits.min, limits.max)
    series = _pandas_series(values, own, exact=True)
    return _with(frame, label, own.where(~missing, series.set_axis(own.index)))


def _as_whole(values: Array, lowest: int, highest: int) -> Array:
    """Return the nearest integers, as floats, that a column with these limits can hold."""
    # 2⁶³ - 1 is no float, and the nearest one, 2⁶³, is beyond the column.
    below = float(highest) if int(float(highest)) <= highest else math.nextafter(highest, 0)
    whole: Array = np.clip(np.rint(values), lowest, below)
    return whole


def _as_times(values: Array, unit: str | None, zone: Any) -> Array:
    """Return the nearest dates, or durations, that a column with this unit and zone can hold."""
    is_local = zone is not None and str(zone).lower() not in ("utc", "utc+00:00", "+00:00")
    if unit != "ns" and not is_local:
        return values
    first, last = FIRST_DATE * DAY, END_OF_DATES * DAY - 1
    if unit == "ns":  # 64 bits of nanoseconds, in microseconds
        last = (2**63 - 1) // 1000
        first = -last
    # The local time of a date may be up to a day earlier or later.
    margin = DAY if is_local else 0
    ends = np.array([first + margin, last - margin], f"{values.dtype.kind}8[us]")
    times: Array = np.clip(values.astype(ends.dtype), *ends)
    return times


def _with(frame: Any, label: Any, column: Any) -> Any:
    frame = frame.copy()
    frame[label] = column
    return frame


def _pandas_series(values: Array, like: Any, *, exact: bool = False) -> Any:
    """Return values as a series, with the dtype of another series if that fits.

    Numbers get this dtype only with `exact`.
    """
    import pandas

    if values.dtype.kind in "mM":
        values = _as_times(
            values, _unit_of(like), getattr(getattr(like, "dtype", None), "tz", None)
        )
        # pandas has no unit of days.
        unit = "s" if values.dtype.str.endswith("[D]") else np.datetime_data(values.dtype)[0]
        values = values.astype(f"{values.dtype.kind}8[{unit}]")
    series = pandas.Series(_own_objects(values, like))
    if like is None or (values.dtype.kind == "f" and not exact):
        return series
    if like.dtype == object:
        return _as_objects(series)
    zone = getattr(like.dtype, "tz", None)
    if zone is not None:
        series = series.dt.tz_localize("UTC").dt.tz_convert(zone)
    if like.dtype == bool and series.isna().any():
        return series
    return series.astype(like.dtype)


def _unit_of(like: Any) -> str | None:
    """Return the unit of a series of dates or durations; None for another series."""
    dtype: Any = getattr(like, "dtype", None)
    dtype = getattr(dtype, "numpy_dtype", dtype)
    if hasattr(dtype, "unit"):
        return str(dtype.unit)
    return np.datetime_data(dtype)[0] if getattr(dtype, "kind", "") in ("m", "M") else None


def _own_objects(values: Array, like: Any) -> Array:
    """Return values of a category as the objects of a column, whose text a model stores.

    Such objects are the intervals that `pandas.cut` makes.
    """
    if values.dtype != object or like is None:
        return values
    own = like.cat.categories if str(like.dtype) == "category" else like[like.notna()].unique()
    of_text = {str(one): one for one in own if not isinstance(one, str | bool | int | float)}
    found = np.empty(len(values), object)
    found[:] = [of_text.get(one, one) if isinstance(one, str) else one for one in values]
    return found


def _as_objects(series: Any) -> Any:
    """Return a series of Python objects: dates, if it has no times of day."""
    import pandas

    if series.dtype.kind != "M":
        return series.astype(object)
    has_times = bool((series.dropna() != series.dropna().dt.normalize()).any())
    values = series.dt.to_pydatetime() if has_times else series.dt.date
    objects = [
        None if missing else value for value, missing in zip(values, series.isna(), strict=True)
    ]
    return pandas.Series(objects, dtype=object)


def _filled_polars(frame: Any, label: str, values: Array) -> Any:
    import polars

    own = frame[label]
    if own.dtype.is_integer():
        limits = polars.select(lowest=own.dtype.min(), highest=own.dtype.max()).row(0)
        values = _as_whole(values, *limits)
    known = own.fill_nan(None) if own.dtype.is_float() else own
    series = _polars_series(values, own, exact=True)
    return frame.with_columns(
        polars.select(polars.coalesce(known, series)).to_series().alias(label)
    )


def _polars_series(values: Array, like: Any, *, exact: bool = False) -> Any:
    import polars

    if values.dtype.kind in "mM":
        dtype = getattr(like, "dtype", None)
        unit, zone = (getattr(dtype, name, None) for name in ("time_unit", "time_zone"))
        values = _as_times(values, unit, zone)
        values = values.astype(f"{values.dtype.kind}8[us]")
    series = polars.Series(values.tolist() if values.dtype == object else values)
    if like is None or (values.dtype.kind == "f" and not exact):
        return series
    if getattr(like.dtype, "time_zone", None):
        series = series.dt.replace_time_zone("UTC").dt.convert_time_zone(like.dtype.time_zone)
    return series.cast(like.dtype, strict=False)
