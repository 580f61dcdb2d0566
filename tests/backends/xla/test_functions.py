"""Logarithms and exponentials on XLA, on the CPU."""

import numpy as np
import pytensor.tensor as pt
import pytest

from autoenc.backends import resolve_backend

FUNCTIONS = {
    "log": (pt.log, np.log),
    "log1p": (pt.log1p, np.log1p),
    "exp": (pt.exp, np.exp),
    "softplus": (pt.softplus, lambda x: np.logaddexp(x, 0)),
}
NAMES = pytest.mark.parametrize("name", FUNCTIONS)
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def compiled(name, dtype):
    x = pt.matrix("x", dtype=dtype)
    return resolve_backend("xla", "cpu").function([x], FUNCTIONS[name][0](x))


@NAMES
@DTYPES
def test_results_are_accurate(name, dtype, rng):
    positive = rng.uniform(0, 2, (64, 13)) * 10.0 ** rng.integers(-9, 2, (64, 13))
    lowest = {"log": 0, "log1p": -1}.get(name, -np.inf)
    x = np.concatenate([positive, np.maximum(-positive, lowest)]).astype(dtype)
    with np.errstate(divide="ignore"):
        expected = FUNCTIONS[name][1](x.astype("longdouble"))
    np.testing.assert_allclose(compiled(name, dtype)(x), expected, rtol=200 * np.finfo(dtype).eps)


@NAMES
@DTYPES
@np.errstate(all="ignore")
def test_ends(name, dtype):
    limits = np.finfo(dtype)
    positive = np.array([0, 1, 2, limits.tiny, limits.max, np.inf], dtype)
    x = np.concatenate([positive, -positive, [np.nan]]).astype(dtype)[None]
    expected = FUNCTIONS[name][1](x)
    rtol = 4 * limits.eps
    np.testing.assert_allclose(compiled(name, dtype)(x), expected, rtol=rtol, atol=limits.tiny)


@NAMES
@DTYPES
@pytest.mark.parametrize("n_columns", [2, 3, 8, 13, 33])
def test_an_entry_has_the_same_bytes_in_a_vector_and_in_the_remainder_of_a_loop(
    name, dtype, n_columns, rng
):
    x = rng.uniform(0, 3, (5, n_columns)).astype(dtype)
    function = compiled(name, dtype)
    alone = [function(x[:, [column]]) for column in range(n_columns)]
    np.testing.assert_array_equal(function(x), np.hstack(alone))
