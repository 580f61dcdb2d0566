"""Defaults of missing values."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
def test_none_is_replaced_by_the_default(mode):
    x, y = T.dscalars("x", "y")
    f = theano.function([x, y], T.default(x, y), mode=mode)
    assert [float(f(1.0, 2.0)), float(f(None, 2.0)), float(f(1.0, None))] == [1, 2, 1]
    v = T.fvector("v")
    zeros = theano.shared(np.zeros(3, "float32"))
    g = theano.function([v], T.setdefault(v, zeros), mode=mode)
    np.testing.assert_array_equal(g(None), [0, 0, 0])
    np.testing.assert_array_equal(g([1.0, 2.0]), [1, 2])


def test_values_and_defaults_are_of_one_type():
    with pytest.raises(TypeError, match="same type"):
        T.default(T.dscalar(), T.fscalar())


def test_missing_and_wrong_arguments_are_still_refused():
    x, y = T.dscalars("x", "y")
    f = theano.function([x, y], x + y, mode="FAST_COMPILE")
    with pytest.raises(TypeError):
        f(1.0)
    with pytest.raises(TypeError):
        f(1.0, [2.0])
    with pytest.raises((TypeError, AttributeError)):
        f(None, 2.0)
