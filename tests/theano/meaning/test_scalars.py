"""Operations on single numbers."""

import numpy as np
import pytest
from autoenc.theano.tensor.elemwise import Elemwise

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import scalar
from tests.theano.quick import function


def test_types_are_transferred_to_outputs():
    of_first, common = scalar.transfer_type(0), scalar.transfer_type(None, "int8")
    assert of_first(scalar.int32, scalar.float64) == [scalar.int32]
    assert common(scalar.float32, scalar.float64) == [scalar.float64, scalar.int8]
    assert of_first == scalar.transfer_type(0)
    assert hash(of_first) == hash(scalar.transfer_type(0))
    assert of_first != common


def test_an_operation_overwrites_its_first_input():
    x, y = T.ivector("x"), T.dvector("y")
    added = Elemwise(scalar.Add(scalar.transfer_type(0)), {0: 0})(x, y)
    assert added.dtype == "int32"
    f = function([x, y], added, accept_inplace=True)
    np.testing.assert_array_equal(f([1, 2], [3.0, 4.0]), [4, 6])


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize(
    ("number", "dtype", "expected"),
    [(312, "int8", 56), (-1, "uint8", 255), (2**40 + 3, "int32", 3)],
)
def test_integers_wrap_around(number, dtype, expected, mode, caplog):
    x = T.vector(dtype=dtype)
    f = theano.function([x], x * T.cast(number, dtype), mode=mode)
    np.testing.assert_array_equal(f(np.ones(1, dtype)), [expected])
    assert not caplog.records
