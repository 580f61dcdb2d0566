"""DebugMode compares Python's and C's sums of elementwise functions, and finds them equal."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano

x = T.dmatrix("x")
VALUES = np.array([[1.0, 2.0, 0.25], [0.5, 3.0, 1.5]])


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (T.tanh(x).sum(), np.tanh(VALUES).sum()),
        (T.exp(x).sum(axis=0), np.exp(VALUES).sum(axis=0)),
        (T.sqr(x).prod(axis=1), np.square(VALUES).prod(axis=1)),
        (T.tanh(x).mean(), np.tanh(VALUES).mean()),
    ],
)
def test_debug_mode(result, expected):
    f = theano.function([x], result, mode="DebugMode")
    np.testing.assert_allclose(f(VALUES), expected)
