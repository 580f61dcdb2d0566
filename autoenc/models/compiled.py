"""Functions compiled from a fitted model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt

from autoenc.backends import resolve_backend
from autoenc.backends.arrays import same_bits
from autoenc.rows.blocks import Array, IncomingRows, Rows, parts, rows_at_a_time
from autoenc.threads import Lock

# Minimum number of rows of a call, even if they have more values than the function prefers:
# each call reads all weights.
LEAST_ROWS = 512

# floatX belongs to the process and is changed while a graph is built, so threads take turns.
_building = Lock()


@contextmanager
def building(dtype: str) -> Iterator[None]:
    """Set floatX of the whole process while a graph of this precision is built.

    Variables do not record where they were created, which would take a quarter of the time.
    """
    with _building.now, config.change_flags(floatX=dtype, traceback__limit=0):
        yield


class Compilable(Protocol):
    """Interface of models that can be compiled."""

    @property
    def machine(self) -> tuple[Any, str | None]:
        """Backend and device, as requested."""

    def model_arrays(self) -> Mapping[str, Array]:
        """Return parameters and moments."""

    def symbolic(self, shared: Mapping[str, Any]) -> Any:
        """Build the symbolic model around shared variables of the arrays."""


@dataclass(eq=False)
class CompiledModel:
    """A symbolic model around given arrays; each piece is compiled on first use."""

    _model: Any = None
    _shared: dict[str, Any] = field(default_factory=dict)
    _values: dict[str, Array] = field(default_factory=dict)
    _functions: dict[str, Callable[[Array], Array]] = field(default_factory=dict)

    def function(self, what: str, model: Compilable) -> Callable[[Array], Array]:
        """Return a function from rows to one piece of a model.

        Parameters
        ----------
        what : str
            Name of a method of the symbolic model, such as ``"encode"``.
        model : Compilable
            The fitted model.
        """
        arrays = model.model_arrays()
        # Copy arrays that were changed in place to the shared variables.
        for name, seen in self._values.items():
            if not same_bits(seen, arrays[name]):
                self._values[name] = arrays[name].copy()
                self._shared[name].set_value(arrays[name])
        if what not in self._functions:
            with building(str(next(iter(arrays.values())).dtype)):
                # A thread that waited for the lock finds the function that another has compiled.
                if what not in self._functions:
                    self._functions[what] = self._compile(what, model, arrays)
        return self._functions[what]

    def _compile(
        self, what: str, model: Compilable, arrays: Mapping[str, Array]
    ) -> Callable[[Array], Array]:
        if self._model is None:
            self._shared = {n: pytensor.shared(a, name=n) for n, a in arrays.items()}
            self._values = {n: a.copy() for n, a in arrays.items()}
            self._model = model.symbolic(self._shared)
        x = pt.matrix("x")
        piece = getattr(self._model, what)(x)
        return resolve_backend(*model.machine).function([x], piece)


def in_parts(compiled: Callable[[], Callable[[Array], Array]], rows: Rows | IncomingRows) -> Array:
    """Apply a function to rows, one part at a time; return one array of all results."""
    n_rows = len(rows)
    if 0 < n_rows <= LEAST_ROWS:
        return compiled()(rows.whole() if isinstance(rows, IncomingRows) else rows[:])
    results, done = None, 0
    for result in results_of(compiled, rows):
        if len(result) == n_rows:
            return result
        if results is None:
            results = np.empty((n_rows, *result.shape[1:]), result.dtype)
        results[done : done + len(result)] = result
        done += len(result)
    assert results is not None
    return results


def results_of(
    compiled: Callable[[], Callable[[Array], Array]], rows: Rows | IncomingRows
) -> Iterator[Array]:
    """Apply a function to rows, one part at a time.

    The function is requested only after the first part has been checked, so that nothing is
    compiled if the rows are refused.
    """
    waiting = parts(rows)
    part = next(waiting, None)
    if part is None:
        raise ValueError("no rows were given; expected at least one.")
    function = compiled()
    values = getattr(function, "values_at_a_time", None)
    n = len(part) if values is None else rows_at_a_time(part.shape, values, LEAST_ROWS)
    while part is not None:
        for first in range(0, len(part), n):
            yield function(part[first : first + n])
        part = next(waiting, None)
