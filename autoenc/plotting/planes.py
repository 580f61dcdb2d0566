"""Projection of points onto a plane.

>>> import numpy as np
>>> plane = Plane.of_components(np.array([[0.0, 0, 0], [3, 4, 0], [6, 8, 0]]))
>>> plane.names
('first component (100.0 % of variance)', 'second component (0.0 % of variance)')
>>> plane.project(np.array([[3.0, 4, 5]])).round(6) + 0.0
array([[0., 0.]])
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from autoenc.plotting.tiles import Array, check_finite


@dataclass(frozen=True)
class Plane:
    """Projection onto columns or principal components.

    Attributes
    ----------
    project : function from array (n, features) to array (n, 2), or (n, 1) of single features
        The projection.
    names : tuple of str
        Labels of the axes.
    is_rotated : bool
        Whether distances in the plane are meaningful, so that both axes need the same scale.
    """

    project: Callable[[Array], Array]
    names: tuple[str, ...]
    is_rotated: bool = False

    @classmethod
    def of_columns(cls, columns: tuple[int, ...], kind: str = "column") -> Plane:
        """Return the projection onto columns."""
        names = tuple(f"{kind} {column}" for column in columns)
        return cls(lambda points: points[:, list(columns)], names)

    @classmethod
    def of_components(cls, points: Array) -> Plane:
        """Return the projection onto the first two principal components of points."""
        from sklearn.decomposition import PCA

        size = np.abs(points).max() or 1.0  # prevents overflow of the squares of large numbers
        with np.errstate(invalid="ignore"):  # if all points are equal, the shares are 0 / 0
            pca = PCA(2, random_state=0).fit(points / size)
        shares = 100 * np.nan_to_num(pca.explained_variance_ratio_)
        names = tuple(
            f"{nth} component ({share:.1f} % of variance)"
            for nth, share in zip(("first", "second"), shares, strict=True)
        )
        return cls(lambda others: pca.transform(others / size) * size, names, is_rotated=True)


def plane_of(points: Array, name: str, kind: str = "column") -> Plane:
    """Return the plane of the columns if there are at most two, else of principal components."""
    features = points.shape[1]
    if features <= 2:
        return Plane.of_columns(tuple(range(features)), kind)
    if len(points) < 2:
        raise ValueError(
            f"{name} has shape {points.shape}; expected at least two rows, which principal "
            f"components of {features} columns need. Or pass two columns, such as {name}[:, :2]."
        )
    return Plane.of_components(points)


def plane_of_columns(columns: tuple[int, int], features: int, name: str) -> Plane:
    """Return the plane of two columns; raise ValueError if they do not exist."""
    try:
        first, second = (operator.index(column) for column in columns)
    except (TypeError, ValueError):
        first = second = -1
    if not (0 <= first < features and 0 <= second < features):
        raise ValueError(
            f"columns is {columns!r}; expected two of the columns 0 … {features - 1} of {name}, "
            "such as (0, 1)."
        )
    return Plane.of_columns((first, second))


def point_rows(X: ArrayLike, name: str) -> Array:
    """Return `X` as a finite float64 matrix with one point per row."""
    matrix = np.asarray(X)
    if matrix.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {matrix.dtype}; expected real numbers.")
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} has shape {matrix.shape}; expected a matrix with one point per row. "
            f"{name}.reshape(len({name}), -1) makes one of a stack of images."
        )
    if not matrix.size:
        raise ValueError(f"{name} has shape {matrix.shape}; expected at least one point.")
    check_finite(matrix, name)
    return matrix.astype(np.float64)
