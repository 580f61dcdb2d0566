"""The nodes of a graph that use a variable: ``variable.clients``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary, ref

from pytensor.graph.basic import Variable
from pytensor.graph.fg import FunctionGraph, Output

# In PyTensor, a graph knows its variables, but not the other way round.
_graphs: WeakKeyDictionary[Variable, Any] = WeakKeyDictionary()


def belong_to(graph: FunctionGraph, variables: Iterable[Variable]) -> None:
    """Record the graph to which variables belong."""
    known = ref(graph)
    for variable in variables:
        _graphs[variable] = known


def _clients(variable: Variable) -> list[tuple[Any, int]]:
    """Return the nodes that use a variable of a function's graph, and their inputs.

    Raises
    ------
    AttributeError
        If the variable does not belong to such a graph.
    """
    graph = _graphs.get(variable, lambda: None)()
    if graph is None or variable not in graph.clients:
        raise AttributeError(f"{type(variable).__name__!r} object has no attribute 'clients'")
    return [_client(node, i) for node, i in graph.clients[variable]]


def _client(node: Any, i: int) -> tuple[Any, int]:
    """Return a node and its input, or ``("output", i)`` for an output of the graph."""
    return ("output", node.op.idx) if isinstance(node.op, Output) else (node, i)


def extend() -> None:
    """Add the attribute to variables."""
    Variable.clients = property(_clients)
