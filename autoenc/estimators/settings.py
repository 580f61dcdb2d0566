"""Checks of settings: what was given, what was expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autoenc.graph.checks import is_number


def check_number(
    name: str, value: Any, *, at_least: float | None = None, above: float | None = None,
    below: float | None = None, at_most: float | None = None,
) -> None:  # fmt: skip
    """Refuse what is not a finite number within bounds.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_number("momentum", 1.0, at_least=0, below=1)
    Traceback (most recent call last):
        ...
    ValueError: momentum is 1.0; expected a number in [0, 1).
    """
    fits = is_number(value) and math.isfinite(value)
    fits = fits and (at_least is None or value >= at_least) and (above is None or value > above)
    fits = fits and (below is None or value < below) and (at_most is None or value <= at_most)
    if not fits:
        bounds = _bounds(at_least, above, below, at_most)
        raise ValueError(f"{name} is {value!r}; expected a number {bounds}.")


def check_integer(name: str, value: Any) -> None:
    """Refuse what is not an integer of at least 1.

    Raises
    ------
    ValueError
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {value!r}; expected an integer of at least 1.")


def check_among(name: str, value: Any, known: Sequence[Any]) -> None:
    """Refuse what is not one of the known values.

    Raises
    ------
    ValueError
    """
    if not any(value is choice or value == choice for choice in known):
        choices = ", ".join(str(choice) for choice in known)
        raise ValueError(f"{name} is {value!r}; expected one of {choices}.")


def check_switches(estimator: Any, names: Sequence[str]) -> None:
    """Refuse settings that are neither True nor False.

    Raises
    ------
    ValueError
    """
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} is {value!r}; expected True or False.")


def check_early_stopping(rule: Any) -> None:
    """Refuse what is no rule for stopping.

    Raises
    ------
    ValueError
    """
    if rule is not None and not all(hasattr(rule, name) for name in ("report", "stop_after")):
        raise ValueError(
            f"early_stopping is {rule!r}; expected a rule, such as "
            "autoenc.training.EpochPatience(10), or None."
        )


def _bounds(
    at_least: float | None, above: float | None, below: float | None, at_most: float | None
) -> str:
    lowest = above if at_least is None else at_least
    highest = below if at_most is None else at_most
    if highest is None:
        return f"{'>' if at_least is None else '>='} {lowest}"
    left, right = "(" if at_least is None else "[", ")" if at_most is None else "]"
    return f"in {left}{lowest}, {highest}{right}"
