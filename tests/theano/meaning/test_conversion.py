"""Objects become tensors."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from tests.theano.quick import function

v = T.dvector("v")


class Doubled:
    """Object that says which tensor it stands for."""

    def _as_TensorVariable(self):
        return v * 2


@pytest.mark.parametrize(
    "expression",
    [T.as_tensor_variable(Doubled()), Doubled() + v - v, v + Doubled() - v, T.abs_(Doubled())],
)
def test_objects_stand_for_tensors(expression):
    np.testing.assert_array_equal(function([v], expression)([1.0, 2.0]), [2, 4])


@pytest.mark.parametrize("value", [None, "a", {}, object()])
def test_what_is_no_tensor(value):
    with pytest.raises(T.AsTensorError, match="Cannot convert"):
        T.as_tensor_variable(value)
    with pytest.raises(TypeError):
        v + value
