"""Model files, and the tables that are read for their models.

A file that `autoenc train` saves is an ordinary model file: `DenoisingAutoEncoder.load` reads it.
The model itself stores the names of its columns, their scaling, and the image shape of a row. The
commands match the columns of new data by name; the model does the rest.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.parsing import read_data
from autoenc.cli.streams import is_read_in_parts, loaded, read_stream
from autoenc.cli.terminal import note
from autoenc.rows.columns import columns_of
from autoenc.rows.scaling import ColumnScaling
from autoenc.storage import ModelFileError
from autoenc.tables import Table, TableError, import_extra

CLASSES = {
    "autoencoder": "AutoEncoder",
    "denoising": "DenoisingAutoEncoder",
    "stack": "StackedDenoisingAutoEncoder",
    "deep": "DeepAutoEncoder",
}
DETECTORS = {"detector": "AutoEncoderDetector"}
# Classes that `autoenc train` can train.
TRAINED = {**CLASSES, **DETECTORS}
CLASSIFIERS = ("SoftmaxClassifier", "PerceptronClassifier", "StackedDenoisingClassifier")


@dataclass(frozen=True)
class SavedModel:
    """A model that was read from a file.

    Attributes
    ----------
    path : Path
    estimator : fitted estimator
    description : dict
        Class, settings, history and versions, as the file stores them.
    """

    path: Path
    estimator: Any
    description: dict[str, Any]

    @property
    def n_columns(self) -> int:
        """Number of columns that the model takes."""
        return int(self.estimator.n_features_in_)

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, in the model's order; None if they have none."""
        names = self.estimator.model_.columns.users_names
        return None if names is None else tuple(map(str, names))

    @property
    def image_shape(self) -> tuple[int, ...] | None:
        """Shape of the image that a row is, if that is known."""
        shape: tuple[int, ...] | None = self.estimator.model_.columns.image_shape
        return shape

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns whose values are text, even where they can be read as numbers."""
        encoding = self.estimator.model_.columns.encoding
        return () if encoding is None else encoding.text_names

    def read(
        self,
        options: argparse.Namespace,
        path: str | None = None,
        *,
        holes: bool = False,
        in_parts: bool = False,
    ) -> Table:
        """Read the data file, or another one, with the columns of the model.

        Parameters
        ----------
        options : Namespace
        path : str, optional
            A file to read instead of the data file.
        holes : bool, default False
            Whether cells may be empty even if the model does not allow empty cells.
        in_parts : bool, default False
            Whether the values may be a `Source`.

        Raises
        ------
        TableError
            If the table has another number of columns, or images of another shape.
        """
        missing = holes or bool(self.estimator.model_.masked)
        encoding = self.estimator.model_.columns.encoding
        if is_read_in_parts(options.data if path is None else path):
            table = read_stream(options, path, self.columns)
            # Columns of different kinds are encoded in memory.
            if not in_parts or encoding is not None:
                table = replace(table, values=loaded(table.values))
        else:
            table = read_data(
                options, path, self.columns, allow_missing=missing, mixed=encoding is not None,
                text=self.text_columns,
            )  # fmt: skip
        if encoding is not None and isinstance(table.values, np.ndarray):
            self._check_number(table, options.data if path is None else path, len(encoding.names))
            table = replace(table, values=in_frame(table.values, encoding.names))
        self._compare(table, options.data if path is None else path)
        return table

    def _compare(self, table: Table, path: str) -> None:
        """Compare columns and images with those of the training data."""
        shape = self.image_shape
        if Path(path).is_dir() and shape is not None and table.image_shape not in (None, shape):
            raise TableError(
                f"{path}: has images of shape {table.image_shape}, but the model was trained on "
                f"images of shape {shape} (height, width, colours); read them with "
                f"{_options_for(shape)}."
            )
        self._check_number(table, path, self.n_columns)
        own = self.columns
        if own is not None and table.columns is None:
            note(f"{path}: has no column names; its columns are taken in the model's order")
        elif own is not None and own != table.columns:
            note(
                f"{path}: the columns {', '.join(table.column_names)} are used as the "
                f"model's {', '.join(own)}, as --columns requests"
            )

    @staticmethod
    def _check_number(table: Table, path: str, expected: int) -> None:
        found = table.values.shape[1]
        if found != expected:
            raise TableError(f"{path}: has {found} columns, but the model takes {expected}.")


def _options_for(shape: tuple[int, ...]) -> str:
    """Return the options with which images are read in a shape.

    >>> _options_for((32, 24))
    '--resize 32x24 --grey'
    """
    return f"--resize {shape[0]}x{shape[1]}" + " --grey" * (len(shape) == 2)


def in_frame(values: Any, names: Sequence[str]) -> Any:
    """Return a matrix as a frame with names."""
    pandas = import_extra("pandas", "tables", "names of columns")
    return pandas.DataFrame(values, columns=list(names), copy=False)


def load_model(path: Path, *, classifiers: bool = False, detectors: bool = False) -> SavedModel:
    """Read a model file.

    Parameters
    ----------
    path : path
    classifiers, detectors : bool, default False
        Whether the model may be a classifier, or an outlier detector.

    Returns
    -------
    SavedModel

    Raises
    ------
    FileNotFoundError, ModelFileError
        If there is no such file, or the commands cannot use its model.
    """
    from autoenc import estimators
    from autoenc.models.model_files import read_description

    _, description = read_description(path)
    name = description["class"]
    known = [
        *CLASSES.values(),
        *(CLASSIFIERS * classifiers),
        *(DETECTORS.values() if detectors else ()),
    ]
    if name not in known:
        raise ModelFileError(
            f"{path} contains a model of class {name}; this command takes {', '.join(known)}."
        )
    return SavedModel(path, getattr(estimators, name).load(path, verbose=False), description)


def know_columns(estimator: Any, table: Table, scaling: ColumnScaling | None) -> None:
    """Store names, image shape and scaling of the columns in a fitted estimator.

    Parameters
    ----------
    estimator : fitted autoencoder, stack or detector
        Fitted on scaled rows, if there is a scaling. It takes rows in the units of the data
        afterwards.
    table : Table
        The training data.
    scaling : ColumnScaling, optional
        By default, the scaling that the estimator has found.
    """
    model = estimator.model_
    if model.columns.encoding is not None:
        return  # the encoding already contains more
    names = None if table.columns is None else np.array(table.columns, dtype=object)
    estimator.model_ = model.replaced(
        columns=columns_of(
            type(estimator).__name__, model.columns.n_features_in_, names,
            scaling or model.columns.scaling, table.image_shape,
        )
    )  # fmt: skip
