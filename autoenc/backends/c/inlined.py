"""Operations that PyTensor defines by a graph of others, replaced by that graph in C mode.

PyTensor's C linker has no code for them. It would compile each graph as a separate function in
the default mode, which is Numba.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.rewriting.ofg import inline_ofg_node
from pytensor.tensor.special import LogSoftmax, Softmax

# After the rewrites for such operations, such as that of log(softmax), and before loop fusion.
POSITION = 2.95


@node_rewriter([Softmax, LogSoftmax])  # type: ignore[untyped-decorator]
def local_written_out(_: Any, node: Apply) -> list[Any]:
    """Replace the operation by the graph that defines it."""
    outputs: list[Any] = inline_ofg_node(node)
    return outputs


REWRITES = ((in2out(local_written_out, name="symbolic_written_out"), POSITION),)
