"""Weights are rounded once for several products, without changing a bit of the results."""

import ctypes

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.backends.c.shared_pairs import SharingProduct
from autoenc.graph.precision import with_mixed_products
from tests.backends.c.test_kernels import (
    NAMES,
    PRECISIONS,
    Kernel,
    Operand,
    library,
    multiply,
    operand,
)
from tests.backends.c.test_mixed_products import MODES, assert_near, normal, ops, rounded

KERNELS = NAMES if "bfloat16" in PRECISIONS else []


@pytest.fixture(params=MODES)
def compile_(request):
    mode, flags = MODES[request.param]

    def compiled(inputs, outputs, **more):
        with flags():
            return pytensor.function(inputs, with_mixed_products(outputs), mode=mode, **more)

    return compiled


def sharing(function):
    return [op.taken for op in ops(function) if isinstance(op, SharingProduct)]


def test_the_first_product_leaves_pairs_that_the_others_take(compile_, rng):
    a, b, c, W = pt.matrices("a", "b", "c", "W")
    f = compile_([a, b, c, W], [a @ W, b @ W, c @ W])
    assert sorted(sharing(f)) == [False, True, True]
    # With minibatches, and weights, of other sizes the next time.
    for rows, n_in, n_out in [((3, 20, 0), 31, 70), ((1, 1, 5), 784, 500), ((600, 7, 2), 20, 6)]:
        xs = [normal(rng, n, n_in) for n in rows]
        weights = normal(rng, n_in, n_out)
        for x, product in zip(xs, f(*xs, weights), strict=True):
            assert_near(product, rounded(x, weights))


def test_weights_that_are_used_once_or_turned_are_not_shared(compile_):
    a, b, W, V = pt.matrices("a", "b", "W", "V")
    assert not sharing(compile_([a, b, W, V], [a @ W, b @ V]))
    assert not sharing(compile_([a, b, W], [a @ W.T, b @ W.T]))
    assert not sharing(compile_([a, b, W], [a @ W, b @ W.T]))


def test_a_product_of_a_product_with_the_same_weights(compile_, rng):
    x, W = pt.matrices("x", "W")
    f = compile_([x, W], [(x @ W) @ W])
    assert sharing(f) == [False, True]
    rows, weights = normal(rng, 9, 25), normal(rng, 25, 25)
    once = rounded(rows, weights)
    # The first product is rounded in its turn, and an entry near a tie to either side.
    np.testing.assert_allclose(
        f(rows, weights)[0], rounded(once.astype("float32"), weights), atol=0.2
    )


def test_pairs_are_of_the_weights_before_their_update(compile_, rng):
    x, y = pt.matrices("x", "y")
    W = pytensor.shared(before := normal(rng, 30, 40))
    (gradient,) = with_mixed_products([x.T @ (x @ W)])
    f = compile_([x, y], [y @ W], updates={W: W - 0.1 * gradient})
    assert sharing(f) == [False, True]
    xs = normal(rng, 8, 30), normal(rng, 3, 30)
    assert_near(f(*xs)[0], rounded(xs[1], before))
    after = W.get_value()
    codes = rounded(xs[0], before).astype("float32")
    np.testing.assert_allclose(after, before - 0.1 * rounded(xs[0].T, codes), atol=0.02)
    assert_near(f(*xs)[0], rounded(xs[1], after))


def multiply_sharing(name, a, b, c, pairs, taken):
    """c = a b, with the pairs of b left or taken."""
    (m, k), n = a.matrix.shape, b.matrix.shape[1]
    ld_a, ld_b, ld_c = (x.strides[0] // x.itemsize for x in (a.stored, b.stored, c))
    pointers = [ctypes.c_void_p(x.ctypes.data) for x in (b.stored, a.stored, c, pairs)]
    library(name).autoenc_sharing_sgemm(
        b"T" if b.turned else b"N", b"T" if a.turned else b"N", n, m, k, pointers[0], ld_b,
        pointers[1], ld_a, pointers[2], ld_c, pointers[3], ctypes.c_bool(taken),
    )  # fmt: skip


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("shape", [(784, 500), (783, 501), (40, 64), (1, 17), (129, 15), (300, 1)])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 5, 20, 130])
def test_no_bit_differs_from_a_product_of_its_own(name, shape, turned, rows):
    rng = np.random.default_rng(0)
    b = operand(rng, *shape, turned, extra=2)
    pairs = np.full(library(name).autoenc_length_of_pairs(*shape), np.nan, "float32")
    for n_rows, turned_left, taken in [(rows, False, False), (20, False, True), (7, True, True)]:
        a = operand(rng, n_rows, shape[0], turned_left, extra=1)
        own, shared = np.full((2, n_rows, shape[1]), np.nan, "float32")
        # Rows with rows the kernels multiply in another order where they share nothing.
        multiply(Kernel(name, "bfloat16"), a, Operand(np.ascontiguousarray(b.matrix)), own)
        multiply_sharing(name, a, b, shared, pairs, taken)
        np.testing.assert_array_equal(shared, own)
