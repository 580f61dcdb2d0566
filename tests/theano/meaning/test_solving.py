"""Linear equations and Cholesky factors."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.tensor import slinalg
from tests.theano.quick import function

A, b = T.dmatrix("A"), T.dvector("b")
GENERAL = np.array([[1.0, 5], [2, 7]])
POSITIVE = np.array([[2.0, 1], [1, 3]])
INDEFINITE = np.array([[1.0, 2], [2, 1]])
# Recorded under Theano 1.0.5.
SOLUTIONS = {
    "general": [1, 0],
    "symmetric": [1, 0],
    "lower_triangular": [1, 0],
    "upper_triangular": [-3 / 7, 2 / 7],
}


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("structure", list(SOLUTIONS))
def test_structures_of_matrices(structure, lower):
    x = slinalg.Solve(A_structure=structure, lower=lower)(A, b)
    found = function([A, b], x)(GENERAL, [1, 2])
    np.testing.assert_allclose(found, SOLUTIONS[structure], atol=1e-12)
    with pytest.raises(ValueError, match="structure"):
        slinalg.Solve("square")


def test_gradient_of_a_triangular_solution():
    gradient = T.grad(slinalg.solve_lower_triangular(A, b).sum(), A)
    found = function([A, b], gradient)(GENERAL, [1, 2])
    np.testing.assert_allclose(found, [[-5 / 7, 0], [-1 / 7, 0]], atol=1e-12)


@pytest.mark.parametrize("solve", [slinalg.solve, slinalg.solve_lower_triangular])
def test_singular_matrices_are_refused(solve):
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        function([A, b], solve(A, b))(np.zeros((2, 2)), [1, 2])


@pytest.mark.parametrize("lower", [False, True])
def test_cholesky_factors(lower):
    factor = slinalg.Cholesky(lower=lower)(A)
    expected = np.linalg.cholesky(POSITIVE)
    np.testing.assert_allclose(function([A], factor)(POSITIVE), expected if lower else expected.T)


def test_matrices_that_are_not_positive_definite():
    for cholesky in slinalg.cholesky, slinalg.Cholesky():
        with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
            function([A], cholesky(A))(INDEFINITE)
    factor = slinalg.Cholesky(on_error="nan")(A)
    assert np.isnan(function([A], factor)(INDEFINITE)).all()
    assert np.isnan(function([A], T.grad(factor.sum(), A))(INDEFINITE)).all()
    with pytest.raises(ValueError, match="on_error"):
        slinalg.Cholesky(on_error="ignore")


@pytest.mark.parametrize(
    ("of_matrix", "of_vector", "of_solution"),
    [("uint8", "uint8", "float32"), ("int8", "uint16", "float32"), ("int64", "uint8", "float64")],
)
def test_equations_of_integers(of_matrix, of_vector, of_solution):
    A, b = T.matrix(dtype=of_matrix), T.vector(dtype=of_vector)
    x = slinalg.solve(A, b)
    found = function([A, b], x)(np.diag([2, 4]).astype(of_matrix), np.ones(2, of_vector))
    assert found.dtype == x.dtype == of_solution
    np.testing.assert_array_equal(found, [0.5, 0.25])


SINGULAR = np.ones((2, 2))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
@pytest.mark.parametrize(
    ("cost", "matrix"),
    [
        (slinalg.cholesky(A).sum(), INDEFINITE),
        (T.dot(slinalg.cholesky(A), b).sum(), INDEFINITE),
        (slinalg.solve(A, b).sum(), SINGULAR),
        (T.nlinalg.matrix_inverse(A).sum(), SINGULAR),
    ],
)
def test_gradients_at_such_matrices_are_refused(cost, matrix, mode):
    f = theano.function([A, b], T.grad(cost, A), mode=mode, on_unused_input="ignore")
    assert np.isfinite(f(POSITIVE, np.ones(2))).all()
    with pytest.raises(np.linalg.LinAlgError):
        f(matrix, np.ones(2))


@pytest.mark.parametrize("mode", ["FAST_RUN", "JAX"])
def test_what_lapack_refuses_is_refused(mode):
    """XLA returned inf and NaN."""
    triangle = slinalg.solve_lower_triangular(A, b)
    for result, matrix in (
        (T.nlinalg.matrix_inverse(A), SINGULAR),
        (triangle, np.array([[0.0, 0], [1, 1]])),
        (T.nlinalg.svd(A)[1], np.full((2, 2), np.nan)),
    ):
        f = theano.function([A, b], result, mode=mode, on_unused_input="ignore")
        assert np.isfinite(f(POSITIVE, np.ones(2))).all()
        with pytest.raises(np.linalg.LinAlgError):
            f(matrix, np.ones(2))


def test_products_with_the_inverse_of_a_singular_matrix_are_refused():
    f = function([A], T.dot(T.nlinalg.matrix_inverse(A), A))
    np.testing.assert_allclose(f(POSITIVE), np.eye(2), atol=1e-12)
    with pytest.raises(np.linalg.LinAlgError):
        f(SINGULAR)
