"""Products of selected blocks."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.tensor.nnet import blocksparse

rng = np.random.default_rng(0)
weights = rng.normal(size=(4, 3, 2, 5)).astype("float32")
hidden = rng.normal(size=(2, 2, 2)).astype("float32")
inputs = np.array([[0, 3], [2, 2]], "int32")
outputs = np.array([[2, 0, 1], [1, 1, 0]], "int32")
bias = rng.normal(size=(3, 5)).astype("float32")
W, h, b = T.ftensor4("W"), T.ftensor3("h"), T.fmatrix("b")
i, o = T.imatrix("i"), T.imatrix("o")


def dot_of_numpy():
    result = bias[outputs]
    for n, j, k in np.ndindex(2, 3, 2):
        result[n, j] += hidden[n, k] @ weights[inputs[n, k], outputs[n, j]]
    return result


def test_the_product_and_its_gradients():
    result = blocksparse.sparse_block_dot(W, h, i, b, o)
    assert result.dtype == "float32"
    gradients = T.grad((result**2).sum(), [W, h, b])
    f = theano.function([W, h, i, b, o], [result, *gradients], mode="FAST_COMPILE")
    product, of_weights, of_hidden, of_bias = f(weights, hidden, inputs, bias, outputs)
    expected = dot_of_numpy()
    np.testing.assert_allclose(product, expected, rtol=1e-5)
    want = np.zeros_like(weights), np.zeros_like(hidden), np.zeros_like(bias)
    for n, j, k in np.ndindex(2, 3, 2):
        row, column = inputs[n, k], outputs[n, j]
        want[0][row, column] += 2 * np.outer(hidden[n, k], expected[n, j])
        want[1][n, k] += 2 * weights[row, column] @ expected[n, j]
    np.add.at(want[2], outputs, 2 * expected)
    for got, wanted in zip((of_weights, of_hidden, of_bias), want, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def test_one_example_without_a_batch():
    vector = T.ivector
    k, j, x = vector("k"), vector("j"), T.fmatrix("x")
    result = blocksparse.sparse_block_dot(W, x, k, b, j)
    f = theano.function([W, x, k, b, j], result, mode="FAST_COMPILE")
    got = f(weights, hidden[0], inputs[0], bias, outputs[0])
    np.testing.assert_allclose(got, dot_of_numpy()[:1], rtol=1e-5)


def test_outer_products_are_added_to_blocks():
    y = rng.normal(size=(2, 3, 5)).astype("float32")
    added = blocksparse.sparse_block_outer(W, h, y, i, o)
    doubled = blocksparse.SparseBlockOuter(inplace=True)(W, h, y, i, o, alpha=2)
    f = theano.function([W, h, i, o], [added, doubled], mode="FAST_COMPILE")
    added, doubled = f(weights, hidden, inputs, outputs)
    expected = np.zeros_like(weights)
    for n, k, j in np.ndindex(2, 2, 3):
        expected[inputs[n, k], outputs[n, j]] += np.outer(hidden[n, k], y[n, j])
    np.testing.assert_allclose(added, weights + expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(doubled, weights + 2 * expected, rtol=1e-4, atol=1e-5)


def test_arguments_of_wrong_dimensions():
    with pytest.raises(TypeError, match="weight matrix W must be a 4D tensor"):
        blocksparse.sparse_block_gemv(h, h, h, i, o)
