"""Types of sparse matrices: ``theano.sparse``."""

from __future__ import annotations

from pytensor.sparse.type import SparseTensorType

SparseType = SparseTensorType
enable_sparse = True

__all__ = ["SparseType", "enable_sparse"]
