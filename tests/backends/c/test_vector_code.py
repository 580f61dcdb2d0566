"""Scalar operations with C code for vectors compute what NumPy computes."""

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
import pytest
from pytensor.scalar.basic import Composite

from autoenc.backends import resolve_backend
from autoenc.backends.c.vector_code import FloatLiteral, in_vectors

# More values than a vector has, and a rest.
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.5, 1e-45, 3.4e38])
ROWS = np.repeat(SPECIAL, len(SPECIAL)).reshape(len(SPECIAL), -1)
COLUMNS = np.ascontiguousarray(ROWS.T)


def in_c(expression, *arrays):
    inputs = [pt.matrix(dtype=array.dtype) for array in arrays]
    return resolve_backend("c", "cpu").function(inputs, expression(*inputs))(*arrays)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_extremes_of_two_matrices_are_numpys(name, dtype):
    with np.errstate(over="ignore"):
        x, y = ROWS.astype(dtype), COLUMNS.astype(dtype)
    np.testing.assert_array_equal(in_c(getattr(pt, name), x, y), getattr(np, name)(x, y))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("number", [0.0, -1.5, np.inf, np.nan])
def test_the_extremes_of_a_matrix_and_a_number_are_numpys(name, number):
    x = ROWS.astype("float32")
    number = np.float32(number)
    function, expected = getattr(pt, name), getattr(np, name)(x, number)
    np.testing.assert_array_equal(in_c(lambda v: function(v, number) * 1, x), expected)
    np.testing.assert_array_equal(in_c(lambda v: function(number, v) * 1, x), expected)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint8"])
def test_the_extremes_of_integers_are_numpys(dtype):
    x = np.arange(-6, 6).reshape(3, 4).astype(dtype)
    y = x[:, ::-1].copy()
    np.testing.assert_array_equal(in_c(pt.maximum, x, y), np.maximum(x, y))
    np.testing.assert_array_equal(in_c(pt.minimum, x, y), np.minimum(x, y))


def test_numbers_have_single_precision():
    """NumPy's products of float32 are rounded once, and their factor is the nearest float32."""
    x = np.random.default_rng(0).normal(size=(50, 40)).astype("float32")
    for number in map(np.float32, (0.1, 1 / 3, 1e-38, 16777217.0, -7e30)):
        scaled = in_c(lambda v, n=number: abs(v) * n, x)
        np.testing.assert_array_equal(scaled, abs(x) * number)


def test_only_loops_of_float32_have_literals():
    single, double = ps.float32(), ps.float64()
    tenth = ps.constant(np.float32(0.1))
    mixed = Composite(
        [single, double], [single * tenth + double * ps.constant(0.1, dtype="float64")]
    )
    written = in_vectors(mixed)
    literals = [node for node in written.fgraph.toposort() if isinstance(node.op, FloatLiteral)]
    assert len(literals) == 1
    assert literals[0].op.impl() == np.float32(0.1)
    assert written(single, double).type == mixed(single, double).type
    assert written.impl(np.float32(3), 2.0) == mixed.impl(np.float32(3), 2.0)


def test_an_operation_without_such_code_stays():
    assert in_vectors(ps.exp) is ps.exp
    assert in_vectors(ps.maximum) == in_vectors(ps.maximum)
