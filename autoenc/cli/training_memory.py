"""Estimate of the memory that training takes, made before training starts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from autoenc.cli.options import settings_of
from autoenc.models.defaults import TUTORIAL_UNITS
from autoenc.sources import bytes_of
from autoenc.tables.memory import available_memory, readable_size

# Arrays of the size of the weights that are in memory at once: weights, gradients, the state of
# the optimizer, and copies. Measured as peak memory at 40,000 columns and 500 units: 4 (C) and 7
# (XLA) with sgd; 13 (C) and 14 (XLA) with adam.
_COPIES = 7
_COPIES_WITH_STATE = 14
_STATELESS = ("sgd",)
# Copies of the rows: the table, its prepared copy, and blocks.
_COPIES_OF_ROWS = 3


def parameter_bytes(estimator: Any, n_columns: int) -> int:
    """Return the size of the weights of an estimator that takes this many columns."""
    sizes = getattr(estimator, "hidden_sizes", None) or (estimator.n_hidden,)
    if sizes == ("auto",):
        sizes = (TUTORIAL_UNITS,)  # the largest size that is chosen
    if not all(isinstance(size, int) for size in sizes):
        return 0  # `fit` will refuse such sizes
    weights = sum(n * m for n, m in pairwise((n_columns, *sizes)))
    return int(weights) * _item_bytes(estimator)


def check_memory(estimator: Any, n_rows: int, n_columns: int) -> None:
    """Check that the memory suffices to train an estimator.

    Raises
    ------
    ValueError
        If the training needs more memory than is free.
    """
    settings = settings_of(estimator)
    stateless = settings["optimizer"] in _STATELESS and not settings["momentum"]
    copies = _COPIES if stateless else _COPIES_WITH_STATE
    needed = copies * parameter_bytes(estimator, n_columns)
    needed += _row_bytes(settings["memory"], n_rows * n_columns * _item_bytes(estimator))
    free = available_memory()
    if free is not None and needed > free:
        raise ValueError(
            f"training on {n_rows:,} by {n_columns:,} values takes about "
            f"{readable_size(needed)} of memory, but {readable_size(free)} are free; use fewer "
            "columns (smaller images), fewer rows, fewer units (--hidden) or, of an .npy file, "
            "--memory SIZE."
        )


def _row_bytes(budget: int | str | None, n_bytes: int) -> int:
    """Return the memory for all copies of the rows, or the budget if that is smaller."""
    copies = _COPIES_OF_ROWS * n_bytes
    return copies if budget is None else min(copies, bytes_of(budget, "memory"))


def _item_bytes(estimator: Any) -> int:
    return 8 if settings_of(estimator)["dtype"] == "float64" else 4
