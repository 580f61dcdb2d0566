"""Functions in C, and in any other requested mode of PyTensor."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from pytensor.compile.mode import Mode
from pytensor.graph.traversal import ancestors
from pytensor.scalar import IntDiv, Mod

from autoenc.backends.compile_lock import waiting_for_others
from autoenc.theano.engines.base import MakeGraph
from autoenc.theano.ifelse import IfElse

Flags = Callable[[], AbstractContextManager[None]]


class ModeEngine:
    """Engine that compiles functions in a mode of PyTensor.

    Parameters
    ----------
    mode : Mode
    flags : callable
        Function that returns the context in which the mode compiles: BLAS and compiler flags.
    """

    def __init__(self, mode: Mode, flags: Flags) -> None:
        self.mode = mode
        self.flags = flags

    def compile(self, make_graph: MakeGraph, *, output_keys: Any, **settings: Any) -> Any:
        """Compile a graph; see `Engine.compile`."""
        from autoenc.theano.functions.runtime import Function

        def compiled() -> Any:
            with self.flags():
                graph = make_graph()
                mode = _with_branches_apart(self.mode, *graph)
                maker = mode.function_maker(*graph, mode, **settings)
                return made(maker, Function, output_keys)

        return waiting_for_others(compiled)


def _with_branches_apart(mode: Mode, inputs: Any, outputs: Any) -> Mode:
    """Return a mode that fuses nothing if a division by zero may fail in a branch.

    A fused operation may compute parts of both branches.
    """
    if type(mode) is not Mode:
        return mode
    results = outputs if isinstance(outputs, list) else [outputs]
    variables = [getattr(result, "variable", result) for result in results]
    variables += [given.update for given in inputs if given.update is not None]
    ops = {x.owner.op for x in ancestors(variables) if x.owner is not None}
    divides = any(isinstance(getattr(op, "scalar_op", None), IntDiv | Mod) for op in ops)
    has_branches = any(isinstance(op, IfElse) for op in ops)
    return mode.excluding("fusion") if divides and has_branches else mode


def made(maker: Any, function_class: type, output_keys: Any) -> Any:
    """Create a function of the given class, with named outputs if there are names."""
    maker.output_keys = output_keys
    maker.function_class = function_class
    return maker.create()
