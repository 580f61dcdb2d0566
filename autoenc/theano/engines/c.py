"""Functions in C, and in whatever other mode of PyTensor's was asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from pytensor.compile.mode import Mode

Flags = Callable[[], AbstractContextManager[None]]


class ModeEngine:
    """Compiles functions in a mode of PyTensor's.

    Parameters
    ----------
    mode : Mode
    flags : callable
        Gives the context in which the mode compiles: our BLAS and compiler flags.
    """

    def __init__(self, mode: Mode, flags: Flags) -> None:
        self.mode = mode
        self._flags = flags

    def compile(self, inputs: Any, outputs: Any, *, output_keys: Any, **settings: Any) -> Any:
        """Compile a graph; see `Engine.compile`."""
        from autoenc.theano.functions.runtime import Function

        with self._flags():
            maker = self.mode.function_maker(inputs, outputs, self.mode, **settings)
            maker.output_keys = output_keys
            if getattr(maker, "function_class", None) is not None:
                maker.function_class = Function
            return maker.create()
