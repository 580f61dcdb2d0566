"""Operations that are graphs become parts of the graph that has them.

PyTensor keeps them whole for engines with code of their own for each. In C they would be
functions that are called from the compiled graph; in its place they fuse with their neighbours.
"""

from __future__ import annotations

from typing import Any

from pytensor.compile.builders import OpFromGraph
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.tensor.rewriting.ofg import inline_ofg_node

# After graphs have been made numerically stable (1.5), before they are specialised (2).
_POSITION = 1.9


@node_rewriter([OpFromGraph])  # type: ignore[untyped-decorator]
def local_inline(_: Any, node: Apply) -> list[Any]:
    """Replace an operation that is a graph by that graph."""
    inlined: list[Any] = inline_ofg_node(node)
    return inlined


def with_inlining(mode: Mode) -> Mode:
    """Return a mode in which all operations that are graphs are replaced by them."""
    inlining = dfs_rewriter(local_inline, name="inline_every_graph")
    changed: Mode = mode.register((inlining, _POSITION))
    return changed
