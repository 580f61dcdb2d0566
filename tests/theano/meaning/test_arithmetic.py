"""Arithmetic has Theano's dtypes."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from tests.theano.quick import function


def test_chi2sf_is_a_float64():
    x = T.fvector("x")
    result = function([x], T.chi2sf(x, np.float32(3)))(np.array([0.5, 2, 7], "float32"))
    assert result.dtype == "float64"
    # Computed by Theano 1.0.5.
    np.testing.assert_allclose(result, [0.91889141, 0.5724067, 0.07189777], rtol=1e-7)


@pytest.mark.parametrize(("n", "expected"), [(1, [True, False]), (2, [True])])
def test_bools_differ_or_not(n, expected):
    x = T.tensor("bool", (False,))
    result = function([x], T.extra_ops.diff(x, n))(np.array([True, False, False]))
    np.testing.assert_array_equal(result, expected, strict=True)
