"""Activation functions keep Theano's dtypes."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from tests.theano.quick import function


@pytest.mark.parametrize(
    ("make", "values", "dtype"),
    [
        (T.fvector, [-8, -2, -0.5, 0, 0.5, 4, 8], "float32"),
        (T.dvector, [-8, -2, -0.5, 0, 0.5, 4, 8], "float64"),
        (T.bvector, [-8, -2, 0, 0, 0, 4, 8], "float32"),
        (T.ivector, [-8, -2, 0, 0, 0, 4, 8], "float64"),
    ],
)
def test_ultra_fast_sigmoid(make, values, dtype):
    x = make("x")
    result = function([x], T.nnet.ultra_fast_sigmoid(x))(np.asarray(values, x.dtype))
    # Computed by Theano 1.0.5.
    half = [0.35, 0.5, 0.65] if x.dtype.startswith("float") else [0.5] * 3
    expected = [0.00247262, 0.125, *half, 0.9745867, 0.99752738]
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, atol=1e-7)
