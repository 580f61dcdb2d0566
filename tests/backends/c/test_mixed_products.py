"""Products in mixed precision in C: which ones are replaced, and that they equal NumPy's."""

from contextlib import nullcontext

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode

from autoenc.backends import in_precision, make_step
from autoenc.backends.c.c_backend import CBackend
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.backends.c.mixed_products import REWRITES, MixedProduct, Rounded
from autoenc.backends.c.shared_pairs import REWRITES as SHARED
from autoenc.backends.c.shared_pairs import SharingProduct
from autoenc.backends.c.tied_gradient import REWRITES as TIED
from autoenc.backends.c.tied_gradient import AddOuterProducts
from autoenc.configuration import Settings
from autoenc.graph import AutoEncoderLayer, sgd
from autoenc.graph.precision import MixedDot, as_bfloat16, with_mixed_products

# The graph is the same whether C computes it or, as any processor can, NumPy.
MODES = {"numpy": (Mode("py", "fast_run").register(*TIED, *REWRITES, *SHARED), nullcontext)}
if compiler_trouble() is None and "mixed_bfloat16" in (C := CBackend(Settings())).precisions:
    MODES["c"] = (C._mode, C._flags)


@pytest.fixture(params=MODES)
def compile_(request):
    mode, flags = MODES[request.param]

    def compiled(inputs, outputs, **more):
        with flags():
            return pytensor.function(inputs, outputs, mode=mode, **more)

    return compiled


def ops(function):
    return [node.op for node in function.maker.fgraph.toposort()]


def count(function, *kinds):
    return sum(isinstance(op, kinds) for op in ops(function))


def rounded(a, b):
    """Product of what is rounded, in double precision."""
    return as_bfloat16(a).astype(float) @ as_bfloat16(b)


def normal(rng, *shape):
    return rng.normal(size=shape).astype("float32")


def assert_near(result, expected):
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def step_of(layer, x):
    cost = layer.cross_entropy(x).mean()
    return make_step(cost, sgd(cost, layer.params, 0.1), [x])


def compiled_step(compile_, layer):
    x = pt.matrix("x")
    step = in_precision("mixed_bfloat16", step_of(layer, x), Mixed())
    updates = dict(zip(step.state, step.next_state, strict=True))
    return compile_([x], step.cost, updates=updates)


class Mixed:
    name = "c"
    precisions = ("float32", "mixed_bfloat16")


def test_a_tied_step_has_three_products_and_one_sum_of_two(compile_):
    layer = AutoEncoderLayer(60, 40, rng=np.random.default_rng(0))
    f = compiled_step(compile_, layer)
    products = [op for op in ops(f) if isinstance(op, MixedProduct)]
    assert products == [SharingProduct(False), MixedProduct(False), SharingProduct(True)]
    assert [op for op in ops(f) if isinstance(op, AddOuterProducts)] == [AddOuterProducts(True)]
    assert count(f, MixedDot, Rounded) == 0


def test_an_untied_step_adds_each_gradient_to_its_weights(compile_):
    layer = AutoEncoderLayer(60, 40, rng=np.random.default_rng(0), tied=False)
    f = compiled_step(compile_, layer)
    adding = [op.adds for op in ops(f) if isinstance(op, MixedProduct)]
    assert sorted(adding) == [False, False, False, True, True]
    assert count(f, MixedDot, Rounded, AddOuterProducts) == 0


@pytest.mark.parametrize("tied", [True, False])
def test_a_step_does_what_numpy_says(compile_, rng, tied):
    layer = AutoEncoderLayer(61, 37, rng=rng, tied=tied)
    W = layer.W.get_value()
    W_prime = W.T if tied else layer.W_prime.get_value()
    x = rng.random((21, 61), dtype="float32")
    cost = compiled_step(compile_, layer)(x)
    code = 1 / (1 + np.exp(-rounded(x, W)))
    z = 1 / (1 + np.exp(-rounded(code, W_prime)))
    d_out = ((z - x) / len(x)).astype("float32")
    d_code = (rounded(d_out, W_prime.T) * code * (1 - code)).astype("float32")
    encoder, decoder = rounded(x.T, d_code), rounded(code.T, d_out)
    logarithms = np.where(x > 0, x, 0) * np.log(z) + (1 - x) * np.log(1 - z)
    np.testing.assert_allclose(cost, -logarithms.sum(axis=1).mean(), rtol=1e-4)
    gradient = encoder + decoder.T if tied else encoder
    # An entry that is near a tie may be rounded to the other side.
    np.testing.assert_allclose(layer.W.get_value(), W - 0.1 * gradient, atol=1e-4)
    np.testing.assert_allclose((W - layer.W.get_value()) / 0.1, gradient, atol=3e-3)
    if not tied:
        np.testing.assert_allclose(layer.W_prime.get_value(), W_prime - 0.1 * decoder, atol=1e-4)
    assert layer.W.get_value().dtype == np.float32


