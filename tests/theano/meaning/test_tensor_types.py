"""Types of tensors take patterns of broadcastable dimensions."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function


@pytest.mark.parametrize(
    "kind",
    [
        T.TensorType("float64", (0, 1)),
        T.TensorType("float64", [False, True], name="column"),
        T.TensorType(dtype="float64", broadcastable=np.array([0, 1])),
        T.TensorType("float64", (False, True), sparse_grad=True),
        T.TensorType("float64", shape=(None, 1)),
    ],
)
def test_a_zero_is_a_dimension_that_does_not_broadcast(kind):
    assert kind == T.dcol
    x = kind("x")
    column = np.ones((3, 1))
    np.testing.assert_array_equal(function([x], x + np.zeros((1, 2)))(column), np.ones((3, 2)))


def test_variables_have_these_types():
    x = T.tensor("int32", (0, 0))
    assert x.type == T.imatrix
    assert isinstance(x.type, T.TensorType)
    assert issubclass(type(x.type), T.TensorType)
    assert not isinstance(theano.generic, T.TensorType)
    assert T.Tensor is T.TensorType


def test_scripts_derive_types():
    class Special(T.TensorType):
        def __init__(self):
            T.TensorType.__init__(self, "float32", (0,))

    assert Special().shape == (None,)
    assert isinstance(Special(), Special)
    assert not isinstance(T.fvector, Special)


def test_an_unknown_dtype():
    with pytest.raises(TypeError):
        T.TensorType("float99", (0,))
