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
# Values in [0, 1] in at least this many columns are treated as images of 8 × 8 pixels or more.
IMAGE_COLUMNS = 64
# In drawings, more than this fraction of the values is exactly 0 or 1: 0.8 in MNIST and 0.5 in
# scikit-learn's digits, but less than 0.1 in its photographs.
DRAWN = 0.25
# Settings of the classical tutorials.
TUTORIAL: dict[str, Any] = {
    "activation": "sigmoid",
    "init": "uniform",
    "corruption": 0.3,
    "n_epochs": 15,
}
TUTORIAL_UNITS = 500
# Outputs with which a linear layer that starts as PCA is at least as good as other layers.
LINEAR = ("linear", "clipped")
# Settings for a code that is smaller than a row of a table. Masking noise would set entries to
# their mean. A linear layer learns to compensate for this, and reconstructs whole rows less well.
# Gaussian noise of deviation s only shrinks a component of variance v, by v / (v + s²).
COMPACT: dict[str, Any] = {
    "activation": "linear",
    "init": "principal",
    "corruption": ("gaussian", 0.05),
}
# The same for columns of different kinds, of which training hides some: this teaches the layer to
# find a missing value from the other columns.
COMPACT_MIXED: dict[str, Any] = {**COMPACT, "corruption": 0.3}
# Minimum number of steps to train a compact layer if PCA is only its start: if entries are missing
# or reconstructions are clipped.
LEAST_STEPS = 1_000
# For categories, PCA of the entries is only close to the optimum of a softmax.
MIXED_STEPS = 5_000
# Learning rate of a compact layer in the last epoch, relative to the first.
LAST_RATE = 0.005


def is_table(settings: Mapping[str, Any], n_columns: int, find_drawn: Callable[[], float]) -> bool:
    """Return whether values in [0, 1] are treated as a table, given that the size is ``"auto"``.

    They are treated as a table if cost and scaling are ``"auto"`` too, and if there are fewer than
    64 columns or less than a quarter of the values are exactly 0 or 1. Cross-entropy is meant for
    probabilities, whereas pixels of photographs are amounts between 0 and 1.

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
        return TUTORIAL_UNITS
    return max(1, min(TUTORIAL_UNITS, (min(n_rows, n_columns) + 2) // 4))


def is_compact(
    settings: Mapping[str, Any], choices: Mapping[str, Any], n_hidden: int, n_columns: int
) -> bool:
    """Return whether a layer is meant to reproduce PCA.

    Parameters
    ----------
    settings, choices, n_hidden
        As for `chosen_settings`.
    n_columns : int
        Number of columns.
    """
    linear = choices["output"] in LINEAR and settings["activation"] in (AUTO, "linear")
    # A target for the mean of a unit needs codes in [0, 1].
    is_free = not settings.get("sparsity")
    return bool(choices["standardised"] and linear and n_hidden < n_columns and is_free)


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
    mixed = choices["cost"] == "mixed"
    found = {"n_hidden": n_hidden, **TUTORIAL}
    if compact:
        found |= COMPACT_MIXED if mixed else COMPACT
    if compact and mixed:
        found["n_epochs"] = least_epochs(n_rows, settings["batch_size"], MIXED_STEPS)
    # If rows are complete and nothing is clipped, no layer fits them better than PCA.
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
    return max(int(TUTORIAL["n_epochs"]), -(-least // steps))


def annealing(n_epochs: int) -> float:
    """Return the factor on the learning rate after each epoch of a compact layer.

    >>> round(annealing(15) ** 14, 6)
    0.005
    """
    return float(LAST_RATE ** (1 / max(n_epochs - 1, 1)))


def is_auto(value: Any) -> bool:
    """Return whether a setting is ``"auto"``."""
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
        f"{'by schedule' if rate is None else f'{rate:.3g}'}; any of these can be set explicitly."
    )


def _plural(noun: str, n: int) -> str:
    return noun if n == 1 else f"{noun}s"


def _name(function: Any) -> str:
    """Return the name of a function, or of several functions, one for each layer."""
    if isinstance(function, list):
        return " and ".join(map(_name, function))
    return str(getattr(function, "__name__", function))
