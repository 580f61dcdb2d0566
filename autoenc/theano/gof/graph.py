"""The names of ``theano.gof.graph``."""

from autoenc.theano.meaning.graphs import (
    ancestors,
    inputs,
    is_same_graph,
    list_of_nodes,
    ops,
    orphans,
    stack_search,
    variables,
    variables_and_orphans,
    view_roots,
)
from autoenc.theano.names import resolver as _resolver

__all__ = [
    "ancestors",
    "inputs",
    "is_same_graph",
    "list_of_nodes",
    "ops",
    "orphans",
    "stack_search",
    "variables",
    "variables_and_orphans",
    "view_roots",
]

__getattr__ = _resolver("gof.graph")
