"""Indices with None, which give what the real Theano 1.0.5 gives."""

import numpy as np
import pytensor.tensor as pt
import pytest

import autoenc.theano.tensor as T

ALL = slice(None)


def of_kind(broadcastable):
    """Return a variable and a value for it, with two entries in the other dimensions."""
    shape = [1 if one else 2 for one in broadcastable]
    value = np.arange(float(np.prod(shape))).reshape(shape)
    return T.TensorType("float64", broadcastable)(), value


# Theano drops dimensions without an index if all of them are broadcastable.
@pytest.mark.parametrize(
    ("broadcastable", "index", "shape"),
    [
        ((True,), None, (1,)),
        ((True,), (None, None), (1, 1)),
        ((False, True), (ALL, None), (2, 1)),
        ((False, True), (None, ALL), (1, 2)),
        ((False, True), (0, None), (1,)),
        ((False, True), (slice(1, None), None), (1, 1)),
        ((False, True), (None, ALL, None), (1, 2, 1)),
        ((False, True), (pt.constant(1), None), (1,)),
        ((True, True), (None, None), (1, 1)),
        ((False, True, True), (ALL, None), (2, 1)),
        ((False, False, True), (ALL, None, ALL), (2, 1, 2)),
        # With an index for each dimension, there is nothing to drop.
        ((False, True), (ALL, None, ALL), (2, 1, 1)),
        ((False, True), (..., None), (2, 1, 1)),
        ((False, True), (None, ...), (1, 2, 1)),
        ((False,), (None, ALL), (1, 2)),
    ],
)
def test_new_axes_of_theano(broadcastable, index, shape):
    x, value = of_kind(broadcastable)
    assert x[index].type.ndim == len(shape)
    assert x[index].eval({x: value}).shape == shape


@pytest.mark.parametrize("index", [None, (ALL, None), (0, None), (None, [0])])
@pytest.mark.parametrize("broadcastable", [(False, False), (True, False), (False, True, False)])
def test_where_theano_raised_an_error_the_meaning_is_numpys(broadcastable, index):
    x, value = of_kind(broadcastable)
    np.testing.assert_array_equal(x[index].eval({x: value}), value[index])


def test_arrays_as_indices_are_as_in_numpy():
    x, value = of_kind((False, True))
    rows = np.array([1, 0])
    np.testing.assert_array_equal(x[rows, None].eval({x: value}), value[rows, None])


def test_packages_of_today_index_as_numpy_does():
    x = pt.col("x")
    code = compile("y = x[:, None]", "<test>", "exec")
    for name, ndim in (("pytensor.tensor.math", 3), ("autoenc.graph.costs", 3), ("script", 2)):
        names = {"__name__": name, "x": x}
        exec(code, names)
        assert names["y"].type.ndim == ndim
