"""The XLA backend: a whole block as one compiled scan, on a CPU or a CUDA GPU.

PyTensor turns the step into a JAX function; the scan around it is written here
rather than with `pytensor.scan`, so that minibatches are gathered on the device within the
loop, and generators are arguments.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import pytensor
from pytensor.compile.mode import JAX
from pytensor.graph.fg import FunctionGraph
from pytensor.link import utils

from autoenc.backends.base import (
    ROWS_PER_BLOCK,
    Array,
    BackendError,
    DeviceArray,
    block_generators,
)
from autoenc.backends.branchless import branchless
from autoenc.backends.cpu import cpu_kind, processors, usable_threads
from autoenc.backends.generated import keep_sources_in_memory
from autoenc.backends.row_functions import RowLog, RowLog1p, rewrite
from autoenc.backends.step import Step
from autoenc.backends.xla.exchange import Parts
from autoenc.backends.xla.large import over_rows, stored
from autoenc.backends.xla.mirror import Mirror, memory_errors, to_host
from autoenc.backends.xla.placement import Placement, find_placement
from autoenc.backends.xla.processes import find_processes, peer_errors
from autoenc.backends.xla.summed import summed_products
from autoenc.backends.xla.thin import EmulatedGpu, Gpu, NotThinError, thin_block
from autoenc.folders import FolderError, cache_folder, make_private
from autoenc.graph.precision import PRECISIONS
from autoenc.graph.structure import structure
from autoenc.graph.types import Expression
from autoenc.threads import Lock, in_threads, threads_can_start, warnings_caught

keep_sources_in_memory(utils)

logger = logging.getLogger(__name__)

# PyTensor's own rewrites for JAX, and ours before it fuses what is elementwise (49).
MODE = JAX.register((branchless, 48.5))
# The same for a GPU, which large minibatches have to fill.
GPU_MODE = MODE.register((over_rows, 48.6), (stored, 48.7))
# The same where devices share the rows.
SHARED_MODE = MODE.register((summed_products, 48.6))
# The same for functions of rows on a CPU.
ROW_MODE = MODE.register((rewrite(("float64",), (RowLog, RowLog1p)), 48.4))
# Otherwise XLA times several programs for a product, and takes the fastest, which differs from
# process to process, and with it the last bits of the result.
GPU_OPTIONS = {"xla_gpu_deterministic_ops": True}

# JAX's names for how float32 matrices are multiplied, by autoenc's for the precision of a step.
PRODUCTS = {"float32": "highest", "mixed_bfloat16": "highest", "tf32": "tensorfloat32"}

# A GPU takes milliseconds for what takes a CPU a second.
ROWS_PER_BLOCK_OF_GPU = 100_000

# Functions of rows: rows of a chunk in small and in large calls, on a GPU and on the CPU. What a
# product of XLA's does once takes a tenth of the time of 64 rows.
ROWS_OF_A_CHUNK = ((512, 512), (64, 128))
# What rows of a call are filled up to, beside a chunk, likewise; what fills up is not computed.
ROWS_OF_A_CALL = ((512, 32_768), (512, 2_048))

# What an error says when other programs occupy multiprocessors that the kernel needs.
LAUNCH = "cuLaunchCooperativeKernel"

# Compiled graphs that are kept for others of the same structure.
GRAPHS_KEPT = 64


class XlaBackend:
    """Compiles blocks of steps with XLA.

    Parameters
    ----------
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda<number>"``.
    devices : int, str or "all", optional
        How many share the rows of every minibatch; by default one has them all.

    Raises
    ------
    BackendError
        If the devices are not there.
    """

    name = "xla"
    reason = "asked for"
    precisions: tuple[str, ...] = ("float32", "mixed_bfloat16")
    rows_per_block = ROWS_PER_BLOCK

    def __init__(self, device: str, devices: int | str | None = None) -> None:
        require_threads(4 * processors() + 8)
        _STARTED.setdefault("process", os.getpid())
        keep_compiled_code()
        self._placement = find_placement(device, devices)
        self.processes = find_processes(self._placement.devices)
        self.gpu: Gpu | EmulatedGpu | None = None
        if self._placement.first.platform != "cpu":
            self.precisions = PRECISIONS
            self.rows_per_block = ROWS_PER_BLOCK_OF_GPU
            if not self._placement.is_shared:
                self.gpu = _find_gpu(self._placement.first)
        self.description = (
            f"XLA on {self._placement.name} "
            f"(JAX {jax.__version__}, PyTensor {pytensor.__version__})"
        )

    def put(self, array: Array) -> DeviceArray:
        """Copy an array to the device."""
        refuse_after_fork()
        with _precision(array.dtype.name), memory_errors():
            return self._placement.put(array).block_until_ready()

    def put_parts(self, arrays: Sequence[Array], owners: Array, batch: int) -> Parts:
        """Move the rows that this process has of a block; see `SharingBackend.put_parts`."""
        refuse_after_fork()
        is_double = any(array.dtype == np.float64 for array in arrays)
        with _precision("float64" if is_double else "float32"), memory_errors():
            return Parts(arrays, owners, batch, self._placement)

    def compile(self, step: Step) -> ScanRunner:
        """Compile a step into a runner of blocks."""
        return ScanRunner(step, self._placement, self.gpu)

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression into a function of NumPy arrays."""
        return _RowFunction(inputs, output, Placement((self._placement.first,)))


