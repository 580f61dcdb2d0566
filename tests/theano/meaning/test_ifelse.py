"""Branches of conditions."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc.theano.ifelse import ifelse
from tests.theano.quick import function

x = T.dscalar("x")


def test_comparisons_are_int8_beside_int8():
    # In Theano 0.9, all comparisons were int8.
    whole = T.constant(np.int8(1))
    chosen = ifelse(x > 2, whole, x > 0)
    assert chosen.dtype == "int8"
    assert [int(function([x], chosen)(value)) for value in (3, 1, -1)] == [1, 1, 0]
    first, second = ifelse(x > 2, [x > 3, x], [whole, 2 * x])
    assert [float(v) for v in function([x], [first, second])(1)] == [1, 2]


def test_other_dtypes_are_not_cast():
    with pytest.raises(TypeError, match="dtype"):
        ifelse(x > 2, T.constant(np.int16(1)), x > 0)
