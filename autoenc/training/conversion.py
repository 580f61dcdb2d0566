"""Conversion of the caller's data to arrays that a backend accepts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from autoenc.graph.types import Expression
from autoenc.processes import ALONE, Processes
from autoenc.sources import first_lost, opened, refuse_masked, within

Array: TypeAlias = np.ndarray[Any, Any]


def as_arrays(
    data: Any,
    inputs: Sequence[Expression],
    memory: int | None = None,
    processes: Processes = ALONE,
    name: str = "the data",
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
    name : str
        Name of the data for messages.

    Returns
    -------
    list of C-contiguous arrays, or rows by parts
        The converted data, copied only if necessary. Rows with an attribute ``dense_by_parts``,
        which are made dense part by part, are returned unchanged. Arrays larger than half of the
        memory are converted to such rows.

    Raises
    ------
    ValueError
        If the number of arrays, their dimensions or their numbers of rows are inconsistent, if
        there are no rows, or if an input cannot hold a value.
    """
    given = _of_inputs(data, inputs)
    if len(given) != len(inputs):
        raise ValueError(
            f"there is data for {len(given)} inputs, but inputs has {len(inputs)}; "
            "give a sequence with one array for each."
        )
    given = within(memory, [x.type.dtype for x in inputs], *given, processes=processes)
    pairs = list(zip(given, inputs, strict=True))
    arrays = processes.in_each(lambda: [_as_array(array, x) for array, x in pairs])
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) != 1:
        raise ValueError(
            f"the arrays of {name} have {lengths} rows, in the order of inputs; every input needs "
            "the same number."
        )
    if 0 in lengths:
        raise ValueError(f"{name} has 0 rows; give at least one.")
    return arrays


def _of_inputs(data: Any, inputs: Sequence[Expression]) -> list[Any]:
    """Return the data of each input; a single one may have an array or a list with its array."""
    if not isinstance(data, tuple | list):
        return [data]
    if len(inputs) > 1:
        return list(data)
    is_array = len(data) == 1 and getattr(data[0], "ndim", None) == inputs[0].type.ndim
    return list(data) if is_array else [data]


def is_dense_by_parts(array: Any) -> bool:
    """Return whether rows, such as those of a sparse matrix, are made dense only on request."""
    return bool(getattr(array, "dense_by_parts", False))


def values_per_row(arrays: Sequence[Any]) -> int:
    """Return the number of values per row, summed over all arrays."""
    return sum(math.prod(array.shape[1:]) for array in arrays)


def _cast(values: Array, x: Expression) -> Array:
    """Return values in the dtype of an input, or refuse values that it cannot hold."""
    is_complex = values.dtype.kind == "c" and not x.type.dtype.startswith("complex")
    with np.errstate(over="ignore", invalid="ignore"):
        cast = np.ascontiguousarray(values.real if is_complex else values, dtype=x.type.dtype)
    place = first_lost(values, cast)
    if place is not None:
        raise ValueError(
            f"the data for {x} has {values[place]} at row {place[0]}, which {cast.dtype} cannot "
            "hold; convert the data, or declare the input with another dtype."
        )
    return cast


def _as_array(array: Any, x: Expression) -> Any:
    refuse_masked(array, f"the data for {x}")
    converted = opened(array)
    if sparse.issparse(converted):
        raise ValueError(f"the data for {x} is a sparse matrix; make it dense with toarray().")
    by_parts = is_dense_by_parts(converted)
    rows = converted if by_parts else np.asarray(converted)
    if by_parts and x.type.ndim > 2:
        raise ValueError(
            f"the data for {x} is read in parts, as a matrix; expected an array of "
            f"{x.type.ndim} dimensions in memory. Load it, with more memory= if it was given, or "
            "declare a matrix and reshape it in the graph: x.reshape((x.shape[0], ...))."
        )
    if rows.ndim != x.type.ndim:
        raise ValueError(
            f"the data for {x} has shape {rows.shape}; expected {x.type.ndim} dimensions, rows "
            "first."
        )
    return rows if by_parts else _cast(rows, x)
