"""Shared variables of a script's own constructors, and modes of its own names."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano


class Ones:
    """A value of a kind that only the script knows."""


def test_a_constructor_of_a_script_comes_first():
    @theano.compile.shared_constructor
    def constructor(value, name=None, strict=False, allow_downcast=None, **more):
        if not isinstance(value, Ones):
            raise TypeError
        return theano.shared(np.ones(2), name=name)

    try:
        np.testing.assert_array_equal(theano.shared(Ones(), "w").get_value(), [1, 1])
        assert theano.shared(2.0).get_value() == 2
    finally:
        theano.compile.shared_constructor(constructor, remove=True)
    assert not hasattr(theano.shared(Ones()), "shape")


@pytest.mark.parametrize("value", [np.array(None), np.array([{}, "a"]), np.array(["abc"])])
def test_arrays_that_are_not_numbers_are_general_variables(value):
    variable = theano.shared(value, name="v")
    assert type(variable) is theano.compile.SharedVariable
    assert variable.type == theano.gof.generic
    assert str(variable) == "v"
    np.testing.assert_array_equal(variable.get_value(), value)
    with pytest.raises(TypeError):
        theano.shared(value, broadcastable=(False,))


def test_a_mode_has_the_name_that_a_script_gives_it():
    x = T.dscalar("x")
    theano.compile.mode.register_mode("mine", theano.Mode("py", "fast_compile"))
    assert theano.function([x], x + 1, mode="mine")(1) == 2
    with pytest.raises(ValueError, match="already taken"):
        theano.compile.register_mode("mine", theano.Mode("py", None))


def test_names_of_arguments():
    x = T.dmatrix("x")
    product = theano.function([x], T.dot(a=x, b=x))(np.eye(2) * 3)
    np.testing.assert_array_equal(product, np.eye(2) * 9)
    logarithms = theano.function([x], T.nnet.logsoftmax(c=x))(np.zeros((1, 2)))
    np.testing.assert_allclose(logarithms, -np.log([[2, 2]]))
