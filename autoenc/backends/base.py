"""The interface of every backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from autoenc.backends.step import Step
from autoenc.graph.types import Expression
from autoenc.processes import Processes

Array: TypeAlias = np.ndarray[Any, Any]
DeviceArray: TypeAlias = Any
"""An array on the backend's device: NumPy's own in C, JAX's on XLA."""


# Rows of a block on a CPU: few enough for a progress bar to move and Ctrl-C to be heard, enough
# for the cost of a call to vanish.
ROWS_PER_BLOCK = 5_000


class BackendError(RuntimeError):
    """A backend or device that was asked for is not available."""


class BlockRunner(Protocol):
    """A compiled step, run over many minibatches at a call."""

    def run(self, data: Sequence[DeviceArray], rows: Array, entropy: Sequence[int]) -> Array:
        """Train on one block.

        Parameters
        ----------
        data : sequence of device arrays
            One for each input of the step; or what `SharingBackend.put_parts` returns.
        rows : int array, (minibatches, rows of a minibatch)
            Row numbers of each minibatch; of parts, (minibatches,), the numbers of minibatches.
        entropy : sequence of int
            Seeds of the block's random generators.

        Returns
        -------
        float64 array, (minibatches,)
            The cost of each step.
        """
        ...

    def is_finite(self) -> bool:
        """Whether the whole state is finite after the last block."""
        ...

    def undo(self) -> None:
        """Restore the state before the last block, also in the shared variables."""
        ...

    def keep(self) -> None:
        """Save the present state for `go_back`."""
        ...

    def go_back(self) -> None:
        """Restore the saved state, also in the shared variables."""
        ...

    def kept(self) -> list[Array]:
        """Return the saved state as NumPy arrays."""
        ...

    def sync(self) -> None:
        """Copy the present state into the shared variables, as NumPy arrays."""
        ...


class Backend(Protocol):
    """A way to compile graphs and run them.

    Attributes
    ----------
    name : {"c", "xla", "numba"}
    description : str
        What runs and where, with versions, for reports of results.
    reason : str
        Why this backend was chosen.
    precisions : tuple of str
        The supported precisions of products; see `in_precision`.
    rows_per_block : int
        How many rows a block has where the caller does not say.
    processes : Processes
        The processes that train together, each of which has such a backend.
    """

    name: str
    description: str
    reason: str
    precisions: tuple[str, ...]
    rows_per_block: int
    processes: Processes

    def put(self, array: Array) -> DeviceArray:
        """Move an array to the device, once.

        Parameters
        ----------
        array : array
            What to move.

        Returns
        -------
        device array
            The array on the device.
        """
        ...

    def compile(self, step: Step) -> BlockRunner:
        """Compile a step into a runner of blocks.

        Parameters
        ----------
        step : Step
            What a minibatch does.

        Returns
        -------
        BlockRunner
            What runs blocks of minibatches.
        """
        ...

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression of rows into a function from NumPy arrays to a NumPy array.

        Entry i of the result follows from entries i of the inputs alone, and has the same bytes
        whatever other rows there are, however many, and whatever the number of threads.
        Several threads may call the function at once.

        Parameters
        ----------
        inputs : sequence of symbolic variables
            Rows, or one value for each row.
        output : expression
            What to compute.

        Returns
        -------
        callable
            From NumPy arrays to a NumPy array.
        """
        ...


class SharingBackend(Backend, Protocol):
    """A backend whose processes train together."""

    def put_parts(self, arrays: Sequence[Array], owners: Array, batch: int) -> Any:
        """Move the rows that this process has of a block to its devices.

        Parameters
        ----------
        arrays : sequence of array
            For each input, the rows that this process has, in the order of the block.
        owners : int array, (minibatches * rows of a minibatch,)
            Rank of the process that has each row of the block.
        batch : int
            Rows of a minibatch.

        Returns
        -------
        object
            What runners take as the data of a block. Rows are exchanged when it is first used.
        """
        ...


def block_generators(entropy: Sequence[int], n: int) -> list[np.random.Generator]:
    """Return the random generators of a block, one for each of the `n` sources of noise.

    They depend on the entropy alone, so a block can be run again.
    """
    return [np.random.default_rng([*entropy, source]) for source in range(n)]
