"""The interface of engines, which compile graphs to functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

MakeGraph: TypeAlias = Callable[[], tuple[Any, Any]]
"""Returns the inputs and outputs of a new copy of a graph, because compiling modifies it."""


class Engine(Protocol):
    """Interface for compiling functions."""

    def compile(self, make_graph: MakeGraph, *, output_keys: Any, **settings: Any) -> Any:
        """Compile a graph.

        Parameters
        ----------
        make_graph : callable
        output_keys : list of str, optional
            Names under which the function returns the outputs.
        **settings
            As for PyTensor's `FunctionMaker`.

        Returns
        -------
        Function
        """
        ...
