"""Labels: read, refused with the row and the label where they do not fit, numbered."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from autoenc.rows.blocks import Array


def read_labels(y: Any, n_rows: int | None = None, name: str = "y") -> Array:
    """Read the class of each row.

    Parameters
    ----------
    y : array-like, (rows,)
        Integers, words or whatever can be sorted; no fractions, and none missing.
    n_rows : int, optional
        How many there have to be.
    name : str
        What messages call them.

    Raises
    ------
    ValueError
        Names the first label that does not fit.

    Examples
    --------
    >>> read_labels([0, float("nan")])
    Traceback (most recent call last):
        ...
    ValueError: y has NaN at row 1; ...
    """
    if y is None:
        raise ValueError(
            "a classifier requires y to be passed, but the target y is None; give the class of "
            "each row."
        )
    labels: Array = np.asarray(y)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        first = int(np.argmin(np.isfinite(labels.ravel())))
        value = "NaN" if np.isnan(labels.ravel()[first]) else labels.ravel()[first]
        raise ValueError(
            f"{name} has {value} at row {first}; Input {name} contains NaN or infinity, and "
            "rows without a class have to be left out."
        )
    if labels.dtype == object:
        gaps = [k for k, value in enumerate(labels.ravel()) if is_missing(value)]
        if gaps:
            raise ValueError(
                f"{name} has {labels.ravel()[gaps[0]]!r} at row {gaps[0]}; rows without a "
                "class have to be left out."
            )
    check_classification_targets(labels)
    labels = np.asarray(column_or_1d(labels, warn=True))
    if n_rows is not None and len(labels) != n_rows:
        raise ValueError(
            f"{name} has {len(labels)} labels and X {n_rows} rows: inconsistent numbers of "
            "samples. There has to be one label for each row."
        )
    return labels


def is_missing(value: Any) -> bool:
    """Whether a label is None or the NaN of any library, which differs from itself."""
    try:
        return value is None or not bool(value == value)  # noqa: PLR0124
    except TypeError:  # pandas.NA has no truth
        return True


def as_indices(labels: Array, known: list[Any], name: str) -> Array:
    """Return the numbers of labels, their places among the known ones.

    Raises
    ------
    ValueError
        If there are others.
    """
    unknown = set(np.unique(labels).tolist()) - set(known)
    if unknown:
        raise ValueError(
            f"{name} has the classes {sorted(unknown)}, which are not among those "
            f"trained on, {known}."
        )
    indices: Array = np.searchsorted(np.array(known), labels).astype("int32")
    return indices
