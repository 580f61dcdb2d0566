"""Learning rates that change with the number of the step.

A schedule is any function from the step, a symbolic int32 scalar that counts from 0, to
an expression. A rule that is given one adds the counter to its updates.

>>> import numpy as np, pytensor
>>> from autoenc.graph.updates.gradient_descent import sgd
>>> p = pytensor.shared(np.float32(1), name="p")
>>> sgd([p], [p], learning_rate=step_decay(0.1, decay=0.5, every=1000))
{step: Add.0, p: Sub.0}
>>> sgd([p], [p], learning_rate=lambda step: 0.1 / (step + 1).astype("float32"))
{step: Add.0, p: Sub.0}
"""

from __future__ import annotations

import functools
import math
from typing import Any

import pytensor.tensor as pt
from pytensor import config

from autoenc.graph.checks import is_number, positive_int
from autoenc.graph.types import Expression, LearningRate, Schedule
from autoenc.graph.updates.parts import rate_at


def exponential_decay(initial: float, decay: float, every: int) -> Schedule:
    """Smooth decay, η = initial·decay^(step / every).

    Parameters
    ----------
    initial : float
        The rate of the first step, above 0.
    decay : float
        What it is multiplied by in the course of every so many steps, above 0.
    every : int
        Steps, at least 1: minibatches, not epochs.

    Returns
    -------
    schedule
        It can be pickled.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """
    return functools.partial(_exponential_decay, *_settings(initial, decay, every))


def step_decay(initial: float, decay: float, every: int) -> Schedule:
    """Decay in steps, η = initial·decay^⌊step / every⌋.

    Parameters
    ----------
    initial, decay, every
        As for `exponential_decay`, with which it agrees at every multiple of `every`.

    Returns
    -------
    schedule

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """
    return functools.partial(_step_decay, *_settings(initial, decay, every))


def inverse_time_decay(initial: float, decay: float, every: int) -> Schedule:
    """Decay with time, η = initial / (1 + decay·step / every).

    With decay = 1 the rate is half of the initial one after `every` steps. Rates that
    fall like 1 / step are those of Robbins and Monro (1951), The Annals of Mathematical
    Statistics 22, whose sum is infinite and whose sum of squares is not.

    Parameters
    ----------
    initial, decay : float
        Above 0.
    every : int
        Steps, at least 1.

    Returns
    -------
    schedule

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """
    return functools.partial(_inverse_time_decay, *_settings(initial, decay, every))


def linear_warmup(learning_rate: LearningRate, over: int) -> Schedule:
    """Warm-up: a rate that is reached in equal parts, η·min(1, (step + 1) / over).

    Parameters
    ----------
    learning_rate : float, scalar expression or schedule
        η; a schedule keeps its own count from the first step.
    over : int
        The step, counted from 1, that is the first at full rate.

    Returns
    -------
    schedule

    Raises
    ------
    ValueError
        If `over` is not an integer of at least 1.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> rate = linear_warmup(0.5, over=4)
    >>> [rate(pt.constant(i, dtype="int32")).eval().item() for i in range(6)]
    [0.125, 0.25, 0.375, 0.5, 0.5, 0.5]
    """
    return functools.partial(_linear_warmup, learning_rate, positive_int(over, "over"))


def _exponential_decay(initial: float, decay: float, every: int, step: Expression) -> Expression:
    return initial * decay ** (_floating(step) / float(every))


def _step_decay(initial: float, decay: float, every: int, step: Expression) -> Expression:
    return initial * decay ** _floating(step // every)


def _inverse_time_decay(initial: float, decay: float, every: int, step: Expression) -> Expression:
    return initial / (1 + decay * _floating(step) / float(every))


def _linear_warmup(learning_rate: LearningRate, over: int, step: Expression) -> Expression:
    return rate_at(step, learning_rate) * pt.minimum(1, _floating(step + 1) / float(over))


def _floating(step: Expression) -> Expression:
    # An int32 that meets a float32 gives float64.
    return step.astype(config.floatX)


def _settings(initial: Any, decay: Any, every: Any) -> tuple[float, float, int]:
    return _positive(initial, "initial"), _positive(decay, "decay"), positive_int(every, "every")


def _positive(value: Any, name: str) -> float:
    """Return `value` as a float if it is finite and above 0; else raise ValueError."""
    if not is_number(value) or not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}; expected a finite number above 0.")
    return float(value)
