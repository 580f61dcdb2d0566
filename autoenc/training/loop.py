"""The training loop. It knows no model: it is given cost, updates and inputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from autoenc.backends import Backend, BlockRunner, make_step, resolve_backend
from autoenc.backends.step import UpdatesLike
from autoenc.graph.types import Expression
from autoenc.training.arrays import as_arrays
from autoenc.training.early_stopping import EarlyStopping, Keeper
from autoenc.training.feeds import Feed, make_feed
from autoenc.training.interruption import Interruption, deferred_interrupt
from autoenc.training.plan import Plan, make_plan
from autoenc.training.progress import Progress
from autoenc.training.validation import Validator

Record: TypeAlias = dict[str, Any]
Callback: TypeAlias = Callable[[Record], object]
Array: TypeAlias = np.ndarray[Any, Any]


class DivergedError(ArithmeticError):
    """The cost is no longer a finite number."""


def train(
    cost: Expression,
    updates: UpdatesLike,
    *,
    inputs: Sequence[Expression],
    data: Any,
    batch_size: int = 20,
    n_epochs: int = 15,
    seed: int = 0,
    shuffle: bool = True,
    backend: str | Backend = "auto",
    device: str | None = None,
    block_size: int | None = None,
    device_bytes: int | None = None,
    validation: tuple[Expression, Any] | None = None,
    early_stopping: EarlyStopping | None = None,
    callbacks: Iterable[Callback] = (),
    progress: bool = True,
) -> list[Record]:
    """Train on minibatches until the epochs are over or the user stops it.

    Parameters
    ----------
    cost : scalar expression
        What is reported; usually the mean over the rows of a minibatch.
    updates : dict or pairs
        From shared variable to what it becomes after a minibatch, as
        `autoenc.graph.sgd` and its kin return. Random generators in the graph need no
        updates: each block is given fresh ones.
    inputs : sequence of symbolic variables
        What a minibatch supplies to the graph.
    data : array, or sequence of arrays
        For each input an array whose first axis is the rows. Arrays are converted to
        the dtype of their input.
    batch_size : int
        Rows of a minibatch. A last, shorter one is used, not dropped.
    n_epochs : int
        How often all rows are visited.
    seed : int
        What order and noise are made from, with the numbers of epoch and block.
    shuffle : bool
        Whether each epoch has a random order of its own.
    backend : {"auto", "c", "xla", "numba"} or Backend
        How the step is compiled; see `autoenc.backends.resolve_backend`.
    device : {"cpu", "cuda", "cuda0", ...}, optional
        Where it runs.
    block_size : int, optional
        Minibatches of one compiled call; chosen by the library when left out. It changes
        results only by the noise drawn, as each block has its own.
    device_bytes : int, optional
        How many bytes of data may be kept on the device. Data that is larger, such as a memory
        map, stays where it is, and each block is moved when its turn comes; results are the
        same.
    validation : pair of expression and data, optional
        A cost for each row in terms of `inputs`, and data for them: its mean over all rows is
        the validation cost.
    early_stopping : EarlyStopping, optional
        A rule such as `GeometricPatience` that says when to validate and when to stop; needs
        `validation`. When training ends, the state with the best validation cost is restored.
    callbacks : iterable of callables
        Each is called with the record of every epoch when it ends; by then the
        shared variables hold the present parameters.
    progress : bool
        Whether a progress bar is shown, and a line that names the backend.

    Returns
    -------
    list of dict
        A record an epoch: ``epoch`` (from 1), ``cost`` (mean over all rows),
        ``seconds``, ``rows_per_second``; with validation also ``valid_cost``, the last one of
        the epoch. The last record may be of part of an epoch: after Ctrl-C it has
        ``interrupted``, where early stopping ended it ``stopped_early`` set to True.

    Raises
    ------
    ValueError, TypeError
        If the graph, the data or a setting does not fit; says what to do.
    BackendError
        If the backend or device is not there.
    DivergedError
        If a cost is not finite.

    Examples
    --------
    >>> import numpy as np, pytensor, pytensor.tensor as pt
    >>> from autoenc.graph import sgd
    >>> x, mean = pt.vector("x"), pytensor.shared(np.float32(0), name="mean")
    >>> cost = ((x - mean) ** 2).mean()
    >>> history = train(cost, sgd(cost, [mean], 0.1), inputs=[x],
    ...                 data=np.array([1, 2, 3, 4]), batch_size=2, progress=False)
    >>> len(history), float(mean.get_value().round())
    (15, 2.0)
    """
    chosen = resolve_backend(backend, device)
    arrays = as_arrays(data, inputs)
    plan = make_plan(len(arrays[0]), batch_size, n_epochs, block_size, seed, shuffle)
    step = make_step(cost, updates, inputs)
    validator = _make_validator(validation, early_stopping, inputs, chosen)
    runner = chosen.compile(step)
    feed = make_feed(arrays, chosen, device_bytes)
    with (
        deferred_interrupt() as interruption,
        Progress(plan.n_rows * n_epochs, visible=progress) as bar,
    ):
        bar.say_once(f"autoenc runs on {chosen.description}: {chosen.reason}")
        keeper = Keeper(early_stopping, step.state) if early_stopping else None
        run = _Run(runner, feed, plan, validator, keeper, list(callbacks), bar, interruption)
        return run()


def _make_validator(
    validation: tuple[Expression, Any] | None,
    early_stopping: EarlyStopping | None,
    inputs: Sequence[Expression],
    backend: Backend,
) -> Validator | None:
    if validation is None:
        if early_stopping is not None:
            raise ValueError(
                "early_stopping needs validation=(cost of each row, data) to look at; "
                "give it, or leave early_stopping out."
            )
        return None
    row_cost, data = validation
    return Validator(row_cost, inputs, data, backend)


@dataclass
class _Run:
    """A training under way."""

    runner: BlockRunner
    feed: Feed
    plan: Plan
    validator: Validator | None
    keeper: Keeper | None
    callbacks: Sequence[Callback]
    bar: Progress
    interruption: Interruption
    iteration: int = 0
    history: list[Record] = field(default_factory=list)

    def __call__(self) -> list[Record]:
        """Run all epochs, or as many as there may be."""
        if self.keeper:
            self.keeper.start(self.plan.minibatches_per_epoch)
        try:
            for epoch in range(1, self.plan.n_epochs + 1):
                self.bar.start_epoch(epoch, self.plan.n_epochs)
                self.history.append(self.epoch(epoch))
                self.runner.sync()
                for callback in self.callbacks:
                    callback(self.history[-1])
                if self.ended():
                    break
        finally:
            # Whatever ends the training, the shared variables hold what was learned.
            self.runner.sync()
            if self.keeper:
                self.keeper.restore()
        return self.history

    def epoch(self, epoch: int) -> Record:
        """Run one epoch, or what there may be of it; return its record."""
        started = perf_counter()
        said: Record = {}
        total, rows_done = 0.0, 0
        for block, rows in enumerate(self.pieces(epoch)):
            costs = self.runner.run(*self.feed.block(rows), (self.plan.seed, epoch, block))
            _check_finite(costs, epoch, block)
            self.iteration += len(rows)
            total += float(costs.sum()) * rows.shape[1]
            rows_done += rows.size
            self.bar.advance(rows.size, total / rows_done)
            said |= self.validate(rows_done == self.plan.n_rows)
            if "stopped_early" in said or self.interruption.requested:
                break
        if rows_done < self.plan.n_rows and "stopped_early" not in said:
            said["interrupted"] = True
        seconds = perf_counter() - started
        rate = {"seconds": seconds, "rows_per_second": rows_done / seconds}
        return {"epoch": epoch, "cost": total / rows_done, **said, **rate}

    def pieces(self, epoch: int) -> Iterator[Array]:
        """Rows of each block, cut where the rule for stopping wants to be asked."""
        for block in self.plan.blocks(epoch):
            rows = block
            while len(rows):
                n = len(rows)
                if self.keeper:
                    n = min(n, self.keeper.rule.next_event(self.iteration) - self.iteration + 1)
                yield rows[:n]
                rows = rows[n:]

    def validate(self, epoch_is_over: bool) -> Record:
        """Validate if it is time to; return what the record is to say of it."""
        if self.validator is None:
            return {}
        last = self.iteration - 1
        if self.keeper is None:
            return {"valid_cost": self.compute_validation_cost()} if epoch_is_over else {}
        said: Record = {}
        if self.keeper.rule.validate_after(last):
            said["valid_cost"] = self.compute_validation_cost()
            self.keeper.report(last, said["valid_cost"])
        if self.keeper.rule.stop_after(last):
            said["stopped_early"] = True
        return said

    def compute_validation_cost(self) -> float:
        """Compute the validation cost under the present parameters."""
        assert self.validator is not None
        self.runner.sync()
        return self.validator()

    def ended(self) -> bool:
        """Whether there shall be no further epoch."""
        if self.interruption.requested:
            _tell_of_interruption(self.history[-1])
        return self.interruption.requested or "stopped_early" in self.history[-1]


def _check_finite(costs: Array, epoch: int, block: int) -> None:
    if not np.isfinite(costs).all():
        step = int(np.argmin(np.isfinite(costs)))
        raise DivergedError(
            f"the cost became {costs[step]} in epoch {epoch}, block {block}, step {step}; "
            "try a smaller learning rate, or scale the data."
        )


def _tell_of_interruption(record: Record) -> None:
    warnings.warn(
        f"training was interrupted in epoch {record['epoch']}; the parameters are those "
        "trained so far.",
        stacklevel=5,
    )
