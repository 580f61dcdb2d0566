"""Number and names of the columns that a model was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sklearn.base import BaseEstimator


class Columns(BaseEstimator):
    """Columns in the form that scikit-learn's checks read and write.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : array of str
        Missing if the columns have no names.
    """

    n_features_in_: int

    @property
    def names(self) -> Sequence[str] | None:
        """Names of the columns, or None."""
        return getattr(self, "feature_names_in_", None)


def columns_of(owner: str, n: int | None = None, names: Any = None) -> Columns:
    """Make the columns of a model.

    Parameters
    ----------
    owner : str
        Class of the model. scikit-learn names it in its messages.
    n : int, optional
        Number of columns; unknown before the first rows are read.
    names : array of str, optional
    """
    columns = _class_for(owner)()
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
    return columns_of, (type(columns).__name__, n, columns.names)
