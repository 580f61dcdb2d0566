"""The C backend: PyTensor's C code, the best available BLAS, and vectorised loops."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytensor
from pytensor import config
from pytensor.compile.mode import Mode
from pytensor.link.vm import VMLinker

from autoenc.backends.c import (
    draws,
    elementwise,
    inlined,
    matrix_sums,
    mixed_products,
    row_products,
    shared_pairs,
    tied_gradient,
)
from autoenc.backends.c.blas import Blas, find_blas, prepare_mkl, respect_quota
from autoenc.backends.c.compiler import compiler_trouble, compiler_version
from autoenc.backends.c.headers import with_compiled_headers
from autoenc.backends.c.kernels import has_mixed_products, with_kernels
from autoenc.backends.c.processor_flags import WIDE_VECTORS, set_processor_flags
from autoenc.backends.c.subnormals import flushed
from autoenc.backends.compile_folder import compile_folder, user_chose_folder
from autoenc.backends.compile_lock import PATIENCE
from autoenc.backends.cpu import usable_threads
from autoenc.backends.interface import ROWS_PER_BLOCK, Array, BackendError
from autoenc.backends.rewritten import RewrittenGraphs
from autoenc.backends.step import Step
from autoenc.backends.step_loop import StepLoop
from autoenc.configuration import Settings
from autoenc.folders import FolderError
from autoenc.graph.types import Expression
from autoenc.processes import ALONE
from autoenc.threads import Lock

logger = logging.getLogger(__name__)

# Values of the rows that a thread uses at a time. The intermediate results, and two matrices of
# weights, then stay in the caches of its core.
_VALUES_OF_A_THREAD = 1 << 20

# PyTensor's flags belong to the whole process, and its store of compiled modules does not support
# several threads.
_compiling = Lock()

# The parts of -ffast-math that let GCC call glibc's vector exp and log (declared only if
# __FAST_MATH__ is defined). The other parts change results: with -fassociative-math, GCC compares
# x with 1 - 1e-20, which is 1, where the graph compares 1 - x with 1e-20, and
# log(maximum(1 - x, 1e-20)) is then NaN for x = 1. -freciprocal-math allows products with
# reciprocals, which can overflow. Others assume that there are no NaN and no infinity, or change
# the floating-point state of the whole process when the module is loaded.
VECTOR_FLAGS = " ".join([
    "-O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast -fopenmp-simd -D__FAST_MATH__",
    *WIDE_VECTORS,
])  # fmt: skip
# Jump threading would turn two choices by the sign of x into branches that each call exp, which
# cannot be vectorised. Elimination of partial redundancies would turn log(x > 0 ? x : 0.5) into
# x > 0 ? log(x) : log(0.5). A vector computes both sides, and the vector logarithm of a number
# that is not positive takes ten times as long.
# Clang has neither flag.
GCC_FLAGS = "-fno-thread-jumps -fno-tree-pre"


class CBackend:
    """Compiles the step to C and runs it in a loop, on the CPU.

    Parameters
    ----------
    settings : Settings
        Settings with the user's own BLAS, compiler flags and folder, if given.

    Raises
    ------
    BackendError
        If C code cannot be compiled or loaded, or there is no BLAS.
    """

    name = "c"
    reason = "asked for"
    precisions: tuple[str, ...] = ("float32",)
    rows_per_block = ROWS_PER_BLOCK
    processes = ALONE

    def __init__(self, settings: Settings) -> None:
        if trouble := compiler_trouble():
            raise BackendError(
                f"backend 'c' needs a working C++ compiler, but {trouble}; correct that, or "
                "use backend='xla'."
            )
        respect_quota()
        blas = _blas(settings)
        if blas.name == "mkl":
            prepare_mkl()
        flags = VECTOR_FLAGS if sys.platform.startswith("linux") else "-O3"
        if flags == VECTOR_FLAGS and "clang" not in compiler_version(config.cxx):
            flags = f"{flags} {GCC_FLAGS}"
        try:
            blas.load()
        except OSError as error:
            raise BackendError(f"{blas.description} cannot be loaded: {error}.") from error
        self._ldflags, self._folders = blas.ldflags, blas.folders
        self._cxxflags = f"{settings.gcc__cxxflags or flags} {blas.cxxflags}".strip()
        self._cxxflags = _complete(self._cxxflags, with_headers=not settings.gcc__cxxflags)
        kernels = " and kernels of its own" if blas.kernels else ""
        self.description = f"C with {blas.description}{kernels} (PyTensor {pytensor.__version__})"
        _use_compile_folder(settings, self._ldflags, self._cxxflags, blas.soname)
        is_mixed = blas.kernels is not None and has_mixed_products(blas.kernels)
        if is_mixed:
            self.precisions = ("float32", "mixed_bfloat16")
        step_mode, row_mode, self._mode = _modes(blas.kernels, is_mixed=is_mixed)
        calling = flushed(blas.kernels) if blas.kernels else None
        self._steps = RewrittenGraphs(step_mode, self._flags, calling)
        self._rows = RewrittenGraphs(row_mode, self._flags)

    def put(self, array: Array) -> Array:
        """Return the array: the CPU's memory is the device."""
        return array

    def compile(self, step: Step) -> StepLoop:
        """Compile a step into a runner of blocks."""
        return StepLoop(step, self._steps)

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression into a function of rows; see `Backend.function`."""
        function = self._rows.function(inputs, output)
        function.values_at_a_time = _VALUES_OF_A_THREAD * usable_threads()
        return function

    @property
    def mode(self) -> Mode:
        """PyTensor's mode for any graph; compile graphs within `flags`.

        Its C code of scalar operations is PyTensor's, and thereby Theano's.
        """
        return self._mode

    def flags(self) -> AbstractContextManager[None]:
        """Return a context with the flags of PyTensor that this backend needs."""
        return self._flags()

    @contextmanager
    def _flags(self) -> Iterator[None]:
        """Set the flags of PyTensor that this backend needs, only while it compiles."""
        with (
            _compiling.now,
            _temporarily("blas__ldflags", self._ldflags),
            _temporarily("gcc__cxxflags", self._cxxflags),
            _temporarily("compile__timeout", PATIENCE),
            _searched(self._folders),
        ):
            yield


def _modes(kernels: Path | None, *, is_mixed: bool) -> tuple[Mode, Mode, Mode]:
    """Return the modes for steps, for functions of rows, and for any graph."""
    # The next step reuses the memory of intermediate arrays.
    mode = Mode(VMLinker(allow_gc=False, use_cloop=True), "fast_run").register(*inlined.REWRITES)
    if kernels is None:
        of_steps = mode.register(*elementwise.rewrites(shared=False))
        return of_steps, of_steps, mode.register(*elementwise.rewrites(shared=False, literal=True))
    more = (*tied_gradient.REWRITES, *matrix_sums.REWRITES, *draws.rewrites(kernels))
    if is_mixed:
        more = (*more, *mixed_products.REWRITES, *shared_pairs.REWRITES)
    by_entry = elementwise.rewrites(shared=True, by_entry=True)
    return (
        mode.register(*elementwise.rewrites(shared=True), *more),
        mode.register(*by_entry, *matrix_sums.REWRITES, *row_products.REWRITES),
        mode.register(*elementwise.rewrites(shared=True, literal=True), *more),
    )


def _complete(flags: str, *, with_headers: bool) -> str:
    """Set the processor's flags, and add the flags for precompiled headers."""
    with _compiling.now, _temporarily("gcc__cxxflags", flags):
        set_processor_flags()
        return with_compiled_headers(flags) if with_headers else flags


