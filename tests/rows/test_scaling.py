"""Scaling against scikit-learn's scaler, and columns whose spread a cast would lose."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.preprocessing import MinMaxScaler

from autoenc.rows.casting import scaling_of
from autoenc.rows.scaling import ColumnScaling


@pytest.fixture
def values(rng):
    values = rng.normal(50, 20, size=(40, 4))
    values[:, 2] = 7
    return values


def test_as_scikit_learn_does(values):
    values[5, 1] = np.nan
    scaling = ColumnScaling.minmax(values[:30])
    expected = MinMaxScaler(clip=True).fit(values[:30]).transform(values)
    np.testing.assert_allclose(scaling.forward(values), expected, atol=1e-12)
    np.testing.assert_allclose(scaling.backward(scaling.forward(values[:30])), values[:30])


def test_values_beyond_are_counted(values):
    scaling = ColumnScaling.minmax(values[:30])
    assert scaling.outside(values[:30]).sum() == 0
    assert scaling.outside(values[:30].astype(np.float32)).sum() == 0
    beyond = values[30:] > values[:30].max(axis=0)
    beyond |= values[30:] < values[:30].min(axis=0)
    assert scaling.outside(values).sum() == beyond.sum() > 0


def test_json_keeps_every_bit(values):
    scaling = ColumnScaling.minmax(values)
    again = ColumnScaling.from_dict(json.loads(json.dumps(scaling.to_dict())))
    np.testing.assert_array_equal(again.forward(values), scaling.forward(values))


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_what_is_beyond_does_not_depend_on_units(values, unit, offset):
    scaling = ColumnScaling.minmax((values[:30] + offset) * unit)
    expected = ColumnScaling.minmax(values[:30]).outside(values).sum()
    assert scaling.outside((values + offset) * unit).sum() == expected


@pytest.mark.parametrize("low, high", [(-1e308, 1e308), (0.0, 1e-310)])  # noqa: PT006
def test_a_range_that_cannot_be_scaled_is_refused(low, high):
    """It became a column of zeros, or of infinities."""
    with pytest.raises(ValueError, match=r"column 1 .* has a range of .* cannot be scaled"):
        ColumnScaling.minmax(np.array([[0.0, low], [1.0, high]]))


def test_infinity_and_nan_are_not_clipped():
    scaling = ColumnScaling.minmax(np.array([[0.0], [2.0]]))
    found = scaling.forward(np.array([[np.inf], [-np.inf], [np.nan], [3.0]]))
    np.testing.assert_array_equal(found, [[np.inf], [-np.inf], [np.nan], [1.0]])


# 1e9 ± 1 in every container that rows come in.
NEAR = 1e9 + np.random.default_rng(0).integers(-1, 2, size=(40, 1)).astype(float)
ROWS = np.hstack([NEAR, np.random.default_rng(1).normal(size=(40, 1))])
CONTAINERS = {
    "float64": ROWS,
    "object": ROWS.astype(object),
    "list": ROWS.tolist(),
    "frame": pd.DataFrame(ROWS, columns=["time", "x"]),
    "frame of integers": pd.DataFrame({"time": NEAR.ravel().astype("int64"), "x": ROWS[:, 1]}),
    "integers": np.round(np.hstack([NEAR, NEAR - 1e9])).astype("int64"),
    "masked": np.ma.MaskedArray(ROWS, np.zeros_like(ROWS, bool)),
}


@pytest.mark.parametrize("X", CONTAINERS.values(), ids=CONTAINERS)
def test_a_column_that_float32_loses_is_centred_or_refused(X):
    scaling = scaling_of(X, dtype="float32", centred=True)
    np.testing.assert_array_equal(scaling.offset, [1e9, 0])
    assert scaling.kind == "centred"
    with pytest.raises(ValueError, match=r"in column 0.*float32 holds so few different numbers"):
        scaling_of(X, dtype="float32", centred=False)
    assert scaling_of(X, dtype="float64", centred=False) is None


@pytest.mark.parametrize(
    "column",
    [
        np.full(30, 1e9),
        # A day of seconds, two million apart: float32 tells them apart well enough.
        1.7e9 + np.linspace(0, 2e8, 30),
        # Constant but for the rounding of float64.
        0.1 * np.arange(1, 31) / np.arange(1, 31),
        # Identifiers of a wide range.
        np.random.default_rng(0).integers(0, 2**40, 30),
        np.float32(1e9) + 64 * np.arange(30, dtype="float32"),
        np.where(np.arange(30) < 29, np.arange(30.0), 1e12),
    ],
    ids=["constant", "wide", "rounding", "identifiers", "float32", "an outlier"],
)
def test_other_columns_are_cast_as_they_are(column):
    X = (
        np.column_stack([column, np.arange(30.0)])
        if column.dtype != "float32"
        else column[:, None]
    )
    assert scaling_of(X, dtype="float32", centred=False) is None


def test_in_the_unit_interval_small_differences_are_small():
    X = np.column_stack([0.5 + 1e-9 * np.arange(30), np.linspace(0, 1, 30)])
    assert scaling_of(X, dtype="float32", centred=False) is None


def test_integers_that_float64_loses_are_refused():
    X = (2**60 + np.arange(20)[:, None]).astype("int64")
    for dtype in ("float32", "float64"):
        with pytest.raises(ValueError, match=r"column 0 .*|column 0; float64 holds so few"):
            scaling_of(X, dtype=dtype, centred=True)


def test_sparse_columns_are_refused_not_centred():
    with pytest.raises(ValueError, match="in column 0; float32 holds so few"):
        scaling_of(sparse.csr_array(ROWS), dtype="float32", centred=True)
    assert scaling_of(sparse.csr_array(ROWS - [1e9, 0]), dtype="float32", centred=True) is None


def test_values_that_cannot_be_squared_are_refused_by_name():
    """In float64 their deviation was infinite, and the column became zeros."""
    frame = pd.DataFrame({"x": [1.0, 2.0], "far": [1e200, 2e200]})
    for dtype in ("float32", "float64"):
        with pytest.raises(ValueError, match=r"up to 2e\+200 in column 1 \('far'\)"):
            scaling_of(frame, dtype=dtype, centred=True, names=["x", "far"])
