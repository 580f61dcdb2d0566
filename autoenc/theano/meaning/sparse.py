"""Types of sparse matrices and older names of operations: ``theano.sparse``."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.sparse import basic, math
from pytensor.sparse.type import SparseTensorType
from pytensor.sparse.variable import SparseVariable

SparseType = SparseTensorType
SparseType.dtype_set = frozenset(SparseTensorType.dtype_specs_map)
enable_sparse = True
integer_types = (int, np.integer)

MulSD = math.SparseDenseMultiply
MulSS = math.SparseSparseMultiply
MulSV = math.SparseDenseVectorMultiply
structured_monoid = math.structured_elemwise


def sgn(x: Any) -> Any:
    """Return the signs of the entries of a sparse matrix."""
    return math.sign(x)


def neg(x: Any) -> Any:
    """Return −x; as for a product, the gradient may have entries where x has none."""
    x = basic.as_sparse_variable(x)
    return math.multiply(x, np.asarray(-1).astype(x.type.dtype))


# Not when the package is imported, because most scripts have no sparse matrices.
SparseVariable.__neg__ = neg


class Neg:
    """Operation that negates a sparse matrix."""

    def __call__(self, x: Any) -> Any:
        """Return −x."""
        return neg(x)


class SquareDiagonal:
    """Operation that creates a square sparse matrix from its diagonal."""

    def __call__(self, diag: Any) -> Any:
        """Return the matrix."""
        return basic.square_diagonal(diag)


__all__ = [
    "MulSD",
    "MulSS",
    "MulSV",
    "Neg",
    "SparseType",
    "SquareDiagonal",
    "enable_sparse",
    "integer_types",
    "neg",
    "sgn",
    "structured_monoid",
]
