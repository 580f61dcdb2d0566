"""A backend that compiles a graph once for successive training runs of the same graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autoenc.backends.interface import Array, Backend, BlockRunner, DeviceArray
from autoenc.backends.step import Step
from autoenc.graph.types import Expression


class ReusedBackend:
    """Backend that reuses compiled functions for identical expressions.

    Compiled functions use the current values of shared variables: set them to start another run.
    Only one training run may use the backend at a time.

    Parameters
    ----------
    backend : Backend
        Backend that compiles.

    Examples
    --------
    >>> from pytensor import tensor as pt
    >>> from autoenc.backends import resolve_backend
    >>> x = pt.vector("x")
    >>> y = 2 * x
    >>> backend = ReusedBackend(resolve_backend("xla", device="cpu"))
    >>> backend.function([x], y) is backend.function([x], y)
    True
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.name, self.precisions = backend.name, backend.precisions
        self.description, self.reason = backend.description, backend.reason
        self.rows_per_block, self.processes = backend.rows_per_block, backend.processes
        self._runners: dict[Any, BlockRunner] = {}
        self._functions: dict[Any, Callable[..., Array]] = {}

    def put(self, array: Array) -> DeviceArray:
        """Move an array to the device; see `Backend.put`."""
        return self._backend.put(array)

    def put_parts(self, arrays: Sequence[Array], owners: Array, batch: int) -> Any:
        """Move this process's rows of a block to its devices; see `SharingBackend.put_parts`."""
        backend: Any = self._backend  # only backends of several processes have it
        return backend.put_parts(arrays, owners, batch)

    def compile(self, step: Step) -> BlockRunner:
        """Return the runner of a step; see `Backend.compile`."""
        key = (step.precision, *step.inputs, step.cost, *step.next_state)
        if key not in self._runners:
            self._runners[key] = self._backend.compile(step)
        return self._runners[key]

    def function(self, inputs: Sequence[Expression], output: Expression) -> Callable[..., Array]:
        """Return the function of an expression; see `Backend.function`."""
        key = (*inputs, output)
        if key not in self._functions:
            self._functions[key] = self._backend.function(inputs, output)
        return self._functions[key]
