"""Learning-rate schedules.

A schedule is any function from the number of the step, a symbolic int32 scalar that counts from
0, to an expression. An update rule adds the counter to its updates.

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
from autoenc.graph.updates.shared_rules import rate_at


def exponential_decay(initial: float, decay: float, every: int) -> Schedule:
    """Return a schedule of exponential decay, η = initial·decay^(step / every).

    Parameters
    ----------
    initial : float
        Rate of the first step, above 0.
    decay : float
        Factor by which the rate changes in the course of `every` steps, above 0.
    every : int
        Number of steps (minibatches, not epochs), at least 1.

    Returns
    -------
    callable
        The schedule, which can be pickled.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    return functools.partial(_exponential_decay, *_settings(initial, decay, every))


def step_decay(initial: float, decay: float, every: int) -> Schedule:
    """Return a schedule of decay in steps, η = initial·decay^⌊step / every⌋.

    It equals `exponential_decay` at each multiple of `every`.

    Parameters
    ----------
    initial : float
        Rate of the first step, above 0.
    decay : float
        Factor by which the rate changes after every `every` steps, above 0.
    every : int
        Number of steps (minibatches, not epochs), at least 1.

    Returns
    -------
    callable
        The schedule, which can be pickled.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    return functools.partial(_step_decay, *_settings(initial, decay, every))


def inverse_time_decay(initial: float, decay: float, every: int) -> Schedule:
    """Return a schedule of decay with time, η = initial / (1 + decay·step / every).

    With decay = 1, the rate is halved after `every` steps. Rates that decrease like 1 / step
    satisfy the conditions of Robbins and Monro (1951), The Annals of Mathematical Statistics 22:
    their sum is infinite, and the sum of their squares is finite.

    Parameters
    ----------
    initial : float
        Rate of the first step, above 0.
    decay : float
        Speed of the decay, above 0.
    every : int
        Number of steps (minibatches, not epochs), at least 1.

    Returns
    -------
    callable
        The schedule, which can be pickled.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    return functools.partial(_inverse_time_decay, *_settings(initial, decay, every))


def linear_warmup(learning_rate: LearningRate, over: int) -> Schedule:
    """Return a schedule of linear warm-up, η·min(1, (step + 1) / over).

    Parameters
    ----------
    learning_rate : float, scalar expression or schedule
        Rate η, the rate after the warm-up. A schedule counts its steps from the first step of
        training, not from the end of the warm-up.
    over : int
        The first step, counted from 1, with the full rate.

    Returns
    -------
    callable
        The schedule.

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


def linear_decay(initial: float, start: int, end: int) -> Schedule:
    """Return a schedule of linear decay to zero, η = initial·min(1, (end − step) / (end − start)).

    The rate is `initial` up to the step `start`, and 0 from the step `end`.

    Parameters
    ----------
    initial : float
        Rate before the decay, above 0.
    start, end : int
        Steps (minibatches, not epochs), counted from 0, between which the rate falls;
        0 <= start < end.

    Returns
    -------
    callable
        The schedule, which can be pickled.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> rate = linear_decay(0.5, start=2, end=4)
    >>> [rate(pt.constant(i, dtype="int32")).eval().item() for i in range(6)]
    [0.5, 0.5, 0.5, 0.25, 0.0, 0.0]
    """
    first = positive_int(start, "start") if start else 0
    if positive_int(end, "end") <= first:
        raise ValueError(f"end is {end}; expected a step after start, which is {start}.")
    return functools.partial(_linear_decay, _positive(initial, "initial"), first, int(end))


def _exponential_decay(initial: float, decay: float, every: int, step: Expression) -> Expression:
    return initial * decay ** (_floating(step) / float(every))


def _step_decay(initial: float, decay: float, every: int, step: Expression) -> Expression:
    return initial * decay ** _floating(step // every)


def _inverse_time_decay(initial: float, decay: float, every: int, step: Expression) -> Expression:
    return initial / (1 + decay * _floating(step) / float(every))


def _linear_decay(initial: float, start: int, end: int, step: Expression) -> Expression:
    left = _floating(end - step) / float(end - start)
    return initial * pt.clip(left, 0, 1)


def _linear_warmup(learning_rate: LearningRate, over: int, step: Expression) -> Expression:
    return rate_at(step, learning_rate) * pt.minimum(1, _floating(step + 1) / float(over))


def _floating(step: Expression) -> Expression:
    # An int32 combined with a float32 would result in a float64.
    return step.astype(config.floatX)


def _settings(initial: Any, decay: Any, every: Any) -> tuple[float, float, int]:
    return _positive(initial, "initial"), _positive(decay, "decay"), positive_int(every, "every")


def _positive(value: Any, name: str) -> float:
    """Return `value` as a float; raise ValueError unless it is finite and above 0."""
    if not is_number(value) or not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}; expected a finite number above 0.")
    return float(value)
