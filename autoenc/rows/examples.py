"""Rows to learn from, with their classes and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoenc.rows.blocks import Array, Rows, original, take
from autoenc.rows.columns import Columns
from autoenc.rows.domain import Domain, domain_of
from autoenc.rows.encoding import EncodedRows
from autoenc.rows.frames import library_of, rows_of_frame
from autoenc.rows.held_out import hold_out
from autoenc.rows.kinds import is_frame
from autoenc.rows.labels import read_labels
from autoenc.rows.reading import encoded, read_rows
from autoenc.rows.weights import check_weights
from autoenc.sources import Numbers

# Whether NaN marks a missing entry, for each setting of an estimator.
NAN_BY_SETTING = {"refuse": False, "auto": None, "mask": True}


@dataclass(frozen=True)
class Examples:
    """Rows to learn from.

    Attributes
    ----------
    rows : rows, (rows, columns)
        Checked numbers.
    labels : array, (rows,), optional
        Class of each row.
    weights : float64 array, (rows,), optional
        Weight of each row, above 0.
    """

    rows: Rows
    labels: Array | None = None
    weights: Array | None = None

    def take(self, numbers: Numbers) -> Examples:
        """Return some of the examples."""
        labels, weights = self.labels, self.weights
        return Examples(
            take(self.rows, numbers),
            None if labels is None else labels[np.asarray(numbers)],
            None if weights is None else weights[np.asarray(numbers)],
        )

    def split(self, fraction: float, seed: int) -> tuple[Examples, Examples]:
        """Return the examples to train on and those to hold out, a fraction of each class."""
        own, others = hold_out(len(self.rows), fraction, seed, self.labels)
        return self.take(own), self.take(others)

    def labelled(self, labels: Array) -> Examples:
        """Return the examples with other labels."""
        return replace(self, labels=labels)


def read_examples(
    columns: Columns,
    X: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    dtype: str,
    reset: bool,
    allow_nan: bool | None = False,
    labelled: bool = False,
    centred: bool = False,
    name: str = "X",
) -> tuple[Examples, Domain]:
    """Read rows to learn from; drop rows with weight 0.

    Parameters
    ----------
    columns : Columns
        Compared with the columns of X or, with `reset`, set to them.
    X : array-like, frame or sparse matrix, (rows, columns)
        Numbers; a frame may also have columns of other kinds.
    y : array-like, (rows,), optional
        Class of each row, if `labelled`.
    sample_weight : array-like, (rows,), optional
        Weight of each row, >= 0.
    dtype : {"float32", "float64"}
        Precision of the rows.
    reset : bool
        Whether these are the first rows of a model.
    allow_nan : bool or None
        Whether NaN marks missing entries; None if it does so only where columns are of different
        kinds.
    labelled : bool
        Whether each row must have a class.
    centred : bool
        Whether columns may be centred if the precision cannot represent their spread.
    name : str
        Name of the data for messages.

    Returns
    -------
    examples : Examples
    domain : Domain
        Ranges of the columns.

    Raises
    ------
    ValueError
        If rows, labels or weights are invalid; the message states the value and its position.
    """
    is_encoded = type(X) is not np.ndarray and is_frame(X)
    if is_encoded:  # messages show the encoded numbers
        X = _encoded_frame(columns, X, check_weights(sample_weight, len(X)), reset=reset)
    rows = read_rows(
        columns, X, dtype=dtype, reset=reset, centred=centred, name=name, is_encoded=is_encoded
    )
    labels = read_labels(y, len(rows), "y" if name == "X" else name) if labelled else None
    examples = Examples(rows, labels, check_weights(sample_weight, len(rows)))
    if examples.weights is not None and not examples.weights.all():
        # The content of rows with weight 0, such as NaN, does not matter.
        rows = _with_rows_replaced(rows, examples.weights == 0)
        examples = examples.take(np.flatnonzero(examples.weights))
    if allow_nan is None:
        allow_nan = columns.encoding is not None
    # The other rows keep their numbers, which messages state.
    domain = domain_of(rows, source=X, allow_nan=allow_nan, names=columns.names, name=name)
    return examples, domain


def encoded_again(rows: Rows, columns: Columns) -> Any:
    """Return rows in the form that a model needs in order to know their encoding.

    Parameters
    ----------
    rows : rows, (rows, columns)
        Checked numbers.
    columns : Columns
        Columns with which the rows were read.
    """
    if columns.encoding is None:
        return original(rows)
    return EncodedRows.of(np.asarray(rows), columns.encoding)


def _encoded_frame(columns: Columns, X: Any, weights: Array | None, *, reset: bool) -> Any:
    """Return a frame as numbers; rows with weight 0 do not contribute to the encoding."""
    # Frames of other libraries have no common way to select rows.
    if weights is None or weights.all() or library_of(X) is None:
        return encoded(columns, X, reset=reset)
    if reset:
        encoded(columns, rows_of_frame(X, np.flatnonzero(weights)), reset=True)
    return encoded(columns, rows_of_frame(X, _replaced(weights == 0)))


def _with_rows_replaced(rows: Rows, replaced: Array) -> Rows:
    """Return rows in which the selected ones are replaced by the first of the others."""
    return take(rows, _replaced(replaced))


def _replaced(replaced: Array) -> Array:
    """Return the numbers of rows, with that of the first other row in place of selected ones."""
    numbers = np.arange(len(replaced))
    numbers[replaced] = int(np.argmin(replaced))
    return numbers
