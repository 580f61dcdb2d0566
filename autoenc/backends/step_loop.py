"""A block as a tight loop over one compiled step, for the C and Numba backends.

A call takes a few microseconds if its arguments need no checks, so it is enough to compile the
step. If the rows of a minibatch are consecutive, the minibatch is a view of the data. Otherwise
its rows are gathered into a small buffer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autoenc.backends.interface import Array, block_generators
from autoenc.backends.rewritten import LentFunction, RewrittenGraphs
from autoenc.backends.step import Step


class StepLoop:
    """Run blocks step by step; the state is in the shared variables."""

    def __init__(self, step: Step, graphs: RewrittenGraphs) -> None:
        self._n_generators = len(step.generators)
        self._state = step.state
        self._before = [variable.get_value() for variable in step.state]
        self._kept = [variable.get_value() for variable in step.state]
        self._step = _compile_step(step, graphs)

    def run(self, data: Sequence[Array], rows: Array, entropy: Sequence[int]) -> Array:
        """Train on one block; see `BlockRunner.run`."""
        self._copy_state_to(self._before)
        generators = block_generators(entropy, self._n_generators)
        costs = np.empty(len(rows))
        # The caller checks the costs, so NumPy need not warn about infinity.
        with np.errstate(all="ignore"), self._step.running(data, trusted=True) as step:
            for i, minibatch in enumerate(_minibatches(data, rows)):
                costs[i], *generators = step(*minibatch, *generators)
        return costs

    def is_finite(self) -> bool:
        """Check that the state is finite; see `BlockRunner.is_finite`."""
        return all(_is_finite(variable.get_value(borrow=True)) for variable in self._state)

    def undo(self) -> None:
        """Undo the last block; see `BlockRunner.undo`."""
        self._set_state(self._before)

    def keep(self) -> None:
        """Save the state; see `BlockRunner.keep`."""
        self._copy_state_to(self._kept)

    def go_back(self) -> None:
        """Restore the saved state; see `BlockRunner.go_back`."""
        self._set_state(self._kept)

    def kept(self) -> list[Array]:
        """Return the saved state; see `BlockRunner.kept`."""
        return self._kept

    def sync(self) -> None:
        """Do nothing: updates have changed the shared variables in place."""

    def _copy_state_to(self, arrays: Sequence[Array]) -> None:
        for array, variable in zip(arrays, self._state, strict=True):
            np.copyto(array, variable.get_value(borrow=True))

    def _set_state(self, arrays: Sequence[Array]) -> None:
        for array, variable in zip(arrays, self._state, strict=True):
            variable.set_value(array)


def _is_finite(array: Array) -> bool:
    with np.errstate(over="ignore"):
        # A sum needs no memory and is usually finite. It may overflow if all values are finite.
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())


def _compile_step(step: Step, graphs: RewrittenGraphs) -> LentFunction:
    return graphs.function(
        step.inputs,
        [step.cost, *step.next_generators],
        dict(zip(step.state, step.next_state, strict=True)),
        mutable=step.generators,
    )


def _minibatches(data: Sequence[Array], rows: Array) -> Iterator[tuple[Array, ...]]:
    n, size = rows.shape
    start = int(rows[0, 0])
    if np.array_equal(rows.ravel(), np.arange(start, start + n * size)):
        for first in range(start, start + n * size, size):
            yield tuple(array[first : first + size] for array in data)
        return
    buffers = tuple(np.empty((size, *array.shape[1:]), array.dtype) for array in data)
    for minibatch in rows:
        for array, buffer in zip(data, buffers, strict=True):
            # "clip" lets NumPy write into the buffer directly; rows are in range.
            array.take(minibatch, axis=0, out=buffer, mode="clip")
        yield buffers
