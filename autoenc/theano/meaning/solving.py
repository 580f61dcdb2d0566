"""Solutions of linear equations and Cholesky factors: ``theano.tensor.slinalg``."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor.linalg import cholesky as _cholesky
from pytensor.tensor.linalg import solve as _solve
from pytensor.tensor.linalg import solve_triangular
from pytensor.tensor.linalg.decomposition import cholesky as _decomposition
from pytensor.tensor.linalg.solvers import general
from pytensor.tensor.type import discrete_dtypes

from autoenc.graph.types import Expression
from autoenc.theano.meaning.constructed import Constructed

MATRIX_STRUCTURES = (
    "general",
    "symmetric",
    "lower_triangular",
    "upper_triangular",
    "hermitian",
    "banded",
    "diagonal",
    "toeplitz",
)


class Solve(Constructed):
    """Operation that solves a·x = b for x.

    Parameters
    ----------
    A_structure : str
        One of `MATRIX_STRUCTURES`. Of a triangular matrix, only one triangle is read; other
        structures are treated as general.
    lower : bool
        Not used, as in Theano.
    overwrite_A, overwrite_b : bool
        Not used.

    Raises
    ------
    ValueError
        If there is no such structure.
    """

    today: ClassVar[type] = general.Solve

    def __init__(
        self,
        A_structure: str = "general",
        lower: bool = False,
        overwrite_A: bool = False,
        overwrite_b: bool = False,
    ) -> None:
        if A_structure not in MATRIX_STRUCTURES:
            raise ValueError("Invalid matrix structure argument", A_structure)
        self.A_structure, self.lower = A_structure, lower
        self.overwrite_A, self.overwrite_b = overwrite_A, overwrite_b

    def __call__(self, A: Any, b: Any) -> Expression:
        """Return the solution; at run time, a singular matrix raises LinAlgError."""
        A, b = _as_floats(pt.as_tensor_variable(A), pt.as_tensor_variable(b))
        if self.A_structure.endswith("triangular"):
            solution = solve_triangular(A, b, lower=self.A_structure == "lower_triangular")
        else:
            solution = _solve(A, b)
        return _without_nan(solution, "Matrix is singular.")


def _as_floats(A: Expression, b: Expression) -> tuple[Expression, Expression]:
    """Return integers in the dtype of the solution, as the operation of PyTensor requires."""
    if A.dtype not in discrete_dtypes or b.dtype not in discrete_dtypes:
        return A, b
    dtype = _solve(A, b).dtype
    return pt.cast(A, dtype), pt.cast(b, dtype)


class Cholesky(Constructed):
    """Operation that computes a triangular square root of a positive definite matrix.

    Parameters
    ----------
    lower : bool
        Whether the factor is the lower or the upper triangular one.
    on_error : {"raise", "nan"}
        Whether a matrix that is not positive definite raises LinAlgError or has the factor NaN.

    Raises
    ------
    ValueError
        If `on_error` is neither.
    """

    today: ClassVar[type] = _decomposition.Cholesky

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in ("raise", "nan"):
            raise ValueError('on_error must be one of "raise" or ""nan"')
        self.lower, self.on_error = lower, on_error

    def __call__(self, x: Any) -> Expression:
        """Return the factor."""
        factor = _cholesky(x, lower=self.lower)
        if self.on_error == "nan":
            return factor
        return _without_nan(factor, "Matrix is not positive definite.")


class CheckedSolution(CheckAndRaise):
    """Operation that returns a solution or raises an error, also when its gradient is computed.

    A gradient with respect to the matrix needs the solution, but not this operation, and would be
    NaN instead of an error.
    """

    def pullback(self, inputs: Any, outputs: Any, output_gradients: Any) -> list[Any]:
        """Return the gradients, after the same check."""
        _, *conditions = inputs
        (gradient,) = output_gradients
        return [self(gradient, *conditions), *(disconnected_type() for _ in conditions)]


def _without_nan(result: Expression, message: str) -> Expression:
    """Return a result; PyTensor's operations return NaN where Theano's raised LinAlgError."""
    return CheckedSolution(np.linalg.LinAlgError, message)(result, ~pt.isnan(result).any())


_solved = general.Solve.perform


def _solve_in_shape(op: Any, node: Any, inputs: Any, outputs: Any) -> None:
    """Solve equations; PyTensor returns NaN in the shape of a singular matrix, not of b."""
    _solved(op, node, inputs, outputs)
    (cell,), b = outputs, inputs[1]
    if cell[0].shape != b.shape:
        cell[0] = np.full(b.shape, np.nan, cell[0].dtype)


def extend() -> None:
    """Let equations without a solution have NaN in the shape of a solution."""
    general.Solve.perform = _solve_in_shape


cholesky = Cholesky()
solve = Solve()
solve_lower_triangular = Solve("lower_triangular", lower=True)
solve_upper_triangular = Solve("upper_triangular")
solve_symmetric = Solve("symmetric")
