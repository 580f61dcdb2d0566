"""Products of thin matrices, called as PyTensor's C code calls them."""

import ctypes
import logging
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor import config

from autoenc.backends.blas import find_blas
from autoenc.backends.kernels import with_kernels

NAMES = [name for name in ("mkl", "openblas") if find_blas(name)]


@cache
def sgemm(name):
    return ctypes.CDLL(str(with_kernels(find_blas(name)).kernels)).autoenc_sgemm_


class Operand(NamedTuple):
    """A matrix in memory, of which the product takes the transpose if it is turned."""

    stored: Any
    turned: bool = False

    @property
    def matrix(self):
        return self.stored.T if self.turned else self.stored


def multiply(name, a, b, c, alpha=1.0, beta=0.0):
    """c ← alpha a b + beta c, row-major, in place."""
    (m, k), n = a.matrix.shape, b.matrix.shape[1]
    integers = [ctypes.byref(ctypes.c_int(i)) for i in (n, m, k)]
    strides = [x.strides[0] // x.itemsize for x in (b.stored, a.stored, c)]
    leading = [ctypes.byref(ctypes.c_int(stride)) for stride in strides]
    numbers = [ctypes.byref(ctypes.c_float(x)) for x in (alpha, beta)]
    pointers = [ctypes.c_void_p(x.ctypes.data) for x in (b.stored, a.stored, c)]
    sgemm(name)(
        b"T" if b.turned else b"N", b"T" if a.turned else b"N", *integers, numbers[0],
        pointers[0], leading[0], pointers[1], leading[1], numbers[1], pointers[2], leading[2],
    )  # fmt: skip


def operand(rng, rows, columns, turned=False, extra=0):
    """Random operand, a part of a wider array."""
    shape = (columns, rows + extra) if turned else (rows, columns + extra)
    wide = rng.normal(size=shape).astype("float32")
    return Operand(wide[:, : shape[1] - extra], turned)


sides = st.integers(1, 150) | st.integers(1, 20)


@pytest.mark.parametrize("name", NAMES)
@given(
    m=sides,
    n=sides,
    k=sides | st.integers(129, 300),
    turned=st.tuples(st.booleans(), st.booleans()),
    extra=st.integers(0, 3),
    alpha=st.sampled_from([1.0, -0.1]),
    beta=st.sampled_from([0.0, 1.0, 0.5]),
    seed=st.integers(0, 99),
)
def test_every_product_is_the_product(name, m, n, k, turned, extra, alpha, beta, seed):
    rng = np.random.default_rng(seed)
    a = operand(rng, m, k, turned[0], extra)
    b = operand(rng, k, n, turned[1], extra)
    whole = rng.normal(size=(m + 2, n + 5)).astype("float32")
    before = whole.copy()
    multiply(name, a, b, whole[1:-1, 2:-3], alpha, beta)
    exact = alpha * (a.matrix.astype(float) @ b.matrix) + beta * before[1:-1, 2:-3]
    terms = np.abs(a.matrix).astype(float) @ np.abs(b.matrix) + 1
    assert (np.abs(whole[1:-1, 2:-3] - exact) <= 3e-6 * terms).all()
    # and nothing around it is touched
    whole[1:-1, 2:-3] = before[1:-1, 2:-3]
    np.testing.assert_array_equal(whole, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turned", [(False, False), (False, True), (True, False)])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_shows(name, turned, bad):
    rng = np.random.default_rng(0)
    a, b = (operand(rng, 70, 70, turns) for turns in turned)
    a.matrix[3, 4] = bad
    c = np.empty((70, 70), "float32")
    multiply(name, a, b, c)
    finite = np.isfinite(c).all(axis=1)
    assert not np.isfinite(c[3]).any()
    assert finite.sum() == 69


@pytest.mark.parametrize("shape", [(784, 500), (500, 10), (37, 3)])
@pytest.mark.parametrize("turned", [False, True])
def test_a_row_gives_the_same_bits_wherever_it_is(shape, turned):
    rng = np.random.default_rng(0)
    a, b = operand(rng, 60, shape[0]), operand(rng, *shape, turned)
    order = rng.permutation(60)
    first, second = np.empty((2, 60, shape[1]), "float32")
    multiply("openblas", a, b, first)
    multiply("openblas", Operand(a.stored[order]), b, second)
    np.testing.assert_array_equal(first[order], second)


THREADS = """
import sys
import numpy as np
from tests.backends.test_kernels import multiply, operand
rng = np.random.default_rng(0)
for m, n, k, turned in [
    (20, 500, 784, (False, False)), (20, 784, 500, (False, True)),
    (784, 500, 20, (True, False)),
]:
    c = np.zeros((m, n), "float32")
    multiply("openblas", operand(rng, m, k, turned[0]), operand(rng, k, n, turned[1]), c)
    sys.stdout.write(c.tobytes().hex())
"""


def test_the_number_of_threads_does_not_change_a_bit():
    def run(n_threads):
        return subprocess.run(
            [sys.executable, "-c", THREADS],
            env={**os.environ, "OMP_NUM_THREADS": str(n_threads)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert len(one := run(1)) > 1_000_000
    assert one == run(2) == run(3)


FORK = """
import os
import numpy as np
from tests.backends.test_kernels import Operand, multiply
a, b, c = (np.ones(shape, "float32") for shape in [(20, 784), (784, 500), (20, 500)])
a, b = Operand(a), Operand(b)
multiply("openblas", a, b, c)
if not (child := os.fork()):
    multiply("openblas", a, Operand(2 * b.stored), c)
    os._exit(0 if (c == 2 * 784).all() else 1)
_, status = os.waitpid(child, 0)
multiply("openblas", a, b, c)
print(status, (c == 784).all())
"""


def test_a_forked_child_can_go_on():
    run = subprocess.run(
        [sys.executable, "-c", FORK],
        env={**os.environ, "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert run.stdout == "0 True\n"


def test_without_a_compiler_that_can_the_blas_does_it_all(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(config, "cxx", "false")
    blas = find_blas("openblas")
    with caplog.at_level(logging.WARNING):
        assert with_kernels(blas) is blas
    assert "small products are left to the BLAS" in caplog.text
    assert not list(Path(tmp_path).rglob("*.so"))


def test_it_is_compiled_once_for_each_blas(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    blas = find_blas("openblas")
    first = with_kernels(blas)
    monkeypatch.setattr(subprocess, "run", None)
    assert with_kernels(blas) == first
    other = replace(blas, ldflags=f"{blas.ldflags} -lm")
    with pytest.raises(TypeError):
        with_kernels(other)
