"""A tied weight's two gradients are added to it as one operation, in both precisions."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.tensor.blas import Gemm

from autoenc.backends.c.c_backend import CBackend
from autoenc.backends.c.tied_gradient import AddOuterProducts
from autoenc.configuration import Settings


@pytest.mark.parametrize("decay", [0.0, 0.25])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_two_outer_products_are_added_at_once(dtype, decay, rng):
    backend = CBackend(Settings())
    arrays = [rng.normal(size=shape).astype(dtype) for shape in [(20, 70), (20, 35)] * 2]
    xs = a, b, c, d = [pt.matrix(dtype=dtype) for _ in arrays]
    before = rng.normal(size=(70, 35)).astype(dtype)
    W = pytensor.shared(before)
    rate, weight_decay = np.asarray(0.5, dtype), np.asarray(decay, dtype)
    with backend._flags():
        f = pytensor.function(
            xs, [], mode=backend._mode,
            updates=[(W, W - rate * (a.T @ b + c.T @ d + weight_decay * W))],
        )  # fmt: skip
    assert AddOuterProducts(False) in [node.op for node in f.maker.fgraph.toposort()]
    f(*arrays)
    A, B, C, D = (array.astype("float64") for array in arrays)
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(
        W.get_value(),
        (1 - 0.5 * decay) * before - 0.5 * (A.T @ B + C.T @ D),
        rtol=tolerance,
        atol=tolerance,
    )


def test_a_part_of_the_first_sum_is_no_sum_of_two_products(rng):
    backend = CBackend(Settings())
    arrays = [rng.normal(size=shape).astype("float32") for shape in [(20, 70), (20, 35)] * 2]
    xs = a, b, c, d = [pt.fmatrix() for _ in arrays]
    W, part = pytensor.shared(rng.normal(size=(70, 35)).astype("float32")), pt.fscalar()
    before = W.get_value()
    first = Gemm(inplace=False)(W, np.float32(-0.5), a.T, b, np.float32(1))
    with backend._flags():
        f = pytensor.function(
            [*xs, part], [], mode=backend._mode,
            updates=[(W, Gemm(inplace=False)(first, np.float32(-0.5), c.T, d, part))],
        )  # fmt: skip
    f(*arrays, 0.25)
    A, B, C, D = (array.astype("float64") for array in arrays)
    expected = 0.25 * (before - 0.5 * A.T @ B) - 0.5 * C.T @ D
    np.testing.assert_allclose(W.get_value(), expected, rtol=1e-5, atol=1e-5)
