"""The subject of a report: a model, rows, and their metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from autoenc.analysis import AnomalyDetector
from autoenc.analysis.access import (
    coder_of,
    column_errors,
    given_numbers,
    missing_entries,
    row_errors,
)
from autoenc.analysis.evaluation import error_name
from autoenc.rows.frames import rows_of_frame
from autoenc.rows.kinds import is_frame

Array: TypeAlias = np.ndarray[Any, Any]

ROWS_AT_A_TIME = 4_096


@dataclass(frozen=True)
class Subject:
    """Fitted model, and the rows that a report shows.

    Parameters
    ----------
    model : fitted autoencoder or stack
        The model.
    rows : float array or frame, (rows, columns), optional
        At least two rows, in the units of the data. NaN marks missing entries, if the model
        supports them. Without rows, a report describes only the model itself.
    train_rows : float array or frame, (rows, columns), optional
        Rows on which the model was fitted, for the baselines.
    held_out : float array or frame, (rows, columns), optional
        Rows without anomalies that are neither fitted on nor shown. P-values are calibrated with
        them.
    columns, row_names : sequence of str, optional
        Names of columns and rows; by default positions from 0.
    labels : array, (rows,), optional
        Label of each row, which determines the colour of its code.
    image_shape : (height, width) or (height, width, 3), optional
        Shape of the image in each row.
    data_name : str
        Source of the rows.
    description : mapping
        Versions stated in the model file.
    """

    model: Any
    rows: Any = None
    train_rows: Any = None
    held_out: Any = None
    columns: tuple[str, ...] | None = None
    row_names: tuple[str, ...] | None = None
    labels: Array | None = None
    image_shape: tuple[int, ...] | None = None
    data_name: str = ""
    description: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.image_shape is not None and np.prod(self.image_shape) != self.n_columns:
            raise ValueError(
                f"image_shape is {self.image_shape}, but the model takes {self.n_columns} "
                "columns; give the height and width of the image in each row."
            )
        if self.columns is not None and len(self.columns) != self.n_columns:
            raise ValueError(
                f"there are {len(self.columns)} names of columns, but the model takes "
                f"{self.n_columns} columns."
            )

    @property
    def n_columns(self) -> int:
        """Number of the user's columns."""
        return coder_of(self.model).columns.n_users

    @property
    def is_tabular(self) -> bool:
        """Whether each column has its own meaning, unlike pixels."""
        return self.image_shape is None

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.columns or tuple(f"column {i}" for i in range(self.n_columns))

    @property
    def entry_names(self) -> tuple[str, ...]:
        """Names of the model's inputs: categories have an entry for each value."""
        encoding = coder_of(self.model).columns.encoding
        return self.column_names if encoding is None else encoding.entry_names

    def name_of_row(self, i: int) -> str:
        """Return the name of a row.

        Parameters
        ----------
        i : int
            Number of the row.

        Returns
        -------
        str
            Its name, or its number.
        """
        return str(i) if self.row_names is None else self.row_names[i]

    @cached_property
    def errors(self) -> Array:
        """Error of each row, as `score_samples` of the model computes it."""
        errors = row_errors(self.model, self._given)
        if np.isnan(errors).all():
            raise ValueError("no row has an observed value; give other rows.")
        return errors

    @cached_property
    def order(self) -> Array:
        """Rows from the smallest error to the largest, without rows that have no error."""
        order = np.argsort(self.errors, kind="stable")
        return order[: int((~np.isnan(self.errors)).sum())]

    @property
    def error_name(self) -> str:
        """Name of the error of a row."""
        return error_name(str(coder_of(self.model).cost))

    @cached_property
    def p_values(self) -> Array | None:
        """P-value of each row among the held-out rows; None without held-out rows."""
        if self.held_out is None:
            return None
        detector = AnomalyDetector(self.model, contamination=None).fit(self.held_out)
        return detector.p_values_of(self.errors)

    @cached_property
    def n_missing(self) -> Array:
        """Number of missing entries of each row."""
        counts: Array = missing_entries(self.model, self.numbers).sum(axis=1)
        return counts

    def contributions(self, indices: Array) -> Array:
        """Return the contribution of each column to the error of rows, 0 for missing entries.

        Parameters
        ----------
        indices : int array
            Numbers of the rows.

        Returns
        -------
        array, (rows, columns)
            Errors of the entries.
        """
        return column_errors(self.model, self._some(indices))

    def reconstructions(self, indices: Array) -> Array:
        """Reconstruct rows, in the units of the data.

        Parameters
        ----------
        indices : int array
            Numbers of the rows.

        Returns
        -------
        array, (rows, entries)
            Their reconstructions.
        """
        return np.asarray(coder_of(self.model).reconstruct(self._some(indices)))

    def codes(self, indices: Array) -> Array:
        """Return the codes of rows.

        Parameters
        ----------
        indices : int array
            Numbers of the rows.

        Returns
        -------
        array, (rows, units)
            The codes.
        """
        return np.asarray(coder_of(self.model).transform(self._some(indices)))

    def values(self, numbers: Array) -> list[list[str | float]]:
        """Convert rows of numbers to the values shown: the user's values, "missing" for NaN.

        Parameters
        ----------
        numbers : array, (rows, entries)
            Some of `numbers`, or reconstructions.

        Returns
        -------
        list of list
            A value for each of the user's columns.
        """
        encoding = coder_of(self.model).columns.encoding
        if encoding is None:
            missing, columns = np.isnan(numbers), list(numbers.T)
        else:
            missing = encoding.missing(np.asarray(numbers))
            columns = list(encoding.decode(numbers).values())
        return [
            ["missing" if missing[i, j] else _plain(column[i]) for j, column in enumerate(columns)]
            for i in range(len(numbers))
        ]

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that identify these rows."""
        digest = hashlib.sha256(repr(self.numbers.shape).encode())
        for start in range(0, len(self.numbers), ROWS_AT_A_TIME):
            part = self.numbers[start : start + ROWS_AT_A_TIME]
            digest.update(np.ascontiguousarray(part, "<f4").tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def numbers(self) -> Array:
        """Rows as the model sees them; categories have an entry for each value."""
        found = self._given
        is_read = isinstance(found, np.ndarray)
        return found if is_read else given_numbers(coder_of(self.model), found)

    @cached_property
    def _given(self) -> Any:
        """Rows to pass to the model: a frame of numbers, whose names it compares, or an array."""
        assert self.rows is not None
        coder = coder_of(self.model)
        found = coder.numbers(self.rows)
        is_encoded = coder.columns.encoding is not None
        return found if is_encoded or is_frame(found) else given_numbers(coder, found)

    def _some(self, indices: Array) -> Any:
        rows = self._given
        return rows[indices] if isinstance(rows, np.ndarray) else rows_of_frame(rows, indices)


def _plain(value: Any) -> str | float:
    """Return a number unchanged, and any other value as text."""
    is_number = isinstance(value, float | np.floating)
    return float(value) if is_number else str(value)
