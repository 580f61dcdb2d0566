"""Integers that are equal as float64 are refused, however they are read."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from autoenc import AutoEncoder
from autoenc.sources import open_source

LEAST = 2**60
COLUMNS = {
    "x": np.linspace(0, 1, 30),
    "n": LEAST + np.arange(30) % 2,
    "m": np.arange(30),
}
RANGES = {1: (LEAST, LEAST + 1), 2: (0, 29)}


def dask_frame():
    import dask.dataframe as dd

    return dd.from_pandas(pd.DataFrame(COLUMNS), npartitions=3)


def hugging_face():
    import datasets

    return datasets.Dataset.from_dict({name: list(column) for name, column in COLUMNS.items()})


def with_gaps():
    frames = [pd.DataFrame(half).convert_dtypes() for half in halves()]
    frames[0].loc[3, "m"] = pd.NA
    return iter(frames)


def halves():
    return ({name: c[part] for name, c in COLUMNS.items()} for part in (slice(15), slice(15, 30)))


FORMS = {
    "lazy frame": lambda: pl.LazyFrame(COLUMNS),
    "Arrow": lambda: pa.table(COLUMNS),
    "data set in memory": lambda: pyarrow.dataset.dataset(pa.table(COLUMNS)),
    "dask": dask_frame,
    "Hugging Face": hugging_face,
    "dicts": halves,
    "pandas frames": lambda: map(pd.DataFrame, halves()),
    "nullable integers": with_gaps,
    "polars frames": lambda: map(pl.DataFrame, halves()),
    "tables": lambda: map(pa.table, halves()),
    "list of tables": lambda: list(map(pa.table, halves())),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.filterwarnings("ignore:.*can be iterated only once")
def test_equal_integers_are_refused(form):
    source = open_source(FORMS[form]())
    assert source.dtype == "float64"
    assert source.reader.exact_ranges() == RANGES
    with pytest.raises(ValueError, match=r"column 1.*; float64 holds so few different numbers"):
        AutoEncoder(2, n_epochs=1, verbose=False).fit(source)


def test_selected_rows_are_refused_too():
    source = open_source(pa.table(COLUMNS)).take(np.arange(10))
    with pytest.raises(ValueError, match=r"column 1.*; float64 holds so few different numbers"):
        AutoEncoder(2, n_epochs=1, verbose=False).fit(source)


def test_ranges_of_integers_beside_floats_of_the_same_column():
    floats, integers = np.zeros((3, 1)), np.full((4, 1), 2**60)
    assert open_source([integers, integers + 1]).dtype == "int64"
    assert open_source([floats, integers]).reader.exact_ranges() == {}


def test_integers_that_differ_as_floats_are_read():
    frame = pl.LazyFrame({"x": COLUMNS["x"], "n": LEAST + (np.arange(30) << 40)})
    model = AutoEncoder(2, n_epochs=1, verbose=False, random_state=0).fit(frame)
    assert np.isfinite(model.score_samples(frame)).all()


def test_a_column_of_arrow_is_rows():
    rows = open_source(pa.chunked_array([[1.0, 2.0], [3.0]]))
    assert rows[:].tolist() == [[1], [2], [3]]
