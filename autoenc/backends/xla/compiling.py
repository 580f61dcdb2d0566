"""Conversion of a graph to a JAX function: rewrites, precision, and reuse of compiled code."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import jax
from pytensor import config
from pytensor.compile.mode import JAX
from pytensor.graph.fg import FunctionGraph
from pytensor.link import utils
from pytensor.tensor import TensorConstant

from autoenc.backends.branchless import branchless
from autoenc.backends.generated import keep_sources_in_memory
from autoenc.backends.interface import DeviceArray
from autoenc.backends.xla.large import over_rows, stored
from autoenc.backends.xla.placement import refuse_wide
from autoenc.backends.xla.runtime_checks import Checks, checks_of
from autoenc.backends.xla.start import THREADS_TO_COMPILE, require_threads
from autoenc.backends.xla.summed import summed_products
from autoenc.graph.structure import structure
from autoenc.graph.types import Expression
from autoenc.threads import Lock, warnings_caught

keep_sources_in_memory(utils)

# PyTensor's rewrites for JAX, and autoenc's before elementwise operations are fused (49).
_FUSED = JAX.register((branchless, 48.5))
# XLA fuses operations itself, and JAX traces unfused operations in half the time.
MODE = _FUSED.excluding("fusion")
# For GPUs, with rewrites that let large minibatches occupy the whole device. Fusion stays on,
# because programs for GPUs were measured with it.
GPU_MODE = _FUSED.register((over_rows, 48.6), (stored, 48.7))
# The same as MODE for devices that share the rows.
SHARED_MODE = MODE.register((summed_products, 48.6))
# Without this option, XLA measures several programs for a product and selects the fastest. Which
# one is the fastest differs between processes, and so do the last bits of the result.
GPU_OPTIONS = {"xla_gpu_deterministic_ops": True}
# Maximum number of compiled graphs that are kept for others of the same structure.
GRAPHS_KEPT = 64

Compiled: TypeAlias = tuple[Callable[..., Any], Checks]
"""A program that also returns an error, and the checks that raise it."""


def compiled_once(
    compile_graph: Callable[..., Compiled],
) -> Callable[..., Compiled]:
    """Let graphs of the same structure share the code that is compiled for the first one.

    If models are fitted one after the other, as in a grid search, code is compiled once.
    """
    compiled: OrderedDict[Any, Compiled] = OrderedDict()
    lock = Lock()

    @functools.wraps(compile_graph)
    def look_up(inputs: Any, outputs: Any, *settings: Any) -> Compiled:
        key = (structure(inputs, outputs), *settings)
        with lock.now:
            if key not in compiled:
                compiled[key] = compile_graph(inputs, outputs, *settings)
            compiled.move_to_end(key)
            while len(compiled) > GRAPHS_KEPT:
                compiled.popitem(last=False)
            return compiled[key]

    return look_up


@compiled_once
def jaxify(
    inputs: Sequence[Expression], outputs: Sequence[Expression], mode: Any = MODE
) -> tuple[Callable[..., tuple[DeviceArray, ...]], Checks]:
    """Convert a graph without shared variables to a JAX function, and the checks that it needs.

    A program that calls the function must be traced by `Checks.within`.

    Devices in other numbers, or in another order, train with the same function.

    Raises
    ------
    ValueError
        If a constant is an integer that JAX would cut to 32 bits.
    """
    from pytensor.link.jax.dispatch import jax_funcify

    import autoenc.backends.xla.ops  # noqa: F401 - registers them with PyTensor

    graph = FunctionGraph(list(inputs), list(outputs), clone=True)
    # As where PyTensor compiles itself: new nodes need not know the lines of a rewrite's code.
    with config.change_flags(traceback__limit=config.traceback__compile_limit):
        mode.optimizer.rewrite(graph)
    checks = checks_of(graph)
    # Numbers of the graph become JAX arrays here. Outside of JAX's 64-bit mode, these would have
    # 32 bits.
    with jax.enable_x64(widest_float([*inputs, *outputs]) == "float64"):
        for variable in graph.variables:
            if isinstance(variable, TensorConstant):
                refuse_wide(variable.data)
        function: Callable[..., tuple[DeviceArray, ...]] = jax_funcify(graph, assertions=checks)
    return _without_truncation_warnings(function), checks


def widest_float(variables: Sequence[Expression]) -> str:
    """Return "float64" if one of the inputs, shared variables or outputs of a graph has it.

    Integers that are computed from float64, such as the place of a maximum, need it, too. Integers
    of 64 bits alone do not: in JAX's 64-bit mode, sums of float32 would become float64.
    """
    found = any(getattr(v.type, "dtype", "") == "float64" for v in variables)
    return "float64" if found else "float32"


@contextmanager
def jax_precision(dtype: str, products: str = "highest") -> Iterator[None]:
    """Set JAX's 64-bit mode as required for `dtype`, and the precision of float32 products."""
    with jax.enable_x64(dtype == "float64"), jax.default_matmul_precision(products):
        yield


def _without_truncation_warnings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Suppress JAX's warnings about 64 bits while it traces the function, when it is called.

    PyTensor sums float32 in float64 and indexes by int64, which JAX does in 32 bits. After tracing
    a function, JAX compiles it, for which it needs threads.
    """

    @functools.wraps(function)
    def traced(*arguments: Any) -> Any:
        require_threads(THREADS_TO_COMPILE)
        with warnings_caught():
            warnings.filterwarnings(
                "ignore", message=r"Explicitly requested dtype u?(int|float)64"
            )
            return function(*arguments)

    return traced
