"""Products and sums over the rows of a large minibatch, divided so that they fill a GPU.

The gradient of a weight matrix is a product over thousands of rows with a small result. Cut into
tiles of 128 × 128, a result of 784 × 500 has 28 tiles for 132 multiprocessors. Here the rows are
divided into parts, whose results are added up. Sums over rows are divided in the same way. An
operand that several products read is stored once; XLA would compute it again for each of them.

The parts follow from the shapes alone, so the same program gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.math import Dot, Sum

from autoenc.backends.transposes import transposed_of
from autoenc.graph.precision import MixedDot

DeviceArray = Any

# Edge of the tile of a result that a multiprocessor computes at a time.
TILE = 128
# Number of multiprocessors of a large GPU, rounded to a power of two.
MULTIPROCESSORS = 128
# Minimum numbers of rows of a part, for which the sum over the parts pays off.
LEAST_ROWS_OF_PRODUCT, LEAST_ROWS_OF_SUM = 256, 64
# Number of parts of a sum over rows; one kernel computes a part for every column.
PARTS_OF_A_SUM = 16


class Stored(Op):
    """The identity, whose result is stored for all operations that read it."""

    __props__ = ()
    view_map: ClassVar[dict[int, list[int]]] = {0: [0]}

    def make_node(self, x: Variable) -> Apply:
        """Return the operation applied to `x`."""
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Return `x` itself."""
        outputs[0][0] = inputs[0]


