"""The interface of the reader of a format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


class SourceError(ValueError):
    """Error raised if a source cannot be read, or has changed since it was opened."""


def copy_values(values: Array, out: Array, name: str) -> None:
    """Copy values into an array of another dtype.

    Raises
    ------
    SourceError
        If the dtype cannot hold a value.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        out[...] = values
    lost = lost_in_cast(values, out)
    if lost.any():
        place = np.unravel_index(int(np.argmax(lost)), lost.shape)
        raise SourceError(
            f"{name} has {values[place]} after rows of {out.dtype}, which cannot hold it; give "
            "all rows in the same dtype."
        )


def lost_in_cast(values: Array, cast: Array) -> Array:
    """Return whether each value was changed by a cast, beyond the rounding of fractions.

    Parameters
    ----------
    values : array
        The values before the cast.
    cast : array, shape of `values`
        The values after it.

    Returns
    -------
    bool array, shape of `values` or ()
        A single False if the cast can change no value.

    Examples
    --------
    >>> values = np.array([1.0, 0.5, np.nan, 300.0])
    >>> with np.errstate(invalid="ignore"):
    ...     lost_in_cast(values, values.astype("int8"))
    array([False,  True,  True,  True])
    """
    if values.dtype.kind == "c" and cast.dtype.kind != "c":
        return np.asarray(values.imag != 0)
    if cast.dtype.kind in "biu" and not np.can_cast(values.dtype, cast.dtype):
        return np.asarray(cast != values)
    if values.dtype.kind == "f" and values.dtype.itemsize > cast.dtype.itemsize:
        return np.isinf(cast) & np.isfinite(values)
    return np.zeros((), bool)


class Reader(Protocol):
    """Interface for reading consecutive rows of a format into existing memory.

    Attributes
    ----------
    shape : tuple of int
        Rows first.
    dtype : numpy.dtype
        Dtype of the stored values.
    piece : int
        Number of rows that must be decoded to read a single row.
    files : sequence of Path
        Files that contain the rows; empty if rows are not in files. Readers of files also have a
        text `part`, which tells their rows from others in the same files.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    piece: int
    files: Sequence[Path]

    def read_into(self, first: int, out: Array) -> None:
        """Read as many rows as `out` has, from row `first` on.

        Parameters
        ----------
        first : int
            Number of the first row.
        out : array, (rows, ...)
            C-contiguous array of the reader's dtype, which is overwritten.
        """
        ...

    def settle(self) -> None:
        """Release what has been cached, and check that files are still the same."""
        ...
