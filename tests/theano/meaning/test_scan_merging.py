"""Scans are merged only if the merged graph has no cycle."""

import signal

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano


@pytest.fixture(autouse=True)
def _limit():
    """Compiling a cyclic graph would never end."""

    def stop(*_):
        # Not an Exception, which PyTensor would catch to continue with another rewrite.
        pytest.fail("compiling does not end")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def averaged(h):
    states = T.zeros((h.shape[1], h.shape[2]))
    result, _ = theano.scan(lambda p, s: 0.5 * (p + s), sequences=[h], outputs_info=[states])
    return result


@pytest.mark.parametrize("n", [2, 3])
def test_gradients_of_linear_layers(n):
    """They do not depend on the layers, and could be merged with them in a way that is cyclic."""
    x = T.tensor3("x")
    h = x
    for _ in range(n):
        h = averaged(h)
    f = theano.function([x], [h, T.grad(h.sum(), x)])
    X = np.random.default_rng(0).normal(size=(6, 2, 1)).astype(theano.config.floatX)
    layer = np.tril(0.5 ** (1 + np.subtract.outer(np.arange(6), np.arange(6))))
    layers = np.linalg.matrix_power(layer, n)
    result, gradient = f(X)
    np.testing.assert_allclose(result, np.einsum("ij,jkl->ikl", layers, X), 1e-4, 1e-6)
    np.testing.assert_allclose(
        gradient, np.broadcast_to(layers.sum(0)[:, None, None], X.shape), 1e-5
    )


def test_scans_that_are_independent_are_merged():
    x, y = T.vectors("x", "y")
    n = T.iscalar("n")
    both = [theano.scan(lambda s: T.tanh(2 * s), outputs_info=v, n_steps=n)[0] for v in (x, y)]
    f = theano.function([x, y, n], both)
    scans = [node for node in f.maker.fgraph.apply_nodes if "Scan" in type(node.op).__name__]
    assert len(scans) == 1
    found = f(np.ones(2, theano.config.floatX), np.zeros(2, theano.config.floatX), 2)
    np.testing.assert_allclose(found[0][1], np.tanh(2 * np.tanh(2)), 1e-6)
    np.testing.assert_array_equal(found[1], np.zeros((2, 2)))
