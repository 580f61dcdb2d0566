"""Types of tensors take patterns of broadcastable dimensions."""

import pickle

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


@pytest.mark.parametrize("make", [lambda kind: kind.__new__(kind), object.__new__])
def test_types_in_pickles_of_theano(make):
    """Pickles create an object, with one of two protocols, and then set its state."""
    made = make(T.TensorType)
    made.__setstate__(
        {"dtype": "float64", "broadcastable": (False, True), "name": None, "sparse_grad": False}
    )
    assert made == T.dcol
    assert type(made) is type(T.dcol)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_types_can_be_pickled(protocol):
    kind = T.TensorType("int8", (0, 1), name="narrow")
    read = pickle.loads(pickle.dumps(kind, protocol))
    assert read == kind
    assert read.name == "narrow"


def test_shared_variables_in_pickles_of_theano_have_no_update():
    made = object.__new__(type(theano.shared(1.0)))
    assert made.default_update is None
