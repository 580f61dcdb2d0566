"""Solutions of linear equations: ``theano.tensor.slinalg``."""

from __future__ import annotations

from typing import Any

from pytensor.tensor.linalg import solve as _solve
from pytensor.tensor.linalg import solve_triangular

from autoenc.graph.types import Expression


def solve(a: Any, b: Any) -> Expression:
    """Return x where a·x = b."""
    return _solve(a, b)


def solve_lower_triangular(a: Any, b: Any) -> Expression:
    """Return x where a·x = b, `a` being zero above its diagonal."""
    return solve_triangular(a, b, lower=True)


def solve_upper_triangular(a: Any, b: Any) -> Expression:
    """Return x where a·x = b, `a` being zero below its diagonal."""
    return solve_triangular(a, b, lower=False)


def solve_symmetric(a: Any, b: Any) -> Expression:
    """Return x where a·x = b, `a` being symmetric."""
    return _solve(a, b, assume_a="sym")
