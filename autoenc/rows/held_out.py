"""Rows held out of training for validation."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from autoenc.rows.blocks import Array


def check_validation(validation: Any, fraction: float | None, early_stopping: Any) -> None:
    """Refuse two kinds of validation at once, and a stopping rule without validation.

    Raises
    ------
    ValueError
    """
    if validation is not None and fraction is not None:
        raise ValueError(
            f"validation was given, and validation_fraction is {fraction!r}; expected one of them."
        )
    if validation is None and fraction is None and early_stopping is not None:
        raise ValueError(
            "early_stopping needs validation=... in fit, or validation_fraction; give one of "
            "them, or leave early_stopping out."
        )


def hold_out(
    n_rows: int, fraction: float, seed: int, classes: Array | None = None
) -> tuple[Array, Array]:
    """Choose rows to train on and rows to hold out.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float
        Part to hold out, in (0, 1).
    seed : int
        Seed of the choice.
    classes : array, (rows,), optional
        Classes, whose proportions are kept.

    Returns
    -------
    trained_on, held_out : int arrays, sorted

    Raises
    ------
    ValueError
        If there are too few rows.

    Examples
    --------
    >>> [len(numbers) for numbers in hold_out(100, 0.2, seed=0)]
    [80, 20]
    """
    try:
        trained_on, held_out = train_test_split(
            np.arange(n_rows), test_size=fraction, random_state=seed, stratify=classes
        )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction is {fraction!r}, which is not possible with these {n_rows} rows "
            f"({error})"
        ) from error
    return np.sort(trained_on), np.sort(held_out)
