"""Loops that a compiler vectorises: the same numbers as PyTensor's own, wherever arrays lie."""

import os
import re
import subprocess
import sys

import jax
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from pytensor.scalar.basic import Composite
from scipy.special import expit, log1p

from autoenc.backends.branchless import BranchlessSigmoid, BranchlessSoftplus
from autoenc.backends.c.c_backend import CBackend
from autoenc.backends.c.elementwise import RowElemwise, SharedRowElemwise, rewrites
from autoenc.backends.xla.compiling import jaxify
from autoenc.configuration import Settings

HARD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-30, -1e-30, 88.8, -88.8, -104.0, 200.0, -200.0]


@pytest.fixture(scope="module")
def backend():
    return CBackend(Settings())


def compiled(backend, inputs, outputs, mode=None, **more):
    with backend._flags():
        return pytensor.function(inputs, outputs, mode=mode or backend._mode, **more)


def loops(function):
    return [n.op for n in function.maker.fgraph.apply_nodes if isinstance(n.op, RowElemwise)]


def kinds(function):
    """Return the types of all scalar operations of a graph, including fused ones."""
    fused = [op.scalar_op.fgraph for op in loops(function) if isinstance(op.scalar_op, Composite)]
    return {type(node.op) for graph in fused for node in graph.apply_nodes}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_and_softplus_have_no_branch_and_share_a_loop(backend, dtype):
    a, bias = pt.matrix("a", dtype=dtype), pt.vector("bias", dtype=dtype)
    z = a + bias
    f = compiled(backend, [a, bias], [pt.sigmoid(z), pt.softplus(z)])
    assert {BranchlessSigmoid, BranchlessSoftplus} <= kinds(f)
    assert len(loops(f)) == 1
    rng = np.random.default_rng(0)
    values = (rng.normal(size=(7, 37)) * 20).astype(dtype)
    values[2, : len(HARD)] = HARD
    sigmoid, softplus = f(values, np.zeros(37, dtype))
    exact = values.astype(float)
    tiny = np.finfo(dtype).tiny
    tolerance = 2e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(sigmoid, expit(exact), rtol=tolerance, atol=tiny)
    expected = np.maximum(exact, 0) + log1p(np.exp(-np.abs(exact)))
    np.testing.assert_allclose(softplus, expected, rtol=tolerance, atol=tiny)


def test_xla_computes_one_exponential_for_both():
    a = pt.matrix("a")
    step, _ = jaxify([a], [pt.sigmoid(a), pt.softplus(a)])
    values = np.random.default_rng(0).normal(size=(7, 37)).astype("float32") * 20
    values[2, : len(HARD)] = HARD
    text = jax.jit(step).lower(values).compile().as_text()
    assert len(re.findall(r"= f32\[7,37\]\S* exponential\(", text)) == 1
    sigmoid, softplus = step(values)
    exact = values.astype(float)
    np.testing.assert_allclose(sigmoid, expit(exact), rtol=3e-6, atol=1e-37)
    expected = np.maximum(exact, 0) + log1p(np.exp(-np.abs(exact)))
    np.testing.assert_allclose(softplus, expected, rtol=3e-6, atol=1e-37)


def layouts(rng, n_rows=12):
    """A matrix that lies in memory in each of the ways NumPy knows."""
    wide = rng.normal(size=(n_rows, 40)).astype("float32")
    yield "rows", wide
    yield "part of rows", wide[:, 3:20]
    yield "every other row", wide[::2]
    yield "every other column", wide[:, ::2]
    yield "backwards", wide[::-1, ::-1]
    yield "columns", np.asfortranarray(wide)
    yield "one row", wide[:1]
    yield "one column", wide[:, :1]
    yield "no rows", wide[:0]
    yield "repeated rows", np.broadcast_to(wide[0], wide.shape)


@pytest.fixture(scope="module")
def mixture(backend):
    """Return a function of a matrix, a row, a column and a number."""
    x, row, column, number = pt.matrix("x"), pt.vector("row"), pt.vector("column"), pt.scalar("s")
    outputs = [pt.exp(x + row) * column[:, None] - number, x * row]
    return compiled(backend, [x, row, column, number], outputs)


# Many rows are shared among threads.
@pytest.mark.parametrize("n_rows", [12, 3_000])
@pytest.mark.parametrize("name", [name for name, _ in layouts(np.random.default_rng(0))])
@pytest.mark.parametrize("step", [1, 2])
def test_arrays_may_lie_in_any_way(mixture, name, n_rows, step):
    assert loops(mixture)
    rng = np.random.default_rng(0)
    matrix = dict(layouts(rng, n_rows))[name]
    rows = rng.normal(size=step * matrix.shape[1]).astype("float32")[::step]
    columns = rng.normal(size=step * matrix.shape[0]).astype("float32")[::step]
    first, second = mixture(matrix, rows, columns, np.float32(0.5))
    expected = np.exp(matrix + rows) * columns[:, None] - 0.5
    np.testing.assert_allclose(first, expected, rtol=2e-6, atol=3e-6)
    np.testing.assert_array_equal(second, matrix * rows)


