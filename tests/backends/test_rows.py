"""A function of rows returns the same bytes for a row in every batch."""

import functools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import xlogy

from autoenc.backends import BACKENDS, resolve_backend
from autoenc.graph import bernoulli_deviance_from_logits

N_ROWS = 700
# Numba takes long to compile, and has one loop for all shapes.
CASES = [
    (backend, shape)
    for backend in BACKENDS
    for shape in ([(30, 20)] if backend == "numba" else [(30, 20), (20, 8), (50, 1), (9, 17)])
]


@functools.cache
def scorer(backend, dtype, shape):
    """Score rows as autoencoders do: products both ways, exponentials, sums, logarithms."""
    n, hidden = shape
    rng = np.random.default_rng(0)
    W = pytensor.shared(rng.normal(size=(n, hidden)).astype(dtype))
    x = pt.matrix("x", dtype=dtype)
    code = pt.sigmoid(x @ W)
    costs = (pt.softplus(code @ W.T) - x * (code @ W.T)).sum(axis=1)
    score = pt.log1p(pt.exp(-costs)) + pt.exp(costs / 100)
    bias = pytensor.shared(rng.normal(size=n).astype(dtype))
    deviance = bernoulli_deviance_from_logits(x, code @ W.T + bias).sum(axis=1)
    engine = resolve_backend(backend, "cpu")
    functions = [engine.function([x], output) for output in (code, score, deviance)]
    rows = rng.uniform(size=(N_ROWS, n)).astype(dtype)

    def together(rows):
        return np.column_stack([function(rows) for function in functions])

    return together, rows, together(rows)


