"""The largest entries along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.type import TensorType, discrete_dtypes

from autoenc.theano.ops.shape_inference import without_graph

Array = Any
Variable = Any


class TopKOp(Op):
    """Operation that returns the k largest entries along an axis and their indices.

    Parameters
    ----------
    axis : int, default -1
    sorted : bool, default True
        Not used. The largest entries are in descending order, the smallest in ascending order.
    idx_dtype : str, default "int64"
    return_values, return_indices : bool, default True
    """

    __props__ = ("axis", "sorted", "return_values", "return_indices", "idx_dtype")

    def __init__(
        self,
        axis: int = -1,
        sorted: bool = True,  # noqa: A002 - Theano's name
        idx_dtype: str = "int64",
        return_values: bool = True,
        return_indices: bool = True,
    ) -> None:
        if not (return_values or return_indices):
            raise ValueError(
                "Neither return_values nor return_indices is True, this isn't allowed"
            )
        if idx_dtype not in discrete_dtypes:
            raise TypeError(f'"idx_dtype" parameter must be an integer dtype, got "{idx_dtype}"')
        self.axis = axis
        self.sorted = sorted
        self.idx_dtype = idx_dtype
        self.return_values = return_values
        self.return_indices = return_indices

    def make_node(self, x: Any, kth: Any) -> Apply:
        """Create a node for an array and k; a negative k selects the smallest entries."""
        x, kth = pt.as_tensor_variable(x), pt.as_tensor_variable(kth)
        if kth.ndim or kth.dtype not in discrete_dtypes:
            raise TypeError(f"kth must be an integer scalar, got {kth.type}")
        if not -x.ndim <= self.axis < x.ndim:
            raise IndexError(
                f'"axis" parameter out of range, expected integer within [{-x.ndim}, {x.ndim - 1}]'
            )
        shape = list(x.type.shape)
        shape[self.axis] = None
        dtypes = [x.dtype] * self.return_values + [self.idx_dtype] * self.return_indices
        return Apply(self, [x, kth], [TensorType(dtype, shape=shape)() for dtype in dtypes])

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Find the entries."""
        x, k = inputs[0], int(inputs[1])
        if not 1 <= abs(k) <= x.shape[self.axis]:
            raise ValueError(
                f"kth must be between 1 and {x.shape[self.axis]}, the length of the axis, got {k}"
            )
        order = np.argsort(x, self.axis, kind="stable")
        order = np.flip(order, self.axis) if k > 0 else order
        indices = np.take(order, range(abs(k)), self.axis)
        results = [np.take_along_axis(x, indices, self.axis)] * self.return_values
        results += [indices.astype(self.idx_dtype)] * self.return_indices
        for output, result in zip(outputs, results, strict=True):
            output[0] = result

    @without_graph
    def infer_shape(self, node: Any, shapes: Any) -> list[Any]:
        """Infer the shapes of the results."""
        shape = list(shapes[0])
        shape[self.axis] = abs(node.inputs[1])
        return [tuple(shape)] * len(node.outputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return the connection pattern: only the values are differentiable."""
        values = [[True]] if self.return_values else []
        indices = [[False]] if self.return_indices else []
        return [[flag for (flag,) in (*values, *indices)], [False] * len(node.outputs)]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradient with respect to the array."""
        x, k = inputs
        if not self.return_values or isinstance(output_grads[0].type, DisconnectedType):
            return [DisconnectedType()(), DisconnectedType()()]
        indices = argtopk(x, k, self.axis)
        places: list[Any] = [
            pt.arange(x.shape[i]).dimshuffle(*("x" if j != i else 0 for j in range(x.ndim)))
            for i in range(x.ndim)
        ]
        places[self.axis] = indices
        gradient = pt.set_subtensor(pt.zeros_like(x)[tuple(places)], output_grads[0])
        return [gradient, DisconnectedType()()]


def _flat(x: Any, axis: int | None) -> tuple[Variable, int]:
    x = pt.as_tensor_variable(x)
    return (x.flatten(), 0) if axis is None else (x, axis)


def topk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002 - Theano's name
    idx_dtype: str = "int64",
) -> Variable:
    """Return the k largest entries along an axis, or the smallest if k is negative.

    Parameters
    ----------
    x : tensor
    kth : int
    axis : int, default -1
        None for the flattened array.
    sorted : bool, default True
    idx_dtype : str, default "int64"
        Not used.
    """
    x, axis = _flat(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_indices=False)(x, kth)


def argtopk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002
    idx_dtype: str = "int64",
) -> Variable:
    """Return the indices of the k largest entries along an axis."""
    x, axis = _flat(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_values=False)(x, kth)


def topk_and_argtopk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002
    idx_dtype: str = "int64",
) -> list[Variable]:
    """Return the k largest entries along an axis, and their indices."""
    x, axis = _flat(x, axis)
    found: list[Variable] = TopKOp(axis, sorted, idx_dtype)(x, kth)
    return found
