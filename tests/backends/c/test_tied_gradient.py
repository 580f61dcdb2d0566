"""A tied weight's two gradients are added to it as one operation, in both precisions."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

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