@pytest.mark.parametrize(("backend", "shape"), CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
@settings(max_examples=25)
def test_company_place_and_number_do_not_count(backend, dtype, shape, data):
    function, rows, whole = scorer(backend, dtype, shape)
    numbers = st.integers(0, N_ROWS - 1)
    n = data.draw(st.sampled_from([1, 2, 3, 7, 8, 17, 40, 41, 63, 64, 65, 127, 128, 129, 300]))
    first = data.draw(numbers)
    chosen = (first + np.arange(n) * data.draw(st.integers(1, 9))) % N_ROWS
    if data.draw(st.booleans()):
        chosen[:] = first  # the same row again and again
    assert function(rows[chosen]).tobytes() == whole[chosen].tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_more_rows_than_are_worked_on_at_once(backend, dtype):
    function, rows, whole = scorer(backend, dtype, (30, 20))
    many = np.tile(rows, (3, 1))
    assert function(many).tobytes() == np.tile(whole, (3, 1)).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_order_in_memory_does_not_count(backend, dtype):
    function, rows, whole = scorer(backend, dtype, (30, 20))
    assert function(np.asfortranarray(rows)).tobytes() == whole.tobytes()
    assert function(rows[::3]).tobytes() == whole[::3].tobytes()


def test_it_is_the_product(backend):
    rng = np.random.default_rng(0)
    for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-13)):
        for n, hidden in ((1, 1), (7, 3), (100, 40), (784, 500)):
            A, B = rng.normal(size=(41, n)).astype(dtype), rng.normal(size=(n, hidden))
            a, b = pt.matrix("a", dtype=dtype), pytensor.shared(B.astype(dtype))
            product = resolve_backend(backend, "cpu").function([a], a @ b)(A)
            turned = resolve_backend(backend, "cpu").function([a], a @ b.T.copy().T)(A)
            scale = np.abs(A) @ np.abs(B)
            for found in (product, turned):
                assert (np.abs(found - A.astype("float64") @ B) <= tolerance * scale).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_deviance_is_the_oracles_at_the_ends_of_the_unit_interval(backend, dtype):
    x, a = pt.matrix("x", dtype=dtype), pt.matrix("a", dtype=dtype)
    function = resolve_backend(backend, "cpu").function(
        [x, a], bernoulli_deviance_from_logits(x, a)
    )
    ends, logits = (v.astype(dtype) for v in np.meshgrid([0, 1e-9, 0.3, 1], [-800, -5, 0, 5, 800]))
    X, A = ends.astype("float64"), logits.astype("float64")
    # A logarithm of expit(−800) = 0 would be infinite.
    expected = np.logaddexp(0, A) - X * A + xlogy(X, X) + xlogy(1 - X, 1 - X)
    np.testing.assert_allclose(function(ends, logits), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_of_a_graph_have_the_digits_of_its_dtype(backend, dtype):
    x = pt.matrix("x", dtype=dtype)
    tenth = np.array(0.1, dtype)
    row = np.array([0.1, 0.7, 1 / 3], dtype)
    function = resolve_backend(backend, "cpu").function([x], x * tenth + row)
    X = np.zeros((5, 3), dtype)
    X[1:] = 1
    expected = X * tenth + row
    np.testing.assert_allclose(function(X), expected, rtol=2 * np.finfo(dtype).eps)


def test_threads_may_share_a_function(backend):
    function, rows, whole = scorer(backend, "float32", (30, 20))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(16) as pool:
            lengths = [1 + i % 40 for i in range(800)]
            results = list(pool.map(lambda n: function(rows[:n]), lengths))
    finally:
        sys.setswitchinterval(before)
    for n, result in zip(lengths, results, strict=True):
        assert result.tobytes() == whole[:n].tobytes()


def test_chunks_that_differ_are_not_both_used(monkeypatch):
    # XLA sums products of 16 and of 64 rows in different ways, on some processors at least.
    monkeypatch.setattr("autoenc.backends.xla.rows.ROWS_OF_A_CHUNK", ((16, 64), (16, 64)))
    rng = np.random.default_rng(0)
    W = pytensor.shared(rng.normal(size=(784, 500)))
    x = pt.matrix("x", dtype="float64")
    function = resolve_backend("xla", "cpu").function([x], x @ W)
    rows = rng.uniform(size=(130, 784))
    for _ in range(2):  # the second time, for other values
        whole = function(rows)
        assert all(function(rows[[i]]).tobytes() == whole[i].tobytes() for i in range(0, 130, 7))
        W.set_value(rng.normal(size=(784, 500)))


THREADS = """
import hashlib, os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[2])])
from tests.backends.test_rows import scorer
for dtype in ("float32", "float64"):
    print(hashlib.sha256(scorer(sys.argv[1], dtype, (200, 150))[2].tobytes()).hexdigest())
"""


def test_the_number_of_threads_does_not_count(backend):
    outputs = set()
    for n in ("1", "3", "8"):
        limits = {f"{name}_NUM_THREADS": n for name in ("OMP", "OPENBLAS", "MKL")}
        limits["NPROC"] = n  # of XLA, also where there are fewer processors
        run = subprocess.run(
            [sys.executable, "-c", THREADS, backend, n], env={**os.environ, **limits},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        outputs.add(run.stdout)
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("given", "added", "total"),
    [([2**40, 1], 3, [2**41 + 3, 5]), ([1, 2], 2**41, [2**41 + 2] * 2)],
)
def test_integers_of_64_bits_are_not_cut(given, added, total, backend):
    x, p = pt.lvector("x"), pytensor.shared(np.int64(added))
    expression = x * 2 + p if added < 2**40 else (x > 0) * 2 + p
    function = resolve_backend(backend, "cpu").function([x], expression)
    if backend == "xla":
        with pytest.raises(ValueError, match=r"int64 has .*XLA computes with integers of 32 bits"):
            function(np.array(given))
    else:
        np.testing.assert_array_equal(function(np.array(given)), total)


@pytest.mark.parametrize("number", [2**31, 2**40, -(2**40)])
def test_constants_of_64_bits_are_not_cut(number, backend):
    x = pt.lvector("x")
    engine = resolve_backend(backend, "cpu")
    if backend == "xla":
        with pytest.raises(ValueError, match=f"int64 has {number}, but XLA computes with"):
            engine.function([x], x + number)(np.array([1]))
    else:
        np.testing.assert_array_equal(engine.function([x], x + number)(np.array([1])), 1 + number)


def test_integers_of_64_bits_do_not_widen_other_results(backend):
    x, v = pt.fmatrix("x"), pt.lvector("v")
    function = resolve_backend(backend, "cpu").function([x, v], x.sum(1) * v.astype("float32"))
    found = function(np.ones((3, 4), "float32"), np.arange(3))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [0, 4, 8])