def _mode_of(placement: Placement) -> Any:
    """Return the rewrites for one device of its kind, or for devices that share the rows."""
    if placement.is_shared:
        return SHARED_MODE
    return MODE if placement.first.platform == "cpu" else GPU_MODE


class ScanRunner:
    """Runs each block as one call; the state lives on the device between blocks.

    The state's memory is not donated: what it was before a block is there to go back to.
    """

    def __init__(
        self, step: Step, placement: Placement, gpu: Gpu | EmulatedGpu | None = None
    ) -> None:
        self._placement = placement
        self._dtype = step.dtype
        self._products = PRODUCTS[step.precision]
        self._state = Mirror(step.state, placement)
        self._constants = Mirror(step.constants, placement)
        self._n_generators = len(step.generators)
        shared = [*step.state, *step.generators, *step.constants]
        shared_inputs, outputs = step.with_inputs_for(shared)
        mode = _mode_of(placement)
        self._graph = [*step.inputs, *shared_inputs], outputs, len(step.state), mode, placement
        self._block = _block_function(*self._graph, gpu)
        self._before: list[DeviceArray] = []
        self._kept: list[DeviceArray] = []
        self._finite = True

    def run(
        self, data: Sequence[DeviceArray] | Parts, rows: Array, entropy: Sequence[int]
    ) -> Array:
        """Train on one block; see `BlockRunner.run`."""
        refuse_after_fork()
        generators = [_key(g) for g in block_generators(entropy, self._n_generators)]
        with _precision(self._dtype, self._products), memory_errors(), peer_errors():
            self._before = list(self._state.fresh())
            batch = data.batch if isinstance(data, Parts) else None
            data = data.minibatches if isinstance(data, Parts) else list(data)
            # Small arrays go along with the call; to move each by itself takes longer.
            arrays = self._before, generators, self._constants.fresh(), data
            after, copies, report = self._train(*arrays, rows.astype(np.int32), batch)
            # Only when they are there, so that a full device leaves the state as it was.
            self._state.take(after, copies)
            self._finite = bool(report[-1])
            return report[:-1]

    def _train(self, *arguments: Any) -> tuple[list[DeviceArray], list[DeviceArray], Array]:
        """Run the block; without the kernel of our own where the GPU has no room to launch it."""
        try:
            after, report = self._block(*arguments)
            # All that the host reads moves while it waits for the first of it.
            report, *copies = to_host([report, *after], self._placement)
            return after, copies, np.asarray(report, dtype=np.float64)
        except jax.errors.JaxRuntimeError as error:
            if LAUNCH not in str(error):
                raise
            logger.warning("blocks are left to XLA, which is slower: %s", error)
        self._block = _block_function(*self._graph, None)
        return self._train(*arguments)

    def is_finite(self) -> bool:
        """Whether the state is finite; see `BlockRunner.is_finite`."""
        return self._finite

    def undo(self) -> None:
        """Undo the last block; see `BlockRunner.undo`."""
        self._state.take(self._before)
        self.sync()

    def keep(self) -> None:
        """Keep the state; see `BlockRunner.keep`."""
        with _precision(self._dtype):
            self._kept = list(self._state.fresh())

    def go_back(self) -> None:
        """Go back to what was kept; see `BlockRunner.go_back`."""
        self._state.take(self._kept)
        self.sync()

    def kept(self) -> list[Array]:
        """Return what was kept; see `BlockRunner.kept`."""
        return [np.array(array) for array in self._kept]

    def sync(self) -> None:
        """Copy the state from the device into the shared variables."""
        self._state.write_back()


