"""The interface of every engine, which compiles a graph to a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

MakeGraph: TypeAlias = Callable[[], tuple[Any, Any]]
"""Gives the inputs and outputs of a graph, a copy at each call: compiling uses one up."""


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
