"""What a model knows about its columns: number, names, encoding, scaling, and image shape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sklearn.base import BaseEstimator

from autoenc.rows.encoding import Encoding
from autoenc.rows.scaling import ColumnScaling


class Columns(BaseEstimator):
    """Columns in the form that scikit-learn's checks read and write.

    Attributes
    ----------
    n_features_in_ : int
        Columns of numbers; with an encoding, its entries.
    feature_names_in_ : array of str
        Missing if the columns have no names.
    scaling : ColumnScaling or None
        Scaling that is applied to columns first, in float64, and undone for reconstructions.
    image_shape : tuple of int or None
        Height, width and, in colour, 3, of the image that a row is, if that is known.
    encoding : Encoding or None
        Encoding of the user's columns as numbers, if they are not all numbers.
    """

    n_features_in_: int
    scaling: ColumnScaling | None = None
    image_shape: tuple[int, ...] | None = None
    encoding: Encoding | None = None

    @property
    def names(self) -> Sequence[str] | None:
        """Names of the columns, or of the entries of their encoding, or None."""
        if self.encoding is not None:
            return self.encoding.entry_names
        return getattr(self, "feature_names_in_", None)

    @property
    def users_names(self) -> Sequence[str] | None:
        """Names of the columns in the user's data, or None."""
        return self.names if self.encoding is None else self.encoding.names

    @property
    def n_users(self) -> int:
        """Number of columns in the user's data."""
        return self.n_features_in_ if self.encoding is None else len(self.encoding.columns)


def columns_of(
    owner: str,
    n: int | None = None,
    names: Any = None,
    scaling: ColumnScaling | None = None,
    image_shape: tuple[int, ...] | None = None,
    encoding: Encoding | None = None,
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
    encoding : Encoding, optional
    """
    columns = _class_for(owner)()
    columns.scaling, columns.image_shape, columns.encoding = scaling, image_shape, encoding
    if n is not None:
        columns.n_features_in_ = n
    if names is not None and encoding is None:
        columns.feature_names_in_ = names
    return columns


@cache
def _class_for(owner: str) -> type[Columns]:
    """Return a class with this name, because scikit-learn's messages contain the class name."""
    return type(owner, (Columns,), {"__reduce__": _reduce})


def _reduce(columns: Columns) -> tuple[Any, ...]:
    """Pickle by name: the class itself is made on demand."""
    n = getattr(columns, "n_features_in_", None)
    known = n, columns.names, columns.scaling, columns.image_shape, columns.encoding
    return columns_of, (type(columns).__name__, *known)
