"""Products of the Numba backend: all entries, including the edges of tiles, blocks and panels."""

import functools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autoenc.backends import resolve_backend
from autoenc.backends.c.row_products import RowProduct
from autoenc.backends.numba_products import ROWS_OF_A_BLOCK, ROWS_WORTH_PANELS

LIMITS = {"float32": 2e-6, "float64": 4e-15}
ROWS = [*range(1, 9), ROWS_OF_A_BLOCK, ROWS_OF_A_BLOCK + 7, ROWS_WORTH_PANELS + 5]
# Vectors have 2 to 16 entries, panels up to four vectors.
COLUMNS = [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 47, 63, 64, 65, 130]


@functools.cache
def multiply(dtype):
    resolve_backend("numba", "cpu")
    A, B = (pt.matrix(dtype=dtype) for _ in range(2))
    return pytensor.function([A, B], RowProduct()(A, B), mode="NUMBA")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(
    m=st.sampled_from(ROWS), n=st.sampled_from(COLUMNS), K=st.sampled_from([1, 15, 16, 40]),
    seed=st.integers(0, 99),
)  # fmt: skip
@example(m=7, n=17, K=40, seed=0)
@example(m=ROWS_WORTH_PANELS + 5, n=65, K=17, seed=0)
@settings(max_examples=60)
def test_every_entry_in_every_company(dtype, turned, m, n, K, seed):
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(m, K)).astype(dtype), rng.normal(size=(K, n)).astype(dtype)
    B = np.asfortranarray(B) if turned else B
    product = multiply(dtype)(A, B)
    exact = A.astype("longdouble") @ B.astype("longdouble")
    assert (np.abs(product - exact) <= LIMITS[dtype] * (np.abs(A) @ np.abs(B))).all()
    rows, columns = rng.permutation(m)[: 1 + seed % 9], rng.permutation(n)
    # Neither other rows nor other columns decide how an entry is summed.
    some = multiply(dtype)(A[rows], np.ascontiguousarray(B[:, columns]))
    assert some.tobytes() == product[np.ix_(rows, columns)].tobytes()


@pytest.mark.parametrize("shape", [(0, 3, 4), (3, 0, 4), (3, 4, 0)])
def test_nothing_to_sum_is_zero(shape):
    m, K, n = shape
    product = multiply("float32")(np.ones((m, K), "float32"), np.ones((K, n), "float32"))
    assert product.shape == (m, n)
    assert not product.any()


def test_lengths_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="Shape mismatch"):
        multiply("float32")(np.ones((2, 3), "float32"), np.ones((4, 5), "float32"))
