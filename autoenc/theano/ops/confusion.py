"""Confusion matrices of actual and predicted classes."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.extra_ops import Unique

Variable = Any


def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """Count pairs of actual and predicted classes.

    Parameters
    ----------
    actual, pred : integer vector

    Returns
    -------
    matrix : int64, (classes, classes)
        Rows are actual classes, columns predicted ones.
    order : vector
        The class of each row and column.

    Raises
    ------
    ValueError
        If the arguments are not vectors.
    """
    for name, classes in (("actual", actual), ("pred", pred)):
        if classes.ndim != 1:
            raise ValueError(f"{name} must be 1-d tensor variable")
    order = Unique()(pt.concatenate([actual, pred]))
    is_actual, is_predicted = (
        pt.eq(classes.dimshuffle(0, "x"), order).astype("int64") for classes in (actual, pred)
    )
    return [pt.dot(is_actual.T, is_predicted), order]
