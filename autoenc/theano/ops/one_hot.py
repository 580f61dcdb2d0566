"""One-hot encoding of classes."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt

Variable = Any


def to_one_hot(y: Any, nb_class: Any, dtype: str | None = None) -> Variable:
    """Return a matrix whose i-th row is 1 at y[i] and 0 elsewhere.

    Parameters
    ----------
    y : integer vector
        Classes between 0 and nb_class − 1.
    nb_class : int
    dtype : str, optional
        By default floatX.
    """
    rows = pt.zeros((y.shape[0], nb_class), dtype=dtype)
    return pt.set_subtensor(rows[pt.arange(y.shape[0]), y], 1)
