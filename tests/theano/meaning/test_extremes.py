"""Maxima and minima over axes are those of Theano."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from tests.theano.quick import function


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
@pytest.mark.parametrize("axis", [[], (), [0, 0], [1, 0], np.array([0, 1]), [np.array(1)]])
def test_extremes_over_axes(name, axis):
    x = T.dmatrix("x")
    values = np.array([[3.0, 1, 4], [1, 5, 9]])
    # Without axes, Theano reduced all of them. With several, a position follows their order.
    axes = tuple(dict.fromkeys(map(int, axis))) or (0, 1)
    turned = values.transpose([i for i in (0, 1) if i not in axes] + list(axes))
    lines = turned.reshape(*turned.shape[: 2 - len(axes)], -1)
    expected = getattr(lines, name)(-1)
    for result in (getattr(T, name)(x, axis=axis), getattr(x, name)(axis)):
        np.testing.assert_array_equal(function([x], result)(values), expected)
    kept = function([x], getattr(T, name)(x, axis=axis, keepdims=True))(values)
    shape = [1 if i in axes else length for i, length in enumerate(values.shape)]
    np.testing.assert_array_equal(kept, expected.reshape(shape))
