"""Frames of pandas and polars, made of decoded columns or filled with them.

>>> import pandas
>>> frame = pandas.DataFrame({"sex": ["f", None], "age": [36.0, None]})
>>> found = {"sex": np.array(["f", "m"], object), "age": np.array([30.0, 41.0])}
>>> fill_frame(frame, found).values.tolist()
[['f', 36.0], ['m', 41.0]]
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from autoenc.rows.blocks import Array
from autoenc.rows.receiving import (
    has_type_of,
    is_category,
    limited_times,
    natural,
    received,
    refusal,
    type_of,
)

PANDAS, POLARS = "pandas", "polars"
# Formats of columns of which none are dates in text.
NO_FORMS: Mapping[str, str] = MappingProxyType({})
# The missing value of arrays of numbers, dates, durations and objects.
_MISSING: dict[str, Any] = {
    "f": np.nan,
    "M": np.datetime64("NaT", "us"),
    "m": np.timedelta64("NaT", "us"),
    "O": None,
}


def library_of(frame: Any) -> str | None:
    """Return the library of a frame, pandas or polars; None if the object is not a frame."""
    root = type(frame).__module__.split(".")[0]
    return root if root in (PANDAS, POLARS) and hasattr(frame, "columns") else None


def rows_of_frame(frame: Any, numbers: Array) -> Any:
    """Return a frame of pandas or polars with some rows, given by their numbers."""
    return frame.iloc[numbers] if library_of(frame) == PANDAS else frame[numbers]


def frame_like(
    columns: Mapping[str, Array], library: str, like: Any, forms: Mapping[str, str] = NO_FORMS
) -> Any:
    """Make a frame.

    Parameters
    ----------
    columns : mapping from name to array
        Decoded values.
    library : {"pandas", "polars"}
    like : frame, optional
        Source of index, names and types, if it is of this library. Numbers stay floats, because
        reconstructions of whole numbers are not whole.
    forms : mapping from name to str
        Formats of dates that were text in the data of `fit`; see `Encoding.forms`.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame

    Raises
    ------
    ValueError
        If a column of `like` cannot contain its values.
    """
    known: Any = like if library_of(like) == library else None
    labels = {} if known is None else {str(label): label for label in known.columns}
    found = {}
    for name, values in columns.items():
        own = known[labels[name]] if name in labels and values.dtype.kind != "f" else None
        found[labels.get(name, name)] = _series(values, library, own, name, forms.get(name))
    if library == POLARS:
        import polars

        return polars.DataFrame(found)
    import pandas

    frame = pandas.DataFrame(found)
    return frame if known is None else frame.set_index(known.index)


def fill_frame(
    frame: Any, columns: Mapping[str, Array], forms: Mapping[str, str] = NO_FORMS
) -> Any:
    """Return a frame with its missing entries replaced, in its own types.

    A column without values has the type of its replacements afterwards.

    Parameters
    ----------
    frame : pandas.DataFrame or polars.DataFrame
        Columns that are not in `columns` are unchanged.
    columns : mapping from name to array, (rows,)
        Replacements of missing entries; whole numbers are rounded.
    forms : mapping from name to str
        Formats of dates that were text in the data of `fit`; see `Encoding.forms`.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame

    Raises
    ------
    ValueError
        If a column cannot contain its replacements.
    """
    labels = {str(label): label for label in frame.columns}
    library = library_of(frame) or PANDAS
    for name, values in columns.items():
        own = frame[labels[name]]
        missing = _missing(own)
        if missing.any():
            needed = np.where(missing, values, _MISSING[values.dtype.kind]).astype(values.dtype)
            series = _series(needed, library, own, name, forms.get(name))
            frame = _filled(frame, labels[name], missing, series)
    return frame


def _missing(column: Any) -> Array:
    """Return which values of a column are missing."""
    if hasattr(column, "isna"):
        return np.asarray(column.isna())
    known = column.fill_nan(None) if column.dtype.is_float() else column
    return np.asarray(known.is_null().to_numpy())


def _filled(frame: Any, label: Any, missing: Array, series: Any) -> Any:
    """Return a frame in which missing values of a column are those of a series, in its dtype."""
    own = frame[label]
    if library_of(frame) == POLARS:
        import polars

        if not missing.all():
            own = own.cast(series.dtype)
            series = series.zip_with(polars.Series(missing), own)
        return frame.with_columns(series.alias(label))
    series = series.set_axis(own.index)
    frame = frame.copy()
    frame[label] = series if missing.all() else own.astype(series.dtype).where(~missing, series)
    return frame


def _series(values: Array, library: str, like: Any, name: str, form: str | None) -> Any:
    """Return decoded values as a series, in the type of another one, if that has a type."""
    if like is None or (_missing(like).all() and not has_type_of(like, values, form)):
        values, like = natural(values, form), None
    else:
        values = received(values, like, name, form)
    if library == PANDAS:
        return _pandas_series(values, like)
    import polars

    try:
        return _polars_series(values, like)
    except polars.exceptions.PolarsError as error:
        raise refusal(values, like, name) from error


def _pandas_series(values: Array, like: Any) -> Any:
    """Return values as a series, with the dtype of another series, to whose type they belong."""
    import pandas

    if values.dtype.kind in "mM":
        return _pandas_times(values, like)
    if like is None:
        return pandas.Series(values).infer_objects()
    series = pandas.Series(values, dtype=values.dtype)
    if is_category(like):
        known = like.cat.categories
        new = [one for one in series.dropna().unique() if one not in known]
        return series.astype(like.cat.add_categories(new).dtype if new else like.dtype)
    # Integers and booleans of NumPy cannot be missing.
    can_be_missing = not isinstance(like.dtype, np.dtype) or like.dtype.kind not in "biu"
    return series.astype(like.dtype) if can_be_missing or not series.isna().any() else series


def _pandas_times(values: Array, like: Any) -> Any:
    import pandas

    dtype = getattr(like, "dtype", None)
    zone = getattr(getattr(dtype, "pyarrow_dtype", dtype), "tz", None)
    values = limited_times(values, _unit_of(dtype), zone)
    # pandas has no unit of days.
    unit = "s" if values.dtype.str.endswith("[D]") else np.datetime_data(values.dtype)[0]
    series = pandas.Series(values.astype(f"{values.dtype.kind}8[{unit}]"))
    if zone is not None:
        series = series.dt.tz_localize("UTC").dt.tz_convert(zone)
    return series if like is None else series.astype(dtype)


def _unit_of(dtype: Any) -> str | None:
    """Return the unit of a dtype of dates or durations; None for another dtype."""
    dtype = getattr(dtype, "numpy_dtype", dtype)
    if hasattr(dtype, "unit"):
        return str(dtype.unit)
    return np.datetime_data(dtype)[0] if getattr(dtype, "kind", "") in ("m", "M") else None


def _polars_series(values: Array, like: Any) -> Any:
    """Return values as a series, with the dtype of another series, to whose type they belong."""
    import polars

    dtype = getattr(like, "dtype", None)
    if values.dtype.kind in "mM":
        unit, zone = (getattr(dtype, name, None) for name in ("time_unit", "time_zone"))
        values = limited_times(values, unit, zone)
        values = values.astype(f"{values.dtype.kind}8[us]")
        series = polars.Series(values)
        if zone is not None:
            series = series.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    else:
        found = values.tolist() if values.dtype == object else values
        if values.dtype == object and type_of(values) is object:
            # A column of polars has one type.
            found = [None if value is None else str(value) for value in found]
        series = polars.Series(found)
        series = series.fill_nan(None) if values.dtype.kind == "f" and like is not None else series
    if isinstance(dtype, polars.Enum):
        new = [one for one in dict.fromkeys(values.tolist()) if one is not None]
        dtype = polars.Enum(list(dict.fromkeys([*dtype.categories, *new])))
    return series if dtype is None else series.cast(dtype)