def layouts(matrix):
    """A matrix in each of the ways in which it can lie in memory."""
    wide = np.zeros((2 * matrix.shape[0] + 1, 2 * matrix.shape[1] + 3), "float32")
    rows, columns = wide[: matrix.shape[0]], wide[:, : matrix.shape[1]]
    yield "rows", matrix
    yield "columns", np.asfortranarray(matrix)
    for name, place in {
        "part of rows": rows[:, 1 : matrix.shape[1] + 1],
        "every other column": rows[:, : 2 * matrix.shape[1] : 2],
        "every other row": columns[: 2 * matrix.shape[0] : 2],
        "rows backwards": rows[::-1, : matrix.shape[1]],
        "columns backwards": rows[:, matrix.shape[1] - 1 :: -1],
        "part of columns": wide.ravel()[: wide.size // 2 * 2]
        .reshape(2, -1)[0, : matrix.size]
        .reshape(matrix.shape, order="F"),
    }.items():
        place[...] = matrix
        yield name, place


NAMES = [name for name, _ in layouts(np.zeros((2, 2), "float32"))]


@pytest.fixture(scope="module", params=MODES)
def product(request):
    """Return a function of two matrices, one of them transposed, and of a third to add to."""
    mode, flags = MODES[request.param]
    a, b, c = pt.matrices("a", "b", "c")
    outputs = with_mixed_products([pt.dot(a, b), pt.dot(b.T, a.T), c + 0.5 * pt.dot(a, b)])
    with flags():
        return pytensor.function([a, b, c], outputs, mode=mode)


def check(product, a, b):
    c = np.arange(a.shape[0] * b.shape[1], dtype="float32").reshape(a.shape[0], b.shape[1])
    before = [np.array(x) for x in (a, b, c)]
    expected = rounded(a, b)
    results = product(a, b, c)
    for result, right in zip(results, [expected, expected.T, c + 0.5 * expected], strict=True):
        assert_near(result, right)
    for x, copy in zip((a, b, c), before, strict=True):
        np.testing.assert_array_equal(x, copy)


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", NAMES)
def test_matrices_may_lie_in_any_way(product, rng, first, second):
    a = dict(layouts(normal(rng, 7, 33)))[first]
    b = dict(layouts(normal(rng, 33, 20)))[second]
    check(product, a, b)


@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1), (1, 40, 1), (40, 1, 40), (1, 5, 40), (40, 5, 1), (0, 3, 4), (3, 0, 4), (3, 0, 40),
     (3, 4, 0), (200, 301, 170)],
)  # fmt: skip
def test_sides_may_be_of_any_length(product, rng, shape):
    m, k, n = shape
    for a in (normal(rng, m, k), normal(rng, k, m).T, np.broadcast_to(normal(rng, 1, k), (m, k))):
        for b in (normal(rng, k, n), normal(rng, n, k).T):
            check(product, a, b)


def test_matrices_that_do_not_fit_are_refused(product, rng):
    c = normal(rng, 3, 5)
    for a, b in [((3, 4), (6, 5)), ((3, 4), (4, 6)), ((2, 4), (4, 5))]:
        with pytest.raises(ValueError, match=r"mismatch|shape|align|broadcast"):
            product(normal(rng, *a), normal(rng, *b), c)


def test_what_is_not_finite_shows(product, rng):
    for bad in (np.nan, np.inf, -np.inf, 3.4e38):
        a, b = normal(rng, 20, 33), normal(rng, 33, 40)
        a[3, 4] = bad
        with np.errstate(all="ignore"):
            result = product(a, b, np.zeros((20, 40), "float32"))[0]
        assert list(np.flatnonzero(~np.isfinite(result).all(axis=1))) == [3]
        assert not np.isfinite(result[3]).any()


