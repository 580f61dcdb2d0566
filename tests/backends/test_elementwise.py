"""Loops that a compiler vectorises: the same numbers as PyTensor's own, wherever arrays lie."""

import re

import jax
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.scalar.basic import Composite
from scipy.special import expit, log1p

from autoenc.backends.branchless import BranchlessSigmoid, BranchlessSoftplus
from autoenc.backends.c import CBackend
from autoenc.backends.elementwise import RowElemwise
from autoenc.backends.xla import jaxify
from autoenc.settings import Settings

HARD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-30, -1e-30, 88.8, -88.8, -104.0, 200.0, -200.0]


@pytest.fixture(scope="module")
def backend():
    return CBackend(Settings())


def compiled(backend, inputs, outputs, **more):
    with backend._flags():
        return pytensor.function(inputs, outputs, mode=backend._mode, **more)


def kinds(function):
    """Give the types of all scalar operations of a graph, also of those within fused ones."""
    loops = [n.op for n in function.maker.fgraph.apply_nodes if isinstance(n.op, RowElemwise)]
    fused = [loop.scalar_op.fgraph for loop in loops if isinstance(loop.scalar_op, Composite)]
    return {type(node.op) for graph in fused for node in graph.apply_nodes}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_and_softplus_have_no_branch_and_share_a_loop(backend, dtype):
    a, bias = pt.matrix("a", dtype=dtype), pt.vector("bias", dtype=dtype)
    z = a + bias
    f = compiled(backend, [a, bias], [pt.sigmoid(z), pt.softplus(z)])
    assert {BranchlessSigmoid, BranchlessSoftplus} <= kinds(f)
    assert sum(isinstance(n.op, RowElemwise) for n in f.maker.fgraph.apply_nodes) == 1
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
    step = jaxify([a], [pt.sigmoid(a), pt.softplus(a)])
    values = np.random.default_rng(0).normal(size=(7, 37)).astype("float32") * 20
    values[2, : len(HARD)] = HARD
    text = jax.jit(step).lower(values).compile().as_text()
    assert len(re.findall(r"= f32\[7,37\]\S* exponential\(", text)) == 1
    sigmoid, softplus = step(values)
    exact = values.astype(float)
    np.testing.assert_allclose(sigmoid, expit(exact), rtol=3e-6, atol=1e-37)
    expected = np.maximum(exact, 0) + log1p(np.exp(-np.abs(exact)))
    np.testing.assert_allclose(softplus, expected, rtol=3e-6, atol=1e-37)


def layouts(rng):
    """A matrix that lies in memory in each of the ways NumPy knows."""
    wide = rng.normal(size=(12, 40)).astype("float32")
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


@pytest.mark.parametrize("name", [name for name, _ in layouts(np.random.default_rng(0))])
def test_arrays_may_lie_in_any_way(backend, name):
    rng = np.random.default_rng(0)
    matrix = dict(layouts(rng))[name]
    x, row, column, number = pt.matrix("x"), pt.vector("row"), pt.vector("column"), pt.scalar("s")
    outputs = [pt.exp(x + row) * column[:, None] - number, x * row]
    f = compiled(backend, [x, row, column, number], outputs)
    assert any(isinstance(n.op, RowElemwise) for n in f.maker.fgraph.apply_nodes)
    rows = rng.normal(size=(2 * matrix.shape[1],)).astype("float32")[::2]
    columns = rng.normal(size=(2 * matrix.shape[0],)).astype("float32")[::2]
    first, second = f(matrix, rows, columns, np.float32(0.5))
    expected = np.exp(matrix + rows) * columns[:, None] - 0.5
    np.testing.assert_allclose(first, expected, rtol=2e-6, atol=2e-6)
    np.testing.assert_array_equal(second, matrix * rows)


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
