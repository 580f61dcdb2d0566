"""Names of types are Theano's, and those in C code stay PyTensor's."""

import subprocess
import sys

import numpy as np
import pytest
from pytensor.compile.debug.debugmode import InvalidValueError
from pytensor.link.c.params_type import ParamsType
from pytensor.scalar import int64

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function

OF_STRUCT = """
from pytensor.link.c.params_type import ParamsType
from pytensor.scalar import int64
from pytensor.tensor.type import lvector
print(ParamsType(order=lvector, ndim=int64).name)
"""


def test_names_of_types():
    assert [str(kind) for kind in (T.fmatrix, T.lvector, T.dcol)] == [
        "TensorType(float32, matrix)",
        "TensorType(int64, vector)",
        "TensorType(float64, col)",
    ]
    assert repr(T.TensorType("float32", (False,) * 4)) == "TensorType(float32, 4D)"


def test_the_name_of_a_struct_is_the_one_without_theano():
    assert theano.__version__
    plain = subprocess.run(
        [sys.executable, "-c", OF_STRUCT], capture_output=True, text=True, check=True
    )
    assert ParamsType(order=T.lvector, ndim=int64).name == plain.stdout.strip()


class Doubling(T.TensorVariable):
    def twice(self):
        return self + self


class WithDoubling(T.TensorType):
    Variable = Doubling


def test_the_variables_of_a_type_are_of_its_class():
    v = WithDoubling("float64", (False,))("v")
    assert isinstance(v, Doubling)
    np.testing.assert_array_equal(theano.function([v], v.twice())([1.0, 2.0]), [2, 4])


def test_debug_mode_requires_finite_numbers():
    x = T.dvector("x")
    f = theano.function([x], (x + 2) * 5, mode="DebugMode")
    np.testing.assert_array_equal(f([1.0, 2.0]), [15.0, 20.0])
    for value in (np.nan, np.inf):
        with pytest.raises(InvalidValueError):
            f([1.0, value])
    with theano.config.change_flags(**{"DebugMode.check_finite": False}):
        g = theano.function([x], (x + 2) * 5, mode=theano.compile.DebugMode(check_isfinite=False))
    np.testing.assert_array_equal(g([np.inf]), [np.inf])


def test_a_type_makes_zeros():
    zeros = T.fmatrix.value_zeros((2, 3))
    assert (zeros.dtype, zeros.shape, zeros.any()) == (np.float32, (2, 3), False)


def test_a_type_may_allow_infinite_numbers_in_debug_mode():
    kind = T.TensorType("float64", (False,))
    kind.filter_checks_isfinite = False
    x = kind("x")
    f = theano.function([x], T.isnan(x), mode="DebugMode")
    np.testing.assert_array_equal(f([0.0, np.nan]), [False, True])


@pytest.mark.parametrize(
    "typed", [T.fvector("x"), theano.shared(np.ones(2, np.float32)), T.fvector]
)
def test_types_and_variables_are_dtypes(typed):
    y = T.dvector("y")
    made = [
        y.zeros_like(typed),
        T.ones_like(y, dtype=typed),
        T.zeros(2, typed),
        T.ones((2,), typed),
    ]
    made += [T.constant(0, dtype=typed), T.zeros_like(theano.shared(np.ones(2)), typed)]
    assert [one.dtype for one in made] == ["float32"] * 6
    assert np.zeros(3, dtype=typed).dtype == np.ones(3).astype(typed).dtype == np.float32
    np.testing.assert_array_equal(function([y], y.ones_like(typed))([3.0, 4.0]), [1, 1])


def test_scalars_and_sparse_variables_are_dtypes():
    number = theano.scalar.int8("number")
    sparse = theano.sparse.csr_matrix("sparse", dtype="float32")
    assert [np.dtype(v) for v in (number, number.type, sparse)] == [np.int8, np.int8, np.float32]
