"""Exponentials and logarithms of the Numba backend are accurate, and equal at every position."""

import functools
import re
import sys

import numba
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.link.numba.dispatch.basic import numba_funcify_and_cache_key
from pytensor.tensor.elemwise import Elemwise

from autoenc.backends import resolve_backend
from autoenc.backends.numba import row_mode
from autoenc.backends.numba_functions import RowElemwise
from autoenc.graph import bernoulli_deviance_from_logits

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def exact_sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def exact_softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# With the greatest error in units of the last place.
FUNCTIONS = {
    "exp": (pt.exp, np.exp, 1.0),
    "log": (pt.log, np.log, 1.0),
    "log1p": (pt.log1p, np.log1p, 1.0),
    "sigmoid": (pt.sigmoid, exact_sigmoid, 2.5),
    "softplus": (pt.softplus, exact_softplus, 2.0),
}
NAMES = pytest.mark.parametrize("name", FUNCTIONS)


@functools.cache
def compiled(name, dtype):
    x = pt.vector("x", dtype=dtype)
    return resolve_backend("numba", "cpu").function([x], FUNCTIONS[name][0](x))


def numbers(dtype):
    """Return numbers of every size and of those that matter, as many of either sign."""
    rng, limits = np.random.default_rng(0), np.finfo(dtype)
    exponents = np.log10(float(limits.smallest_subnormal)), np.log10(float(limits.max))
    positive = np.concatenate([
        10 ** rng.uniform(*exponents, 50_000),
        10 ** rng.uniform(-20, 0, 50_000),
        1 + rng.uniform(-1, 1, 50_000) * 10 ** rng.uniform(-16, 0, 50_000),
        rng.uniform(0, 2, 50_000),
        # Exponentials of these are numbers of every size.
        rng.uniform(0, -np.log(float(limits.smallest_subnormal)), 50_000),
    ])  # fmt: skip
    return np.concatenate([positive, -positive]).astype(dtype)


@NAMES
@DTYPES
@np.errstate(all="ignore")
def test_error_in_units_of_the_last_place(name, dtype):
    _, exact, limit = FUNCTIONS[name]
    x = numbers(dtype)
    found, expected = compiled(name, dtype)(x), exact(x.astype("longdouble"))
    rounded = expected.astype(dtype)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    errors = np.abs(found - expected)[finite]
    assert (errors <= limit * np.spacing(np.abs(rounded[finite]))).all()


@NAMES
@DTYPES
@np.errstate(all="ignore")
def test_ends(name, dtype):
    limits = np.finfo(dtype)
    positive = np.array(
        [0, 1, 2, limits.smallest_subnormal, limits.tiny, limits.max, np.inf], dtype
    )
    x = np.concatenate([positive, -positive, [np.nan]]).astype(dtype)
    expected = FUNCTIONS[name][1](x.astype("longdouble")).astype(dtype)
    np.testing.assert_allclose(compiled(name, dtype)(x), expected, rtol=3 * limits.eps, atol=0)


@NAMES
@DTYPES
@np.errstate(all="ignore")
def test_the_place_does_not_count(name, dtype):
    f, x = compiled(name, dtype), numbers(dtype)[::997]
    whole = f(x)
    for first in range(0, 100, 9):
        for n in (1, 2, 7, 15, 16, 17, 33, 100):
            assert f(x[first : first + n]).tobytes() == whole[first : first + n].tobytes()


def exact_score(x, a):
    p = np.where((x > 0) & (x < 1), x, 0.5)
    entropy = -(p * np.log(p) + (1 - p) * np.log1p(-p))
    return exact_softplus(a) - x * a - np.where(p == x, entropy, 0)


@DTYPES
def test_operations_that_are_fused(dtype):
    rng = np.random.default_rng(0)
    x, a = pt.matrix("x", dtype=dtype), pt.matrix("a", dtype=dtype)
    power = pt.exp(x)
    product = pt.log1p(x) * power
    # Of the fused operation both are needed.
    both = resolve_backend("numba", "cpu").function([x], product.sum(axis=1)[:, None] * power)
    X, A = rng.uniform(size=(7, 53)).astype(dtype), rng.normal(size=(7, 53)).astype(dtype)
    X[0, :2] = 0, 1
    tolerance = 20 * np.finfo(dtype).eps
    expected = (np.log1p(X) * np.exp(X)).sum(axis=1)[:, None] * np.exp(X)
    np.testing.assert_allclose(both(X), expected, rtol=tolerance)
    # PyTensor fuses it into one operation.
    score = bernoulli_deviance_from_logits(x, a)
    deviance = resolve_backend("numba", "cpu").function([x, a], score)
    expected = exact_score(X.astype("float64"), A.astype("float64"))
    np.testing.assert_allclose(deviance(X, A), expected, rtol=0, atol=tolerance)


def test_whole_numbers_have_the_functions_of_numba():
    x = pt.matrix("x", dtype="int32")
    X = np.arange(-3, 3, dtype="int32").reshape(2, 3)
    found = resolve_backend("numba", "cpu").function([x], pt.exp(x) + pt.sigmoid(x))(X)
    np.testing.assert_allclose(found, np.exp(X) + exact_sigmoid(X.astype("float64")), rtol=1e-14)


def loop_of(inputs, output):
    """Return the loop that the backend makes of elementwise operations, for Numba."""
    graph = pytensor.function(inputs, output, mode=row_mode()).maker.fgraph
    (node,) = (node for node in graph.apply_nodes if isinstance(node.op, Elemwise))
    assert type(node.op) is RowElemwise
    loop, _ = numba_funcify_and_cache_key(node.op, node)

    @numba.njit
    def run(*arrays):
        return loop(*arrays)

    return run


@DTYPES
def test_loops_become_vectors_of_instructions(dtype):
    x, a = pt.matrix("x", dtype=dtype), pt.matrix("a", dtype=dtype)
    for inputs, output in (
        ([x], pt.exp(x)),
        ([x], pt.sigmoid(x)),
        ([x, a], bernoulli_deviance_from_logits(x, a)),
    ):
        run = loop_of(inputs, output)
        # What Numba knows to be in no order, as a row that PyTensor makes of a vector of biases.
        run(np.ones((2, 50), dtype), *[np.ones((2, 100), dtype)[:, ::2] for _ in inputs[1:]])
        (code,) = run.inspect_llvm().values()
        number = {"float32": "float", "float64": "double"}[dtype]
        assert re.search(rf"fadd <\d+ x {number}>", code)
        # None may be reordered or contracted.
        assert not re.search(r"f(add|sub|mul|div) (fast|reassoc|contract|nsz|arcp|afn)", code)


def test_where_pytensor_generates_loops_otherwise_rows_are_still_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "autoenc.backends.numba_functions", None)
    monkeypatch.delattr(sys.modules["autoenc.backends"], "numba_functions")
    x = pt.matrix("x", dtype="float32")
    rows = np.random.default_rng(0).uniform(size=(5, 3)).astype("float32")
    found = pytensor.function([x], pt.exp(x), mode=row_mode())(rows)
    np.testing.assert_allclose(found, np.exp(rows), rtol=1e-6)
