"""Division of integers as config.int_division says."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import scalar
from autoenc.theano.modernise.runtime import divide

i, j, v = T.iscalar("i"), T.iscalar("j"), T.dscalar("v")
DIVISIONS = [
    lambda x, y: x.__div__(y),
    lambda x, y: y.__rdiv__(x),
    T.div_proxy,
    divide,  # a / b in Python 2
]


@pytest.fixture
def set_to():
    before = theano.config.int_division
    yield lambda value: setattr(theano.config, "int_division", value)
    theano.config.int_division = before


@pytest.mark.filterwarnings("ignore:Division of two integer types:DeprecationWarning")
@pytest.mark.parametrize("division", DIVISIONS)
@pytest.mark.parametrize(("setting", "quotient"), [("int", -4), ("floatX", -3.5)])
def test_integers(division, setting, quotient, set_to):
    set_to(setting)
    found = division(i, j)
    assert found.dtype == ("int32" if setting == "int" else theano.config.floatX)
    assert found.eval({i: -7, j: 2}) == quotient


@pytest.mark.parametrize("division", DIVISIONS)
def test_integers_are_refused_if_asked_for(division, set_to):
    set_to("raise")
    with pytest.raises(scalar.IntegerDivisionError, match="dividing two integer types with '/'"):
        division(i, j)


@pytest.mark.parametrize("setting", ["int", "floatX", "raise"])
@pytest.mark.parametrize("division", DIVISIONS)
def test_floats_have_the_true_quotient(division, setting, set_to):
    set_to(setting)
    np.testing.assert_allclose(division(v, j).eval({v: -7, j: 2}), -3.5)
    assert i.__truediv__(j).eval({i: -7, j: 2}) == -3.5


@pytest.mark.filterwarnings("ignore:Division of two integer types:DeprecationWarning")
def test_scalars(set_to):
    set_to("int")
    assert scalar.int_or_true_div(True, True) is scalar.int_div
    assert scalar.int_or_true_div(True, False) is scalar.true_div
    x, y = scalar.int32("x"), scalar.int32("y")
    assert scalar.div_proxy(x, y).owner.op is scalar.int_div
    set_to("floatX")
    assert scalar.div_proxy(x, y).owner.op is scalar.true_div
