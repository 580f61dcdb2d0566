"""The graph to which variables belong, and the nodes that use them: ``variable.clients``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary, ref

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph, Output

# In PyTensor, a graph knows its variables, but not the other way round.
_graphs: WeakKeyDictionary[Variable, Any] = WeakKeyDictionary()


def belong_to(graph: FunctionGraph, variables: Iterable[Variable]) -> None:
    """Record the graph to which variables belong."""
    known = ref(graph)
    for variable in variables:
        _graphs[variable] = known


def _graph(variable: Variable) -> FunctionGraph:
    """Return the graph of a function or rewrite to which a variable belongs.

    Raises
    ------
    AttributeError
        If there is none.
    """
    graph = _graphs.get(variable, lambda: None)()
    if graph is None or variable not in graph.clients:
        raise AttributeError(f"{variable} of {type(variable)} does not belong to a FunctionGraph")
    return graph


def _graph_of_node(node: Apply) -> FunctionGraph:
    return _graph(node.outputs[0])


def _clients(variable: Variable) -> list[tuple[Any, int]]:
    """Return the nodes of its graph that use a variable, and their inputs."""
    return [_client(node, i) for node, i in _graph(variable).clients[variable]]


def _client(node: Any, i: int) -> tuple[Any, int]:
    """Return a node and its input, or ``("output", i)`` for an output of the graph."""
    return ("output", node.op.idx) if isinstance(node.op, Output) else (node, i)


def extend() -> None:
    """Add the attributes to variables and nodes."""
    Variable.clients = property(_clients)
    Variable.fgraph = property(_graph)
    Apply.fgraph = property(_graph_of_node)
