"""Solutions of linear equations: ``theano.tensor.slinalg``."""

from __future__ import annotations

from typing import Any

from pytensor.tensor.linalg import solve as _solve
from pytensor.tensor.linalg import solve_triangular

from autoenc.graph.types import Expression


def solve(a: Any, b: Any) -> Expression:
    """Solve a·x = b for x."""
    return _solve(a, b)


def solve_lower_triangular(a: Any, b: Any) -> Expression:
    """Solve a·x = b for x, where `a` is lower triangular."""
    return solve_triangular(a, b, lower=True)


def solve_upper_triangular(a: Any, b: Any) -> Expression:
    """Solve a·x = b for x, where `a` is upper triangular."""
    return solve_triangular(a, b, lower=False)


def solve_symmetric(a: Any, b: Any) -> Expression:
    """Solve a·x = b for x, where `a` is symmetric."""
    return _solve(a, b, assume_a="sym")
