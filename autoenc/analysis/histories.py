"""Summaries of the costs of a training run.

>>> found = summarize([{"epoch": 1, "cost": 80.0}, {"epoch": 2, "cost": 60.0}])
>>> found.last_cost, round(found.fall, 4), found.has_trend
(60.0, 0.25, True)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scipy.stats import linregress

# The decrease of the cost is computed over this many epochs, because a single one is noisy.
LAST_EPOCHS = 3
# A line is fitted to these numbers of last epochs. Its slope is a trend if a flat curve has such a
# slope with less than the probability FALSE_ALARM.
WINDOWS = (6, 10)
FALSE_ALARM = 1e-4
# The last steps, at most three, are a trend if each of them changes the cost in one direction by
# more than this fraction, divided by their number.
CLEAR = 0.15
TINY = 1e-300


@dataclass(frozen=True)
class History:
    """Summary of a training run in a few numbers.

    Parameters
    ----------
    n_epochs : int
        Number of epochs.
    first_cost, last_cost : float
        Costs of the first and the last epoch.
    fall : float or None
        Relative decrease of the cost per epoch, from a line fitted to the last four costs;
        negative if the cost increased; None after one epoch.
    seconds : float
        Duration of all epochs.
    best_epoch, best_valid_cost, last_valid_cost : int, float, float, or None
        Epoch with the lowest validation cost, this cost, and the last validation cost; None
        without validation.
    has_trend : bool
        Whether the decrease, or increase, is more than noise: a line fitted to the last six or ten
        costs has a slope that a flat curve has in one of ten thousand cases, or the cost has
        changed by 5 % in the same direction in each of the last three epochs.
    """

    n_epochs: int
    first_cost: float
    last_cost: float
    fall: float | None
    seconds: float
    best_epoch: int | None = None
    best_valid_cost: float | None = None
    last_valid_cost: float | None = None
    has_trend: bool = False


def summarize(records: Sequence[Mapping[str, Any]]) -> History | None:
    """Summarise the records of a training run.

    Parameters
    ----------
    records : sequence of mappings
        Records with "epoch" and "cost" and, if available, "seconds" and "valid_cost". Records
        without a finite cost are ignored.

    Returns
    -------
    History or None
        None if there are no records.

    Examples
    --------
    >>> summarize([]) is None
    True
    """
    epochs = [r for r in records if math.isfinite(r.get("cost", math.nan))]
    if not epochs:
        return None
    validated = [r for r in epochs if _is_finite(r.get("valid_cost"))]
    best = min(validated, key=lambda r: float(r["valid_cost"]), default=None)
    costs = [float(r["cost"]) for r in epochs]
    return History(
        n_epochs=len(epochs),
        first_cost=float(epochs[0]["cost"]),
        last_cost=float(epochs[-1]["cost"]),
        fall=_fall(costs[-LAST_EPOCHS - 1 :]),
        seconds=float(sum(r.get("seconds", 0.0) for r in epochs)),
        best_epoch=None if best is None else int(best["epoch"]),
        best_valid_cost=None if best is None else float(best["valid_cost"]),
        last_valid_cost=None if best is None else float(validated[-1]["valid_cost"]),
        has_trend=_has_trend(costs),
    )


def _is_finite(cost: float | None) -> bool:
    return cost is not None and math.isfinite(cost)


def _fall(costs: list[float]) -> float | None:
    if len(costs) < 2 or costs[0] == 0:
        return None
    slope = float(linregress(range(len(costs)), costs).slope)
    return -slope / abs(costs[0])


def _has_trend(costs: list[float]) -> bool:
    """Return whether costs fall or rise by more than they vary."""
    last = costs[-LAST_EPOCHS - 1 :]
    steps = [(after - before) / max(abs(before), TINY) for before, after in pairwise(last)]
    clear = CLEAR / max(len(steps), 1)
    if steps and (max(steps) < -clear or min(steps) > clear):
        return True
    return any(
        linregress(range(n), costs[-n:]).pvalue < FALSE_ALARM for n in WINDOWS if len(costs) >= n
    )
