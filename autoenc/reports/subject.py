"""What a report is about: a model, rows, and what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from autoenc.analysis import AnomalyDetector
from autoenc.analysis.fitted import coder_of, column_errors, row_errors
from autoenc.analysis.report import error_name

Array: TypeAlias = np.ndarray[Any, Any]

ROWS_AT_A_TIME = 4_096


@dataclass(frozen=True)
class Subject:
    """A fitted model and the rows that a report shows.

    Parameters
    ----------
    model : fitted autoencoder or stack
        The model.
    rows : float array, (rows, columns), optional
        In the units of the data; at least two. NaN where an entry is missing, if the model
        takes that. Without rows, a report shows what the model alone says.
    train_rows : float array, (rows, columns), optional
        Those it was fitted on, for the yardsticks.
    held_out : float array, (rows, columns), optional
        Neither fitted on nor shown, without anomalies: what p-values are calibrated from.
    columns, row_names : sequence of str, optional
        By default positions from 0.
    labels : array, (rows,), optional
        What each row is: colours of the codes.
    image_shape : (height, width) or (height, width, 3), optional
        The image that a row is.
    data_name : str
        Where the rows come from.
    description : mapping
        What the model file says of versions.
    """

    model: Any
    rows: Array | None = None
    train_rows: Array | None = None
    held_out: Array | None = None
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
                "columns; give the height and width of the image that a row is."
            )
        if self.columns is not None and len(self.columns) != self.n_columns:
            raise ValueError(
                f"there are {len(self.columns)} names of columns, but the model takes "
                f"{self.n_columns} columns."
            )

    @property
    def n_columns(self) -> int:
        """Columns of a row."""
        return coder_of(self.model).columns.n_features_in_

    @property
    def is_tabular(self) -> bool:
        """Whether columns mean something each, rather than being pixels."""
        return self.image_shape is None

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.columns or tuple(f"column {i}" for i in range(self.n_columns))

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
        return row_errors(self.model, self._shown)

    @cached_property
    def order(self) -> Array:
        """Rows from the smallest error to the largest; without those that have none."""
        order = np.argsort(self.errors, kind="stable")
        return order[: int((~np.isnan(self.errors)).sum())]

    @property
    def error_name(self) -> str:
        """Name of the error of a row."""
        return error_name(str(coder_of(self.model).cost))

    @cached_property
    def p_values(self) -> Array | None:
        """How rare such an error is among held-out rows; None without any."""
        if self.held_out is None:
            return None
        detector = AnomalyDetector(self.model, contamination=None).fit(self.held_out)
        return detector.p_values_of(self.errors)

    @cached_property
    def n_missing(self) -> Array:
        """Number of missing entries of each row."""
        counts: Array = np.isnan(self._shown).sum(axis=1)
        return counts

    def contributions(self, indices: Array) -> Array:
        """Return what each column adds to the error of rows, 0 where an entry is missing.

        Parameters
        ----------
        indices : int array
            Numbers of the rows.

        Returns
        -------
        array, (rows, columns)
            Errors of the entries.
        """
        return column_errors(self.model, self._shown[indices])

    def reconstructions(self, indices: Array) -> Array:
        """Reconstruct rows, in the units of the data.

        Parameters
        ----------
        indices : int array
            Numbers of the rows.

        Returns
        -------
        array, (rows, columns)
            Their reconstructions.
        """
        return np.asarray(coder_of(self.model).reconstruct(self._shown[indices]))

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that tell these rows from others."""
        digest = hashlib.sha256(repr(self._shown.shape).encode())
        for start in range(0, len(self._shown), ROWS_AT_A_TIME):
            part = self._shown[start : start + ROWS_AT_A_TIME]
            digest.update(np.ascontiguousarray(part, "<f4").tobytes())
        return digest.hexdigest()[:16]

    @property
    def _shown(self) -> Array:
        assert self.rows is not None
        return self.rows
