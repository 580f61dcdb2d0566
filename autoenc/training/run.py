"""A training run in progress: epochs of blocks, and the checks between them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from autoenc.backends import BlockRunner, Processes, Step
from autoenc.graph.types import Parameter
from autoenc.training.callbacks import Callback, Record
from autoenc.training.checkpoints import rule_state, scalar_constants
from autoenc.training.divergence import (
    DivergedError,
    Halving,
    describe,
    explain,
    first_bad,
    first_not_finite,
)
from autoenc.training.early_stopping import Keeper
from autoenc.training.feeds import Feed
from autoenc.training.interruption import Interruption
from autoenc.training.place import EpochSoFar
from autoenc.training.plan import Plan
from autoenc.training.saver import Saver
from autoenc.training.snapshots import Snapshot, in_order, numbered
from autoenc.training.validation import Validator

Array: TypeAlias = np.ndarray[Any, Any]

# A state is worth restoring if its cost is at most this many times the first cost.
GOOD = 10
# Training ends with a warning if the mean cost of an epoch is more than `EXPLODED` times the first
# cost. This is more than `GOOD`, because costs of minibatches of one row vary widely. A first cost
# below `PERFECT` is rounding error: the initial parameters were already perfect.
EXPLODED, PERFECT = 100, 1e-6


@dataclass
class Run:
    """A training run in progress; callbacks see it as a `Training`."""

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
    processes: Processes
    description: str
    present: Callable[[list[Record]], Any]
    epoch: int = 0
    iteration: int = 0
    history: list[Record] = field(default_factory=list)
    so_far: EpochSoFar = field(default_factory=EpochSoFar)
    stop_requested: bool = False
    is_to_end: bool = False
    valid_cost: float | None = None
    best_validation: Record | None = None
    first_cost: float | None = None
    is_good: bool = True

    def __call__(self) -> list[Record]:
        """Run all epochs, unless training is stopped before."""
        try:
            self.callbacks.start(self)
            self.agree()
            while self.begin_epoch():
                self.run_epoch()
                if self.ended:
                    break
            else:
                self.save()
        finally:
            # However training ends, the shared variables hold the trained parameters.
            self.feed.close()
            self.runner.sync()
            if self.keeper:
                self.keeper.restore()
            if self.interruption.requested and self.history:
                self.history[-1]["interrupted"] = True
            self.present(self.history)
            self.callbacks.stop(self)
        if self.interruption.requested:
            _warn_of_interruption(self.epoch)
        if not self.is_to_end:
            self.warn_if_exploded()
        return self.history

    @property
    def ended(self) -> bool:
        """Whether training ends before the next block."""
        return self.is_to_end or "stopped_early" in self.so_far.said

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
        """Go to the next epoch, unless one is in progress; return False if there is none.

        A run that is resumed and asked to stop before its next epoch gets no record of that epoch.
        """
        if len(self.history) < self.epoch:
            return True
        if self.epoch >= self.n_epochs or (self.is_to_end and self.history):
            return False
        self.epoch += 1
        self.so_far = EpochSoFar()
        return True

    def run_epoch(self) -> None:
        """Run the rest of the epoch, unless it is stopped; add its record to the history."""
        self.feed.start(self.epoch, self.rows_done)
        for rows in self.pieces():
            if self.ended:
                break
            self.run_block(rows)
            self.callbacks.block_end(self)
            self.agree()
            if not self.ended:
                self.save_if_due(epoch_is_over=False)
        cut = self.ended
        if cut:
            # Before the record is closed, so that the rest of the epoch can be resumed.
            self.save()
        self.history.append(self.so_far.record(self.epoch))
        self.runner.sync()
        self.callbacks.epoch_end(self)
        self.agree()
        if not self.ended:
            self.save_if_due(epoch_is_over=True)
        elif not cut:
            self.save()

    def agree(self) -> None:
        """End training in every process if one of them was asked to stop.

        All processes are at the end of the same block, so none waits for one that has ended.
        """
        asked = self.interruption.signum or 0, self.stop_requested
        signum, stop = self.processes.gather(asked).max(axis=0)
        if signum:
            self.interruption.signum = int(signum)
        self.is_to_end = bool(signum or stop)

    def pieces(self) -> Iterator[Array]:
        """Yield the rows of the remaining blocks of the epoch.

        A block ends where the stopping rule has its next event.
        """
        for block in self.plan.blocks(self.epoch, self.rows_done):
            rows = block
            while len(rows):
                n = len(rows)
                if self.keeper:
                    n = min(n, self.keeper.rule.next_event(self.iteration) - self.iteration + 1)
                yield rows[:n]
                rows = rows[n:]

    def run_block(self, rows: Array) -> None:
        """Train on a block, and validate if validation is due."""
        started = perf_counter()
        so_far = self.so_far
        costs = self.run_until_finite(rows)
        self.keep_if_good(costs)
        self.iteration += len(rows)
        so_far.block += 1
        so_far.total += float(costs.sum()) * rows.shape[1]
        so_far.rows_done += rows.size
        self.validate()
        so_far.seconds += perf_counter() - started

    def run_until_finite(self, rows: Array) -> Array:
        """Run a block, repeatedly with half the learning rate if it diverges; return its costs."""
        entropy = (self.plan.seed, self.epoch, self.so_far.block)
        while True:
            costs = self.run_in_memory(rows, entropy)
            if np.isfinite(costs).all() and self.runner.is_finite():
                return costs
            what = describe(costs, self.epoch, self.so_far.block)
            self.runner.undo()
            if not self.halving(what):
                raise self.diverged(what, rows, costs)
            with self.halving.preserved():  # an updated rate would go back, too
                self.runner.go_back()
            self.so_far.said["halved"] = self.so_far.said.get("halved", 0) + 1

    def run_in_memory(self, rows: Array, entropy: tuple[int, ...]) -> Array:
        """Run a block; if the devices have too little memory, run it in smaller parts.

        Raises
        ------
        MemoryError
            If there is too little memory for a single minibatch, or if memory ran out in this
            process only, while others compute.
        """
        try:
            data = self.processes.in_each(lambda: self.feed.block(rows))
        except MemoryError as error:  # the same in all processes
            return self.run_in_less(rows, entropy, error)
        try:
            return self.runner.run(*data, entropy)
        except MemoryError as error:
            if not self.processes.met():
                raise MemoryError(
                    f"the device of process {self.processes.rank} has too little memory for a "
                    f"block ({error}). Other processes have enough and are already computing, so "
                    "training ends; use equal devices, or a smaller block_size."
                ) from error
            return self.run_in_less(rows, entropy, error)

    def run_in_less(self, rows: Array, entropy: tuple[int, ...], error: MemoryError) -> Array:
        """Run a block with less memory: from a smaller feed, or else its halves.

        Raises
        ------
        MemoryError
            If the block is a single minibatch.
        """
        feed, smaller = self.feed, self.feed.smaller()
        if len(rows) == 1 and smaller is feed:
            raise MemoryError(
                f"there is too little memory for a minibatch of {rows.size} rows ({error}); "
                "use a smaller batch_size, a smaller model or another device."
            ) from error
        _warn_of_memory(error)
        if smaller is not feed:
            self.feed = smaller
            self.feed.start(self.epoch, self.rows_done)
            return self.run_in_memory(rows, entropy)
        half = len(rows) // 2
        parts = enumerate((rows[:half], rows[half:]))
        return np.concatenate([self.run_in_memory(part, (*entropy, i)) for i, part in parts])

    def keep_if_good(self, costs: Array) -> None:
        """Store the state, unless the cost has begun to explode.

        When the cost becomes infinite, the last state with a finite cost is already useless.
        """
        if self.first_cost is None:
            self.first_cost = abs(float(costs[0]))
        self.is_good = bool(costs[-1] <= GOOD * self.first_cost)
        if self.is_good:
            self.runner.keep()

    def warn_if_exploded(self) -> None:
        """Warn if the cost is finite but far above the initial cost."""
        cost = self.history[-1]["cost"] if self.history else 0.0
        if self.first_cost is not None and cost > EXPLODED * max(self.first_cost, PERFECT):
            warnings.warn(
                f"the cost has risen from {self.first_cost:.4g} before training to {cost:.4g}; "
                "use a smaller learning_rate, or scale the data.",
                stacklevel=6,
            )

    def diverged(self, what: str, rows: Array, costs: Array) -> DivergedError:
        """Explain how a block diverged, starting from its initial state."""
        last = min(first_bad(costs), len(rows) - 1)
        before, after = self.state_after(rows[:last]), self.state_after(rows[: last + 1])
        if last and not all(np.isfinite(value).all() for value in before):
            last -= 1
            before, after = self.state_after(rows[:last]), before
        minibatch = self.feed.rows(rows[last])
        reasons = explain(self.step, minibatch, before, after)
        if found := first_not_finite(minibatch, rows[last]):
            reasons = f"{found}; {reasons}"
        self.runner.go_back()
        return DivergedError(
            f"{what} ({reasons}). The parameters are the last good ones, from before the cost "
            "exploded. Try a smaller learning rate, or scale the data.",
            self.model,
            self.history,
        )

    def state_after(self, rows: Array) -> list[Array]:
        """Return the state after some minibatches of this block, and undo them."""
        if len(rows):
            entropy = (self.plan.seed, self.epoch, self.so_far.block)
            self.runner.run(*self.feed.block(rows), entropy)
        self.runner.sync()
        after = [variable.get_value() for variable in self.step.state]
        if len(rows):
            self.runner.undo()
        return after

    def validate(self) -> None:
        """Validate if validation is due, and add the result to the record."""
        self.valid_cost = None
        if self.validator is None:
            return
        last = self.iteration - 1
        if self.keeper is None:
            if self.rows_done == self.n_rows:
                self.compute_validation_cost(self.validator)
            return
        if self.keeper.rule.validate_after(last):
            self.keeper.report(last, self.compute_validation_cost(self.validator))
        if self.keeper.rule.stop_after(last):
            self.so_far.said["stopped_early"] = True

    def compute_validation_cost(self, validator: Validator) -> float:
        """Compute and record the validation cost of the current parameters."""
        self.runner.sync()
        cost = self.valid_cost = self.so_far.said["valid_cost"] = validator()
        best = self.best_validation["valid_cost"] if self.best_validation else np.inf
        if cost < best:
            numbers = {"epoch": self.epoch, "iteration": self.iteration}
            self.best_validation = {**numbers, "valid_cost": cost}
        return cost

    def snapshot(self) -> Snapshot:
        """Return the current state, from which training can continue."""
        self.runner.sync()
        return Snapshot(self._arrays(), self._progress())

    def restore(self, snapshot: Snapshot) -> None:
        """Continue from a snapshot of the same run."""
        self._restore_arrays(snapshot.arrays)
        progress = snapshot.progress
        self.epoch = progress["epoch"]
        self.iteration = progress["iteration"]
        self.so_far = EpochSoFar(**progress["so_far"])
        self.history = progress["history"]
        self.halving.done = progress["halved"]
        self.first_cost = progress["first_cost"]
        self.best_validation = progress.get("best_validation")  # older files lack it
        if self.keeper:
            self.keeper.resume(progress["rule"], in_order("best", snapshot.arrays))

    def _progress(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "iteration": self.iteration,
            "so_far": asdict(self.so_far),
            "history": self.history,
            "halved": self.halving.done,
            "first_cost": self.first_cost,
            "best_validation": self.best_validation,
            "stop_requested": self.is_to_end and not self.interruption.requested,
            "rule": rule_state(self.keeper.rule) if self.keeper else None,
        }

    def _arrays(self) -> dict[str, Array]:
        values = {name: v.get_value(borrow=True) for name, v in self._variables().items()}
        kept = [] if self.is_good else self.runner.kept()
        best = (self.keeper.best if self.keeper else None) or []
        return values | numbered("kept", kept) | numbered("best", best)

    def _restore_arrays(self, arrays: Mapping[str, Array]) -> None:
        """Restore the current state and, if it differs, the state to restore on divergence."""
        kept = in_order("kept", arrays)
        for variable, value in zip(self.step.state, kept, strict=bool(kept)):
            variable.set_value(value)
        if kept:
            self.runner.keep()
        for name, variable in self._variables().items():
            variable.set_value(arrays[name])
        if not kept:
            self.runner.keep()
        self.is_good = not kept

    def _variables(self) -> dict[str, Parameter]:
        constants = scalar_constants(self.step)
        return numbered("state", self.step.state) | numbered("constant", constants)

    def save(self) -> None:
        """Write the checkpoint, if there is one."""
        if self.saver:
            self.saver.save(self)

    def save_if_due(self, *, epoch_is_over: bool) -> None:
        """Write the checkpoint, if there is one and it is due."""
        if self.saver:
            self.saver.save_if_due(self, epoch_is_over=epoch_is_over)


def _warn_of_interruption(epoch: int) -> None:
    warnings.warn(
        f"training was interrupted in epoch {epoch}; the parameters are those trained so far.",
        stacklevel=4,
    )


def _warn_of_memory(error: MemoryError) -> None:
    warnings.warn(
        f"the device has too little memory for a block ({error}); training continues in smaller "
        "blocks, which draw different noise.",
        stacklevel=6,
    )
