"""Conversion of the caller's data to arrays that a backend accepts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autoenc.graph.types import Expression
from autoenc.processes import ALONE, Processes
from autoenc.sources import opened, within


def as_arrays(
    data: Any,
    inputs: Sequence[Expression],
    memory: int | None = None,
    processes: Processes = ALONE,
) -> list[Any]:
    """Check data against the inputs of a graph, and convert it to their dtypes.

    Parameters
    ----------
    data : array or other rows, or sequence of them
        One for each input, or a single one for a single input. Anything other than an array is
        opened by `autoenc.sources.open_source`.
    inputs : sequence of symbolic variables
        The inputs of the graph.
    memory : int, optional
        Bytes of memory available for rows.
    processes : Processes
        Processes that train together. All of them get the same kinds of rows.

    Returns
    -------
    list of C-contiguous arrays, or rows by parts
        The converted data, copied only if necessary. Rows with an attribute ``dense_by_parts``,
        which are made dense part by part, are returned unchanged. Arrays larger than half of the
        memory are converted to such rows.

    Raises
    ------
    ValueError
        If the number of arrays, their dimensions or their numbers of rows are inconsistent, or if
        there are no rows.
    """
    given = list(data) if isinstance(data, tuple | list) and len(inputs) > 1 else [data]
    if len(given) != len(inputs):
        raise ValueError(
            f"there is data for {len(given)} inputs, but inputs has {len(inputs)}; "
            "give a sequence with one array for each."
        )
    given = within(memory, [x.type.dtype for x in inputs], *given, processes=processes)
    pairs = list(zip(given, inputs, strict=True))
    arrays = processes.in_each(lambda: [_as_array(array, x) for array, x in pairs])
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        raise ValueError(
            f"the arrays have {sorted(lengths)} rows; every input needs the same number."
        )
    if 0 in lengths:
        raise ValueError("the data has 0 rows; there is nothing to train on.")
    return arrays


def is_dense_by_parts(array: Any) -> bool:
    """Return whether rows, such as those of a sparse matrix, are made dense only on request."""
    return bool(getattr(array, "dense_by_parts", False))


def values_per_row(arrays: Sequence[Any]) -> int:
    """Return the number of values per row, summed over all arrays."""
    return sum(math.prod(array.shape[1:]) for array in arrays)


def _as_array(array: Any, x: Expression) -> Any:
    converted = opened(array)
    if not is_dense_by_parts(converted):
        converted = np.ascontiguousarray(converted, dtype=x.type.dtype)
    if converted.ndim != x.type.ndim:
        raise ValueError(
            f"the data for {x} has shape {np.shape(array)}; expected {x.type.ndim} dimensions, "
            "rows first."
        )
    return converted
