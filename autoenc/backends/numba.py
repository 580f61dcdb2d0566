"""The Numba backend: for machines with neither a compiler nor XLA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import pytensor

from autoenc.backends.base import Array
from autoenc.backends.c.backend import use_compile_folder
from autoenc.backends.loop import StepLoop, compile_function
from autoenc.backends.step import Step
from autoenc.graph.types import Expression
from autoenc.settings import Settings

MODE = "NUMBA"


class NumbaBackend:
    """Compiles the step with Numba and runs it in a loop, on the CPU.

    Parameters
    ----------
    settings : Settings
        The folder for compiled modules, where given.
    """

    name = "numba"
    reason = "asked for"
    precisions: tuple[str, ...] = ("float32",)

    def __init__(self, settings: Settings) -> None:
        import numba

        self.description = f"Numba {numba.__version__} (PyTensor {pytensor.__version__})"
        # Numba's cache does not know PyTensor's version; the folder's name does.
        use_compile_folder(settings, MODE)

    def put(self, array: Array) -> Array:
        """Return the array: the CPU's memory is the device."""
        return array

    def compile(self, step: Step) -> StepLoop:
        """Compile a step into a runner of blocks."""
        return StepLoop(step, MODE, nullcontext())

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression into a function of NumPy arrays."""
        return compile_function(inputs, output, MODE, nullcontext())
