"""Texts of errors and warnings about values: the first one, its position, and their number.

>>> refuse_nan(np.array([[0.5, np.nan], [np.nan, 2.0]]))
Traceback (most recent call last):
    ...
ValueError: X has NaN at row 0, column 1 (2 of 4 values are not finite). Remove such rows, ...
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

import numpy as np
from scipy import sparse

from autoenc.rows.blocks import Array, Rows, parts
from autoenc.rows.encoding import EntryNames
from autoenc.sources import Source

# Values outside [0, 1] by up to this fraction of a column's width are rounding errors, for example
# of MinMaxScaler.
ROUNDING = 1e-6
# Values this many widths from [0, 1] are bytes, or another mistake. Values less far away may be
# correct: a pixel that was nearly black in all rows seen by MinMaxScaler can become 16.
FAR = 100
UNIT_ADVICE = (
    "Cross-entropy needs values in [0, 1]: divide bytes by 255, scale columns with "
    "scikit-learn's MinMaxScaler(clip=True), or use cost='squared_error'."
)
# Packages whose functions are on the stack between a warning and the line that caused it.
BETWEEN = ("autoenc", "sklearn")
# Maximum number of values that a message names.
SHOWN = 5

# Names of columns.
Names: TypeAlias = "Sequence[str] | None"
# Function that returns, for each value of some rows, whether the message is about it.
Offending: TypeAlias = Callable[[Array], Array]


class DomainWarning(UserWarning):
    """Warning of data that is far from the training data, or was scaled differently."""


def refuse_nan(rows: Rows, *, names: Names = None, name: str = "X") -> NoReturn:
    """Refuse rows that contain NaN.

    Parameters
    ----------
    rows : array or SparseRows, (rows, columns)
    names : sequence of str, optional
        Names of the columns.
    name : str
        Name of the data for messages.

    Raises
    ------
    ValueError
        The message names the first one, its row and column, and their number.
    """
    advice = (
        "Remove such rows, or fill them in, with scikit-learn's SimpleImputer for instance. "
        "An autoencoder with missing='mask' learns from incomplete rows and can fill them in."
    )
    if name == "codes":
        advice = "Remove such rows."
    _refuse(rows, np.isnan, name, "not finite", names, advice)


def refuse_infinity(
    rows: Rows, *, source: Any = None, names: Names = None, name: str = "X"
) -> NoReturn:
    """Refuse rows that contain infinity, or became infinite in the cast to float32.

    Parameters
    ----------
    rows, names, name
        As for `refuse_nan`.
    source : array-like, optional
        Original data from which the rows were made.

    Raises
    ------
    ValueError
        The message names the first one, its row and column, and their number.
    """
    if source is not None and rows.dtype == np.float32 and not sparse.issparse(source):
        given = rows.stored if isinstance(rows, Source) else np.asarray(source)
        if given.dtype == np.float64 and not any(np.isinf(part).any() for part in parts(given)):
            beyond = float(np.finfo("float32").max)
            if any((np.abs(part) > beyond).any() for part in parts(given)):
                _refuse(
                    given, lambda X: np.abs(X) > beyond, name, "too large for float32", names,
                    "Use dtype='float64', or scale the column.",
                )  # fmt: skip
            _refuse(
                rows, np.isinf, f"{name}, scaled like the rows of fit,",
                "too large for float32", names,
                "The rows of fit were many times smaller: give rows in the same units.",
            )  # fmt: skip
    _refuse(
        rows, np.isinf, name, "not finite", names, "Remove such rows, or replace infinite values."
    )


def refuse_outside(
    rows: Rows, lowest: Any = -ROUNDING, *, names: Names = None, name: str = "X"
) -> NoReturn:
    """Refuse rows that have values outside [0, 1].

    Parameters
    ----------
    rows, names, name
        As for `refuse_nan`.
    lowest : number or array, (columns,)
        Lowest value of each column that counts as 0.

    Raises
    ------
    ValueError
        The message names the first such value, its row and column, and their number.
    """
    _refuse(rows, lambda X: _outside(X, lowest), name, "outside [0, 1]", names, UNIT_ADVICE)


def refuse_far_outside(rows: Rows, *, names: Names = None, name: str = "X") -> NoReturn:
    """Refuse rows that have a value `FAR` widths from [0, 1].

    Parameters
    ----------
    rows, names, name
        As for `refuse_nan`.

    Raises
    ------
    ValueError
        The message names the first such value, its row and column, and their number.
    """
    _refuse(
        rows, lambda X: (X <= -FAR) | (X >= 1 + FAR), name, "far outside [0, 1]", names,
        UNIT_ADVICE,
    )  # fmt: skip


def describe(
    rows: Rows, offending: Offending, what: str, *, names: Names = None, name: str = "X"
) -> str:
    """Describe the first of the selected values, its position, and their number.

    Parameters
    ----------
    rows, names, name
        As for `refuse_nan`.
    offending : callable
        Function of rows that returns which values are selected; at least one must be.
    what : str
        Description of these values.

    Returns
    -------
    str

    Examples
    --------
    >>> describe(np.array([[1.0, 7.0]]), lambda X: X > 5, "large", names=["height", "weight"])
    "X has 7.0 at row 0, column 1 ('weight') (1 of 2 values is large)."
    """
    first: tuple[int, int, Any] | None = None
    count = seen = 0
    for part in parts(rows):
        found = offending(part)
        if first is None and found.any():
            at = np.unravel_index(int(np.argmax(found)), part.shape)
            first = (seen + int(at[0]), int(at[1]), part[at].item())
        count += int(found.sum())
        seen += len(part)
    assert first is not None
    row, column, value = first
    verb = "is" if count == 1 else "are"
    shown = "NaN" if value != value else value  # noqa: PLR0124 - only NaN differs from itself
    return (
        f"{name} has {shown} at row {row}, {column_name(column, names)} "
        f"({count:,} of {_n_values(rows, names):,} values {verb} {what})."
    )


def _n_values(rows: Rows, names: Names) -> int:
    n_columns = len(set(names.columns)) if isinstance(names, EntryNames) else rows.shape[1]
    return len(rows) * n_columns


def describe_outside(
    rows: Rows, lowest: Any = -ROUNDING, *, names: Names = None, name: str = "X"
) -> str:
    """Describe how many values and rows are outside [0, 1], and which value is the furthest out.

    Parameters
    ----------
    rows, lowest, names, name
        As for `refuse_outside`.

    Returns
    -------
    str
    """
    count = touched = seen = 0
    furthest, worst = 0.0, ""
    for part in parts(rows):
        found = _outside(part, lowest)
        count, touched = count + int(found.sum()), touched + int(found.any(axis=1).sum())
        distance = np.where(found, np.maximum(-part, part - 1), 0)
        at = np.unravel_index(int(np.argmax(distance)), part.shape)
        if distance[at] > furthest:
            furthest = float(distance[at])
            worst = f"{part[at]:.6g} at row {seen + int(at[0])}, {column_name(int(at[1]), names)}"
        seen += len(part)
    return (
        f"{name} has {count:,} of {rows.size:,} values, in {touched:,} of {len(rows):,} rows, "
        f"outside [0, 1]; the furthest is {worst}."
    )


def describe_unknown(unknown: Mapping[str, Sequence[Any]]) -> str:
    """Describe which values of categories a model does not know.

    >>> describe_unknown({"city": ["Oslo", "Rome"]})
    "X has values that the model was not fitted on, and that count as missing: 'Oslo', 'Rome' of
    'city'."
    """
    texts = []
    for name, values in unknown.items():
        more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
        texts.append(f"{', '.join(map(repr, values[:SHOWN]))}{more} of {name!r}")
    return (
        "X has values that the model was not fitted on, and that count as missing: "
        f"{'; '.join(texts)}."
    )


def column_name(number: int, names: Names) -> str:
    """Describe a column by its number and, if it has one, its name."""
    if isinstance(names, EntryNames):  # the number is that of an entry
        return f"column {names.columns[number]!r}"
    return f"column {number}" if names is None else f"column {number} ({names[number]!r})"


def warn(text: str) -> None:
    """Issue a `DomainWarning` for the line outside autoenc and scikit-learn that led here."""
    frame, level = inspect.currentframe(), 1
    while frame and frame.f_globals.get("__name__", "").split(".")[0] in BETWEEN:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, DomainWarning, stacklevel=level)


def _outside(X: Array, lowest: Any) -> Array:
    outside: Array = (lowest > X) | (X > 1 + ROUNDING)
    return outside


def _refuse(
    rows: Rows, offending: Offending, name: str, what: str, names: Names, advice: str
) -> NoReturn:
    raise ValueError(f"{describe(rows, offending, what, names=names, name=name)} {advice}")
