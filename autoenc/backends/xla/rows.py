"""Functions of rows: scores, codes and reconstructions, with the same bytes in every batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
import pytensor

from autoenc.backends.cpu import usable_threads
from autoenc.backends.interface import Array, DeviceArray
from autoenc.backends.xla.compiling import (
    GPU_OPTIONS,
    Compiled,
    compiled_once,
    jax_precision,
    jaxify,
    widest_float,
)
from autoenc.backends.xla.mirror import Mirror, memory_errors
from autoenc.backends.xla.placement import Placement, refuse_wide
from autoenc.backends.xla.start import refuse_after_fork
from autoenc.graph.types import Expression
from autoenc.threads import Lock, in_threads

# Rows of a chunk in small and in large calls, on a GPU and on the CPU. On the CPU, the fixed cost
# of a product is a tenth of the time of 64 rows.
ROWS_OF_A_CHUNK = ((512, 512), (64, 128))
# Numbers to which the rows of a call are padded, other than two chunks, on a GPU and on the CPU.
# The padding is not computed. No call is padded to a single chunk: XLA would recognise that the
# chunk is the whole array, and would fuse operations and round sums of products differently.
ROWS_OF_A_CALL = ((512, 32_768), (512, 2_048))


class RowFunction:
    """A function of rows that is computed in chunks of a fixed size.

    XLA compiles a program for every shape. For another shape, it computes products and sums in
    another order, with different rounding. With a fixed shape, a row has the same bytes in every
    batch. Large batches are computed in larger chunks if these are found to give the same bytes.
    """

    def __init__(
        self, inputs: Sequence[Expression], output: Expression, placement: Placement
    ) -> None:
        shared = [v for v in pytensor.graph.traversal.graph_inputs([output]) if _is_shared(v)]
        shared_inputs = [v.type() for v in shared]
        replace = dict(zip(shared, shared_inputs, strict=True))
        outputs = [pytensor.graph.replace.clone_replace(output, replace)]
        self._dtype = widest_float([*inputs, *shared, output])
        on_gpu = placement.first.platform != "cpu"
        self._small, self._large = ROWS_OF_A_CHUNK[not on_gpu]
        self._few, self._most = ROWS_OF_A_CALL[not on_gpu]
        # XLA divides products of so few rows badly among threads, so each thread computes chunks.
        self._threads = 1 if on_gpu else usable_threads()
        self._shared = Mirror(shared, placement)
        function = _row_function([*inputs, *shared_inputs], outputs, on_gpu)
        self._function, self._checks = function
        self._lock = Lock()
        self._compared: list[DeviceArray] = []
        self._agree = True

    def __call__(self, *arrays: Array) -> Array:
        """Return the result for each row."""
        refuse_after_fork()
        n = len(arrays[0])
        with jax_precision(self._dtype):
            shared = list(self._shared.fresh())
        chunk = self._small if n <= self._small else self._chunk(arrays, shared)
        results, errors = zip(*in_threads(
            lambda part: self._of_some([array[part] for array in arrays], chunk, shared),
            self._parts(n, chunk), self._threads,
        ), strict=True)  # fmt: skip
        for error in errors:
            self._checks.raise_from(error)
        return results[0] if len(results) == 1 else np.concatenate(results)

    def _chunk(self, arrays: Sequence[Array], shared: list[DeviceArray]) -> int:
        """Return the number of rows to compute at once: a large one if the bytes are the same.

        XLA chooses the order of sums by shape. The two sizes of chunks are compared for the
        current shared variables, with rows of this call and with random rows.
        """
        if self._small == self._large:
            return self._large
        with self._lock.now:
            known = [id(value) for value in self._compared] == [id(value) for value in shared]
            if not (known and self._compared):
                rows = [_with_others(array, self._large) for array in arrays]
                at_once, _ = self._of_some(rows, self._large, shared)
                self._agree = all(
                    self._of_some([array[i : i + self._small] for array in rows],
                                  self._small, shared)[0].tobytes()
                    == at_once[i : i + self._small].tobytes()
                    for i in range(0, self._large, self._small)
                )  # fmt: skip
                self._compared = shared
            return self._large if self._agree else self._small

    def _parts(self, n: int, chunk: int) -> list[slice]:
        """Divide rows into calls; their number is that of the threads, or a multiple of it."""
        chunks = -(-n // chunk)
        rounds = -(-chunks * chunk // (self._most * self._threads))
        calls = max(rounds, 1) * self._threads if n > self._few else 1
        rows = max(-(-chunks // calls), 1) * chunk
        return [slice(i, i + rows) for i in range(0, max(n, 1), rows)]

    def _of_some(
        self, arrays: Sequence[Array], chunk: int, shared: list[DeviceArray]
    ) -> tuple[Array, Any]:
        """Return the results for some rows, and the error of a failed check."""
        n = len(arrays[0])
        needed = -(-n // chunk)
        rows = next(size for size in (2 * chunk, self._few, self._most) if size >= needed * chunk)
        padded = [_padded(array, rows) for array in arrays]
        with jax_precision(self._dtype), memory_errors():
            for array in padded:
                refuse_wide(array)
            error, results = self._function(chunk, needed, padded, shared)
            return np.asarray(results)[:n], error


def _padded(array: Array, n: int) -> Array:
    if len(array) == n:
        return np.ascontiguousarray(array)
    padded = np.empty((n, *array.shape[1:]), array.dtype)
    padded[: len(array)] = array
    # Checks of values also see the padding of the last chunk.
    padded[len(array) :] = array[-1] if len(array) else 0
    return padded


def _with_others(array: Array, n: int) -> Array:
    """Return `n` rows: first those of an array, then random ones."""
    rng = np.random.default_rng(0)
    rows = rng.uniform(size=(n, *array.shape[1:])).astype(array.dtype)
    given = array[: n // 2]
    rows[: len(given)] = given
    return rows


@compiled_once
def _row_function(inputs: Any, outputs: Any, on_gpu: bool) -> Compiled:
    """Compile a loop over chunks: (rows of a chunk, chunks, rows, shared) → (error, results).

    The error is for the checks that are returned with the function.
    """
    options = GPU_OPTIONS if on_gpu else None
    of_chunk, checks = jaxify(inputs, outputs)

    def run_chunks(
        size: int, n: Any, rows: list[DeviceArray], shared: list[DeviceArray]
    ) -> DeviceArray:
        def result_of(i: Any) -> DeviceArray:
            some = (jax.lax.dynamic_slice_in_dim(array, i * size, size) for array in rows)
            return of_chunk(*some, *shared)[0]

        def put(i: Any, results: DeviceArray) -> DeviceArray:
            return jax.lax.dynamic_update_slice_in_dim(results, result_of(i), i * size, 0)

        # The number of chunks is an argument, or XLA would treat a single chunk differently.
        kind = jax.eval_shape(result_of, 0)
        if kind.shape[:1] != (size,):
            found = f"{kind.shape[0]:,} values" if kind.shape else "one value"
            raise ValueError(
                f"the expression has {found} for {size:,} rows; expected a value for each row."
            )
        results = jax.numpy.zeros((len(rows[0]), *kind.shape[1:]), kind.dtype)
        return jax.lax.fori_loop(0, n, put, results)

    def run_checked(size: int, *arguments: Any) -> tuple[Any, DeviceArray]:
        error_and_results: tuple[Any, DeviceArray] = checks.within(partial(run_chunks, size))(
            *arguments
        )
        return error_and_results

    function: Callable[..., Any] = jax.jit(run_checked, compiler_options=options, static_argnums=0)
    return function, checks


def _is_shared(variable: Any) -> bool:
    return hasattr(variable, "get_value")