@pytest.mark.parametrize(
    "shape", [(3, 37), (20, 784), (3_000, 37), (3, 60_000), (100_000, 1), (120_000,)]
)
def test_the_numbers_are_those_of_pytensors_own_loop(backend, shape):
    x = pt.tensor("x", dtype="float32", shape=(None,) * len(shape))
    outputs = [pt.switch(x > 0, x, -2 * x + 1), abs(x) + x * x, pt.sigmoid(x)]
    own = compiled(backend, [x], outputs, Mode("cvm", "fast_run"))
    alone = compiled(backend, [x], outputs, Mode("cvm", "fast_run").register(*rewrites(False)))
    shared = compiled(backend, [x], outputs)
    kinds_of_loops = [{type(op) for op in loops(f)} for f in (own, alone, shared)]
    assert kinds_of_loops == [set(), {RowElemwise}, {SharedRowElemwise}]
    values = np.random.default_rng(0).normal(size=shape).astype("float32")
    values.ravel()[-len(HARD) :] = HARD
    for theirs, one, ours in zip(own(values), alone(values), shared(values), strict=True):
        np.testing.assert_array_equal(one, ours)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=np.finfo("float32").tiny)


DIGESTS = """
import hashlib
import numpy as np, pytensor.tensor as pt
from autoenc.backends import resolve_backend
x, row = pt.matrix("x"), pt.vector("row")
backend = resolve_backend("c", "cpu")
f = backend.function([x, row], pt.exp(pt.tanh(x + row)) - pt.softplus(x))
rng = np.random.default_rng(0)
for shape in [(20, 37), (3_001, 37), (7, 50_001)]:
    x, row = rng.normal(size=shape).astype("f"), rng.normal(size=shape[1]).astype("f")
    result = f(x, row)
    expected = np.exp(np.tanh(x + row)) - np.log1p(np.exp(x))
    right = np.allclose(result, expected, rtol=1e-5, atol=1e-6)
    print(hashlib.sha256(result.tobytes()).hexdigest(), right)
"""


def test_the_number_of_threads_does_not_change_a_bit():
    limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    one, two = (
        subprocess.run(
            [sys.executable, "-c", DIGESTS],
            env={**os.environ, **dict.fromkeys(limits, n_threads)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for n_threads in "12"
    )
    assert one[1::2] == ["True"] * 3
    assert one == two


@pytest.mark.parametrize("n_rows", [3, 5_000])
def test_what_cannot_be_computed_is_an_error_of_python(backend, n_rows):
    a, b = pt.imatrices("a", "b")
    f = compiled(backend, [a, b], [a // b, a % b])
    assert loops(f)
    counts = np.arange(n_rows * 37, dtype="int32").reshape(n_rows, 37)
    divisors = counts % 7 + 1
    quotient, remainder = f(counts, divisors)
    np.testing.assert_array_equal(quotient, counts // divisors)
    np.testing.assert_array_equal(remainder, counts % divisors)
    divisors[-1, -1] = 0
    with pytest.raises(ZeroDivisionError, match="integer"):
        f(counts, divisors)


def test_matrices_of_different_lengths_are_refused(backend):
    x, y = pt.matrix("x"), pt.matrix("y")
    f = compiled(backend, [x, y], pt.exp(x) + y)
    ones = np.ones((3, 4), "float32")
    for other in (np.ones((2, 4), "float32"), np.ones((3, 5), "float32")):
        with pytest.raises(ValueError, match="mismatch"):
            f(ones, other)


def test_updates_in_place_stay_in_place(backend):
    W = pytensor.shared(np.ones((4, 33), "float32"))
    before = W.get_value(borrow=True)
    g = pt.matrix("g")
    f = compiled(backend, [g], [], updates=[(W, W - np.float32(0.5) * pt.tanh(g))])
    (node,) = (n for n in f.maker.fgraph.apply_nodes if isinstance(n.op, RowElemwise))
    assert node.op.inplace_pattern == {0: 0}
    f(np.full((4, 33), 2.0, "float32"))
    assert W.get_value(borrow=True) is before
    np.testing.assert_allclose(before, 1 - 0.5 * np.tanh(2.0), rtol=1e-6)


def test_integers_and_truth_values_go_through_it_too(backend):
    x, n = pt.matrix("x"), pt.imatrix("n")
    f = compiled(backend, [x, n], [pt.switch(x > 0, n, -n), pt.cast(n, "float32") / 2])
    values = np.random.default_rng(0).normal(size=(5, 19)).astype("float32")
    counts = np.arange(5 * 19, dtype="int32").reshape(5, 19)
    chosen, halves = f(values, counts)
    np.testing.assert_array_equal(chosen, np.where(values > 0, counts, -counts))
    np.testing.assert_array_equal(halves, counts / 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_compiler_moves_no_constants_across_comparisons(backend, dtype):
    x = pt.vector("x", dtype=dtype)
    f = compiled(backend, [x], pt.log(pt.maximum(1 - x, 2.0**-66)))
    given = np.tile(np.array([0, 1, 0.25, 0.75, 1e-3, 3], dtype), 7)
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(f(given), np.log(np.maximum(1 - given, 2.0**-66)), rtol=tolerance)
