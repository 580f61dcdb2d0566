"""Functions in C, and in any other requested mode of PyTensor."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from pytensor.compile.mode import Mode

from autoenc.backends.compile_lock import waiting_for_others
from autoenc.theano.engines.base import MakeGraph

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
                maker = self.mode.function_maker(*make_graph(), self.mode, **settings)
                return made(maker, Function, output_keys)

        return waiting_for_others(compiled)


def made(maker: Any, function_class: type, output_keys: Any) -> Any:
    """Create a function of the given class, with named outputs if there are names."""
    maker.output_keys = output_keys
    maker.function_class = function_class
    return maker.create()
