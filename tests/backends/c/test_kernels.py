"""Kernels of products, called as from C, are correct even if other threads are busy."""

import ctypes
import logging
import mmap
import os
import shlex
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

from autoenc.backends.c import kernels
from autoenc.backends.c.blas import find_blas
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.backends.c.kernels import has_mixed_products, with_kernels
from autoenc.graph.precision import as_bfloat16

NAMES = [name for name in ("mkl", "openblas") if find_blas(name)]


def path_of(name):
    return with_kernels(find_blas(name)).kernels


def compiler_has_pairs_of_bfloat16():
    """Whether what the compiler makes for this processor may multiply pairs of bfloat16."""
    if compiler_trouble():
        return False
    command = [*shlex.split(config.cxx), "-march=native", "-dM", "-E", "-x", "c++", os.devnull]
    macros = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "__AVX512BF16__" in macros


class Kernel(NamedTuple):
    """The routines of a library, and what they multiply."""

    name: str
    precision: str

    @property
    def mixed(self):
        return self.precision == "bfloat16"

    @property
    def dtype(self):
        return "float64" if self.precision == "float64" else "float32"

    @property
    def scalar(self):
        return ctypes.c_double if self.precision == "float64" else ctypes.c_float

    @property
    def tolerance(self):
        return 6e-15 if self.precision == "float64" else 3e-6

    @property
    def gemm(self):
        prefix = {"float32": "s", "float64": "d", "bfloat16": "mixed_s"}[self.precision]
        return getattr(library(self.name), f"autoenc_{prefix}gemm_")

    @property
    def row_products(self):
        return getattr(library(self.name), f"autoenc_row_products_{self.dtype}")

    @property
    def outer_products(self):
        kind = "mixed_outer_products" if self.mixed else f"outer_products_{self.dtype}"
        return getattr(library(self.name), f"autoenc_add_{kind}")


PRECISIONS = ("float32", "float64", *(("bfloat16",) if compiler_has_pairs_of_bfloat16() else ()))
KERNELS = [Kernel(name, precision) for name in NAMES for precision in PRECISIONS]
OF_OPENBLAS = [Kernel("openblas", precision) for precision in PRECISIONS]


@cache
def library(name):
    return ctypes.CDLL(str(path_of(name)))


class Operand(NamedTuple):
    """A matrix in memory, of which the product takes the transpose if it is turned."""

    stored: Any
    turned: bool = False

    @property
    def matrix(self):
        return self.stored.T if self.turned else self.stored


