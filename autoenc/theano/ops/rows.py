"""Functions that prepend a column to a matrix."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt

Variable = Any


def prepend_scalar_to_each_row(val: Any, mat: Any) -> Variable:
    """Prepend a column with one value to a matrix.

    Raises
    ------
    TypeError
        If `mat` is not a matrix.
    """
    mat = pt.as_tensor_variable(mat)
    if mat.type.ndim != 2:
        raise TypeError(f"Expected a matrix as input, got {mat.type}")
    column = pt.zeros_like(mat[:, :1]) + pt.cast(val, mat.dtype)
    return pt.concatenate([column, mat], axis=1)


def prepend_0_to_each_row(mat: Any) -> Variable:
    """Prepend a column of zeros to a matrix."""
    return prepend_scalar_to_each_row(0.0, mat)


def prepend_1_to_each_row(mat: Any) -> Variable:
    """Prepend a column of ones to a matrix."""
    return prepend_scalar_to_each_row(1.0, mat)
