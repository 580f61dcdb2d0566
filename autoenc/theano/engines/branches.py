"""Branches of ``ifelse`` on XLA, of which a program runs one.

PyTensor's conversion computes both branches, and selects one of the results. A check in the branch
that is not taken would fail. Here, what only one branch needs becomes a graph of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.replace import clone_replace
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.tensor.type import DenseTensorType

from autoenc.backends.interface import DeviceArray
from autoenc.theano.ifelse import IfElse


class Branches(Op):
    """Operation that computes one of two graphs.

    Parameters
    ----------
    graphs : sequence of FunctionGraph
        The graph for a condition that holds, and for one that does not, with the same inputs.
    types : sequence of Type
        Types of the results.
    """

    def __init__(self, graphs: Sequence[FunctionGraph], types: Sequence[Any]) -> None:
        self.graphs, self.types = graphs, types

    def make_node(self, condition: Variable, *inputs: Variable) -> Apply:
        """Create a node for a condition and the inputs of the graphs."""
        return Apply(self, [condition, *inputs], [kind() for kind in self.types])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Raise an error: only XLA programs contain this operation."""
        raise NotImplementedError("branches run on XLA only; use IfElse")


@jax_funcify.register(Branches)  # type: ignore[untyped-decorator]
def _branches(op: Branches, checks: Any, assertions: Any, **_: Any) -> Callable[..., Any]:
    given = {"checks": checks, "assertions": assertions}
    functions = [jax_funcify(graph, **given) for graph in op.graphs]

    def choose(condition: DeviceArray, *inputs: Any) -> Any:
        def run(function: Callable[..., Any]) -> Callable[[], list[DeviceArray]]:
            # The inputs are no operands of the condition, which would hide known lengths.
            return lambda: [
                jnp.asarray(result, kind.dtype)
                for result, kind in zip(function(*inputs), op.types, strict=True)
            ]

        results = lax.cond(condition, *map(run, functions))
        return results if len(results) > 1 else results[0]

    return choose


def separate(fgraph: FunctionGraph) -> None:
    """Move what only one branch of an ``ifelse`` needs into a graph of its own.

    Parameters
    ----------
    fgraph : FunctionGraph
        The graph, which is modified.
    """
    for node in reversed(fgraph.toposort()):
        if isinstance(node.op, IfElse) and node in fgraph.apply_nodes:
            _separate(fgraph, node)


def _separate(fgraph: FunctionGraph, node: Apply) -> None:
    n = node.op.n_outs
    if not all(isinstance(output.type, DenseTensorType) for output in node.outputs):
        return
    branches = node.inputs[1 : n + 1], node.inputs[n + 1 :]
    own = [_own(fgraph, node, range(1 + k * n, 1 + (k + 1) * n)) for k in (0, 1)]
    if not any(own):
        return
    pairs = zip(branches, own, strict=True)
    inputs = list(dict.fromkeys(v for branch, nodes in pairs for v in _given(branch, nodes)))
    graphs = [_graph(inputs, branch) for branch in branches]
    op = Branches(graphs, [output.type for output in node.outputs])
    new = op.make_node(node.inputs[0], *inputs).outputs
    fgraph.replace_all(list(zip(node.outputs, new, strict=True)), reason="branches")


def _own(fgraph: FunctionGraph, node: Apply, places: range) -> set[Apply]:
    """Return the nodes that only the inputs of a node at some places need."""
    own: set[Apply] = set()
    for other in reversed(fgraph.toposort()):
        clients = [client for output in other.outputs for client in fgraph.clients[output]]
        if clients and all(user in own or (user is node and i in places) for user, i in clients):
            own.add(other)
    return own


def _given(branch: Sequence[Variable], own: set[Apply]) -> Iterator[Variable]:
    """Yield what a branch takes from the graph around it; constants belong to the branch."""
    needed = [*branch, *(x for node in own for x in node.inputs)]
    return (x for x in needed if x.owner not in own and not isinstance(x, Constant))


def _graph(inputs: Sequence[Variable], branch: Sequence[Variable]) -> FunctionGraph:
    names = [x.type() for x in inputs]
    outputs = clone_replace(list(branch), dict(zip(inputs, names, strict=True)))
    graph = FunctionGraph(names, outputs, clone=False)
    separate(graph)
    return graph
