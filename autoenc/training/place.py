"""Where a training is within an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

from autoenc.training.callbacks import Record


@dataclass
class EpochSoFar:
    """The part of an epoch that has been trained on.

    Attributes
    ----------
    block : int
        Blocks so far.
    rows_done : int
        Rows so far.
    total : float
        Sum of their costs.
    seconds : float
        Time they took.
    said : dict
        What the record is to say beside the cost.
    """

    block: int = 0
    rows_done: int = 0
    total: float = 0.0
    seconds: float = 0.0
    said: Record = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """Mean over the rows so far; NaN before the first."""
        return self.total / self.rows_done if self.rows_done else float("nan")

    def record(self, epoch: int) -> Record:
        """Give the epoch's record for the history."""
        rate = {"seconds": self.seconds, "rows_per_second": self.rows_done / self.seconds}
        return {"epoch": epoch, "cost": self.cost, **self.said, **rate}