def _use_compile_folder(settings: Settings, *flags: str) -> None:
    """Choose a compile folder for this combination of flags, processor and versions.

    PyTensor reads the folder once. If something was compiled before, or if the user has chosen a
    folder by PyTensor's own flags, the folder is not changed.
    """
    if user_chose_folder() or _is_set("compiledir"):
        return
    version = compiler_version(config.cxx)
    try:
        config.compiledir = compile_folder(settings, *flags, version, executable=True)
    except FolderError as error:
        raise BackendError(f"compiled code cannot be stored: {error}.") from error
    logger.info("compiled modules are stored in %s", config.compiledir)


def _blas(settings: Settings) -> Blas:
    if settings.blas__ldflags:
        return Blas("settings", "the BLAS of .theanorc", settings.blas__ldflags)
    blas = find_blas()
    if blas is None:
        raise BackendError(
            "backend 'c' needs a BLAS, but none was found; pip install mkl or "
            "scipy-openblas32, or use backend='xla'."
        )
    return with_kernels(blas)


def _is_set(name: str) -> bool:
    return hasattr(config._config_var_dict[name], "val")


@contextmanager
def _searched(folders: Sequence[Path]) -> Iterator[None]:
    """Let the linker search these folders, too.

    Flags would become a part of PyTensor's keys of modules, and then another virtual environment
    would compile the same modules again.
    """
    before = os.environ.get("LIBRARY_PATH")
    os.environ["LIBRARY_PATH"] = os.pathsep.join([*map(str, folders), *filter(None, [before])])
    try:
        yield
    finally:
        if before is None:
            del os.environ["LIBRARY_PATH"]
        else:
            os.environ["LIBRARY_PATH"] = before


@contextmanager
def _temporarily(name: str, value: Any) -> Iterator[None]:
    # Do not use config.change_flags: reading the old value of blas__ldflags makes PyTensor
    # search for a BLAS, which takes seconds, and the result would not be used.
    parameter = config._config_var_dict[name]
    was_set = _is_set(name)
    before = parameter.val if was_set else None
    parameter.val = value
    try:
        yield
    finally:
        if was_set:
            parameter.val = before
        else:
            del parameter.val
