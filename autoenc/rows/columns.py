"""What a model knows of its columns: number, names, scaling, and the image that a row is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sklearn.base import BaseEstimator

from autoenc.rows.scaling import ColumnScaling


class Columns(BaseEstimator):
    """Columns in the form that scikit-learn's checks read and write.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : array of str
        Missing if the columns have no names.
    scaling : ColumnScaling or None
        What is done to columns, in float64, before anything else, and undone for
        reconstructions.
    image_shape : tuple of int or None
        Height, width and, in colour, 3, of the image that a row is, if that is known.
    """

    n_features_in_: int
    scaling: ColumnScaling | None = None
    image_shape: tuple[int, ...] | None = None

    @property
    def names(self) -> Sequence[str] | None:
        """Names of the columns, or None."""
        return getattr(self, "feature_names_in_", None)


def columns_of(
    owner: str,
    n: int | None = None,
    names: Any = None,
    scaling: ColumnScaling | None = None,
    image_shape: tuple[int, ...] | None = None,
) -> Columns:
    """Make the columns of a model.

    Parameters
    ----------
    owner : str
        Class of the model. scikit-learn names it in its messages.
    n : int, optional
        Number of columns; unknown before the first rows are read.
    names : array of str, optional
    scaling : ColumnScaling, optional
    image_shape : tuple of int, optional
    """
    columns = _class_for(owner)()
    columns.scaling, columns.image_shape = scaling, image_shape
    if n is not None:
        columns.n_features_in_ = n
    if names is not None:
        columns.feature_names_in_ = names
    return columns


@cache
def _class_for(owner: str) -> type[Columns]:
    """Return a class of this name, since scikit-learn's messages hold the name of the class."""
    return type(owner, (Columns,), {"__reduce__": _reduce})


def _reduce(columns: Columns) -> tuple[Any, ...]:
    """Pickle by name: the class itself is made on demand."""
    n = getattr(columns, "n_features_in_", None)
    known = n, columns.names, columns.scaling, columns.image_shape
    return columns_of, (type(columns).__name__, *known)
