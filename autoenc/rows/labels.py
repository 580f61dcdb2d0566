"""Labels: read, numbered, or refused with a message that names the label and its row."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from autoenc.rows.blocks import Array
from autoenc.sources import refuse_masked


def read_labels(y: Any, n_rows: int | None = None, name: str = "y") -> Array:
    """Read the class of each row.

    Parameters
    ----------
    y : array-like, (rows,)
        Integers, words or other values that can be sorted; no fractions, and none missing.
    n_rows : int, optional
        Required number of labels.
    name : str
        Name of the data for messages.

    Raises
    ------
    ValueError
        The message names the first invalid label.

    Examples
    --------
    >>> read_labels([0, float("nan")])
    Traceback (most recent call last):
        ...
    ValueError: y has NaN at row 1 ...
    """
    if y is None:
        raise ValueError(
            "a classifier requires y to be passed, but the target y is None; give the class of "
            "each row."
        )
    refuse_masked(y, name)
    labels: Array = np.asarray(y)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        first = int(np.argmin(np.isfinite(labels.ravel())))
        value = "NaN" if np.isnan(labels.ravel()[first]) else labels.ravel()[first]
        raise ValueError(
            f"{name} has {value} at row {first} (Input {name} contains NaN or infinity); rows "
            "without a class must be left out."
        )
    if labels.dtype.kind in "mM" and np.isnat(labels).any():
        first = int(np.argmax(np.isnat(labels.ravel())))
        raise ValueError(f"{name} has NaT at row {first}; rows without a class must be left out.")
    if labels.dtype == object:
        gaps = [k for k, value in enumerate(labels.ravel()) if _is_gap(value)]
        if gaps:
            raise ValueError(
                f"{name} has {labels.ravel()[gaps[0]]!r} at row {gaps[0]}; rows without a "
                "class must be left out."
            )
    if labels.ndim > 1 and labels.shape[1:] != (1,):
        raise ValueError(
            f"{name} has shape {labels.shape}; expected a 1d array with the class of each row. If "
            f"each column is a class, give numpy.argmax({name}, axis=1)."
        )
    try:
        check_classification_targets(labels)
    except ValueError as error:
        raise ValueError(
            f"{name} does not contain classes: {str(error).partition('. ')[0]}. Give integers or "
            "text, one for each class."
        ) from error
    labels = np.asarray(column_or_1d(labels, warn=True))
    if n_rows is not None and len(labels) != n_rows:
        raise ValueError(
            f"{name} has {len(labels)} labels and X {n_rows} rows: inconsistent numbers of "
            "samples. Give one label for each row."
        )
    return labels


def _is_gap(value: Any) -> bool:
    """Return whether a label is None or the NaN of any library, which differs from itself."""
    try:
        return value is None or not bool(value == value)  # noqa: PLR0124
    except TypeError:  # pandas.NA has no truth value
        return True


def plain_classes(labels: Array) -> tuple[list[Any], str | None]:
    """Return the sorted classes as a model file stores them, and their dtype if they are times.

    Returns
    -------
    classes : list of bool, int, float or str
        Dates and durations are represented by integers, in their unit.
    dtype : str or None
        The dtype of dates and durations; see `classes_of`.

    Raises
    ------
    ValueError
        If there is only one class, or if a file cannot store the classes.

    Examples
    --------
    >>> plain_classes(np.array(["2001-01-01", "1999-01-01"], "datetime64[Y]"))
    ([29, 31], 'datetime64[Y]')
    """
    found = np.unique(labels)
    if len(found) < 2:
        raise ValueError(
            f"y has only one class, {found.tolist()[0]!r}; expected at least two classes."
        )
    if found.dtype.kind in "mM":
        return found.astype(np.int64).tolist(), str(found.dtype)
    classes = [one.item() if isinstance(one, np.generic) else one for one in found.tolist()]
    kinds = {type(one) for one in classes}
    if len(kinds) > 1 or not kinds <= {bool, int, float, str}:
        _refuse_kinds(classes)
    if int in kinds and max(classes) > np.iinfo(np.int64).max:
        raise ValueError(
            f"y has the class {max(classes)}, which is beyond int64; give its number as text."
        )
    return classes, None


def _refuse_kinds(classes: list[Any]) -> NoReturn:
    names = " and ".join(sorted({type(one).__name__ for one in classes}))
    raise ValueError(
        f"y has classes of type {names}, such as {classes[0]!r}, which a model file cannot "
        "hold; expected integers, text, booleans or dates of NumPy (datetime64), all of one "
        "type. Convert them, for instance to text: [str(label) for label in y]."
    )


def classes_of(classes: list[Any], dtype: str | None) -> Array:
    """Return the array of classes from the results of `plain_classes`."""
    found = np.array(classes)
    return found if dtype is None else found.astype(dtype)


def as_indices(labels: Array, classes: Array, name: str) -> Array:
    """Return the position of each label among the classes.

    Raises
    ------
    ValueError
        If there are labels that are not among the classes.
    """
    if classes.dtype.kind in "mM" and labels.dtype.kind == classes.dtype.kind:
        unit = np.result_type(labels, classes)  # the labels may have a finer unit
        labels, classes = labels.astype(unit), classes.astype(unit)
    found, known = (list(map(_comparable, np.unique(own))) for own in (labels, classes))
    unknown = set(found) - set(known)
    if unknown:
        raise ValueError(
            f"{name} has the classes {sorted(unknown, key=str)}, which are not among those of the "
            f"training data, {known}."
        )
    indices: Array = np.searchsorted(classes, labels).astype("int32")
    return indices


def _comparable(label: Any) -> Any:
    """Return a label as a Python object; for dates, their text, whatever their unit."""
    if isinstance(label, np.datetime64 | np.timedelta64):
        return str(label)
    return label.item() if isinstance(label, np.generic) else label
