"""Defaults for size, activation, initial weights and noise at ``"auto"``.

The values of the classical tutorials suit images. On a table, the default is a layer that starts
as PCA and can represent it, because no single layer with linear outputs has a smaller squared
error than PCA of the same size on the rows that both are fitted on.

References
----------
H. Bourlard, Y. Kamp (1988). Auto-association by multilayer perceptrons and singular value
decomposition. Biological Cybernetics 59.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autoenc.rows.blocks import Array

AUTO = "auto"
# Values in [0, 1] in so many columns are taken for images: those of 8 × 8 pixels, and larger.
IMAGE_COLUMNS = 64
# Of drawings, more values than this part are exactly 0 or 1: 0.8 of MNIST's and 0.5 of those of
# scikit-learn's digits, but less than 0.1 of its photographs'.
DRAWN = 0.25
# What the texts have.
TEXTS: dict[str, Any] = {
    "activation": "sigmoid",
    "init": "uniform",
    "corruption": 0.3,
    "n_epochs": 15,
}
TEXTS_UNITS = 500
# Outputs with which a linear layer that starts as PCA is at least as good.
LINEAR = ("linear", "clipped")
# For a code that is smaller than the row, of a table. Masking would set entries to their mean: a
# linear layer then learns to make up for it, and reconstructs whole rows the worse. Gaussian noise
# of deviation s only shrinks a component of variance v, by v / (v + s²).
COMPACT: dict[str, Any] = {
    "activation": "linear",
    "init": "principal",
    "corruption": ("gaussian", 0.05),
}
# The same where columns are of different kinds. What is missing of a column has to be found from
# the others, which columns that are hidden in training teach.
MIXED: dict[str, Any] = {**COMPACT, "corruption": 0.3}
# Steps that a compact layer is trained for at least where PCA is only its start: where entries are
# missing, or reconstructions clipped.
LEAST_STEPS = 1_000
# PCA of categories' entries is only near to where a softmax is best.
MIXED_STEPS = 5_000
# Part of the first learning rate in the last epoch of a compact layer.
LAST_RATE = 0.005


def is_table(settings: Mapping[str, Any], n_columns: int, find_drawn: Callable[[], float]) -> bool:
    """Whether values in [0, 1] are treated as a table, given that the size is ``"auto"``.

    They are if cost and scaling are ``"auto"`` too, and if there are fewer than 64 columns or less
    than a quarter of the values are exactly 0 or 1. Pixels of photographs are amounts between 0
    and 1, not probabilities, for which cross-entropy is meant.

    Parameters
    ----------
    settings : mapping
        Settings of an autoencoder.
    n_columns : int
        Number of columns.
    find_drawn : callable
        Function that returns `drawn_part` of the rows.
    """
    free = settings["cost"] == settings["scale"] == AUTO and settings["output"] in (AUTO, *LINEAR)
    return free and (n_columns < IMAGE_COLUMNS or find_drawn() < DRAWN)


def drawn_part(rows: Array) -> float:
    """Return the fraction of values that are exactly 0 or 1.

    >>> drawn_part(np.array([[0.0, 1.0], [0.5, 1.0]]))
    0.75
    """
    return float(np.mean((rows == 0) | (rows == 1)))


def default_size(n_rows: int, n_columns: int, as_images: bool) -> int:
    """Return the number of units of the code.

    It is 500 for images. Otherwise it is a quarter of the columns, or of the rows if there are
    fewer, and at most 500.

    >>> [default_size(150, n_columns, False) for n_columns in (4, 30, 784)]
    [1, 8, 38]
    """
    if as_images and n_columns >= IMAGE_COLUMNS:
        return TEXTS_UNITS
    return max(1, min(TEXTS_UNITS, (min(n_rows, n_columns) + 2) // 4))


def is_compact(
    settings: Mapping[str, Any], choices: Mapping[str, Any], n_hidden: int, n_columns: int
) -> bool:
    """Whether a layer is meant to reproduce PCA.

    Parameters
    ----------
    settings, choices, n_hidden
        As for `chosen_settings`.
    n_columns : int
        Number of columns.
    """
    linear = choices["output"] in LINEAR and settings["activation"] in (AUTO, "linear")
    return bool(choices["standardised"] and linear and n_hidden < n_columns)


def chosen_settings(
    settings: Mapping[str, Any], choices: Mapping[str, Any], n_hidden: int, shape: tuple[int, int]
) -> dict[str, Any]:
    """Return the values chosen for settings at ``"auto"``.

    Parameters
    ----------
    settings : mapping
        Settings of an autoencoder.
    choices : mapping
        Result of `autoenc.models.choices.choose`: ``cost``, ``output`` and ``standardised``.
    n_hidden : int
        Size of the code.
    shape : pair of int
        Number of rows and columns.

    Returns
    -------
    dict
        Values of ``n_hidden``, ``activation``, ``init``, ``corruption`` and ``n_epochs``, for
        settings at ``"auto"``; and ``learning_rate_decay``, if the learning rate of a compact
        layer is ``"auto"``.
    """
    n_rows, n_columns = shape
    compact = choices["standardised"] and is_compact(settings, choices, n_hidden, n_columns)
    found = {"n_hidden": n_hidden, **TEXTS}
    if compact:
        found |= MIXED if choices["cost"] == "mixed" else COMPACT
    if compact and choices["cost"] == "mixed":
        found["n_epochs"] = least_epochs(n_rows, settings["batch_size"], MIXED_STEPS)
    # Where rows are complete and nothing is clipped, no layer fits them better than PCA.
    elif compact and (choices["output"] == "clipped" or settings["missing"] == "mask"):
        found["n_epochs"] = least_epochs(n_rows, settings["batch_size"])
    chosen = {}
    for name, value in found.items():
        if settings.get(name) == AUTO:
            chosen[name] = value
    if compact and settings["learning_rate"] == AUTO:
        chosen["learning_rate_decay"] = annealing(chosen.get("n_epochs", settings["n_epochs"]))
    return chosen


def least_epochs(n_rows: int, batch_size: int, least: int = LEAST_STEPS) -> int:
    """Return the number of epochs of a compact layer: 15, or more for the minimum of steps.

    >>> least_epochs(150, 20), least_epochs(100_000, 20)
    (125, 15)
    """
    steps = -(-n_rows // batch_size)
    return max(int(TEXTS["n_epochs"]), -(-least // steps))


def annealing(n_epochs: int) -> float:
    """Return the factor on the learning rate after each epoch of a compact layer.

    >>> round(annealing(15) ** 14, 6)
    0.005
    """
    return float(LAST_RATE ** (1 / max(n_epochs - 1, 1)))


def is_auto(value: Any) -> bool:
    """Whether a setting is ``"auto"``."""
    return isinstance(value, str) and value == AUTO


def chosen_in_words(choices: Mapping[str, Any], shape: tuple[int, int], rate: float | None) -> str:
    """Describe the choices for a model, and their reasons.

    Parameters
    ----------
    choices : mapping
        Choices of a `FittedCoder`.
    shape : pair of int
        Number of columns and of units.
    rate : float or None
        Learning rate; None for a schedule.

    Examples
    --------
    >>> choices = {"standardised": True, "activation": "linear", "output": "linear",
    ...            "cost": "squared_error", "init": "principal"}
    >>> chosen_in_words(choices, (4, 1), 0.125)  # doctest: +ELLIPSIS
    '4 columns, standardised as those of a table: 1 unit, activation linear from the ...'
    """
    n_columns, n_hidden = shape
    kind = "standardised as those of a table" if choices["standardised"] else "taken as they are"
    start = " from the principal directions" if choices["init"] == "principal" else ""
    return (
        f"{n_columns} {_plural('column', n_columns)}, {kind}: {n_hidden} "
        f"{_plural('unit', n_hidden)}, activation {_name(choices['activation'])}{start}, output "
        f"{_name(choices['output'])}, cost {choices['cost']}, learning rate "
        f"{'by schedule' if rate is None else f'{rate:.3g}'}; any of them can be given."
    )


def _plural(noun: str, n: int) -> str:
    return noun if n == 1 else f"{noun}s"


def _name(function: Any) -> str:
    """Return the name of a function, or of one for each layer."""
    if isinstance(function, list):
        return " and ".join(map(_name, function))
    return str(getattr(function, "__name__", function))
