"""A softmax that is written out does not overflow, nor does its gradient."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from scipy.special import log_softmax, softmax

from autoenc import backends

MODE = Mode("py", "fast_run").excluding("fusion")
assert backends  # adds the rewrite where it is imported

X = np.array([[0.0, 200.0, -300.0], [1000.0, 0.0, 999.0]])
T = np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
P = softmax(X, axis=1)


def written_out(x, axis=1):
    e = pt.exp(x)
    return e / e.sum(axis, keepdims=True)


def compute(graph):
    x, t = pt.matrix("x", dtype="float64"), pt.matrix("t", dtype="float64")
    return pytensor.function([x, t], graph(x, t), mode=MODE, on_unused_input="ignore")(X, T)


@pytest.mark.parametrize("axis", [0, 1, None])
def test_multiple(axis):
    result = compute(lambda x, t: 3 * t * written_out(x, axis))
    np.testing.assert_allclose(result, 3 * T * softmax(X, axis), rtol=1e-13)


def cross_entropy(x, t):
    return -pt.sum(t * pt.log(written_out(x)))


def log_likelihood(x, t):
    return -pt.sum(pt.log(written_out(x)[pt.arange(2), pt.argmax(t, axis=1)]))


def squared_error(x, t):
    return pt.sum((written_out(x) - t) ** 2)


D = 2 * (P - T)
GRADIENTS = {
    cross_entropy: P - T,
    log_likelihood: P - np.eye(3)[T.argmax(axis=1)],
    squared_error: P * (D - np.sum(D * P, axis=1, keepdims=True)),
}


@pytest.mark.parametrize("cost", GRADIENTS)
def test_gradient(cost):
    result = compute(lambda x, t: pt.grad(cost(x, t), x))
    np.testing.assert_allclose(result, GRADIENTS[cost], rtol=1e-10, atol=1e-12)


def test_cost():
    result = compute(cross_entropy)
    np.testing.assert_allclose(result, -np.sum(T * log_softmax(X, axis=1)), rtol=1e-13)


def test_deep_products_are_no_recursion():
    x = pt.vector("x", dtype="float64")
    product = pt.exp(x)
    for _ in range(2000):
        product = product * 1.001
    node = product.owner
    assert backends.softmax_products.softmax_in_product.fn(None, node) is None
