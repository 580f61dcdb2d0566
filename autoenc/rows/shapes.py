"""Refusals of data that does not have the shape of a table of real numbers.

scikit-learn refuses the same data, but its messages contain the whole array and not its name. The
messages here begin with the same words, which other programs may look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse


def check_shape(X: Any, name: str = "X") -> None:
    """Check that data may be a table of real numbers, without converting it.

    Parameters
    ----------
    X : object
        Anything but a source. The lengths of nested lists are not compared.
    name : str
        Name of the data for messages.

    Raises
    ------
    ValueError
        If X is None, a number, a mapping, complex, or has other than two dimensions.

    Examples
    --------
    >>> check_shape(np.zeros((10, 28, 28)))
    Traceback (most recent call last):
        ...
    ValueError: Found array with dim 3: X has shape (10, 28, 28); expected (rows, columns). If ...
    """
    if X is None:
        raise ValueError(f"{name} is None; expected numbers of shape (rows, columns).")
    if isinstance(X, Mapping) and not sparse.issparse(X):  # a dok_array is a mapping, too
        raise ValueError(
            f"{name} is a {type(X).__name__}; expected numbers of shape (rows, columns). If its "
            f"values are columns, give pandas.DataFrame({name})."
        )
    if _holds_rows(X):
        raise ValueError(
            f"Expected 2D array, got 1D array instead: each element of {name} is an array. If "
            f"they have the same length, give numpy.stack({name})."
        )
    if hasattr(X, "to_frame"):
        raise ValueError(
            f"Expected a 2-dimensional container but got a {type(X).__name__}. Pass a DataFrame: "
            f"{name}.to_frame() has one column."
        )
    if _is_complex(X) or _is_complex(_leaf(X)[0]):
        array = name if hasattr(X, "real") else f"numpy.array({name})"
        raise ValueError(
            f"Complex data not supported: {name} has complex numbers; expected real ones. Give "
            f"real and imaginary part as columns: numpy.hstack([{array}.real, {array}.imag])."
        )
    n_dimensions = _dimensions(X)
    if n_dimensions == 0:
        raise ValueError(
            f"Expected 2D array, got scalar array instead: {name} is {X!r:.60}; expected numbers "
            "of shape (rows, columns)."
        )
    shape = f"{name} is a list, not of rows but of values"
    if hasattr(X, "shape"):
        shape = f"{name} has shape {X.shape}"
    if n_dimensions == 1:
        refuse_ragged(X, name)
        raise ValueError(
            f"Expected 2D array, got 1D array instead: {shape}; expected (rows, columns). Reshape "
            f"your data: numpy.reshape({name}, (-1, 1)) has one column, numpy.reshape({name}, "
            "(1, -1)) has one row."
        )
    if n_dimensions > 2:
        raise ValueError(
            f"Found array with dim {n_dimensions}: {shape}; expected (rows, columns). If each "
            f"{name}[i] is one row, such as an image, give {name}.reshape(len({name}), -1)."
        )


def refuse_ragged(X: Any, name: str = "X") -> None:
    """Refuse nested lists that are not a table: rows of several lengths, or lists as values.

    Parameters
    ----------
    X : object
        Anything but nested lists is accepted.
    name : str
        Name of the data for messages.

    Raises
    ------
    ValueError
        The message states the first position.

    Examples
    --------
    >>> refuse_ragged([[1, 2], [3]])
    Traceback (most recent call last):
        ...
    ValueError: X has 1 value in row 1 and 2 values in row 0; expected as many in each row.
    """
    if not isinstance(X, list | tuple):
        return
    lengths = [len(row) if _is_list(row) else None for row in X]
    other = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
    if other is not None:
        raise ValueError(
            f"{name} has {_amount(lengths[other])} in row {other} and {_amount(lengths[0])} in "
            "row 0; expected as many in each row."
        )
    for i, row in enumerate(X):
        for j, value in enumerate(row if _is_list(row) else ()):
            if _is_list(value):
                raise ValueError(
                    f"{name} has {value!r:.60} at row {i}, column {j}; expected a number."
                )


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) or np.ndim(value) > 0


def _amount(length: int | None) -> str:
    if length is None:
        return "a single value, which is no list,"
    return f"{length} value{'s' * (length != 1)}"


def _holds_rows(X: Any) -> bool:
    """Return whether an array, or a series, of objects contains an array for each row."""
    if getattr(getattr(X, "dtype", None), "kind", "") != "O" or np.ndim(X) != 1:
        return False
    return any(isinstance(first, np.ndarray | list | tuple) for first in X[:1])


def _dimensions(X: Any) -> int:
    """Return the number of dimensions of an array, and at most two for lists."""
    if hasattr(X, "ndim"):
        return int(X.ndim)
    if np.isscalar(X):
        return 0
    leaf, depth = _leaf(X)
    return 1 if depth == 1 and len(X) and not hasattr(leaf, "__len__") else 2


def _leaf(X: Any) -> tuple[Any, int]:
    """Return the first element of nested lists that is no list, and the number of levels."""
    depth = 0
    while isinstance(X, list | tuple):
        X, depth = (X[0] if X else None), depth + 1
    return X, depth


def _is_complex(X: Any) -> bool:
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    return kind == "c" or isinstance(X, complex)
