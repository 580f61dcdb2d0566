"""Decompositions and norms of theano.tensor.nlinalg agree with NumPy."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.tensor import nlinalg, slinalg
from tests.theano.quick import function

REAL = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 5.0]])
TALL = np.array([[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]])
m, z = T.dmatrix("m"), T.zmatrix("z")


@pytest.mark.parametrize("eig", [nlinalg.eig, nlinalg.Eig()])
def test_eigenvalues_keep_the_dtype(eig):
    values, vectors = function([m], eig(m))(REAL)
    assert values.dtype == vectors.dtype == "float64"
    np.testing.assert_allclose(REAL @ vectors, vectors * values)
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(REAL))


def test_eigenvalues_of_a_complex_matrix():
    rotation = np.array([[0, -1], [1, 0]], dtype="complex128")
    values, vectors = function([z], nlinalg.eig(z))(rotation)
    assert values.dtype == "complex128"
    np.testing.assert_allclose(sorted(values.imag), [-1, 1])
    np.testing.assert_allclose(rotation @ vectors, vectors * values, atol=1e-12)


@pytest.mark.parametrize("triangle", ["L", "U"])
@pytest.mark.parametrize("as_class", [True, False])
def test_symmetric_eigenvalues_read_one_triangle(triangle, as_class):
    rng = np.random.default_rng(0)
    lopsided = rng.normal(size=(4, 4))
    found = nlinalg.Eigh(triangle)(m) if as_class else nlinalg.eigh(m, triangle)
    values, vectors = function([m], found)(lopsided)
    half = np.tril(lopsided) if triangle == "L" else np.triu(lopsided)
    symmetric = half + half.T - np.diag(np.diag(half))
    np.testing.assert_allclose(values, np.linalg.eigvalsh(symmetric))
    np.testing.assert_allclose(symmetric @ vectors, vectors * values, atol=1e-12)


@pytest.mark.parametrize("call", [lambda: nlinalg.eigh(m, "l"), lambda: nlinalg.Eigh("both")])
def test_a_triangle_is_lower_or_upper(call):
    with pytest.raises(AssertionError):
        call()


@pytest.mark.parametrize("a", [TALL, TALL.T, REAL], ids=["tall", "wide", "square"])
@pytest.mark.parametrize("mode", ["reduced", "complete", "r", "raw"])
def test_qr_as_in_numpy(a, mode):
    found = nlinalg.qr(m, mode)
    values = function([m], found)(a)
    expected = np.linalg.qr(a, mode)
    if mode == "r":
        np.testing.assert_allclose(values, expected)
    else:
        for value, right in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, right, atol=1e-12)


def test_qr_in_its_old_mode():
    q, r = function([m], nlinalg.qr(m, "full"))(TALL)
    assert (q.shape, r.shape) == ((3, 2), (2, 2))
    np.testing.assert_allclose(q @ r, TALL)


def test_least_squares():
    target, v = np.array([1.0, 2.0, 3.0]), T.dvector("v")
    solution = function([m, v], nlinalg.lstsq()(m, v, -1.0))(TALL, target)[0]
    np.testing.assert_allclose(solution, np.linalg.lstsq(TALL, target, rcond=None)[0])


def test_pseudo_inverse():
    inverse = function([m], nlinalg.MatrixPinv()(m))(TALL)
    np.testing.assert_allclose(inverse, np.linalg.pinv(TALL))


VECTOR = np.array([3.0, 0.0, -4.0, 0.5])
NUMPYS = {"inf": np.inf, "-inf": -np.inf}


@pytest.mark.parametrize("order", [None, "inf", "-inf", 0, 1, 2, 3])
def test_norms_of_vectors(order):
    v = T.dvector("v")
    norm = function([v], nlinalg.norm(v, order))(VECTOR)
    np.testing.assert_allclose(norm, np.linalg.norm(VECTOR, NUMPYS.get(order, order)))


@pytest.mark.parametrize("order", [None, "fro", "inf", "-inf", 1, -1])
@pytest.mark.parametrize("is_complex", [False, True])
def test_norms_of_matrices(order, is_complex):
    x = z if is_complex else m
    value = TALL + 1j * TALL[::-1] if is_complex else TALL
    norm = function([x], nlinalg.norm(x, order))(value)
    np.testing.assert_allclose(norm, np.linalg.norm(value, NUMPYS.get(order, order)))


@pytest.mark.parametrize(
    ("x", "order", "error", "message"),
    [
        (T.dscalar(), None, ValueError, "'axis' entry is out of bounds."),
        (T.dtensor3(), None, NotImplementedError, "We don't support norm with ndim > 2"),
        (T.dvector(), "fro", ValueError, "Invalid norm order for vectors."),
        (T.dmatrix(), 2, ValueError, "0"),
        (T.dmatrix(), "nuc", ValueError, "0"),
    ],
)
def test_norms_that_do_not_exist(x, order, error, message):
    with pytest.raises(error, match=message):
        nlinalg.norm(x, order)


@pytest.mark.parametrize(
    ("shape", "other", "expected", "checksum"),
    [
        ((2, 3), (3, 2), (6, 6), None),
        # Computed by Theano 1.0.5: the shape, and the sum of the entries times their positions.
        ((2,), (3, 2), (12,), 468),
        ((2, 3), (3,), (18,), 1338),
        ((2,), (3, 2, 2), (4, 6), 3468),
        ((2, 3, 4), (3,), (8, 9), 82824),
        ((2, 3), (3, 2, 2), (6, 6, 2), 80412),
    ],
)
def test_kronecker_products_of_tensors(shape, other, expected, checksum):
    a, b = (T.TensorType("float64", (0,) * len(lengths))() for lengths in (shape, other))
    first, second = (
        np.arange(np.prod(lengths)).reshape(lengths) + 1.0 for lengths in (shape, other)
    )
    found = function([a, b], slinalg.kron(a, b))(first, second)
    assert found.shape == expected
    if checksum is None:
        np.testing.assert_array_equal(found, np.kron(first, second))
    else:
        assert found.ravel() @ np.arange(found.size) == checksum


def test_kronecker_products_of_vectors_are_refused():
    with pytest.raises(TypeError, match="inputs dimensions must sum to 3 or more"):
        slinalg.kron(T.dvector(), T.dvector())


@pytest.mark.parametrize("b", [None, T.NoneConst])
def test_eigenvalues_of_a_symmetric_matrix(b):
    x = T.dmatrix("x")
    found = function([x], slinalg.eigvalsh(x, b))(np.array([[2.0, 1], [1, 2]]))
    np.testing.assert_allclose(found, [1, 3])


def test_matrices_of_diagonals():
    x = T.dvector("x")
    result = function([x], T.nlinalg.AllocDiag()(x))(np.arange(3.0))
    np.testing.assert_array_equal(result, np.diag(np.arange(3.0)))


def test_a_bound_of_the_largest_eigenvalue():
    from autoenc.theano.sandbox.linalg.ops import spectral_radius_bound

    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    x = T.dmatrix("x")
    bounds = [theano.function([x], spectral_radius_bound(x, k))(a) for k in (1, 5)]
    # From Theano 1.0.5.
    np.testing.assert_allclose(bounds, [3.872983346207417, 3.6180339887498953])
    assert bounds[1] >= np.linalg.eigvalsh(a).max() - 1e-12
    with pytest.raises(ValueError, match="strictly positive"):
        spectral_radius_bound(x, 0)


def test_matrices_may_be_called_positive_semi_definite():
    from autoenc.theano.sandbox.linalg.ops import psd

    x, b = T.matrix("x"), T.vector("b")
    p = psd(x)
    quadratic = T.dot(b, T.dot(T.nlinalg.matrix_inverse(p), b))
    f = function([x, b], [quadratic, T.grad(T.nlinalg.det(p), x), T.grad(T.nlinalg.det(p), p)])
    found = f([[2, 1], [1, 3]], [1, 1])
    # From Theano 1.0.5.
    np.testing.assert_allclose(found[0], 0.6, rtol=1e-5)
    np.testing.assert_allclose(found[1:], [[[3, -1], [-1, 2]]] * 2, rtol=1e-5)