class _RowFunction:
    """A function of rows, a chunk of always the same size at a time.

    XLA compiles anew for every shape, and makes products and sums of another shape in other
    ways, which round differently. With one shape, a row has the same bytes in every batch. Large
    batches go through larger chunks where those are found to have the same bytes.
    """

    def __init__(
        self, inputs: Sequence[Expression], output: Expression, placement: Placement
    ) -> None:
        shared = [v for v in pytensor.graph.traversal.graph_inputs([output]) if _is_shared(v)]
        shared_inputs = [v.type() for v in shared]
        replace = dict(zip(shared, shared_inputs, strict=True))
        outputs = [pytensor.graph.replace.clone_replace(output, replace)]
        self._dtype = str(output.dtype)
        on_gpu = placement.first.platform != "cpu"
        self._small, self._large = ROWS_OF_A_CHUNK[not on_gpu]
        self._few, self._most = ROWS_OF_A_CALL[not on_gpu]
        # XLA divides the products of so few rows badly: each thread has chunks of its own.
        self._threads = 1 if on_gpu else usable_threads()
        self._shared = Mirror(shared, placement)
        self._function = _row_function([*inputs, *shared_inputs], outputs, on_gpu)
        self._lock = Lock()
        self._compared: list[DeviceArray] = []
        self._agree = True

    def __call__(self, *arrays: Array) -> Array:
        """Return the result for each row."""
        refuse_after_fork()
        n = len(arrays[0])
        with _precision(self._dtype):
            shared = list(self._shared.fresh())
        chunk = self._small if n <= self._small else self._chunk(arrays, shared)
        results = in_threads(
            lambda part: self._of_some([array[part] for array in arrays], chunk, shared),
            self._parts(n, chunk), self._threads,
        )  # fmt: skip
        return results[0] if len(results) == 1 else np.concatenate(results)

    def _chunk(self, arrays: Sequence[Array], shared: list[DeviceArray]) -> int:
        """Return how many rows to compute at once: many where that does not change a byte.

        XLA chooses how to sum by shapes. Both chunks are compared for these values of the
        shared variables, by rows of this call and by others in which all entries differ.
        """
        if self._small == self._large:
            return self._large
        with self._lock.now:
            known = [id(value) for value in self._compared] == [id(value) for value in shared]
            if not (known and self._compared):
                rows = [_with_others(array, self._large) for array in arrays]
                at_once = self._of_some(rows, self._large, shared)
                self._agree = all(
                    self._of_some([array[i : i + self._small] for array in rows],
                                  self._small, shared).tobytes()
                    == at_once[i : i + self._small].tobytes()
                    for i in range(0, self._large, self._small)
                )  # fmt: skip
                self._compared = shared
            return self._large if self._agree else self._small

    def _parts(self, n: int, chunk: int) -> list[slice]:
        """Divide rows into calls, as many as there are threads or a multiple of it."""
        chunks = -(-n // chunk)
        rounds = -(-chunks * chunk // (self._most * self._threads))
        calls = max(rounds, 1) * self._threads if n > self._few else 1
        rows = max(-(-chunks // calls), 1) * chunk
        return [slice(i, i + rows) for i in range(0, max(n, 1), rows)]

    def _of_some(self, arrays: Sequence[Array], chunk: int, shared: list[DeviceArray]) -> Array:
        n = len(arrays[0])
        needed = -(-n // chunk)
        rows = next(size for size in (chunk, self._few, self._most) if size >= needed * chunk)
        padded = [_padded(array, rows) for array in arrays]
        with _precision(self._dtype), memory_errors():
            return np.asarray(self._function(chunk, needed, padded, shared))[:n]


def _padded(array: Array, n: int) -> Array:
    if len(array) == n:
        return np.ascontiguousarray(array)
    padded = np.empty((n, *array.shape[1:]), array.dtype)
    padded[: len(array)] = array
    padded[len(array) :] = 0
    return padded


def _with_others(array: Array, n: int) -> Array:
    """Return `n` rows: at first those of an array, then random ones."""
    rng = np.random.default_rng(0)
    rows = rng.uniform(size=(n, *array.shape[1:])).astype(array.dtype)
    given = array[: n // 2]
    rows[: len(given)] = given
    return rows


def refuse_after_fork() -> None:
    """Refuse to compute in a child of fork, which XLA's threads do not exist in.

    Raises
    ------
    BackendError
        If XLA was set up in another process.
    """
    if os.getpid() != _STARTED.get("process"):
        raise BackendError(
            "XLA was set up before this process was forked from another, and would wait for "
            "threads that do not exist here. Start processes with multiprocessing's 'spawn' "
            "method, or use a model only after the fork; backend='c' works in both."
        )


def require_threads(n: int) -> None:
    """Check that XLA can start its threads; it would end the process where it cannot.

    Parameters
    ----------
    n : int
        How many it starts at most.

    Raises
    ------
    BackendError
        If so many cannot be started.
    """
    if not threads_can_start(n):
        raise BackendError(
            f"XLA needs up to {n} threads, and this process cannot start so many. Raise the "
            "limit of processes or of memory ('ulimit -u', 'ulimit -v', 'docker run "
            "--pids-limit'), or use backend='c'."
        )


_STARTED: dict[str, int] = {}
# Threads that XLA starts to compile and to run a function for the first time.
THREADS_TO_COMPILE = 4


def keep_compiled_code() -> None:
    """Let XLA keep what it compiles in a folder, unless the user has told JAX of one.

    Code is made for one kind of processor, so that each has a folder of its own.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    kind = hashlib.sha256(f"{cpu_kind()} {jax.__version__}".encode()).hexdigest()[:16]
    try:
        folder = cache_folder() / f"xla-{kind}"
        make_private(folder)
    except FolderError:  # what is compiled is then compiled again by the next process
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # A file is read in 5 ms: whatever takes a few times as long is worth one.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.02)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _compiled_once(
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


@_compiled_once
def _row_function(inputs: Any, outputs: Any, on_gpu: bool) -> Callable[..., Any]:
    """Compile a loop over chunks: (rows of a chunk, number of chunks, rows, shared) → results."""
    options = GPU_OPTIONS if on_gpu else None
    of_chunk = jaxify(inputs, outputs, MODE if on_gpu else ROW_MODE)

    def run_chunks(
        size: int, n: Any, rows: list[DeviceArray], shared: list[DeviceArray]
    ) -> DeviceArray:
        def result_of(i: Any) -> DeviceArray:
            some = (jax.lax.dynamic_slice_in_dim(array, i * size, size) for array in rows)
            return of_chunk(*some, *shared)[0]

        def put(i: Any, results: DeviceArray) -> DeviceArray:
            return jax.lax.dynamic_update_slice_in_dim(results, result_of(i), i * size, 0)

        # How often it runs is known only then, or XLA would treat a single chunk differently.
        kind = jax.eval_shape(result_of, 0)
        results = jax.numpy.zeros((len(rows[0]), *kind.shape[1:]), kind.dtype)
        return jax.lax.fori_loop(0, n, put, results)

    function: Callable[..., Any] = jax.jit(run_chunks, compiler_options=options, static_argnums=0)
    return function


@_compiled_once
def _block_function(
    inputs: Any,
    outputs: Any,
    n_state: int,
    mode: Any,
    placement: Placement,
    gpu: Gpu | EmulatedGpu | None = None,
) -> Callable[..., Any]:
    """Compile a block: (state, generators, constants, data, rows, batch) → (state, report).

    The batch is None where `rows` has a row number for each row of a minibatch. Where it has
    the numbers of minibatches in the data, the batch says how many rows those have: what fills
    up the shares of devices comes after them.

    The report is the costs, and at the end whether the state is finite: one array, as to fetch
    another takes a GPU longer than to compute it.
    """
    scan = _scan(jaxify(inputs, outputs, mode), n_state, placement)

    def run_block(
        state: list[DeviceArray],
        generators: list[Any],
        constants: list[DeviceArray],
        data: list[DeviceArray],
        rows: DeviceArray,
        batch: int | None = None,
    ) -> tuple[list[DeviceArray], DeviceArray]:
        train: Callable[..., Any] = functools.partial(scan, batch)
        if gpu is not None:
            train = (
                _thin_block(inputs, outputs, n_state, gpu, state, constants, data, rows) or train
            )
        state, costs = train(state, generators, constants, data, rows)
        finite = jax.numpy.array([jax.numpy.isfinite(variable).all() for variable in state])
        return state, jax.numpy.append(costs, finite.all().astype(costs.dtype))

    options = None if placement.first.platform == "cpu" else GPU_OPTIONS
    function: Callable[..., Any] = jax.jit(run_block, compiler_options=options, static_argnums=5)
    return function


def _scan(
    step: Callable[..., tuple[DeviceArray, ...]], n_state: int, placement: Placement
) -> Callable[..., Any]:
    """Return a function that takes a step with each minibatch of a block."""

    def run(
        batch: int | None,
        state: list[DeviceArray],
        generators: list[Any],
        constants: list[DeviceArray],
        data: list[DeviceArray],
        rows: DeviceArray,
    ) -> tuple[list[DeviceArray], DeviceArray]:
        def minibatch(carry: Any, rows: DeviceArray) -> tuple[Any, DeviceArray]:
            state, generators = carry
            inputs = [array.at[rows].get(mode="promise_in_bounds")[:batch] for array in data]
            shares = placement.share(inputs)
            with _dividing(placement):
                cost, *rest = step(*shares, *state, *generators, *constants)
                state = placement.keep(rest[:n_state])
                cost, *generators = placement.gather([cost, *rest[n_state:]])
            return (state, generators), cost

        (state, _), costs = jax.lax.scan(minibatch, (state, generators), rows)
        return state, costs

    return run


@contextmanager
def _dividing(placement: Placement) -> Iterator[None]:
    """Let operations know whether devices share the rows."""
    from autoenc.backends.xla.ops import rows_are_divided

    token = rows_are_divided.set(placement.is_shared)
    try:
        yield
    finally:
        rows_are_divided.reset(token)


def _thin_block(
    inputs: Any, outputs: Any, n_state: int, gpu: Gpu | EmulatedGpu, *arrays: Any
) -> Callable[..., Any] | None:
    """Return a function that trains on a block as one kernel, None where there can be none."""
    graph = FunctionGraph(list(inputs), list(outputs), clone=True)
    # Each operation by itself: the kernel finds its places between the products.
    MODE.excluding("fusion").optimizer.rewrite(graph)
    try:
        return thin_block(graph, n_state, gpu, *arrays)
    except NotThinError as error:
        logger.info("the block is left to XLA: %s", error)
        return None


def _find_gpu(device: Any) -> Gpu | None:
    try:
        return Gpu(device)
    except NotThinError as error:
        logger.info("blocks are left to XLA: %s", error)
        return None


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


def _key(generator: np.random.Generator) -> dict[str, Array]:
    # The state that PyTensor's random draws expect under JAX is a dict with a key.
    return {"jax_state": generator.integers(0, 2**32, size=2, dtype=np.uint32)}


def _is_shared(variable: Any) -> bool:
    return hasattr(variable, "get_value")


@contextmanager
def _precision(dtype: str, products: str = "highest") -> Iterator[None]:
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
