"""Model files, and how the rows of a table are prepared for a model.

A file that `autoenc train` saves is an ordinary model file: `DenoisingAutoEncoder.load` reads
it. The entry ``table`` of its metadata describes the training data: names of the columns, shape
of the images, and how columns were scaled to [0, 1], if they were. The commands match new data
by name and scale it in the same way. Models that were saved in Python have no such entry; the
names that they were fitted with are used instead.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.parsing import read_data
from autoenc.cli.terminal import note
from autoenc.files import atomic_write
from autoenc.storage import ModelFileError, load_arrays, save_arrays
from autoenc.tables import MinMax, Table, TableError

CLASSES = {
    "autoencoder": "AutoEncoder",
    "denoising": "DenoisingAutoEncoder",
    "stack": "StackedDenoisingAutoEncoder",
}
CLASSIFIERS = ("SoftmaxClassifier", "PerceptronClassifier", "StackedDenoisingClassifier")
TABLE_KEY = "table"


@dataclass(frozen=True)
class Preparation:
    """How the rows of a table become rows for a model, and back.

    Attributes
    ----------
    columns : tuple of str, optional
        Names of the columns, in the model's order.
    image_shape : tuple of int, optional
        Shape of the image that a row is.
    scaling : MinMax, optional
        None if the model takes values as they are.
    """

    columns: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    scaling: MinMax | None = None

    def apply(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return scaled rows; print a note if values were clipped."""
        if self.scaling is None:
            return values
        beyond = self.scaling.count_outside(values)
        if beyond:
            note(
                f"{beyond:,} of {values.size:,} values are outside the range of the training data "
                "and were clipped to it"
            )
        return self.scaling.apply(values)

    def undo(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return reconstructions in the units of the data."""
        return values if self.scaling is None else self.scaling.undo(values)

    def to_dict(self) -> dict[str, Any]:
        """Return the preparation as JSON can store it."""
        return {
            "columns": self.columns,
            "image_shape": self.image_shape,
            "scaling": None if self.scaling is None else self.scaling.to_dict(),
        }

    @classmethod
    def from_dict(cls, path: Path, described: Any, n_columns: int) -> Preparation:
        """Return the preparation that `to_dict` described.

        Parameters
        ----------
        path : Path
            The model file, for messages.
        described : object
            The entry of the file; None for a preparation that does nothing.
        n_columns : int
            Number of columns that the model takes.

        Raises
        ------
        ModelFileError
            If the entry is damaged, or does not fit the model.
        """
        if described is None:
            return cls()
        if not isinstance(described, dict):
            raise _damaged(path, "not a mapping")
        columns, shape, scaling = map(described.get, ("columns", "image_shape", "scaling"))
        _check_columns(path, columns, n_columns)
        _check_shape(path, shape, n_columns)
        return cls(
            None if columns is None else tuple(columns),
            None if shape is None else tuple(shape),
            None if scaling is None else _scaling(path, scaling, n_columns),
        )


def _damaged(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(f"{path} is damaged: its description of the data is {reason}.")


def _check_columns(path: Path, columns: Any, n_columns: int) -> None:
    if columns is None:
        return
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise _damaged(path, "without names that are text")
    if len(set(columns)) != len(columns) or len(columns) != n_columns:
        raise _damaged(path, f"without one name for each of {n_columns} columns")


def _check_shape(path: Path, shape: Any, n_columns: int) -> None:
    if shape is None:
        return
    whole = isinstance(shape, list) and all(type(size) is int and size > 0 for size in shape)
    if not whole or len(shape) not in (2, 3) or int(np.prod(shape, dtype=object)) != n_columns:
        raise _damaged(path, f"of images that do not have {n_columns} pixels")


def _scaling(path: Path, described: Any, n_columns: int) -> MinMax:
    try:
        scaling = MinMax.from_dict(described)
    except (ValueError, AttributeError) as error:
        raise _damaged(path, f"wrong: {error}") from error
    if scaling.offset.shape != (n_columns,):
        raise _damaged(path, f"without a scale for each of {n_columns} columns")
    return scaling


@dataclass(frozen=True)
class SavedModel:
    """A model that was read from a file.

    Attributes
    ----------
    path : Path
    estimator : fitted estimator
    preparation : Preparation
    description : dict
        Class, settings, history and versions, as the file stores them.
    """

    path: Path
    estimator: Any
    preparation: Preparation
    description: dict[str, Any]

    @property
    def n_columns(self) -> int:
        """Number of columns that the model takes."""
        return int(self.estimator.n_features_in_)

    def read(self, options: argparse.Namespace, path: str | None = None) -> Table:
        """Read the data file, or another one, with the columns of the model.

        Raises
        ------
        TableError
            If the table has another number of columns, or images of another shape.
        """
        missing = self.estimator.model_.masked
        expected = self.preparation.columns
        table = read_data(options, path, expected, allow_missing=missing)
        self._compare(table, options.data if path is None else path)
        return table

    def rows_of(self, table: Table) -> np.ndarray[Any, Any]:
        """Return the rows of a table as the model takes them."""
        return self.preparation.apply(table.values)

    def score_samples(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the error of each row, as the model computes it."""
        return np.asarray(self.estimator.score_samples(rows), np.float64)

    def _compare(self, table: Table, path: str) -> None:
        """Compare columns and images with those of the training data."""
        own, found = self.preparation, table.values.shape[1]
        if found != self.n_columns:
            raise TableError(f"{path}: has {found} columns, but the model takes {self.n_columns}.")
        if own.columns is not None and table.columns is None:
            note(f"{path}: has no column names; its columns are taken in the model's order")
        elif own.columns is not None and own.columns != table.columns:
            note(
                f"{path}: the columns {', '.join(table.column_names)} stand for the model's "
                f"{', '.join(own.columns)}, as --columns says"
            )
        shapes = (own.image_shape, table.image_shape)
        if Path(path).is_dir() and None not in shapes and shapes[0] != shapes[1]:
            raise TableError(
                f"{path}: has images of shape {shapes[1]}, but the model was trained on images of "
                f"shape {shapes[0]} (height, width, colours); resize the images."
            )


def load_model(path: Path, *, classifiers: bool = False) -> SavedModel:
    """Read a model file.

    Parameters
    ----------
    path : path
    classifiers : bool, default False
        Whether the model may be a classifier.

    Returns
    -------
    SavedModel

    Raises
    ------
    FileNotFoundError, ModelFileError
        If there is no such file, or the commands cannot use its model.
    """
    from autoenc import estimators

    _, description = load_arrays(path)
    name = str(description.get("class"))
    known = [*CLASSES.values(), *(CLASSIFIERS if classifiers else ())]
    if name not in known:
        raise ModelFileError(f"{path} holds a {name!r}; expected one of {', '.join(known)}.")
    estimator = getattr(estimators, name).load(path, verbose=False)
    return SavedModel(path, estimator, _preparation(path, estimator, description), description)


def _preparation(path: Path, estimator: Any, description: dict[str, Any]) -> Preparation:
    described = description.get(TABLE_KEY)
    names = getattr(estimator, "feature_names_in_", None)
    if described is None and names is not None:
        return Preparation(tuple(map(str, names)))
    return Preparation.from_dict(path, described, int(estimator.n_features_in_))


def save_model(path: Path, estimator: Any, preparation: Preparation) -> None:
    """Write a model file that describes the training data; it appears complete or not at all."""
    with atomic_write(path) as temporary:
        estimator.save(temporary)
        arrays, description = load_arrays(temporary)
        save_arrays(temporary, arrays, {**description, TABLE_KEY: preparation.to_dict()})