class ProductOverRows(Op):
    """aᵀ b for matrices with the same number of rows, summed over parts of the rows.

    Parameters
    ----------
    mixed : bool
        Whether the operands are rounded to bfloat16.
    """

    __props__ = ("mixed",)

    def __init__(self, mixed: bool) -> None:
        self.mixed = mixed

    def make_node(self, a: Variable, b: Variable) -> Apply:
        """Return the operation applied to `a` and `b`."""
        product = Dot()(a.T, b)
        return Apply(self, [a, b], [product.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the product with NumPy."""
        a, b = inputs
        outputs[0][0] = a.T @ b


class SumOverRows(Op):
    """The sum of a matrix over its rows, by parts of the rows."""

    __props__ = ()

    def make_node(self, x: Variable) -> Apply:
        """Return the operation applied to `x`."""
        return Apply(self, [x], [Sum(axis=(0,))(x).type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the sum with NumPy."""
        outputs[0][0] = inputs[0].sum(axis=0)


@jax_funcify.register(Stored)  # type: ignore[untyped-decorator]
def _stored(op: Stored, **_: Any) -> Callable[..., DeviceArray]:
    barrier: Callable[..., DeviceArray] = jax.lax.optimization_barrier
    return barrier


@jax_funcify.register(ProductOverRows)  # type: ignore[untyped-decorator]
def _product_over_rows(op: ProductOverRows, **_: Any) -> Callable[..., DeviceArray]:
    def product(a: DeviceArray, b: DeviceArray) -> DeviceArray:
        n = parts_of_product(a.shape[1], b.shape[1], len(a))
        if op.mixed:
            a, b = a.astype(jnp.bfloat16), b.astype(jnp.bfloat16)
        pieces = (x.reshape(n, -1, x.shape[1]) for x in (a, b))
        # Contract the rows of each part; the parts are the batch dimension of the product.
        dimensions = (((1,), (1,)), ((0,), (0,)))
        products = jax.lax.dot_general(
            *pieces, dimensions, preferred_element_type=jnp.result_type(a, jnp.float32)
        )
        return _sum_of_parts(products)

    return product


@jax_funcify.register(SumOverRows)  # type: ignore[untyped-decorator]
def _sum_over_rows(op: SumOverRows, **_: Any) -> Callable[..., DeviceArray]:
    def total(x: DeviceArray) -> DeviceArray:
        n = parts_of_rows(len(x), PARTS_OF_A_SUM, LEAST_ROWS_OF_SUM)
        return _sum_of_parts(x.reshape(n, -1, x.shape[1]).sum(axis=1))

    return total


def _sum_of_parts(parts: DeviceArray) -> DeviceArray:
    """Add up the parts where the sum is used; otherwise XLA would merge both into a large sum."""
    return reduce(add, jax.lax.optimization_barrier(parts)) if len(parts) > 1 else parts[0]


def parts_of_product(n_rows: int, n_columns: int, n_summed: int) -> int:
    """Choose the number of parts into which the summed axis of a product is divided.

    >>> parts_of_product(784, 500, 4096), parts_of_product(4096, 500, 784)
    (4, 1)
    """
    tiles = math.ceil(n_rows / TILE) * math.ceil(n_columns / TILE)
    return parts_of_rows(n_summed, MULTIPROCESSORS // tiles, LEAST_ROWS_OF_PRODUCT)


def parts_of_rows(n_rows: int, most: int, least_rows: int) -> int:
    """Choose a power of two, up to `most`, that divides rows into equal parts of enough rows.

    >>> parts_of_rows(4096, 16, 64), parts_of_rows(500, 16, 64), parts_of_rows(5, 16, 64)
    (16, 4, 1)
    """
    parts = 1
    while 2 * parts <= most and n_rows % (2 * parts) == 0 and n_rows >= 2 * parts * least_rows:
        parts *= 2
    return parts


@node_rewriter([Dot, MixedDot])  # type: ignore[untyped-decorator]
def _local_product_over_rows(_: Any, node: Apply) -> list[Variable] | bool:
    transpose, b = node.inputs
    a = transposed_of(transpose)
    if a is None or b.ndim != 2:
        return False
    return [ProductOverRows(isinstance(node.op, MixedDot))(a, b)]


@node_rewriter([DimShuffle])  # type: ignore[untyped-decorator]
def _local_transposed_product(_: Any, node: Apply) -> list[Variable] | bool:
    """Compute (aᵀ b)ᵀ as bᵀ a, because otherwise all parts would have to be transposed."""
    product = node.inputs[0].owner
    if product is None or not isinstance(product.op, ProductOverRows):
        return False
    a, b = product.inputs
    return False if transposed_of(node.outputs[0]) is None else [product.op(b, a)]


@node_rewriter([Sum])  # type: ignore[untyped-decorator]
def _local_sum_over_rows(_: Any, node: Apply) -> list[Variable] | bool:
    (x,) = node.inputs
    same = node.outputs[0].dtype == x.dtype
    if x.ndim != 2 or node.op.axis != (0,) or not same:
        return False
    return [SumOverRows()(x)]


@node_rewriter([Dot, ProductOverRows])  # type: ignore[untyped-decorator]
def _local_stored(fgraph: Any, node: Apply) -> list[Variable] | bool:
    """Let a product read stored operands; sums are still fused with the kernel storing them."""
    if node.op == ProductOverRows(mixed=True):  # its operands must be stored as bfloat16
        return False
    inputs = [_stored_form(fgraph, x) if _is_shared_work(fgraph, x) else x for x in node.inputs]
    return [node.op(*inputs)] if inputs != node.inputs else False


def _is_shared_work(fgraph: Any, x: Variable) -> bool:
    computed = x.owner is not None and isinstance(x.owner.op, Elemwise)
    return computed and x.ndim == 2 and len(fgraph.clients[x]) > 1


def _stored_form(fgraph: Any, x: Variable) -> Variable:
    readers = (reader for reader, _ in fgraph.clients[x])
    there = next((reader for reader in readers if reader.op == Stored()), None)
    return there.outputs[0] if there else Stored()(x)


over_rows = in2out(
    _local_product_over_rows, _local_transposed_product, _local_sum_over_rows, name="over_rows"
)
"""The rewrite for products and sums over rows."""

stored = in2out(_local_stored, name="stored")
"""The rewrite that stores operands of several products; it must follow `over_rows`."""
