"""The interface of all backends."""

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


# Number of rows of a block on a CPU: small enough for the progress bar to move and for Ctrl-C to
# take effect, and large enough for the overhead of a call to be negligible.
ROWS_PER_BLOCK = 5_000


class BackendError(RuntimeError):
    """Error raised if a requested backend or device is not available."""


class BlockRunner(Protocol):
    """Compiled step that runs over many minibatches per call."""

    def run(self, data: Sequence[DeviceArray], rows: Array, entropy: Sequence[int]) -> Array:
        """Train on one block.

        Parameters
        ----------
        data : sequence of device arrays
            One array for each input of the step, or the result of `SharingBackend.put_parts`.
        rows : int array, (minibatches, rows of a minibatch)
            Row numbers of each minibatch. For the result of `put_parts`, the numbers of the
            minibatches, (minibatches,).
        entropy : sequence of int
            Seeds of the block's random generators.

        Returns
        -------
        float64 array, (minibatches,)
            The cost of each step.
        """
        ...

    def is_finite(self) -> bool:
        """Return whether the whole state is finite after the last block."""
        ...

    def undo(self) -> None:
        """Restore the state before the last block, also in the shared variables."""
        ...

    def keep(self) -> None:
        """Save the current state for `go_back`."""
        ...

    def go_back(self) -> None:
        """Restore the saved state, also in the shared variables."""
        ...

    def kept(self) -> list[Array]:
        """Return the saved state as NumPy arrays."""
        ...

    def sync(self) -> None:
        """Copy the current state into the shared variables, as NumPy arrays."""
        ...


class Backend(Protocol):
    """A way to compile graphs and run them.

    Attributes
    ----------
    name : {"c", "xla", "numba"}
    description : str
        Engine, device and versions, for reports of results.
    reason : str
        Why this backend was chosen.
    precisions : tuple of str
        The supported precisions of products; see `in_precision`.
    rows_per_block : int
        Default number of rows of a block.
    processes : Processes
        Processes that train together, each with a backend of this kind.
    """

    name: str
    description: str
    reason: str
    precisions: tuple[str, ...]
    rows_per_block: int
    processes: Processes

    def put(self, array: Array) -> DeviceArray:
        """Move an array to the device.

        Parameters
        ----------
        array : array
            Array to move.

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
            Step that a minibatch performs.

        Returns
        -------
        BlockRunner
            Object that runs blocks of minibatches.
        """
        ...

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Compile an expression of rows into a function from NumPy arrays to a NumPy array.

        Entry i of the result depends only on entries i of the inputs. Its bytes depend neither on
        the other rows and their number nor on the number of threads. Several threads may call the
        function at the same time.

        Parameters
        ----------
        inputs : sequence of symbolic variables
            Rows, or one value for each row.
        output : expression
            Expression to compute.

        Returns
        -------
        callable
            Function from NumPy arrays to a NumPy array. An attribute `values_at_a_time`, if there
            is one and it is not None, is the number of values up to which a call is fastest.
        """
        ...


class SharingBackend(Backend, Protocol):
    """Backend whose processes train together."""

    def put_parts(self, arrays: Sequence[Array], owners: Array, batch: int) -> Any:
        """Move this process's rows of a block to its devices.

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
            Data of a block for `BlockRunner.run`. Rows are exchanged when it is first used.
        """
        ...


def block_generators(entropy: Sequence[int], n: int) -> list[np.random.Generator]:
    """Return the random generators of a block, one for each of the `n` sources of noise.

    They depend only on the entropy, so a block can be repeated.
    """
    return [np.random.default_rng([*entropy, source]) for source in range(n)]
