"""Integers of mixed signs on XLA have the values of Theano 1.0.5's C code."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.engines.xla_conversions import common_dtype

# Results of Theano 1.0.5 for x = 1, 3 and y = -3, 2.
MIXED = [
    ("uint32", "int32", lambda x, y: x + y, [4294967294, 5]),
    ("uint32", "int32", lambda x, y: x * y, [4294967293, 6]),
    ("uint32", "int32", lambda x, y: x - T.constant(np.array(-3, "int32")), [4, 6]),
    ("uint32", "int32", lambda x, y: x // y, [4294967295, 1]),
    ("uint32", "int32", lambda x, y: x % y, [4294967294, 1]),
    ("uint32", "int32", lambda x, y: y // x, [4294967293, 0]),
    ("uint32", "int32", lambda x, y: x | y, [4294967293, 3]),
    ("uint32", "int32", lambda x, y: y ^ x, [4294967292, 1]),
    ("uint32", "int32", T.maximum, [-3, 3]),
    ("uint32", "int32", T.minimum, [1, 2]),
    ("uint32", "int32", lambda x, y: T.switch([1, 0], y, x), [4294967293, 3]),
    ("uint32", "int32", lambda x, y: T.clip(x, y, y + 5), [4294967293, 3]),
    ("uint32", "int8", T.lt, [True, False]),
    ("uint32", "int64", T.lt, [False, False]),
    ("uint32", "int64", lambda x, y: x + y, [-2, 5]),
    ("uint64", "int64", T.ge, [False, True]),
    ("uint64", "int64", lambda x, y: x + y, [2.0**64, 5.0]),
    ("uint64", "int64", T.maximum, [-3.0, 3.0]),
    ("uint16", "int8", lambda x, y: x + y, [-2, 5]),
]


@pytest.mark.parametrize(("unsigned", "signed", "compute", "expected"), MIXED)
def test_a_signed_integer_becomes_unsigned_beside_one_as_wide(unsigned, signed, compute, expected):
    x, y = T.vector("x", dtype=unsigned), T.vector("y", dtype=signed)
    f = theano.function([x, y], compute(x, y), mode="JAX", on_unused_input="ignore")
    result = f(np.array([1, 3], unsigned), np.array([-3, 2], signed))
    np.testing.assert_array_equal(result, np.array(expected, result.dtype))


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (("int8", "uint8"), "int32"),
        (("bool", "int16"), "int32"),
        (("uint32", "int32"), "uint32"),
        (("uint32", "int64"), "int64"),
        (("uint64", "int64"), "uint64"),
        (("uint64", "float32"), "float32"),
        (("float32", "float64"), "float64"),
    ],
)
def test_the_common_dtype_is_that_of_c(dtypes, expected):
    assert common_dtype(*dtypes) == expected


@pytest.mark.parametrize(
    ("dtype", "base", "exponent", "expected"),
    [
        ("int64", [3, 3, 0, -1, -1], [70, 30, 64, 64, 65], [-(2**63), 3**30, 0, 1, -1]),
        ("int8", [3, 3, 0, -1, 2], [70, 4, 64, 65, 3], [0, 81, 0, -1, 8]),
        ("uint16", [3, 3, 0, 2], [70, 10, 64, 9], [0, 59049, 0, 512]),
    ],
)
def test_large_exponents_are_not_shortened(dtype, base, exponent, expected):
    x, y = T.vector("x", dtype=dtype), T.vector("y", dtype=dtype)
    f = theano.function([x, y], x**y, mode="JAX")
    result = f(np.array(base, dtype), np.array(exponent, dtype))
    np.testing.assert_array_equal(result, np.array(expected, dtype))


def test_the_sign_of_minus_zero_is_zero():
    x = T.dvector("x")
    assert not np.signbit(theano.function([x], T.sgn(x), mode="JAX")([-0.0])).any()
