"""Activation functions against the oracle, and their lookup by name."""

import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.graph import ACTIVATIONS, linear, relu, resolve_activation
from tests import reference
from tests.graph.helpers import check_gradient, evaluate

NAMES = sorted(reference.ACTIVATIONS)
A = np.array([[-1e4, -30.5, -2.0, -0.25, 0.0, 0.25, 2.0, 30.5, 1e4]])


def test_the_names_are_those_of_the_documentation():
    assert sorted(ACTIVATIONS) == NAMES
    for name in NAMES:
        assert name in resolve_activation.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_value_is_the_oracles_and_float32_stays(name):
    value = evaluate(resolve_activation(name)(pt.constant(A.astype("float32"))))
    assert value.dtype == np.float32
    expected = reference.ACTIVATIONS[name](A)
    # The smallest values of the sigmoid and the softplus are subnormal in float32.
    np.testing.assert_allclose(value, expected, rtol=3e-6, atol=1e-30)


@pytest.mark.parametrize("name", NAMES)
def test_slope_is_the_oracles(name):
    a = pt.matrix("a")
    value = pytensor.grad(resolve_activation(name)(a).sum(), a)
    value = evaluate(value, {a: A.astype("float32")})
    assert value.dtype == np.float32
    np.testing.assert_allclose(value, reference.SLOPES[name](A), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_slope_by_finite_differences(name):
    a = np.array([[-3.0, -0.5, 0.125, 4.0]])
    check_gradient(ACTIVATIONS[name], a)


def test_slope_of_relu_at_zero_is_zero():
    a = pt.vector("a")
    assert evaluate(pytensor.grad(relu(a).sum(), a), {a: np.zeros(1, "float32")}) == 0


def test_linear_adds_nothing_to_the_graph():
    a = pt.matrix("a")
    assert linear(a) is a


def test_a_function_is_its_own_name():
    def cube(a):
        return a**3

    assert resolve_activation(cube) is cube
    assert resolve_activation(pt.sigmoid) is resolve_activation("sigmoid")


def test_an_unknown_name_is_refused_with_those_that_are_known():
    text = (
        "activation 'Sigmoid' is not known; expected one of "
        "linear, relu, sigmoid, softplus, tanh, or a function on symbolic expressions."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        resolve_activation("Sigmoid")


@pytest.mark.parametrize("activation", [None, 3, ["sigmoid"]])
def test_neither_name_nor_function_is_refused(activation):
    text = (
        f"activation is {activation!r}; expected a name or a function "
        "from symbolic expression to symbolic expression."
    )
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        resolve_activation(activation)


def test_relu_does_not_hide_nan():
    x = np.array([np.nan, -1.0, 0.0, 2.0], dtype="float32")
    np.testing.assert_array_equal(evaluate(relu(pt.constant(x))), [np.nan, 0, 0, 2])
