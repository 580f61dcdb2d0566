"""Inlining of operations that are defined by a graph.

PyTensor keeps such operations whole for engines that have special code for them. In C, they would
be functions that are called from the compiled graph. Once inlined, they are fused with
neighbouring operations.
"""

from __future__ import annotations

from typing import Any

from pytensor.compile.builders import OpFromGraph
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.tensor.rewriting.ofg import inline_ofg_node

# After the rewrites for numerical stability (1.5), before specialisation (2).
_POSITION = 1.9


@node_rewriter([OpFromGraph])  # type: ignore[untyped-decorator]
def local_inline(_: Any, node: Apply) -> list[Any]:
    """Replace an operation that is defined by a graph with this graph."""
    inlined: list[Any] = inline_ofg_node(node)
    return inlined


def with_inlining(mode: Mode) -> Mode:
    """Return a mode in which all operations that are defined by graphs are inlined."""
    inlining = dfs_rewriter(local_inline, name="inline_every_graph")
    changed: Mode = mode.register((inlining, _POSITION))
    return changed
