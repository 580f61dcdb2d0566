"""Arithmetic of sparse matrices and its gradients are those of Theano."""

import numpy as np
import pytest
import scipy.sparse

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import sparse
from tests.theano.quick import function

MATRIX = np.array([[0.0, 2, 0], [1, 0, 3]])
PRODUCTS = {
    "a number": lambda a: a * 2,
    "a number in front": lambda a: 2.5 * a,
    "a constant in front": lambda a: T.constant(2.0) * a,
    "a shared variable in front": lambda a: theano.shared(np.float64(2)) * a,
    "the transpose": lambda a: 2 * a.T,
    "a sum": lambda a: a * 2 + a,
    "the negative": lambda a: -a,
    "scaled columns": lambda a: sparse.col_scale(a, T.constant([1.0, 1.0, 1.0])) * 3,
}


@pytest.mark.parametrize("kind", ["csr", "csc"])
@pytest.mark.parametrize("graph", PRODUCTS.values(), ids=PRODUCTS.keys())
@pytest.mark.parametrize("sparse_grad", [True, False])
def test_gradients_of_products(graph, sparse_grad, kind):
    a = getattr(sparse, f"{kind}_matrix")("a", dtype="float64")
    product = graph(a)
    gradient = T.grad(sparse.sp_sum(product, sparse_grad=sparse_grad), a)
    value = getattr(scipy.sparse, f"{kind}_matrix")(MATRIX)
    product, gradient = function([a], [product, gradient])(value)
    assert scipy.sparse.issparse(product)
    factor = product.sum() / MATRIX.sum()
    # Computed by Theano 1.0.5: of the entries that the matrix has, or of all.
    expected = factor * ((MATRIX != 0) if sparse_grad else np.ones((2, 3)))
    np.testing.assert_allclose(gradient.toarray(), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "complex128"])
def test_negatives(dtype):
    a = sparse.csr_matrix("a", dtype=dtype)
    for negative in (-a, sparse.neg(a), sparse.basic.Neg()(a)):
        result = function([a], negative)(scipy.sparse.csr_matrix(MATRIX.astype(dtype)))
        np.testing.assert_array_equal(result.toarray(), -MATRIX.astype(dtype), strict=True)


def test_arithmetic_with_constants_that_are_not_sparse():
    a, ones = sparse.csr_matrix("a", dtype="float64"), T.constant(np.ones((2, 3)))
    results = function([a], [ones + a, ones - a, a - ones, ones * a])(
        scipy.sparse.csr_matrix(MATRIX)
    )
    for result, expected in zip(
        results, [1 + MATRIX, 1 - MATRIX, MATRIX - 1, MATRIX], strict=True
    ):
        dense = result.toarray() if scipy.sparse.issparse(result) else np.asarray(result)
        np.testing.assert_array_equal(dense, expected)
