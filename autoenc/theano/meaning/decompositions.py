"""Eigenvalues, QR decomposition, least squares and norms: ``theano.tensor.nlinalg``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import linalg
from pytensor.tensor.linalg.solvers.lstsq import Lstsq
from pytensor.tensor.type_other import NoneTypeT

from autoenc.graph.types import Expression
from autoenc.theano.meaning.constructed import Constructed


class Eig(Constructed):
    """Operation that computes eigenvalues and right eigenvectors."""

    def __call__(self, x: Any) -> list[Expression]:
        """Return both in the dtype of `x`; their real parts if `x` is real."""
        x = pt.as_tensor_variable(x)
        found = linalg.eig(x)
        if x.dtype.startswith("complex"):
            return [pt.cast(part, x.dtype) for part in found]
        return [pt.cast(pt.real(part), x.dtype) for part in found]


eig = Eig()


def eigh(a: Any, UPLO: str = "L") -> list[Expression]:
    """Return the eigenvalues of a symmetric matrix in ascending order, and its eigenvectors.

    Parameters
    ----------
    a : matrix
    UPLO : {"L", "U"}
        Triangle of `a` that is read.
    """
    assert UPLO in ("L", "U")
    a = pt.as_tensor_variable(a)
    # XLA reads both triangles, so both are filled.
    symmetric = pt.tril(a) + pt.tril(a, -1).T if UPLO == "L" else pt.triu(a) + pt.triu(a, 1).T
    # NumPy's driver; eigenvectors from other drivers may have other signs.
    found: list[Expression] = linalg.eigh(symmetric, lower=UPLO == "L", driver="evd")
    return found


class Eigh(Constructed):
    """Operation `eigh`."""

    def __init__(self, UPLO: str = "L") -> None:
        assert UPLO in ("L", "U")
        self.UPLO = UPLO

    def __call__(self, x: Any) -> list[Expression]:
        """Return eigenvalues and eigenvectors."""
        return eigh(x, self.UPLO)


def eigvalsh(a: Any, b: Any = None, lower: bool = True) -> Expression:
    """Return the eigenvalues of a symmetric matrix, in ascending order.

    Parameters
    ----------
    a : matrix
    b : matrix, optional
        Positive definite matrix of the generalized problem a·v = w·b·v; also ``NoneConst``.
    lower : bool
        Whether the lower triangle is read; otherwise the upper one is.
    """
    if isinstance(getattr(b, "type", None), NoneTypeT):
        b = None
    return linalg.eigvalsh(a, b, lower=lower)


def kron(a: Any, b: Any) -> Expression:
    """Return SciPy's Kronecker product; NumPy's differs unless both arguments are matrices.

    Raises
    ------
    TypeError
        If `a` and `b` have fewer than 3 dimensions together.
    """
    a, b = pt.as_tensor_variable(a), pt.as_tensor_variable(b)
    if a.ndim + b.ndim <= 2:
        raise TypeError(
            f"kron: inputs dimensions must sum to 3 or more. You passed {a.ndim} and {b.ndim}."
        )
    lengths = [*a.shape, *b.shape]
    outer = pt.outer(a, b).reshape(lengths)
    if outer.ndim == 3:
        return outer.dimshuffle(1, 0, 2).flatten()
    shuffled = outer.dimshuffle(0, 2, 1, *range(3, outer.ndim))
    return shuffled.reshape([lengths[0] * lengths[2], lengths[1] * lengths[3], *lengths[4:]])


def qr(a: Any, mode: str = "reduced") -> Any:
    """Return Q and R, whose common dimension is by default the shorter side of `a`.

    Parameters
    ----------
    a : matrix
    mode : {"reduced", "complete", "r", "raw"}
        As for `numpy.linalg.qr`.
    """
    if mode == "r":
        # SciPy's mode "r" keeps the rows of zeros.
        return linalg.qr(a, mode="economic")[1]
    if mode == "raw":
        reflections, coefficients, *_ = linalg.qr(a, mode="raw")
        return [reflections.T, coefficients]
    return linalg.qr(a, mode={"full": "economic", "reduced": "economic"}.get(mode, mode))


def lstsq() -> Lstsq:
    """Return the operation that solves least squares: ``lstsq()(x, y, rcond)``."""
    return Lstsq()


def norm(x: Any, ord: Any) -> Expression:  # noqa: A002 - Theano's name
    """Return the norm of a vector or matrix.

    Parameters
    ----------
    x : vector or matrix
    ord : None, "fro", "inf", "-inf" or number
        For a matrix, the only numbers are 1 and -1.

    Raises
    ------
    ValueError
        If there is no such norm.
    NotImplementedError
        If `x` has more than two dimensions.
    """
    x = pt.as_tensor_variable(x)
    if x.ndim == 0:
        raise ValueError("'axis' entry is out of bounds.")
    if x.ndim > 2:
        raise NotImplementedError("We don't support norm with ndim > 2")
    if ord is None or (ord == "fro" and x.ndim == 2):
        squares = abs(x**2) if x.ndim == 2 and x.dtype.startswith("complex") else x**2
        return pt.sqrt(pt.sum(squares))
    return _norm_of_vector(x, ord) if x.ndim == 1 else _norm_of_matrix(x, ord)


def _norm_of_vector(x: Expression, order: Any) -> Expression:
    if order == "inf":
        return pt.max(abs(x))
    if order == "-inf":
        return pt.min(abs(x))
    if order == 0:
        return pt.cast(pt.neq(x, 0).sum(), "int64")
    if isinstance(order, str):
        raise ValueError("Invalid norm order for vectors.")
    return pt.sum(abs(x**order)) ** (1.0 / order)


def _norm_of_matrix(x: Expression, order: Any) -> Expression:
    sums = {"inf": (pt.max, 1), "-inf": (pt.min, 1), 1: (pt.max, 0), -1: (pt.min, 0)}
    if order not in sums:
        raise ValueError(0)
    extreme, axis = sums[order]
    return extreme(pt.sum(abs(x), axis=axis))


def MatrixPinv() -> Any:  # noqa: N802 - Theano's name
    """Return the operation that computes the pseudo-inverse."""
    return linalg.pinv


def psd(v: Any) -> Expression:
    """Return a positive semi-definite matrix unchanged.

    Theano's optimiser used this property to solve linear systems by Cholesky decomposition.
    """
    result: Expression = pt.tensor_copy(pt.as_tensor_variable(v))
    return result


def spectral_radius_bound(X: Expression, log2_exponent: int) -> Expression:
    """Return an upper bound of the largest eigenvalue of a symmetric matrix.

    The bound is tr(X^(2ᵏ))^(1/2ᵏ), by V. Pan (1990).

    Parameters
    ----------
    X : matrix
    log2_exponent : int
        k, above 0. The larger it is, the tighter the bound.

    Raises
    ------
    TypeError
        If X is not a matrix, or `log2_exponent` is not an integer.
    ValueError
        If `log2_exponent` is not above 0.
    """
    if X.type.ndim != 2:
        raise TypeError("spectral_radius_bound requires a matrix argument", X)
    if not isinstance(log2_exponent, int):
        raise TypeError("spectral_radius_bound requires an integer exponent", log2_exponent)
    if log2_exponent <= 0:
        raise ValueError(
            "spectral_radius_bound requires a strictly positive exponent", log2_exponent
        )
    power = X
    for _ in range(log2_exponent):
        power = pt.dot(power, power)
    return pt.pow(pt.trace(power), 2.0**-log2_exponent)
