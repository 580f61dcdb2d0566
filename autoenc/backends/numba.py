"""The Numba backend: for machines with neither a compiler nor XLA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import pytensor

from autoenc.backends.base import ROWS_PER_BLOCK, Array
from autoenc.backends.compile_folder import compile_folder, user_chose_folder
from autoenc.backends.step import Step
from autoenc.backends.step_loop import StepLoop, compile_function
from autoenc.folders import FolderError
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
    rows_per_block = ROWS_PER_BLOCK

    def __init__(self, settings: Settings) -> None:
        import numba

        _use_compile_folder(settings, numba.__version__)
        self.description = f"Numba {numba.__version__} (PyTensor {pytensor.__version__})"

    def put(self, array: Array) -> Array:
        """Return the array: the CPU's memory is the device."""
        return array

    def compile(self, step: Step) -> StepLoop:
        """Compile a step into a runner of blocks."""
        return StepLoop(step, MODE, nullcontext())

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression into a function of NumPy arrays."""
        return compile_function(inputs, output, MODE, nullcontext())


def _use_compile_folder(settings: Settings, version: str) -> None:
    """Keep what Numba compiles in a private folder, or not at all.

    PyTensor's own folder for it does not depend on PyTensor's version, and anybody who can
    write to it can run code here.
    """
    from pytensor.link.numba import cache

    if user_chose_folder():
        return
    try:
        cache.NUMBA_CACHE_PATH = compile_folder(settings, MODE, version, executable=False)
    except FolderError:
        pytensor.config.numba__cache = False
