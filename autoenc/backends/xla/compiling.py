"""From a graph to a JAX function: rewrites, precision, and compiled code that is used again."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
from pytensor.compile.mode import JAX
from pytensor.graph.fg import FunctionGraph
from pytensor.link import utils

from autoenc.backends.base import DeviceArray
from autoenc.backends.branchless import branchless
from autoenc.backends.generated import keep_sources_in_memory
from autoenc.backends.row_functions import RowLog, RowLog1p, rewrite
from autoenc.backends.xla.large import over_rows, stored
from autoenc.backends.xla.start import THREADS_TO_COMPILE, require_threads
from autoenc.backends.xla.summed import summed_products
from autoenc.graph.structure import structure
from autoenc.graph.types import Expression
from autoenc.threads import Lock, warnings_caught

keep_sources_in_memory(utils)

# PyTensor's own rewrites for JAX, and ours before it fuses what is elementwise (49).
_FUSED = JAX.register((branchless, 48.5))
# XLA fuses by itself, and JAX traces each operation in half the time of one that is fused.
MODE = _FUSED.excluding("fusion")
# For a GPU, which large minibatches have to fill; its program was measured with fused operations.
GPU_MODE = _FUSED.register((over_rows, 48.6), (stored, 48.7))
# The same where devices share the rows.
SHARED_MODE = MODE.register((summed_products, 48.6))
# The same for functions of rows on a CPU.
ROW_MODE = MODE.register((rewrite(("float64",), (RowLog, RowLog1p)), 48.4))
# Otherwise XLA times several programs for a product, and takes the fastest, which differs from
# process to process, and with it the last bits of the result.
GPU_OPTIONS = {"xla_gpu_deterministic_ops": True}

# Compiled graphs that are kept for others of the same structure.
GRAPHS_KEPT = 64


def compiled_once(
    compile_graph: Callable[..., Callable[..., Any]],
) -> Callable[..., Callable[..., Any]]:
    """Let graphs of the same structure share what is compiled for the first.

    Fitting one model after the other, as a grid search does, compiles once.
    """
    compiled: OrderedDict[Any, Callable[..., Any]] = OrderedDict()
    lock = Lock()

    @functools.wraps(compile_graph)
    def look_up(inputs: Any, outputs: Any, *settings: Any) -> Callable[..., Any]:
        key = (structure(inputs, outputs), *settings)
        with lock.now:
            if key not in compiled:
                compiled[key] = compile_graph(inputs, outputs, *settings)
            compiled.move_to_end(key)
            while len(compiled) > GRAPHS_KEPT:
                compiled.popitem(last=False)
            return compiled[key]

    return look_up


def jaxify(
    inputs: Sequence[Expression], outputs: Sequence[Expression], mode: Any = MODE
) -> Callable[..., tuple[DeviceArray, ...]]:
    """Turn a graph without shared variables into a JAX function."""
    from pytensor.link.jax.dispatch import jax_funcify

    import autoenc.backends.xla.functions
    import autoenc.backends.xla.ops  # noqa: F401 - tells PyTensor of them

    graph = FunctionGraph(list(inputs), list(outputs), clone=True)
    mode.optimizer.rewrite(graph)
    with warnings_caught():
        # JAX checks shapes itself when it traces, so that PyTensor's assertions are not missed.
        for what in ("Could not broadcast", "do not have the same shape"):
            warnings.filterwarnings("ignore", message=rf"Skipping Assert[\s\S]*{what}")
        function: Callable[..., tuple[DeviceArray, ...]] = jax_funcify(graph)
    return _without_truncation_warnings(function)


@contextmanager
def jax_precision(dtype: str, products: str = "highest") -> Iterator[None]:
    """Set JAX's 64-bit mode as `dtype` needs it; products are in full float32 by default."""
    with jax.enable_x64(dtype == "float64"), jax.default_matmul_precision(products):
        yield


def _without_truncation_warnings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Suppress what JAX says of 64 bits where the function is traced, which is when it is called.

    PyTensor sums float32 in float64 and indexes by int64, which JAX does in 32 bits. What is
    traced is compiled next, which needs threads.
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
