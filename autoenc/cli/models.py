"""Models together with the form of the data that they take.

What `autoenc train` saves is a model file as any other: `DenoisingAutoEncoder.load` reads it.
Its metadata has one more entry, ``table``: names of the columns, the image that a row is, and
how columns were brought to [0, 1], if that was asked for. The commands bring new data into that
form; who loads the model in Python does so with the numbers there:
scaled = (value - offset) * factor. Columns that are standardised are so within the model.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.parsing import read_data
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
    """From a table to rows for a model, and back.

    Attributes
    ----------
    columns : tuple of str, optional
        Names, in the model's order.
    image_shape : tuple of int, optional
        The image that a row is.
    scaling : MinMax, optional
        None if the model takes values as they are.
    """

    columns: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    scaling: MinMax | None = None

    def apply(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scale rows; say so if that changed values beyond the scale."""
        if self.scaling is None:
            return values
        beyond = self.scaling.count_beyond(values)
        if beyond:
            note(
                f"{beyond:,} of {values.size:,} values are beyond those trained on, and are "
                "taken as the nearest of these"
            )
        return self.scaling.apply(values)

    def undo(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Bring reconstructions to the scale of the data."""
        return values if self.scaling is None else self.scaling.undo(values)

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return {
            "columns": self.columns,
            "image_shape": self.image_shape,
            "scaling": None if self.scaling is None else self.scaling.to_dict(),
        }

    @classmethod
    def from_dict(cls, described: dict[str, Any]) -> Preparation:
        """Make one from what `to_dict` gave; from an empty mapping, one that does nothing."""
        columns, shape, scaling = map(described.get, ("columns", "image_shape", "scaling"))
        return cls(
            None if columns is None else tuple(columns),
            None if shape is None else tuple(shape),
            None if scaling is None else MinMax.from_dict(scaling),
        )


@dataclass(frozen=True)
class SavedModel:
    """A model file, read.

    Attributes
    ----------
    path : Path
    estimator : fitted estimator
    preparation : Preparation
    description : dict
        Class, settings, history and versions, as the file has them.
    """

    path: Path
    estimator: Any
    preparation: Preparation
    description: dict[str, Any]

    @property
    def n_columns(self) -> int:
        """Columns that the model takes."""
        return int(self.estimator.n_features_in_)

    def read(self, options: argparse.Namespace, path: str | None = None) -> Table:
        """Read the data file, or another one, with the columns of the model."""
        missing = getattr(self.estimator, "missing", "refuse") == "mask"
        return read_data(options, path, self.preparation.columns, allow_missing=missing)

    def rows_of(self, table: Table, path: object) -> np.ndarray[Any, Any]:
        """Bring a table into the form that the model takes.

        Raises
        ------
        TableError
            If it has not as many columns.
        """
        found = table.values.shape[1]
        if found != self.n_columns:
            raise TableError(f"{path}: has {found} columns, but the model takes {self.n_columns}.")
        return self.preparation.apply(table.values)

    def score_samples(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Error of each row: the model's own cost of its reconstruction."""
        return np.asarray(self.estimator.score_samples(rows), np.float64)


def load_model(path: Path, *, classifiers: bool = False) -> SavedModel:
    """Read a model file.

    Parameters
    ----------
    path : path
    classifiers : bool
        Whether it may hold a classifier, too.

    Raises
    ------
    FileNotFoundError, ModelFileError
        If there is none, or it holds something that these commands cannot use.
    """
    from autoenc import estimators

    _, description = load_arrays(path)
    name = str(description.get("class"))
    known = [*CLASSES.values(), *(CLASSIFIERS if classifiers else ())]
    if name not in known:
        raise ModelFileError(f"{path} holds a {name!r}; expected one of {', '.join(known)}.")
    estimator = getattr(estimators, name).load(path, verbose=False)
    preparation = Preparation.from_dict(description.get(TABLE_KEY) or {})
    return SavedModel(path, estimator, preparation, description)


def save_model(path: Path, estimator: Any, preparation: Preparation) -> None:
    """Write a model file that knows the form of its data, whole or not at all."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "model.safetensors")
        estimator.save(plain)
        arrays, description = load_arrays(plain)
    save_arrays(path, arrays, {**description, TABLE_KEY: preparation.to_dict()})


def note(text: str) -> None:
    """Tell something beside the results."""
    print(f"note: {text}", file=sys.stderr)
