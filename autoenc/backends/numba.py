"""The Numba backend, for machines with neither a compiler nor XLA."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import attrgetter
from typing import Any

import pytensor
from pytensor.compile.mode import Mode, get_mode

from autoenc.backends.c import row_products
from autoenc.backends.compile_folder import compile_folder, user_chose_folder
from autoenc.backends.generated import keep_sources_in_memory
from autoenc.backends.interface import ROWS_PER_BLOCK, Array
from autoenc.backends.rewritten import RewrittenGraphs
from autoenc.backends.step import Step
from autoenc.backends.step_loop import StepLoop
from autoenc.configuration import Settings
from autoenc.folders import FolderError
from autoenc.graph.types import Expression
from autoenc.processes import ALONE
from autoenc.threads import Lock, warnings_caught

logger = logging.getLogger(__name__)

MODE = "NUMBA"

_lock = Lock()
# Arrays that differ in these need different machine code.
_kind = attrgetter("dtype", "flags.writeable", "flags.aligned")


@contextmanager
def _compiling() -> Iterator[None]:
    """Compile in one thread at a time, and suppress Numba's advice on products."""
    from numba.core.errors import NumbaPerformanceWarning

    with _lock.now, warnings_caught():
        # It is known only at run time whether arrays are contiguous.
        warnings.simplefilter("ignore", NumbaPerformanceWarning)
        yield


def _calling(code: Any, like: Sequence[Array]) -> AbstractContextManager[None]:
    """Return the context of a call: `_compiling` for arrays of a kind for which code is new."""
    kind = tuple(map(_kind, like))
    if kind in code.kinds:
        return nullcontext()
    code.kinds.add(kind)
    return _compiling()


class NumbaBackend:
    """Compiles the step with Numba and runs it in a loop, on the CPU.

    Parameters
    ----------
    settings : Settings
        Settings with the folder for compiled modules, if given.
    """

    name = "numba"
    reason = "asked for"
    precisions: tuple[str, ...] = ("float32",)
    rows_per_block = ROWS_PER_BLOCK
    processes = ALONE

    def __init__(self, settings: Settings) -> None:
        import numba
        from pytensor.link import utils
        from pytensor.link.numba import cache

        import autoenc.backends.numba_indexing
        import autoenc.backends.numba_products  # noqa: F401 - registers them

        for generator in (cache, utils):
            keep_sources_in_memory(generator)
        self._steps = RewrittenGraphs(MODE, _compiling, _calling)
        self._rows = RewrittenGraphs(row_mode(), _compiling, _calling)
        _use_compile_folder(settings, numba.__version__)
        self.description = f"Numba {numba.__version__} (PyTensor {pytensor.__version__})"

    def put(self, array: Array) -> Array:
        """Return the array: the CPU's memory is the device."""
        return array

    def compile(self, step: Step) -> StepLoop:
        """Compile a step into a runner of blocks."""
        return StepLoop(step, self._steps)

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression into a function of rows; see `Backend.function`."""
        return self._rows.function(inputs, output)


def row_mode() -> Mode:
    """Return PyTensor's mode for functions of rows."""
    return get_mode(MODE).register(*row_products.REWRITES, *_row_functions())


def _row_functions() -> tuple[Any, ...]:
    """Return the rewrites of exponentials and logarithms.

    There are none for PyTensor 3.3, which generates loops differently. There, the C library
    computes entry by entry, which is slower, but also independent of an entry's position.
    """
    try:
        from autoenc.backends import numba_functions
    except ImportError as error:
        logger.info("using exponentials and logarithms of the C library: %s", error)
        return ()
    return tuple(numba_functions.REWRITES)


def _use_compile_folder(settings: Settings, version: str) -> None:
    """Store what Numba compiles in a private folder, or not at all.

    PyTensor's own folder for it does not depend on PyTensor's version, and anybody who can write
    to it can run code in this process.
    """
    from pytensor.link.numba import cache

    if user_chose_folder():
        return
    try:
        cache.NUMBA_CACHE_PATH = compile_folder(settings, MODE, version, executable=False)
    except FolderError:
        pytensor.config.numba__cache = False
