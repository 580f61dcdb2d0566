"""Sums of matrices equal NumPy's in double precision, for every layout and thread count."""

import os
import subprocess
import sys

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoenc.backends.c.c_backend import CBackend
from autoenc.backends.c.matrix_sums import TERMS, MatrixSum
from autoenc.configuration import Settings

AXES = [0, 1, None]


@pytest.fixture(scope="module")
def sums():
    """Return a compiled sum for every term, axis and dtype."""
    backend = CBackend(Settings())
    functions = {}
    for dtype in ("float32", "float64"):
        for axis in AXES:
            x = pt.matrix("x", dtype=dtype)
            terms = {"ENTRIES": x, "SQUARES": x**2, "MAGNITUDES": abs(x)}
            for of, term in terms.items():
                with backend._flags():
                    function = pytensor.function([x], term.sum(axis=axis), mode=backend._mode)
                functions[of, axis, dtype] = function
    return functions


def ops(function):
    return [type(node.op) for node in function.maker.fgraph.apply_nodes]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("of", TERMS)
def test_sums_of_matrices_are_the_kernels(sums, of, axis, dtype):
    assert ops(sums[of, axis, dtype]) == [MatrixSum]


@given(
    rows=st.integers(0, 70) | st.just(900),
    columns=st.integers(0, 150) | st.just(784),
    dtype=st.sampled_from(["float32", "float64"]),
    axis=st.sampled_from(AXES),
    of=st.sampled_from(list(TERMS)),
    seed=st.integers(0, 99),
)
def test_they_are_those_of_double_precision(sums, rows, columns, dtype, axis, of, seed):
    x = np.random.default_rng(seed).normal(size=(rows, columns)).astype(dtype)
    result = sums[of, axis, dtype](x)
    expected = TERMS[of](x).sum(axis=axis, dtype="float64")
    assert result.shape == expected.shape
    assert result.dtype == dtype
    # Of float32 each sum is rounded once.
    tolerance = 2e-7 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=1e-10)


def test_what_float32_would_lose_is_kept(sums):
    x = np.ones((3, 5_000), dtype="float32")
    x[:, 0] = 2.0**24
    assert sums["ENTRIES", 1, "float32"](x).tolist() == [2.0**24 + 5_000] * 3
    assert sums["ENTRIES", 0, "float32"](x.T.copy()).tolist() == [2.0**24 + 5_000] * 3


@pytest.mark.parametrize("axis", AXES)
def test_entries_may_lie_anywhere(sums, axis):
    wide = np.random.default_rng(0).normal(size=(60, 90)).astype("float32")
    for x in (wide[::2], wide[:, ::3], wide[::-1, ::-1], wide.T, wide[:, :1], wide[:1]):
        np.testing.assert_allclose(
            sums["ENTRIES", axis, "float32"](x),
            x.sum(axis=axis, dtype="float64"),
            rtol=1e-6,
            atol=1e-5,
        )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_comes_out(sums, value):
    x = np.ones((200, 300), dtype="float32")
    x[150, 270] = value
    of_rows, of_columns = sums["ENTRIES", 1, "float32"](x), sums["ENTRIES", 0, "float32"](x)
    np.testing.assert_array_equal(sums["ENTRIES", None, "float32"](x), value)
    np.testing.assert_array_equal([of_rows[150], of_columns[270]], value)
    assert np.isfinite(np.delete(of_rows, 150)).all()
    assert np.isfinite(np.delete(of_columns, 270)).all()


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("of", TERMS)
def test_without_a_compiler_numpy_gives_the_same(sums, of, axis):
    x = np.random.default_rng(1).normal(size=(40, 30)).astype("float32")
    op = MatrixSum(axis, of)
    node = op.make_node(pt.matrix("x", dtype="float32"))
    outputs = [[None]]
    op.perform(node, [x], outputs)
    np.testing.assert_allclose(outputs[0][0], sums[of, axis, "float32"](x), rtol=1e-6)
    assert outputs[0][0].dtype == np.float32
    assert outputs[0][0].shape == sums[of, axis, "float32"](x).shape


def test_other_sums_are_left_to_pytensor():
    backend = CBackend(Settings())
    cube, whole = pt.tensor3("c"), pt.imatrix("i")
    with backend._flags():
        for x in (cube, whole):
            function = pytensor.function([x], x.sum(axis=1), mode=backend._mode)
            assert MatrixSum not in ops(function)
        x = pt.matrix("x")
        for total in (pt.exp(x).sum(), x.prod(), (x**2).prod(), (x**2).sum(dtype="float64")):
            function = pytensor.function([x], total, mode=backend._mode)
            assert MatrixSum not in ops(function)


def test_a_sum_over_no_axis_is_left_to_pytensor(caplog):
    backend = CBackend(Settings())
    x = pt.matrix("x", dtype="float32")
    with backend._flags():
        function = pytensor.function([x], x.sum(axis=[]), mode=backend._mode)
    assert MatrixSum not in ops(function)
    assert not caplog.records
    values = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(function(values), values)


SCRIPT = """
import sys
import numpy as np, pytensor, pytensor.tensor as pt
from autoenc.backends.c.c_backend import CBackend
from autoenc.configuration import Settings

backend = CBackend(Settings())
x = pt.matrix("x", dtype="float32")
with backend._flags():
    f = pytensor.function([x], [x.sum(axis=a) for a in (0, 1, None)], mode=backend._mode)
values = np.random.default_rng(0).normal(size=(700, 500)).astype("float32")
sys.stdout.write(" ".join(result.tobytes().hex() for result in f(values)))
"""


def test_the_number_of_threads_changes_no_byte():
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "OMP_NUM_THREADS": str(n)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for n in (1, 2)
    }
    assert len(found) == 1
    assert len(found.pop()) > 1_000
