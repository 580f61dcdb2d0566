"""Transposes of matrices in PyTensor's graphs."""

from __future__ import annotations

from pytensor.tensor.elemwise import DimShuffle

from autoenc.graph.types import Expression


def transposed_of(variable: Expression) -> Expression | None:
    """Return the matrix of which a variable is the transpose; None if it is not a transpose."""
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle) or tuple(node.op.new_order) != (1, 0):
        return None
    matrix: Expression = node.inputs[0]
    return matrix if matrix.ndim == 2 else None  # an array of more axes may have lost some
