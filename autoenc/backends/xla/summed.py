"""The two products of a tied weight's gradient as one product, for devices that share the rows.

The rows of the factors of A₁'B₁ + A₂'B₂ are divided among the devices, so each product must be
summed over all devices: twice the bytes of the weight in every step. As a single product over both
pairs of factors, it is summed once.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.scalar.basic import Add
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import Dot, add

from autoenc.backends.transposes import transposed_of


class SummedProducts(Op):
    """The sum A₁'B₁ + A₂'B₂."""

    __props__ = ()

    def make_node(self, *operands: Any) -> Apply:
        """Apply the operation to A₁, B₁, A₂ and B₂."""
        A, B = operands[:2]
        product = A.T @ B
        return Apply(self, operands, [product.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the sum with NumPy."""
        A1, B1, A2, B2 = inputs
        outputs[0][0] = A1.T @ B1 + A2.T @ B2


@jax_funcify.register(SummedProducts)  # type: ignore[untyped-decorator]
def _summed_products(op: SummedProducts, **_: Any) -> Any:
    def summed(A1: Any, B1: Any, A2: Any, B2: Any) -> Any:
        if A1.shape != A2.shape or B1.shape != B2.shape:
            return A1.T @ B1 + A2.T @ B2
        pairs = jnp.stack([A1, A2]), jnp.stack([B1, B2])
        return jax.lax.dot_general(*pairs, (((0, 1), (0, 1)), ((), ())))

    return summed


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def _local_summed_products(_: Any, node: Apply) -> list[Any] | bool:
    if not isinstance(node.op.scalar_op, Add):
        return False
    products = [v for v in node.inputs if _factors(v) is not None]
    if len(products) != 2 or products[0].type.dtype != products[1].type.dtype:
        return False
    factors = [factor for v in products for factor in _factors(v) or ()]
    others = [v for v in node.inputs if _factors(v) is None]
    summed = SummedProducts()(*factors)
    return [add(summed, *others) if others else summed]


def _factors(product: Any) -> tuple[Any, Any] | None:
    """Return A and B of A'B; None if the expression is not such a product."""
    if product.owner is None or not isinstance(product.owner.op, Dot):
        return None
    transpose, B = product.owner.inputs
    A = transposed_of(transpose)
    return None if A is None else (A, B)


summed_products = in2out(_local_summed_products, name="summed_products")
"""The rewrite of a graph."""
