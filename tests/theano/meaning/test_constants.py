"""Values of constant expressions."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano

m = T.dmatrix("m")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (T.constant(3), 3),
        (T.constant([[2.0, 2.0]]), 2),
        (T.zeros_like(m), 0),
        (T.fill(m, 4.0), 4),
        (T.ones((2, 2)) * 3, 3),
        (2.5, 2.5),
    ],
)
def test_the_only_value_of_a_tensor(expression, expected):
    value = theano.tensor.get_scalar_constant_value(expression)
    assert value == theano.get_scalar_constant_value(expression) == expected
    assert np.ndim(value) == 0


def test_a_variable_has_the_method():
    assert T.zeros_like(m).get_scalar_constant_value() == 0


@pytest.mark.parametrize("expression", [m, T.constant([2.0, 3.0]), np.ones((2, 2))])
def test_expressions_without_one_value(expression):
    with pytest.raises(T.NotScalarConstantError):
        T.get_scalar_constant_value(expression)


def test_constants_only():
    assert T.get_scalar_constant_value(T.constant(2.0), only_process_constants=True) == 2
    with pytest.raises(T.NotScalarConstantError):
        T.get_scalar_constant_value(T.zeros_like(m), only_process_constants=True)
