"""Slices that are variables are valid indices."""

import numpy as np
import pytest
from autoenc.theano.tensor.type_other import MakeSlice, slicetype

import autoenc.theano.tensor as T
from tests.theano.quick import function

x, part, i = T.dmatrix("x"), slicetype(), T.lscalar("i")
VALUES = np.arange(12.0).reshape(4, 3)
SLICES = [slice(1, 3), slice(None), slice(None, None, -1), slice(-2, None), slice(2, 0, -1)]


@pytest.mark.parametrize("value", SLICES, ids=str)
def test_a_slice_is_an_argument(value):
    f = function([x, part], [x[part], x[1:, part], x[..., part], x[part, 0]])
    found = f(VALUES, value)
    expected = [VALUES[value], VALUES[1:, value], VALUES[..., value], VALUES[value, 0]]
    for result, of_numpy in zip(found, expected, strict=True):
        np.testing.assert_array_equal(result, of_numpy)


def test_the_gradient_of_a_slice():
    gradient = function([x, part], T.grad((x[part] ** 2).sum(), x))(VALUES, slice(2, 3))
    np.testing.assert_array_equal(gradient, [[0] * 3, [0] * 3, [12, 14, 16], [0] * 3])


def test_a_slice_is_made_of_bounds():
    np.testing.assert_array_equal(function([x, i], x[MakeSlice()(i, None)])(VALUES, 2), VALUES[2:])
    np.testing.assert_array_equal(function([x], x[:, MakeSlice()(0, 2)])(VALUES), VALUES[:, :2])
