"""A training under way: epochs of blocks, and what is asked and told between them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from autoenc.backends import BlockRunner, Step
from autoenc.graph.types import Parameter
from autoenc.training.callbacks import Callback, Record
from autoenc.training.checkpoints import Checkpoint, rule_state, scalar_constants
from autoenc.training.divergence import DivergedError, Halving, describe, explain, first_bad
from autoenc.training.early_stopping import Keeper
from autoenc.training.every import Every
from autoenc.training.feeds import Feed
from autoenc.training.interruption import Interruption
from autoenc.training.plan import Plan
from autoenc.training.validation import Validator

Array: TypeAlias = np.ndarray[Any, Any]


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
class Saver:
    """A checkpoint, and how often it is written."""

    checkpoint: Checkpoint
    every: Every


@dataclass
class Run:
    """A training under way; to callbacks it is a `Training`."""

    step: Step
    runner: BlockRunner
    feed: Feed
    plan: Plan
    validator: Validator | None
    keeper: Keeper | None
    halving: Halving
    saver: Saver | None
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
        try:
            self.callbacks.start(self)
            while not self.ended and self.begin_epoch():
                self.run_epoch()
            self.save()
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

    def begin_epoch(self) -> bool:
        """Go to the next epoch, unless one is under way; return False if there is none."""
        if len(self.history) < self.epoch:
            return True
        if self.epoch >= self.n_epochs:
            return False
        self.epoch += 1
        self.so_far = EpochSoFar()
        return True

    def run_epoch(self) -> None:
        """Run what is left of the epoch, or may be run, and add its record to the history."""
        for rows in self.pieces():
            self.run_block(rows)
            self.callbacks.block_end(self)
            if self.ended:
                break
            self.save_if_due(epoch_is_over=False)
        if self.ended:
            # Before the record is closed, so that a half epoch can be gone on with.
            self.save()
        if self.interruption.requested and self.rows_done < self.n_rows:
            self.so_far.said["interrupted"] = True
        self.history.append(self.so_far.record(self.epoch))
        self.runner.sync()
        self.callbacks.epoch_end(self)
        if not self.ended:
            self.save_if_due(epoch_is_over=True)

    def pieces(self) -> Iterator[Array]:
        """Rows of the epoch's blocks that are left.

        They are cut where the rule for stopping wants to be asked.
        """
        to_skip = self.rows_done
        for block in self.plan.blocks(self.epoch):
            rows = block[to_skip // block.shape[1] :]
            to_skip -= block.size - rows.size
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
        costs = self.run_until_finite(rows)
        self.iteration += len(rows)
        so_far.block += 1
        so_far.total += float(costs.sum()) * rows.shape[1]
        so_far.rows_done += rows.size
        self.validate()
        so_far.seconds += perf_counter() - started

    def run_until_finite(self, rows: Array) -> Array:
        """Run a block, again with half the learning rate where it diverges; return its costs."""
        entropy = (self.plan.seed, self.epoch, self.so_far.block)
        data, local = self.feed.block(rows)
        while True:
            costs = self.runner.run(data, local, entropy)
            if np.isfinite(costs).all() and self.runner.is_finite():
                return costs
            self.runner.go_back()
            what = describe(costs, self.epoch, self.so_far.block)
            if not self.halving(what):
                raise self.diverged(what, rows, costs)
            self.so_far.said["halved"] = self.so_far.said.get("halved", 0) + 1

    def diverged(self, what: str, rows: Array, costs: Array) -> DivergedError:
        """Explain how a block went wrong, with the state as it was before the block."""
        last = min(first_bad(costs), len(rows) - 1)
        data, local = self.feed.block(rows)
        entropy = (self.plan.seed, self.epoch, self.so_far.block)
        self.runner.run(data, local[: last + 1], entropy)
        self.runner.sync()
        after = [variable.get_value() for variable in self.step.state]
        self.runner.go_back()
        reasons = explain(self.step, self.feed.rows(rows[last]), after)
        model = self.model
        return DivergedError(
            f"{what} ({reasons}). The parameters are the last finite ones, of before that block. "
            "Try a smaller learning rate, or scale the data.",
            model,
            self.history,
        )

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

    def save_if_due(self, *, epoch_is_over: bool) -> None:
        """Write the checkpoint if it is time to."""
        if self.saver and self.saver.every.is_due(self, epoch_is_over=epoch_is_over):
            self.save()

    def save(self) -> None:
        """Write the checkpoint, if one is asked for."""
        if self.saver is None:
            return
        self.runner.sync()
        progress = {
            "epoch": self.epoch,
            "iteration": self.iteration,
            "so_far": asdict(self.so_far),
            "history": self.history,
            "halved": self.halving.done,
            "rule": rule_state(self.keeper.rule) if self.keeper else None,
        }
        self.saver.checkpoint.save(self.arrays(), progress)

    def resume(self) -> None:
        """Go to where the checkpoint was written."""
        assert self.saver is not None
        arrays, progress = self.saver.checkpoint.load()
        for name, variable in self._kept_variables().items():
            variable.set_value(arrays[name])
        self.epoch = progress["epoch"]
        self.iteration = progress["iteration"]
        self.history = progress["history"]
        self.halving.done = progress["halved"]
        self.so_far = EpochSoFar(**progress["so_far"])
        if self.keeper:
            best = [arrays[f"best.{i}"] for i in range(len(self.step.state)) if "best.0" in arrays]
            self.keeper.resume(progress["rule"], best)

    def arrays(self) -> dict[str, Array]:
        """Give all arrays that a checkpoint holds."""
        kept = {name: v.get_value(borrow=True) for name, v in self._kept_variables().items()}
        best = self.keeper.best if self.keeper else None
        return kept | {f"best.{i}": array for i, array in enumerate(best or [])}

    def _kept_variables(self) -> dict[str, Parameter]:
        named = {"state": self.step.state, "constant": scalar_constants(self.step)}
        return {
            f"{kind}.{i}": variable
            for kind, variables in named.items()
            for i, variable in enumerate(variables)
        }


def _tell_of_interruption(epoch: int) -> None:
    warnings.warn(
        f"training was interrupted in epoch {epoch}; the parameters are those trained so far.",
        stacklevel=4,
    )
