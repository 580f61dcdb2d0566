"""Graph rewrites that users define: ``theano.gof.local_optimizer`` and the like."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.rewriting import basic, db
from pytensor.graph.rewriting.unify import OpPattern
from pytensor.tensor.rewriting import subtensor
from pytensor.tensor.variable import TensorConstant

from autoenc.theano.meaning.clients import belong_to

_number_of_pytensor = subtensor._eager_scalar

Optimizer = basic.GraphRewriter
SeqOptimizer = basic.SequentialGraphRewriter
LocalOptGroup = basic.SequentialNodeRewriter
PatternSub = basic.PatternNodeRewriter
OpSub = basic.SubstitutionNodeRewriter
TopoOptimizer = basic.WalkingGraphRewriter
EquilibriumOptimizer = basic.EquilibriumGraphRewriter
NavigatorOptimizer = basic.NodeProcessingGraphRewriter
FromFunctionOptimizer = basic.FromFunctionGraphRewriter
FromFunctionLocalOptimizer = basic.FromFunctionNodeRewriter
DB = db.RewriteDatabase
Query = db.RewriteDatabaseQuery
optimizer = basic.graph_rewriter


def _of_the_node(transform: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that accepts a node with or without the graph."""

    @functools.wraps(transform)
    def of_graph_and_node(self: Any, *arguments: Any, **_: Any) -> Any:
        node = next(a for a in arguments if isinstance(a, Apply))
        for graph in (a for a in arguments if isinstance(a, FunctionGraph)):
            belong_to(graph, [*node.inputs, *node.outputs])
        return transform(self, node)

    return of_graph_and_node


class LocalOptimizer(basic.NodeRewriter):
    """Base class of node rewrites. A subclass defines ``transform(self, node)``."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        own = vars(cls).get("transform")
        if own is not None and len(inspect.signature(own).parameters) == 2:
            cls.transform = _of_the_node(own)


class OpRemove(LocalOptimizer):
    """Rewrite that replaces the outputs of an operation with its inputs.

    Parameters
    ----------
    op : Op
    name : str, optional
    """

    def __init__(self, op: Any, name: str | None = None) -> None:
        super().__init__()
        self.op = op
        self.name = name or f"remove({op})"

    def tracks(self) -> list[Any]:
        """Return the operation."""
        return [self.op]

    def transform(self, node: Any) -> Any:
        """Return the inputs of a node of the operation; False for other nodes."""
        return list(node.inputs) if node.op == self.op else False


def local_optimizer(
    tracks: Any, inplace: bool = False, requirements: Any = ()
) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that creates a node rewrite from a function of a node.

    Parameters
    ----------
    tracks : list of Op or of classes, optional
        Operations that the rewrite applies to; None for all. Operations of Theano's GPU back-ends
        are ignored.
    inplace : bool
        Whether the rewrite creates in-place operations.
    requirements : sequence
        Not used.
    """
    known = None if tracks is None else [t for t in tracks if _is_operation(t)] or [_InNoGraph]

    def decorate(function: Callable[..., Any]) -> Any:
        return basic.node_rewriter(known, inplace=inplace)(_of_node_and_graph(function))

    return decorate


class _InNoGraph(Op):
    """Operation that no graph contains."""


def _is_operation(given: Any) -> bool:
    return isinstance(given, (Op, OpPattern)) or (
        isinstance(given, type) and issubclass(given, Op)
    )


def inplace_optimizer(function: Callable[..., Any]) -> Any:
    """Return a graph rewrite that creates in-place operations."""
    return basic.graph_rewriter(function)


def _of_node_and_graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a rewrite with PyTensor's arguments from a function that takes only the node."""
    if len(inspect.signature(function).parameters) != 1:
        return function

    @functools.wraps(function)
    def rewrite(graph: Any, node: Any) -> Any:
        belong_to(graph, [*node.inputs, *node.outputs])
        return function(node)

    return rewrite


def extend() -> None:
    """Add the method ``optimize`` to PyTensor's graph rewrites; later calls have no effect."""
    type.__setattr__(basic.GraphRewriter, "optimize", _optimize)
    subtensor._eager_scalar = _number


def _number(x: Any) -> Any:
    """Return a number of an index; PyTensor's function fails if it is an array of one entry."""
    return x.data.item() if isinstance(x, TensorConstant) else _number_of_pytensor(x)


def _optimize(rewriter: Any, fgraph: Any, *arguments: Any, **more: Any) -> Any:
    """Rewrite a graph."""
    return rewriter.rewrite(fgraph, *arguments, **more)
