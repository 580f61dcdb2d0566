"""Scaling against scikit-learn's scaler."""

import json

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from autoenc.tables import MinMax


@pytest.fixture
def values(rng):
    values = rng.normal(50, 20, size=(40, 4))
    values[:, 2] = 7
    return values


def test_as_scikit_learn_does(values):
    values[5, 1] = np.nan
    scaling = MinMax.fit(values[:30])
    expected = MinMaxScaler(clip=True).fit(values[:30]).transform(values)
    np.testing.assert_allclose(scaling.apply(values), expected, atol=1e-12)
    np.testing.assert_allclose(scaling.undo(scaling.apply(values[:30])), values[:30])


def test_values_beyond_are_counted(values):
    scaling = MinMax.fit(values[:30])
    assert scaling.count_outside(values[:30]) == 0
    assert scaling.count_outside(values[:30].astype(np.float32)) == 0
    beyond = values[30:] > values[:30].max(axis=0)
    beyond |= values[30:] < values[:30].min(axis=0)
    assert scaling.count_outside(values) == beyond.sum() > 0


def test_json_keeps_every_bit(values):
    scaling = MinMax.fit(values)
    again = MinMax.from_dict(json.loads(json.dumps(scaling.to_dict())))
    np.testing.assert_array_equal(again.apply(values), scaling.apply(values))


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_what_is_beyond_does_not_depend_on_units(values, unit, offset):
    scaling = MinMax.fit((values[:30] + offset) * unit)
    expected = MinMax.fit(values[:30]).count_outside(values)
    assert scaling.count_outside((values + offset) * unit) == expected


@pytest.mark.parametrize("low, high", [(-1e308, 1e308), (0.0, 1e-310)])  # noqa: PT006
def test_a_range_that_cannot_be_scaled_is_refused(low, high):
    """It became a column of zeros, or of infinities."""
    with pytest.raises(ValueError, match=r"column 1 .* has a range of .* cannot be scaled"):
        MinMax.fit(np.array([[0.0, low], [1.0, high]]))


GOOD = {"kind": "minmax", "offset": [0.0, 1.0], "factor": [1.0, 2.0]}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "standard"},
        {"factor": [1.0]},
        {"factor": [1.0, 0.0]},
        {"factor": [1.0, -1.0]},
        {"factor": [1.0, float("nan")]},
        {"offset": [0.0, float("inf")]},
        {"offset": ["a", "b"]},
        {"offset": None},
        {"offset": [[0.0, 1.0]], "factor": [[1.0, 2.0]]},
    ],
)
def test_a_description_that_is_damaged(change):
    assert MinMax.from_dict(GOOD).factor.tolist() == [1, 2]
    with pytest.raises(ValueError, match="the scaling"):
        MinMax.from_dict(GOOD | change)