def test_what_is_used_twice_comes_out_right(compile_, rng):
    a, b, c = pt.matrices("a", "b", "c")
    once = pt.dot(a, b)
    outputs = with_mixed_products([once + c, once * 2, pt.dot(once, c), a.sum(axis=0)])
    f = compile_([a, b, c], outputs)
    assert count(f, MixedProduct) >= 2
    xs = [normal(rng, *shape) for shape in [(20, 31), (31, 20), (20, 20)]]
    product = rounded(*xs[:2])
    sums, doubles, more, rows = f(*xs)
    assert_near(sums, product + xs[2])
    assert_near(doubles, 2 * product)
    # The product itself is rounded on the way.
    np.testing.assert_allclose(more, rounded(product, xs[2]), atol=0.2)
    # What is rounded for a product is not rounded for anything else.
    assert_near(rows, xs[0].sum(axis=0, dtype=float))
    assert abs(rows - as_bfloat16(xs[0]).sum(axis=0)).max() > 1e-3


def test_a_matrix_times_its_own_transpose(compile_, rng):
    a = pt.matrix("a")
    f = compile_([a], with_mixed_products([pt.dot(a, a.T), pt.dot(a.T, a)]))
    x = normal(rng, 21, 34)
    first, second = f(x)
    assert_near(first, rounded(x, x.T))
    assert_near(second, rounded(x.T, x))


@pytest.mark.parametrize("factor", [1.0, -0.3])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_product_may_be_added_to_a_part_of_something(compile_, rng, factor, share):
    a, b = pt.matrices("a", "b")
    W = pytensor.shared(np.asfortranarray(normal(rng, 20, 35)))
    before = W.get_value()
    (update,) = with_mixed_products([share * W + factor * pt.dot(a.T, b)])
    f = compile_([a, b], [], updates=[(W, pt.cast(update, "float32"))])
    xs = normal(rng, 11, 20), normal(rng, 11, 35)
    f(*xs)
    assert_near(W.get_value(), share * before + factor * rounded(xs[0].T, xs[1]))


@pytest.mark.parametrize("share", [0.75, 1.0])
def test_the_sum_of_two_outer_products_of_different_lengths(compile_, rng, share):
    xs = pt.matrices("a", "b", "c", "d")
    W = pytensor.shared(np.asfortranarray(normal(rng, 20, 35)))
    before = W.get_value()
    a, b, c, d = xs
    update = np.float32(share) * W - np.float32(0.5) * (pt.dot(a.T, b) + pt.dot(c.T, d))
    f = compile_(xs, [], updates=[(W, *with_mixed_products([update]))])
    assert AddOuterProducts(True) in ops(f)
    arrays = [normal(rng, *shape) for shape in [(11, 20), (11, 35), (6, 20), (6, 35)]]
    f(*arrays)
    expected = rounded(arrays[0].T, arrays[1]) + rounded(arrays[2].T, arrays[3])
    assert_near(W.get_value(), share * before - 0.5 * expected)


def test_products_with_vectors_are_rounded_too(compile_, rng):
    a, v = pt.matrix("a"), pt.vector("v")
    f = compile_([a, v], with_mixed_products([pt.dot(a, v), pt.dot(v, v), pt.outer(v, v)]))
    x, y = normal(rng, 20, 35), normal(rng, 35)
    expected = rounded(x, y), rounded(y, y), rounded(y[:, None], y[None, :])
    for result, right in zip(f(x, y), expected, strict=True):
        assert_near(result, right)


@pytest.mark.parametrize("rates", [(0.5, 0.25), (0.5, 0.5)])
def test_outer_products_of_different_rates_are_added_one_by_one(compile_, rng, rates):
    xs = pt.matrices("a", "b", "c", "d")
    W = pytensor.shared(normal(rng, 20, 35))
    before = W.get_value()
    first, second = (np.float32(rate) for rate in rates)
    update = W - first * pt.dot(xs[0].T, xs[1]) - second * pt.dot(xs[2].T, xs[3])
    f = compile_(xs, [], updates=[(W, *with_mixed_products([update]))])
    assert count(f, AddOuterProducts) == (first == second)
    arrays = [normal(rng, 11, n) for n in (20, 35, 20, 35)]
    f(*arrays)
    expected = first * rounded(arrays[0].T, arrays[1]) + second * rounded(arrays[2].T, arrays[3])
    assert_near(W.get_value(), before - expected)


def test_double_precision_stays(compile_, rng):
    a, b = pt.dmatrices("a", "b")
    f = compile_([a, b], with_mixed_products([pt.dot(a, b)]))
    assert count(f, MixedProduct, MixedDot, Rounded) == 0
    x, y = rng.normal(size=(20, 35)), rng.normal(size=(35, 7))
    np.testing.assert_allclose(f(x, y)[0], x @ y, rtol=1e-12, atol=1e-12)
