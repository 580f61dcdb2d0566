"""From what the caller has to arrays that a backend can take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autoenc.graph.types import Expression


def as_arrays(data: Any, inputs: Sequence[Expression]) -> list[np.ndarray[Any, Any]]:
    """Check data against the inputs it is for, and convert it to their dtypes.

    Parameters
    ----------
    data : array, or sequence of arrays
        One for each input; a single array for a single input.
    inputs : sequence of symbolic variables
        What the data is for.

    Returns
    -------
    list of C-contiguous arrays
        Without a copy where none is needed. Rows that are made dense by parts, which say so by
        an attribute ``dense_by_parts``, are left as they are.

    Raises
    ------
    ValueError
        If number, dimensions or numbers of rows do not fit, or there are no rows.
    """
    given = list(data) if isinstance(data, tuple | list) and len(inputs) > 1 else [data]
    if len(given) != len(inputs):
        raise ValueError(
            f"there is data for {len(given)} inputs, but inputs has {len(inputs)}; "
            "give a sequence with one array for each."
        )
    arrays = [_as_array(array, x) for array, x in zip(given, inputs, strict=True)]
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        raise ValueError(
            f"the arrays have {sorted(lengths)} rows; every input needs the same number."
        )
    if 0 in lengths:
        raise ValueError("the data has 0 rows; there is nothing to train on.")
    return arrays


def is_dense_by_parts(array: Any) -> bool:
    """Whether rows, such as those of a sparse matrix, are dense only where they are asked for."""
    return bool(getattr(array, "dense_by_parts", False))


def _as_array(array: Any, x: Expression) -> np.ndarray[Any, Any]:
    converted: np.ndarray[Any, Any] = array
    if not is_dense_by_parts(array) or array.dtype != x.type.dtype:
        converted = np.ascontiguousarray(array, dtype=x.type.dtype)
    if converted.ndim != x.type.ndim:
        raise ValueError(
            f"the data for {x} has shape {np.shape(array)}; expected {x.type.ndim} dimensions, "
            "rows first."
        )
    return converted
