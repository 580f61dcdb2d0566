"""Rows read from arrays, without scikit-learn's checks if these would find nothing."""

import numpy as np
import pandas as pd
import pytest

from autoenc.rows import reading
from autoenc.rows.columns import columns_of
from autoenc.rows.reading import read_rows

VALUES = np.arange(24).reshape(6, 4) % 7
ARRAYS = {
    **{d: VALUES.astype(d) for d in ("?", "i1", "u1", "i8", "f2", "f4", "f8", "g", ">f4", ">i4")},
    "columns first": np.asfortranarray(VALUES / 7),
    "every second": (VALUES / 7)[::2, ::-1],
    "read-only": np.frombuffer((VALUES / 7).tobytes()).reshape(6, 4),
    "too large": np.array([[1e300, -1e300, np.nan, np.inf]]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_as_scikit_learn_reads_them(name, dtype, monkeypatch):
    columns, X = columns_of("AutoEncoder", 4), ARRAYS[name]
    with np.errstate(over="ignore"):
        expected = reading._validated(columns, X, dtype, reset=False)
    monkeypatch.setattr(reading, "validate_data", None)  # which takes longer than small models
    rows = read_rows(columns, X, dtype=dtype, reset=False)
    assert rows.dtype == dtype
    assert rows.flags.c_contiguous
    assert rows.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 3)), "X has 3 features, but AutoEncoder is expecting 4 features"),
        (np.zeros(4), "Expected 2D array, got 1D array"),
        (np.zeros((0, 4)), "0 sample"),
        (np.zeros((2, 4), complex), "Complex data not supported"),
        (np.full((2, 4), "x"), "'x' at row 0, column 0"),
    ],
)
def test_other_arrays_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        read_rows(columns_of("AutoEncoder", 4), X, dtype="float32", reset=False)


def test_an_array_for_columns_with_names_is_warned_of():
    columns = columns_of("AutoEncoder", 2, np.array(["a", "b"], object))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        read_rows(columns, np.zeros((1, 2)), dtype="float32", reset=False)


@pytest.mark.parametrize("dtype", [float, object])
def test_columns_of_the_same_name_are_refused(dtype):
    """The message of the library of frames named no data, and not all calls refused them."""
    X = np.arange(12.0).reshape(4, 3)
    frame = pd.DataFrame(X, columns=["a", "b", "a"], dtype=dtype)
    for reset in (True, False):
        with pytest.raises(ValueError, match=r"X has 2 columns named 'a'; rename them\."):
            read_rows(columns_of("AutoEncoder", 3), frame, dtype="float32", reset=reset)
