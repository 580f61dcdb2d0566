"""Sigmoid and softplus without branches, computed from the same exponential.

The cost uses the softplus of a value, and the gradient of cross-entropy its sigmoid. Written in
terms of exp(−|x|), both are exact at both ends. A compiler computes the exponential only once for
both, and can use vector instructions.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.scalar.math import Sigmoid, Softplus
from pytensor.tensor.elemwise import Elemwise

_SUFFIXES = {"float32": "f", "float64": ""}


class BranchlessSoftplus(Softplus):
    """log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)): exact at both ends without a branch."""

    def c_code(self, node: Apply, name: str, inp: Any, out: Any, sub: Any) -> str:
        """Return the C code for an entry."""
        (x,), (z,), f = inp, out, _suffix(node)
        return f"{z} = ({x} > 0 ? {x} : 0) + log1p{f}(exp{f}(-fabs{f}({x})));"

    def c_code_cache_version(self) -> tuple[Any, ...]:
        """Return the version of the code."""
        return ("branchless", 1)


class BranchlessSigmoid(Sigmoid):
    """1 / (1 + exp(−x)), in terms of the same exp(−|x|) as `BranchlessSoftplus`.

    For the same x, the compiler computes the exponential once.
    """

    def c_code(self, node: Apply, name: str, inp: Any, out: Any, sub: Any) -> str:
        """Return the C code for an entry."""
        (x,), (z,), f = inp, out, _suffix(node)
        exponential = f"exp{f}(-fabs{f}({x}))"
        return f"{z} = ({x} >= 0 ? 1 : {exponential}) / (1 + {exponential});"

    def c_code_cache_version(self) -> tuple[Any, ...]:
        """Return the version of the code."""
        return ("branchless", 1)


_BRANCHLESS = {Softplus: BranchlessSoftplus, Sigmoid: BranchlessSigmoid}


def _suffix(node: Apply) -> str:
    return _SUFFIXES[node.outputs[0].type.dtype]


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def _local_branchless(_: Any, node: Apply) -> list[Any] | bool:
    kind = _BRANCHLESS.get(type(node.op.scalar_op))
    if kind is None or node.outputs[0].dtype not in _SUFFIXES:
        return False
    scalar_op = kind(node.op.scalar_op.output_types_preference, name=node.op.scalar_op.name)
    return [Elemwise(scalar_op)(*node.inputs)]


branchless = in2out(_local_branchless, name="branchless")
"""The rewrite of a graph."""
