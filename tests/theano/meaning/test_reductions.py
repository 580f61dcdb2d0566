"""Reductions by any operation, as in Theano."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano

elemwise = T.elemwise
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
def test_debug_mode_finds_pythons_and_cs_sums_of_functions_equal(result, expected):
    f = theano.function([x], result, mode="DebugMode")
    np.testing.assert_allclose(f(VALUES), expected)


class Largest(elemwise.CAReduce):
    """A class whose constructor has other arguments."""

    def __init__(self, axis=None):
        elemwise.CAReduce.__init__(self, theano.scalar.maximum, axis)


class SumOfRows(T.Sum):
    def __init__(self):
        super().__init__(axis=1)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (Largest(0), VALUES.max(axis=0)),
        (Largest(), VALUES.max()),
        (SumOfRows(), VALUES.sum(axis=1)),
        (elemwise.CAReduce(theano.scalar.mul, 1), VALUES.prod(axis=1)),
        (elemwise.CAReduceDtype(theano.scalar.add, axis=(0,)), VALUES.sum(axis=0)),
    ],
)
def test_derived_classes(op, expected):
    np.testing.assert_allclose(theano.function([x], op(x))(VALUES), expected)


@pytest.mark.parametrize(
    ("dtype", "more", "found"),
    [("int8", {}, "int64"), ("uint16", {}, "uint64"), ("int8", {"dtype": "int16"}, "int16")],
)
def test_types_of_reductions(dtype, more, found):
    y = T.vector(dtype=dtype)
    result = elemwise.CAReduceDtype(theano.scalar.add, **more)(y)
    value = theano.function([y], result)(np.array([100, 100], dtype))
    assert (result.dtype, value.dtype, value) == (found, found, 200)
