"""The position of a training run within an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

from autoenc.training.callbacks import Record


@dataclass
class EpochSoFar:
    """The part of an epoch that is complete.

    Attributes
    ----------
    block : int
        Number of blocks.
    rows_done : int
        Number of rows.
    total : float
        Sum of the costs of these rows.
    seconds : float
        Training time.
    said : dict
        Further entries of the record.
    """

    block: int = 0
    rows_done: int = 0
    total: float = 0.0
    seconds: float = 0.0
    said: Record = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """Mean cost of the rows so far; NaN before the first block."""
        return self.total / self.rows_done if self.rows_done else float("nan")

    def record(self, epoch: int) -> Record:
        """Return the epoch's record for the history; its cost is NaN if no block was trained."""
        rate = self.rows_done / self.seconds if self.seconds else 0.0
        speed = {"seconds": self.seconds, "rows_per_second": rate}
        return {"epoch": epoch, "cost": self.cost, **self.said, **speed}
