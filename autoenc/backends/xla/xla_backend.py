"""The XLA backend, on a CPU or a CUDA GPU: runners of blocks, and functions of rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import pytensor

from autoenc.backends.interface import ROWS_PER_BLOCK, Array, DeviceArray, block_generators
from autoenc.backends.step import Step
from autoenc.backends.xla.block import block_function
from autoenc.backends.xla.compiling import GPU_MODE, MODE, SHARED_MODE, jax_precision, widest_float
from autoenc.backends.xla.exchange import Parts
from autoenc.backends.xla.mirror import Mirror, memory_errors, to_host
from autoenc.backends.xla.placement import Placement, find_placement
from autoenc.backends.xla.rows import RowFunction
from autoenc.backends.xla.start import prepare, refuse_after_fork
from autoenc.backends.xla.thin import EmulatedGpu, Gpu, NotThinError
from autoenc.backends.xla.xla_processes import find_processes, peer_errors
from autoenc.graph.precision import PRECISIONS
from autoenc.graph.types import Expression

logger = logging.getLogger(__name__)

# JAX's name for the precision of float32 products, for each precision of a step.
PRODUCTS = {"float32": "highest", "mixed_bfloat16": "highest", "tf32": "tensorfloat32"}

# A GPU takes milliseconds for what takes a CPU a second, so its blocks are larger.
ROWS_PER_BLOCK_OF_GPU = 100_000

# Part of the error if other programs occupy multiprocessors that the kernel needs.
LAUNCH = "cuLaunchCooperativeKernel"


class XlaBackend:
    """Compiles blocks of steps with XLA.

    Parameters
    ----------
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda<number>"``.
    devices : int, str or "all", optional
        Number of devices that share the rows of every minibatch; by default one.

    Raises
    ------
    BackendError
        If the devices are not available.
    """

    name = "xla"
    reason = "asked for"
    precisions: tuple[str, ...] = ("float32", "mixed_bfloat16")
    rows_per_block = ROWS_PER_BLOCK

    def __init__(self, device: str, devices: int | str | None = None) -> None:
        prepare()
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
        with jax_precision(array.dtype.name), memory_errors():
            return self._placement.put(array).block_until_ready()

    def put_parts(self, arrays: Sequence[Array], owners: Array, batch: int) -> Parts:
        """Move this process's rows of a block to its devices; see `SharingBackend.put_parts`."""
        refuse_after_fork()
        is_double = any(array.dtype == np.float64 for array in arrays)
        with jax_precision("float64" if is_double else "float32"), memory_errors():
            return Parts(arrays, owners, batch, self._placement)

    def compile(self, step: Step) -> ScanRunner:
        """Compile a step into a runner of blocks."""
        return ScanRunner(step, self._placement, self.gpu)

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression into a function of NumPy arrays."""
        return RowFunction(inputs, output, Placement((self._placement.first,)))


def _mode_of(placement: Placement) -> Any:
    """Return the rewrites for one device of a kind, or for devices that share the rows."""
    if placement.is_shared:
        return SHARED_MODE
    return MODE if placement.first.platform == "cpu" else GPU_MODE


class ScanRunner:
    """Run each block as one call; the state stays on the device between blocks.

    The memory of the state is not donated, so that the state before a block can be restored.
    """

    def __init__(
        self, step: Step, placement: Placement, gpu: Gpu | EmulatedGpu | None = None
    ) -> None:
        self._placement = placement
        self._products = PRODUCTS[step.precision]
        self._state = Mirror(step.state, placement)
        self._constants = Mirror(step.constants, placement)
        self._n_generators = len(step.generators)
        inputs = [*step.inputs, *step.state, *step.generators, *step.constants]
        outputs = [step.cost, *step.next_state, *step.next_generators]
        self._dtype = widest_float([*inputs, *outputs])
        self._graph = inputs, outputs, len(step.state), _mode_of(placement), placement
        self._block, self._checks = block_function(*self._graph, gpu)
        self._before: list[DeviceArray] = []
        self._kept: list[DeviceArray] = []
        self._finite = True

    def run(
        self, data: Sequence[DeviceArray] | Parts, rows: Array, entropy: Sequence[int]
    ) -> Array:
        """Train on one block; see `BlockRunner.run`."""
        refuse_after_fork()
        generators = [_key(g) for g in block_generators(entropy, self._n_generators)]
        with jax_precision(self._dtype, self._products), memory_errors(), peer_errors():
            self._before = list(self._state.fresh())
            batch = data.batch if isinstance(data, Parts) else None
            data = data.minibatches if isinstance(data, Parts) else list(data)
            # Small arrays are passed with the call, because moving each separately takes longer.
            arrays = self._before, generators, self._constants.fresh(), data
            after, copies, report = self._train(*arrays, rows.astype(np.int32), batch)
            # Take the results only once they exist, so that a full device leaves the state as is.
            self._state.take(after, copies)
            self._finite = bool(report[-1])
            return report[:-1]

    def _train(self, *arguments: Any) -> tuple[list[DeviceArray], list[DeviceArray], Array]:
        """Run the block; without autoenc's kernel if the GPU has no room to launch it.

        Raises
        ------
        Exception
            The error of a failed check: an index that is out of range, or an assertion.
        """
        try:
            error, (after, report) = self._block(*arguments)
            self._checks.raise_from(error)
            # While the host waits for the first array, all arrays that it reads are moved.
            report, *copies = to_host([report, *after], self._placement)
            return after, copies, np.asarray(report, dtype=np.float64)
        except jax.errors.JaxRuntimeError as error:
            if LAUNCH not in str(error):
                raise
            logger.warning("XLA runs the blocks, which is slower: %s", error)
        self._block, self._checks = block_function(*self._graph, None)
        return self._train(*arguments)

    def is_finite(self) -> bool:
        """Return whether the state is finite; see `BlockRunner.is_finite`."""
        return self._finite

    def undo(self) -> None:
        """Undo the last block; see `BlockRunner.undo`."""
        self._state.take(self._before)
        self.sync()

    def keep(self) -> None:
        """Save the state; see `BlockRunner.keep`."""
        with jax_precision(self._dtype):
            self._kept = list(self._state.fresh())

    def go_back(self) -> None:
        """Restore the saved state; see `BlockRunner.go_back`."""
        self._state.take(self._kept)
        self.sync()

    def kept(self) -> list[Array]:
        """Return the saved state; see `BlockRunner.kept`."""
        return [np.array(array) for array in self._kept]

    def sync(self) -> None:
        """Copy the state from the device into the shared variables."""
        self._state.write_back()


def _find_gpu(device: Any) -> Gpu | None:
    try:
        return Gpu(device)
    except NotThinError as error:
        logger.info("XLA runs the blocks: %s", error)
        return None


def _key(generator: np.random.Generator) -> dict[str, Array]:
    # The state that PyTensor's random draws expect under JAX is a dict with a key.
    return {"jax_state": generator.integers(0, 2**32, size=2, dtype=np.uint32)}
