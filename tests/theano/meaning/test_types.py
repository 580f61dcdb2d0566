"""Names of types are Theano's, and those in C code stay PyTensor's."""

import subprocess
import sys

from pytensor.link.c.params_type import ParamsType
from pytensor.scalar import int64

import autoenc.theano.tensor as T
from autoenc import theano

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
