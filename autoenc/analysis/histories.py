"""What the costs of a training say about how it went.

>>> found = summarize([{"epoch": 1, "cost": 80.0}, {"epoch": 2, "cost": 60.0}])
>>> found.last_cost, round(found.fall, 4), found.has_trend
(60.0, 0.2857, True)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scipy.stats import linregress

# The trend of the cost is that of a line through so many last epochs.
LAST_EPOCHS = 10
# A line through fewer epochs tells nothing of how much the cost varies.
LEAST_EPOCHS = 5
# Probability of a trend where there is none.
FALSE_ALARM = 1e-3
# Fall in each of a few epochs that is more than noise.
CLEAR = 0.05
TINY = 1e-300


@dataclass(frozen=True)
class History:
    """A training in a few numbers.

    Attributes
    ----------
    n_epochs : int
    first_cost, last_cost : float
        Of the first and the last epoch.
    fall : float or None
        Slope of a line through the costs of the last ten epochs, as a part of their mean by
        which the cost fell in an epoch; negative if it rose. None after one epoch.
    has_trend : bool
        Whether that is more than noise: the slope is beyond what its standard error would
        give in one of a thousand flat curves. With fewer than five epochs, the cost has to fall
        or rise in each by 5 %.
    seconds : float
        Of all epochs.
    best_epoch, best_valid_cost, last_valid_cost : int, float, float, or None
        Where the validation cost was lowest, if there was one.
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
    """Sum up the records of a training.

    Parameters
    ----------
    records : sequence of mappings
        With "epoch" and "cost"; "seconds" and "valid_cost" where there are such. Records
        without a finite cost are left out.

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
    validated = [r for r in epochs if r.get("valid_cost") is not None]
    best = min(validated, key=lambda r: float(r["valid_cost"]), default=None)
    last = [float(r["cost"]) for r in epochs[-LAST_EPOCHS:]]
    return History(
        n_epochs=len(epochs),
        first_cost=float(epochs[0]["cost"]),
        last_cost=float(epochs[-1]["cost"]),
        fall=_fall(last),
        seconds=float(sum(r.get("seconds", 0.0) for r in epochs)),
        best_epoch=None if best is None else int(best["epoch"]),
        best_valid_cost=None if best is None else float(best["valid_cost"]),
        last_valid_cost=None if best is None else float(validated[-1]["valid_cost"]),
        has_trend=_has_trend(last),
    )


def _fall(costs: list[float]) -> float | None:
    """Return the part of the mean cost by which the cost falls in an epoch."""
    size = abs(sum(costs) / len(costs))
    if len(costs) < 2 or size == 0:
        return None
    slope: float = linregress(range(len(costs)), costs).slope
    return -slope / size


def _has_trend(costs: list[float]) -> bool:
    """Whether costs fall or rise by more than they vary."""
    if len(costs) < LEAST_EPOCHS:
        steps = [(after - before) / max(abs(before), TINY) for before, after in pairwise(costs)]
        return bool(steps) and (max(steps) < -CLEAR or min(steps) > CLEAR)
    # Of two ends, each with half of the probability.
    return bool(linregress(range(len(costs)), costs).pvalue < FALSE_ALARM)
