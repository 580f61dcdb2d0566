"""What the costs of a training say about how it went.

>>> found = summarize([{"epoch": 1, "cost": 80.0}, {"epoch": 2, "cost": 60.0}])
>>> found.last_cost, found.fall
(60.0, 0.25)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The fall of the cost is taken over so many last epochs, since that of one is noisy.
LAST_EPOCHS = 3


@dataclass(frozen=True)
class History:
    """A training in a few numbers.

    Attributes
    ----------
    n_epochs : int
    first_cost, last_cost : float
        Of the first and the last epoch.
    fall : float or None
        Part of the cost by which it fell in an epoch, on average over the last three;
        negative if it rose; None after one epoch.
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
    return History(
        n_epochs=len(epochs),
        first_cost=float(epochs[0]["cost"]),
        last_cost=float(epochs[-1]["cost"]),
        fall=_fall([float(r["cost"]) for r in epochs[-LAST_EPOCHS - 1 :]]),
        seconds=float(sum(r.get("seconds", 0.0) for r in epochs)),
        best_epoch=None if best is None else int(best["epoch"]),
        best_valid_cost=None if best is None else float(best["valid_cost"]),
        last_valid_cost=None if best is None else float(validated[-1]["valid_cost"]),
    )


def _fall(costs: list[float]) -> float | None:
    if len(costs) < 2 or costs[0] == 0:
        return None
    return (costs[0] - costs[-1]) / abs(costs[0]) / (len(costs) - 1)