def multiply(kernel, a, b, c, alpha=1.0, beta=0.0):
    """c ← alpha a b + beta c, row-major, in place."""
    (m, k), n = a.matrix.shape, b.matrix.shape[1]
    integers = [ctypes.byref(ctypes.c_int(i)) for i in (n, m, k)]
    strides = [x.strides[0] // x.itemsize for x in (b.stored, a.stored, c)]
    leading = [ctypes.byref(ctypes.c_int(stride)) for stride in strides]
    numbers = [ctypes.byref(kernel.scalar(x)) for x in (alpha, beta)]
    pointers = [ctypes.c_void_p(x.ctypes.data) for x in (b.stored, a.stored, c)]
    kernel.gemm(
        b"T" if b.turned else b"N", b"T" if a.turned else b"N", *integers, numbers[0],
        pointers[0], leading[0], pointers[1], leading[1], numbers[1], pointers[2], leading[2],
    )  # fmt: skip


def multiply_rows(kernel, a, b, c):
    """c ← a b, each row independent of the others; a, b and c are contiguous, b may be turned."""
    pointers = [ctypes.c_void_p(x.ctypes.data) for x in (a, b.stored, c)]
    (m, k), (n, leading) = a.shape, (c.shape[1], b.stored.shape[1])
    sizes = [ctypes.c_int(i) for i in (m, n, k)]
    kernel.row_products(
        *sizes, pointers[0], ctypes.c_int(k), pointers[1], ctypes.c_int(leading),
        ctypes.c_bool(b.turned), pointers[2],
    )  # fmt: skip


def add_outer_products(kernel, c, alpha, a1, b1, a2, b2, beta=1.0):
    """c ← beta c + alpha (a1' b1 + a2' b2), in place."""
    pointers = [ctypes.c_void_p(x.ctypes.data) for x in (a1, b1, a2, b2, c)]
    lengths = [ctypes.c_int(len(x)) for x in (a1, a2)]
    sizes = map(ctypes.c_int, c.shape)
    kernel.outer_products(
        *sizes,
        kernel.scalar(alpha),
        kernel.scalar(beta),
        lengths[0],
        *pointers[:2],
        lengths[1],
        *pointers[2:],
    )


def operand(rng, rows, columns, turned=False, extra=0, dtype="float32"):
    """Random operand, a part of a wider array."""
    shape = (columns, rows + extra) if turned else (rows, columns + extra)
    wide = rng.normal(size=shape).astype(dtype)
    return Operand(wide[:, : shape[1] - extra], turned)


def operands(kernel, rng, m, n, k, turned):
    """Random operands of a product, each turned or not."""
    a = operand(rng, m, k, turned[0], dtype=kernel.dtype)
    return a, operand(rng, k, n, turned[1], dtype=kernel.dtype)


def exact(kernel, a, b):
    """Return the product of a kernel's operands, and of their absolute values."""
    a, b = ((as_bfloat16(x) if kernel.mixed else x).astype(float) for x in (a, b))
    return a @ b, np.abs(a) @ np.abs(b)


def check_product(kernel, m, n, k, turned, extra=0, alpha=1.0, beta=0.0, seed=0):
    """Compare a product with NumPy's of double precision, and look at what is around it."""
    rng = np.random.default_rng(seed)
    a = operand(rng, m, k, turned[0], extra, kernel.dtype)
    b = operand(rng, k, n, turned[1], extra, kernel.dtype)
    whole = rng.normal(size=(m + 2, n + 5)).astype(kernel.dtype)
    before = whole.copy()
    multiply(kernel, a, b, whole[1:-1, 2:-3], alpha, beta)
    product, terms = exact(kernel, a.matrix, b.matrix)
    expected = alpha * product + beta * before[1:-1, 2:-3]
    assert (np.abs(whole[1:-1, 2:-3] - expected) <= kernel.tolerance * (terms + 1)).all()
    # and nothing around it is touched
    whole[1:-1, 2:-3] = before[1:-1, 2:-3]
    np.testing.assert_array_equal(whole, before)


LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(script, n_threads, limits=LIMITS):
    """Return the output of a script in a process limited to that many threads."""
    environment = {name: value for name, value in os.environ.items() if name not in LIMITS}
    process = subprocess.run(
        [sys.executable, "-c", script],
        env=environment | dict.fromkeys(limits, str(n_threads)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.mark.parametrize("name", NAMES)
def test_there_are_mixed_products_where_the_compiler_has_them_for_this_processor(name):
    assert has_mixed_products(path_of(name)) == compiler_has_pairs_of_bfloat16()


# Beyond 512 rows a product is no longer thin on any processor.
sides = st.integers(1, 20) | st.integers(1, 150) | st.integers(490, 540)


@pytest.mark.parametrize("kernel", KERNELS)
@given(
    m=sides,
    n=sides,
    k=sides | st.integers(129, 600),
    turned=st.tuples(st.booleans(), st.booleans()),
    extra=st.integers(0, 3),
    alpha=st.sampled_from([1.0, -0.1]),
    beta=st.sampled_from([0.0, 1.0, 0.5]),
    seed=st.integers(0, 99),
)
def test_every_product_is_the_product(kernel, m, n, k, turned, extra, alpha, beta, seed):
    check_product(kernel, m, n, k, turned, extra, alpha, beta, seed)


lengths = st.integers(0, 40) | st.integers(490, 540)


@pytest.mark.parametrize("kernel", KERNELS)
@given(
    m=sides,
    n=sides,
    k1=lengths,
    k2=lengths,
    alpha=st.sampled_from([1.0, -0.1]),
    beta=st.sampled_from([0.0, 1.0, 0.5]),
    seed=st.integers(0, 99),
)
def test_outer_products_are_added(kernel, m, n, k1, k2, alpha, beta, seed):
    rng = np.random.default_rng(seed)
    shapes = [(k1, m), (k1, n), (k2, m), (k2, n), (m + 2, n)]
    a1, b1, a2, b2, whole = (rng.normal(size=shape).astype(kernel.dtype) for shape in shapes)
    before = whole.copy()
    add_outer_products(kernel, whole[1:-1], alpha, a1, b1, a2, b2, beta)
    product, terms = exact(kernel, np.vstack([a1, a2]).T, np.vstack([b1, b2]))
    expected = beta * before[1:-1] + alpha * product
    assert (np.abs(whole[1:-1] - expected) <= kernel.tolerance * (terms + 1)).all()
    np.testing.assert_array_equal(whole[[0, -1]], before[[0, -1]])


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n", [3, 70])
@pytest.mark.parametrize("beta", [0.0, 1.0, 0.5])
def test_a_sum_of_no_terms_is_zero(kernel, n, beta):
    # What was multiplied before must not be in it.
    check_product(kernel, 20, n, 30, (False, False))
    c = np.full((20, n), 5, kernel.dtype)
    a, b = np.empty((20, 1), kernel.dtype)[:, :0], np.empty((1, n), kernel.dtype)[:0]
    multiply(kernel, Operand(a), Operand(b), c, beta=beta)
    assert (c == 5 * beta).all()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("m", "n"), [(0, 70), (20, 0)])
@pytest.mark.parametrize("turned", [(False, False), (False, True), (True, False), (True, True)])
def test_there_may_be_nothing_to_compute(kernel, m, n, turned):
    check_product(kernel, m, n, 30, turned, extra=1)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("turned", [(False, False), (False, True), (True, False), (True, True)])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("n", [7, 70, 200])
def test_what_is_not_finite_shows(kernel, turned, bad, n):
    rng = np.random.default_rng(0)
    a, b = operands(kernel, rng, n, n, n, turned)
    a.matrix[3, 4] = bad
    b.matrix[6, 2] = bad
    c = np.empty((n, n), kernel.dtype)
    multiply(kernel, a, b, c)
    wrong = ~np.isfinite(c)
    assert wrong[3].all()
    assert wrong[:, 2].all()
    assert wrong.sum() == 2 * n - 1


moderate = {"min_value": -(2.0**127), "max_value": 2.0**127, "allow_subnormal": False}


@pytest.mark.parametrize("kernel", KERNELS)
@given(values=st.lists(st.floats(width=32, **moderate), min_size=1, max_size=40))
def test_a_product_with_ones_is_rounded_as_much_as_it_should(kernel, values):
    # Ties are rare among random numbers: these have an eighth bit, and nothing after it.
    array = np.array(values, "float32").reshape(-1, 1)
    ties = (array.view("uint32") & 0xFFFF0000 | 0x8000).view("float32")
    rows = np.vstack([array, ties]).astype(kernel.dtype)
    expected = as_bfloat16(rows) if kernel.mixed else rows
    one = Operand(np.ones((1, 1), kernel.dtype))
    for turned in (False, True):
        c = np.empty((len(rows), 1), kernel.dtype)
        multiply(kernel, Operand(rows.T.copy("C"), True) if turned else Operand(rows), one, c)
        np.testing.assert_array_equal(c, expected)
        c = np.empty((1, len(rows)), kernel.dtype)
        multiply(kernel, one, Operand(rows, True) if turned else Operand(rows.T.copy("C")), c)
        np.testing.assert_array_equal(c, expected.T)


@pytest.mark.parametrize("kernel", OF_OPENBLAS)
@pytest.mark.parametrize("shape", [(784, 500), (500, 10), (37, 3)])
@pytest.mark.parametrize("turned", [False, True])
def test_a_row_gives_the_same_bits_wherever_it_is(kernel, shape, turned):
    rng = np.random.default_rng(0)
    # So few rows are thin on every processor.
    a, b = operands(kernel, rng, 32, shape[1], shape[0], (False, turned))
    order = rng.permutation(32)
    first, second = np.empty((2, 32, shape[1]), kernel.dtype)
    multiply(kernel, a, b, first)
    multiply(kernel, Operand(a.stored[order]), b, second)
    np.testing.assert_array_equal(first[order], second)


# Many rows are computed by another algorithm than few. More terms than fit into a cache at a time;
# fewer columns than a vector, or as many as need two passes; columns that end within a vector.
SHAPES_OF_MANY = [
    (600, 500, 784),
    (777, 17, 2050),
    (300, 921, 129),
    (261, 1850, 40),
    (600, 5, 300),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shape", SHAPES_OF_MANY)
@pytest.mark.parametrize("kernel", [k for k in OF_OPENBLAS if not k.mixed])
def test_a_row_has_the_same_bytes_among_few_and_among_many(kernel, shape, turned):
    m, n, k = shape
    rng = np.random.default_rng(0)
    a, b = operands(kernel, rng, m, n, k, (False, turned))
    together, alone, some = (np.full((m, n), np.nan, kernel.dtype) for _ in range(3))
    multiply_rows(kernel, a.stored, b, together)
    product, terms = exact(kernel, a.matrix, b.matrix)
    assert (np.abs(together - product) <= kernel.tolerance * terms).all()
    for i in range(0, m, 37):
        multiply_rows(kernel, a.stored[i : i + 1], b, alone[i : i + 1])
        np.testing.assert_array_equal(alone[i], together[i])
    for begin in range(0, m, 190):
        multiply_rows(kernel, a.stored[begin : begin + 190], b, some[begin : begin + 190])
    np.testing.assert_array_equal(some, together)


@pytest.mark.parametrize("kernel", OF_OPENBLAS)
@pytest.mark.parametrize(
    "shape", [(784, 500), (784, 512), (784, 49), (400, 333), (784, 16), (784, 250), (150, 40)]
)
def test_where_a_weight_begins_in_memory_does_not_change_a_bit(kernel, shape):
    rng = np.random.default_rng(0)
    m, n = shape
    outer = [rng.normal(size=(k, i)).astype(kernel.dtype) for k in (20, 15) for i in shape]
    product, terms = exact(kernel, np.vstack(outer[::2]).T, np.vstack(outer[1::2]))
    memory = np.empty(m * n + 32, kernel.dtype)
    aligned = -memory.ctypes.data // memory.itemsize % 16
    results = []
    for begin in range(aligned, aligned + 16):
        memory.fill(1)
        c = memory[begin : begin + m * n].reshape(m, n)
        add_outer_products(kernel, c, 0.1, *outer)
        assert (np.abs(c - 1 - 0.1 * product) <= kernel.tolerance * (terms + 1)).all()
        results.append(c.copy())
        c.fill(1)
        assert (memory == 1).all()  # nothing around it is touched
    for c in results:
        np.testing.assert_array_equal(c, results[0])


DIGESTS = """
import hashlib
import numpy as np
from tests.backends.c.test_kernels import (
    KERNELS, add_outer_products, multiply, multiply_rows, operands,
)
THIN = [
    (20, 500, 784, (False, False)), (20, 784, 500, (False, True)), (784, 500, 20, (True, False)),
    (101, 333, 257, (False, False)),
]
LARGE = [(530, 540, 550, turned) for turned in [(False, False), (True, False), (True, True)]]
for kernel in KERNELS:
    rng = np.random.default_rng(0)
    results = []
    for m, n, k, turned in THIN + LARGE * kernel.mixed:
        c = np.zeros((m, n), kernel.dtype)
        multiply(kernel, *operands(kernel, rng, m, n, k, turned), c)
        results.append(c)
    if not kernel.mixed:
        for m, n, k in [(900, 333, 257), (900, 40, 700)]:
            a, b = operands(kernel, rng, m, n, k, (False, n == 40))
            multiply_rows(kernel, a.stored, b, c := np.zeros((m, n), kernel.dtype))
            results.append(c)
    shapes = [(20, 784), (20, 500), (15, 784), (15, 500)]
    outer = [rng.normal(size=shape).astype(kernel.dtype) for shape in shapes]
    add_outer_products(kernel, W := np.ones((784, 500), kernel.dtype), 0.1, *outer)
    for c in [*results, W]:
        print(hashlib.sha256(c.tobytes()).hexdigest())
"""


def test_the_number_of_threads_does_not_change_a_bit():
    one = run(DIGESTS, 1)
    n_results = sum(8 if kernel.mixed else 7 for kernel in KERNELS)
    assert len(one.split()) == n_results
    assert one == run(DIGESTS, 2) == run(DIGESTS, 3)


# What limits one library only: the others would start more threads than a checkpoint records.
UNEQUAL = """
import os
os.environ["OMP_NUM_THREADS"] = "1"
"""
LARGE_PRODUCTS = """
import hashlib
import numpy as np
from tests.backends.c.test_kernels import GET_SET, NAMES, Kernel, library, multiply, operands
for name in NAMES:
    print(getattr(library(name), GET_SET[name][0])())
    for m, n, k in [(600, 300, 700), (600, 700, 300), (700, 300, 600)]:
        rng, c = np.random.default_rng(0), np.zeros((m, n), "float32")
        kernel = Kernel(name, "float32")
        multiply(kernel, *operands(kernel, rng, m, n, k, (m == 700, False)), c)
        print(hashlib.sha256(c.tobytes()).hexdigest())
"""


def test_the_smallest_limit_is_that_of_all_libraries():
    one = run(LARGE_PRODUCTS, 1)
    assert one.splitlines()[0] == "1"
    assert run(UNEQUAL + LARGE_PRODUCTS, 2) == one


NEW_THREADS = """
import os
import numpy as np
from tests.backends.c.test_kernels import Kernel, Operand, library, multiply
library("openblas")
before = len(os.listdir("/proc/self/task"))
a, b, c = (np.ones(shape, "float32") for shape in [(20, 784), (784, 500), (20, 500)])
multiply(Kernel("openblas", "float32"), Operand(a), Operand(b), c)
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.parametrize("name", LIMITS)
def test_there_are_no_more_threads_than_any_library_is_allowed(name):
    assert run(NEW_THREADS, 1, [name]) == "0\n"
    n_cores = len(os.sched_getaffinity(0))
    assert run(NEW_THREADS, 2, [name]) == f"{min(n_cores, 2) - 1}\n"
    assert run(NEW_THREADS, 0, []) == f"{n_cores - 1}\n"


SLICES = """
from itertools import product
from tests.backends.c.test_kernels import KERNELS, check_product
shapes = [(513, 700, 300), (700, 513, 514), (601, 602, 603), (600, 20, 513), (900, 5, 600)]
turns = list(product([False, True], repeat=2))
for kernel, (seed, shape), turned in product(KERNELS, enumerate(shapes), turns):
    check_product(kernel, *shape, turned, extra=seed, alpha=0.5, beta=float(seed % 2), seed=seed)
print("right")
"""


def test_slices_of_a_product_fit_together():
    assert run(SLICES, 3) == "right\n"


GET_SET = {
    "openblas": ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    "mkl": ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
}

KEPT = """
from tests.backends.c.test_kernels import GET_SET, NAMES, Kernel, check_product, library
for name in NAMES:
    get, set_ = (getattr(library(name), routine) for routine in GET_SET[name])
    for n_threads in (2, 1, 2):
        set_(n_threads)
        check_product(Kernel(name, "float32"), 600, 601, 602, (False, False))
        print(get() == n_threads)
"""


def test_a_large_product_leaves_the_threads_of_the_blas_as_they_were():
    assert run(KEPT, 2) == "True\n" * 3 * len(NAMES)


AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import numpy as np
from tests.backends.c.test_kernels import GET_SET, KERNELS, exact, library, multiply, operands

SHAPES = [
    (20, 500, 784, (False, False)), (600, 601, 602, (False, False)), (20, 784, 500, (False, True)),
    (600, 601, 602, (True, False)),
]
together = Barrier(len(SHAPES))

def work(kernel, case):
    m, n, k, turned = SHAPES[case]
    rng = np.random.default_rng(case)
    a, b = operands(kernel, rng, m, n, k, turned)
    expected, terms = exact(kernel, a.matrix, b.matrix)
    c = np.empty((m, n), kernel.dtype)
    right = 0
    together.wait()
    for _ in range(50):
        c.fill(np.nan)
        multiply(kernel, a, b, c)
        right += (np.abs(c - expected) <= kernel.tolerance * (terms + 1)).all()
    return right

threads = {name: getattr(library(name), GET_SET[name][0]) for name, _ in KERNELS}
before = {name: get() for name, get in threads.items()}
with ThreadPoolExecutor(len(SHAPES)) as pool:
    for kernel in KERNELS:
        counts = list(pool.map(lambda case: work(kernel, case), range(len(SHAPES))))
        assert counts == [50] * len(SHAPES), (kernel, counts)
assert before == {name: get() for name, get in threads.items()}
print("right")
"""


@pytest.mark.parametrize("n_threads", [1, 3])
def test_several_callers_at_once(n_threads):
    assert run(AT_ONCE, n_threads) == "right\n"


FORK = """
import os
import numpy as np
from tests.backends.c.test_kernels import KERNELS, Operand, multiply

def right(kernel, factor):
    for m, n, k in [(20, 500, 784), (600, 610, 620)]:
        a, b, c = (np.ones(shape, kernel.dtype) for shape in [(m, k), (k, n), (m, n)])
        multiply(kernel, Operand(a), Operand(factor * b), c)
        if not (c == factor * k).all():
            return False
    return True

for kernel in KERNELS:
    before = right(kernel, 1)
    if not (child := os.fork()):
        os._exit(0 if right(kernel, 2) else 1)
    _, status = os.waitpid(child, 0)
    print(before, status, right(kernel, 3))
"""


def test_a_forked_child_can_go_on():
    assert run(FORK, 2) == "True 0 True\n" * len(KERNELS)


PAGE = mmap.PAGESIZE


def next_to_nothing(array, at_end):
    """Copy an array to where the next byte, or the one before, may not even be read."""
    n_pages = -(-array.nbytes // PAGE)
    memory = mmap.mmap(-1, (n_pages + 2) * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (0, n_pages + 1):
        forbidden = ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + page * PAGE), PAGE, 0)
        assert forbidden == 0
    offset = PAGE + (n_pages * PAGE - array.nbytes if at_end else 0)
    copy = np.frombuffer(memory, array.dtype, array.size, offset).reshape(array.shape)
    copy[...] = array
    return copy


NEXT_TO_NOTHING = """
from itertools import product
import numpy as np
from tests.backends.c.test_kernels import (
    KERNELS, Operand, add_outer_products, exact, multiply, multiply_rows, next_to_nothing,
    operands,
)
rng = np.random.default_rng(0)
turns = list(product([False, True], repeat=2))
shapes = [(5, 3, 7), (1, 17, 1), (20, 100, 37), (7, 65, 130), (33, 16, 15), (70, 5, 40)]
for kernel, (m, n, k), turned, end in product(KERNELS, shapes, turns, [False, True]):
    a, b = (
        Operand(next_to_nothing(x.stored, end), x.turned)
        for x in operands(kernel, rng, m, n, k, turned)
    )
    c = next_to_nothing(np.ones((m, n), kernel.dtype), end)
    multiply(kernel, a, b, c, beta=1)
    expected, terms = exact(kernel, a.matrix, b.matrix)
    assert (np.abs(c - 1 - expected) <= kernel.tolerance * (terms + 1)).all()
    outer = [next_to_nothing(rng.normal(size=(rows, columns)).astype(kernel.dtype), end)
             for rows in (k, k + 2) for columns in (m, n)]
    add_outer_products(kernel, c, 0.1, *outer)
many = [(256, 16, 1), (300, 70, 37), (515, 129, 150)]
plain = [kernel for kernel in KERNELS if not kernel.mixed]
for kernel, (m, n, k), turned, end in product(plain, many, [False, True], [False, True]):
    a, b = operands(kernel, rng, m, n, k, (False, turned))
    a, b = next_to_nothing(a.stored, end), Operand(next_to_nothing(b.stored, end), turned)
    multiply_rows(kernel, a, b, c := next_to_nothing(np.ones((m, n), kernel.dtype), end))
    expected, terms = exact(kernel, a, b.matrix)
    assert (np.abs(c - expected) <= kernel.tolerance * (terms + 1)).all()
print("right")
"""


def test_nothing_else_is_read():
    assert run(NEXT_TO_NOTHING, 2) == "right\n"


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
    monkeypatch.setattr(kernels, "_FLAGS", ("-O0", *kernels._FLAGS[1:]))  # which is quicker
    blas = find_blas("openblas")
    first = with_kernels(blas)
    monkeypatch.setattr(subprocess, "run", None)
    assert with_kernels(blas) == first
    other = replace(blas, ldflags=f"{blas.ldflags} -lm")
    with pytest.raises(TypeError):
        with_kernels(other)
