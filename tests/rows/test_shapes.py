"""Data that is not a table of real numbers is refused by name, without printing it."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from autoenc.rows.columns import columns_of
from autoenc.rows.reading import read_rows, read_unscaled
from autoenc.rows.shapes import check_shape

IMAGES = np.random.default_rng(0).random((5, 4, 3))
TABLE = IMAGES[0]

REFUSED = [
    (None, "data is None; expected numbers of shape"),
    (3.5, r"Expected 2D array, got scalar array instead: data is 3\.5; expected"),
    (np.float32(3), "Expected 2D array, got scalar array instead"),
    (np.array(3.0), "Expected 2D array, got scalar array instead"),
    (TABLE[0], r"got 1D array instead: data has shape \(3,\).*Reshape your data: numpy\.reshape"),
    (TABLE[0].tolist(), "got 1D array instead: data is a list, not of rows"),
    (list(TABLE[0]), "got 1D array instead: data is a list, not of rows"),
    ([np.True_, np.False_], "got 1D array instead: data is a list, not of rows"),
    ([None] * 500, "got 1D array instead: data is a list, not of rows"),
    ([Decimal(1)] * 500, "got 1D array instead: data is a list, not of rows"),
    (IMAGES, r"dim 3: data has shape \(5, 4, 3\).*data\.reshape\(len\(data\), -1\)"),
    (TABLE * 1j, r"Complex data not supported: .*numpy\.hstack\(\[data\.real"),
    ((TABLE * 1j).tolist(), "Complex data not supported"),
    (list(TABLE * 1j), r"Complex .*numpy\.hstack\(\[numpy\.array\(data\)\.real, "),
    ([[np.complex64(1j)] * 500], "Complex data not supported"),
    (sparse.csr_array(TABLE * 1j), "Complex data not supported"),
    (pd.Series(list(TABLE)), r"each element of data is an array.*give numpy\.stack\(data\)"),
    (pd.Series(list(TABLE)).to_numpy(), r"each element of data is an array.*numpy\.stack"),
    (np.float32(3) * np.ones(()), "got scalar array instead"),
    (b"x" * 500, "got scalar array instead"),
    ({"a": [1, 2]}, r"data is a dict; .* pandas\.DataFrame\(data\)"),
    (pd.Series([1.0, 2.0]), r"got a Series\. Pass a DataFrame: data\.to_frame\(\)"),
    (pl.Series([1.0, 2.0]), r"got a Series\. Pass a DataFrame: data\.to_frame\(\)"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED)
def test_refused(data, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_rows(columns_of("AutoEncoder"), data, dtype="float32", reset=True, name="data")
    assert len(str(caught.value)) < 300


RAGGED = [
    ([1, [2, 3]], "X has 2 values in row 1 and a single value, which is no list, in row 0"),
    ([[1, 2], [3]], "X has 1 value in row 1 and 2 values in row 0; expected as many in each row"),
    ([[1, 2], [3, [4]]], r"X has \[4\] at row 1, column 1; expected a number"),
    ([np.ones(2), np.ones(3)], "X has 3 values in row 1 and 2 values in row 0"),
]


@pytest.mark.parametrize(("data", "message"), RAGGED)
def test_lists_that_are_no_table_are_refused_with_their_row(data, message):
    """NumPy's message names neither, and only the first element was looked at."""
    fitted = columns_of("AutoEncoder", 2)
    for read in (
        lambda: read_rows(columns_of("AutoEncoder"), data, dtype="float32", reset=True),
        lambda: read_rows(fitted, data, dtype="float32", reset=False),
        lambda: read_unscaled(fitted, data),
    ):
        with pytest.raises(ValueError, match=message):
            read()


@pytest.mark.parametrize(
    "data",
    [TABLE, TABLE.tolist(), list(TABLE), tuple(map(tuple, TABLE)), sparse.csr_array(TABLE),
     sparse.dok_array(TABLE), sparse.coo_matrix(TABLE),
     pd.DataFrame(TABLE), pl.DataFrame(TABLE), TABLE.astype(object), [[]], []],
    ids=lambda data: type(data).__name__,
)  # fmt: skip
def test_other_data_is_left_to_later_checks(data):
    check_shape(data)


def test_advice_is_right():
    columns = columns_of("AutoEncoder")
    rows = read_rows(columns, IMAGES.reshape(len(IMAGES), -1), dtype="float32", reset=True)
    assert rows.shape == (5, 12)
    stacked = np.stack(pd.Series(list(TABLE)))
    np.testing.assert_array_equal(stacked, TABLE)
    both = np.hstack([(TABLE * 1j).real, (TABLE * 1j).imag])
    rows = read_rows(columns_of("AutoEncoder"), both, dtype="float32", reset=True)
    assert rows.shape == (4, 6)
