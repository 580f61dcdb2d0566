"""Stripes along diagonals."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc.theano.tensor.nnet import conv3d2d
from tests.theano.quick import function

values = np.arange(18.0).reshape(6, 3)
# Computed by Theano 1.0.5.
stripe = [[6, 4, 2], [9, 7, 5], [12, 10, 8], [15, 13, 11]]
x = T.dmatrix("x")


def test_a_stripe_of_a_matrix():
    np.testing.assert_array_equal(conv3d2d.get_diagonal_subtensor_view(values, 0, 1), stripe)
    result = conv3d2d.diagonal_subtensor(x, 0, 1)
    np.testing.assert_array_equal(function([x], result)(values), stripe)


def test_the_gradient_is_added_to_the_stripe():
    result = T.grad(conv3d2d.diagonal_subtensor(x, 0, 1).sum(), x)
    expected = np.ones((6, 3))
    expected[0, :2] = expected[1, 0] = expected[4, 2] = expected[5, 1:] = 0
    np.testing.assert_array_equal(function([x], result)(values), expected)


@pytest.mark.parametrize("axes", [(2, 1), (3, 0), (2, 3)])
def test_axes_of_a_tensor(axes):
    y = T.dtensor4("y")
    array = np.arange(48.0).reshape(2, 2, 4, 3)
    view = conv3d2d.get_diagonal_subtensor_view(array, *axes)
    taken = conv3d2d.diagonal_subtensor(y, *map(T.constant, axes))
    added = conv3d2d.inc_diagonal_subtensor(y, *axes, np.ones(view.shape))
    taken, added = function([y], [taken, added])(array)
    np.testing.assert_array_equal(taken, view)
    expected = array.copy()
    conv3d2d.get_diagonal_subtensor_view(expected, *axes)[:] += 1
    np.testing.assert_array_equal(added, expected)


def test_an_axis_that_is_too_short():
    with pytest.raises(NotImplementedError):
        conv3d2d.get_diagonal_subtensor_view(values, 1, 0)
    f = function([x], conv3d2d.diagonal_subtensor(x, 1, 0))
    with pytest.raises(NotImplementedError):
        f(values)
