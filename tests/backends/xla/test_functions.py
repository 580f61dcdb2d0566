"""Logarithms and exponentials on XLA, on the CPU."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.backends import resolve_backend
from autoenc.training import train

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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_integers_are_computed_in_the_precision_of_what_they_are_computed_from(dtype):
    x = pt.matrix("x", dtype=dtype)
    places = resolve_backend("xla", "cpu").function([x], pt.argmax(x, axis=1))
    rows = np.array([[1, 1 + 1e-12], [1e-300, 0], [1, 2]], dtype)
    np.testing.assert_array_equal(places(rows), rows.argmax(axis=1))


def in_place(W):
    W.get_value(borrow=True)[...] = 2


def by_a_function_in_c(W):
    pytensor.function([], [], updates=[(W, 2 * pt.ones_like(W))], mode="CVM")()


def by_training(W):
    z = pt.matrix("z", dtype="float32")
    cost = ((z @ W - 2) ** 2).mean()
    updates = {W: W - np.float32(0.5) * pytensor.grad(cost, W)}
    rows = np.eye(2, dtype="float32").repeat(20, axis=0)
    train(cost, updates, inputs=[z], data=rows, n_epochs=60, backend="numba", progress=False)


@pytest.mark.parametrize("change", [in_place, by_a_function_in_c, by_training])
def test_a_function_sees_values_that_other_code_has_changed(change):
    W = pytensor.shared(np.zeros((2, 2), "float32"), "W")
    z = pt.matrix("z", dtype="float32")
    product = resolve_backend("xla", "cpu").function([z], z @ W)
    one = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(product(one), [[0, 0]])
    change(W)
    assert W.get_value().min() > 0.5
    np.testing.assert_allclose(product(one), one @ W.get_value(), rtol=1e-6)
