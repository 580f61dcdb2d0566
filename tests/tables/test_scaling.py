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
    assert scaling.count_beyond(values[:30]) == 0
    assert scaling.count_beyond(values[:30].astype(np.float32)) == 0
    beyond = values[30:] > values[:30].max(axis=0)
    beyond |= values[30:] < values[:30].min(axis=0)
    assert scaling.count_beyond(values) == beyond.sum() > 0


def test_json_keeps_every_bit(values):
    scaling = MinMax.fit(values)
    again = MinMax.from_dict(json.loads(json.dumps(scaling.to_dict())))
    np.testing.assert_array_equal(again.apply(values), scaling.apply(values))
