"""A training under way: epochs of blocks, and what is asked and told between them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from autoenc.backends import BlockRunner
from autoenc.training.callbacks import Callback, Record
from autoenc.training.early_stopping import Keeper
from autoenc.training.feeds import Feed
from autoenc.training.interruption import Interruption
from autoenc.training.plan import Plan
from autoenc.training.validation import Validator

Array: TypeAlias = np.ndarray[Any, Any]


class DivergedError(ArithmeticError):
    """The cost is no longer a finite number."""


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


@dataclass
class Run:
    """A training under way; to callbacks it is a `Training`."""

    runner: BlockRunner
    feed: Feed
    plan: Plan
    validator: Validator | None
    keeper: Keeper | None
    callbacks: Callback
    interruption: Interruption
    description: str
    present: Callable[[list[Record]], Any]
    epoch: int = 0
    iteration: int = 0
    history: list[Record] = field(default_factory=list)
    so_far: EpochSoFar = field(default_factory=EpochSoFar)
    stop_requested: bool = False

    def __call__(self) -> list[Record]:
        """Run all epochs, or as many as there may be."""
        if self.keeper:
            self.keeper.start(self.plan.minibatches_per_epoch)
        try:
            self.callbacks.start(self)
            while self.epoch < self.plan.n_epochs and not self.ended:
                self.run_epoch()
        finally:
            # Whatever ends the training, the shared variables hold what was learned.
            self.runner.sync()
            if self.keeper:
                self.keeper.restore()
            self.present(self.history)
            self.callbacks.stop(self)
        if self.interruption.requested:
            _tell_of_interruption(self.epoch)
        return self.history

    @property
    def ended(self) -> bool:
        """Whether there shall be no further block."""
        return (
            self.stop_requested
            or self.interruption.requested
            or "stopped_early" in self.so_far.said
        )

    @property
    def n_epochs(self) -> int:
        """See `Training.n_epochs`."""
        return self.plan.n_epochs

    @property
    def n_rows(self) -> int:
        """See `Training.n_rows`."""
        return self.plan.n_rows

    @property
    def batch_size(self) -> int:
        """See `Training.batch_size`."""
        return self.plan.batch_size

    @property
    def rows_done(self) -> int:
        """See `Training.rows_done`."""
        return self.so_far.rows_done

    @property
    def cost(self) -> float:
        """See `Training.cost`."""
        return self.so_far.cost

    @property
    def model(self) -> Any:
        """See `Training.model`."""
        self.runner.sync()
        return self.present(self.history)

    def run_epoch(self) -> None:
        """Run one epoch, or what there may be of it, and add its record to the history."""
        self.epoch += 1
        self.so_far = EpochSoFar()
        for rows in self.pieces():
            self.run_block(rows)
            self.callbacks.block_end(self)
            if self.ended:
                break
        if self.interruption.requested and self.rows_done < self.n_rows:
            self.so_far.said["interrupted"] = True
        self.history.append(self.so_far.record(self.epoch))
        self.runner.sync()
        self.callbacks.epoch_end(self)

    def pieces(self) -> Iterator[Array]:
        """Rows of each block, cut where the rule for stopping wants to be asked."""
        for block in self.plan.blocks(self.epoch):
            rows = block
            while len(rows):
                n = len(rows)
                if self.keeper:
                    n = min(n, self.keeper.rule.next_event(self.iteration) - self.iteration + 1)
                yield rows[:n]
                rows = rows[n:]

    def run_block(self, rows: Array) -> None:
        """Train on a block, and validate if it is time to."""
        started = perf_counter()
        so_far = self.so_far
        costs = self.runner.run(*self.feed.block(rows), (self.plan.seed, self.epoch, so_far.block))
        _check_finite(costs, self.epoch, so_far.block)
        self.iteration += len(rows)
        so_far.block += 1
        so_far.total += float(costs.sum()) * rows.shape[1]
        so_far.rows_done += rows.size
        self.validate()
        so_far.seconds += perf_counter() - started

    def validate(self) -> None:
        """Validate if it is time to, and note what the record is to say of it."""
        if self.validator is None:
            return
        said, last = self.so_far.said, self.iteration - 1
        if self.keeper is None:
            if self.rows_done == self.n_rows:
                said["valid_cost"] = self.compute_validation_cost()
            return
        if self.keeper.rule.validate_after(last):
            said["valid_cost"] = self.compute_validation_cost()
            self.keeper.report(last, said["valid_cost"])
        if self.keeper.rule.stop_after(last):
            said["stopped_early"] = True

    def compute_validation_cost(self) -> float:
        """Compute the validation cost under the present parameters."""
        assert self.validator is not None
        self.runner.sync()
        return self.validator()


def _check_finite(costs: Array, epoch: int, block: int) -> None:
    if not np.isfinite(costs).all():
        step = int(np.argmin(np.isfinite(costs)))
        raise DivergedError(
            f"the cost became {costs[step]} in epoch {epoch}, block {block}, step {step}; "
            "try a smaller learning rate, or scale the data."
        )


def _tell_of_interruption(epoch: int) -> None:
    warnings.warn(
        f"training was interrupted in epoch {epoch}; the parameters are those trained so far.",
        stacklevel=4,
    )
