"""The training loop. It knows no model: it is given cost, updates and inputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from autoenc.backends import Backend, BlockRunner, make_step, resolve_backend
from autoenc.backends.step import UpdatesLike
from autoenc.graph.types import Expression
from autoenc.training.arrays import as_arrays
from autoenc.training.interruption import Interruption, deferred_interrupt
from autoenc.training.progress import Progress
from autoenc.training.schedule import block_length, epoch_blocks

Record: TypeAlias = dict[str, Any]
Callback: TypeAlias = Callable[[Record], object]


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
    callbacks : iterable of callables
        Each is called with the record of every epoch when it ends; by then the
        shared variables hold the present parameters.
    progress : bool
        Whether a progress bar is shown, and a line that names the backend.

    Returns
    -------
    list of dict
        A record an epoch: ``epoch`` (from 1), ``cost`` (mean over all rows),
        ``seconds``, ``rows_per_second``. After Ctrl-C the last record may be of part of
        an epoch; it then has ``interrupted`` set to True.

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
    runner = chosen.compile(make_step(cost, updates, inputs))
    on_device = [chosen.put(array) for array in arrays]
    with (
        deferred_interrupt() as interruption,
        Progress(plan.n_rows * n_epochs, visible=progress) as bar,
    ):
        bar.say_once(f"autoenc runs on {chosen.description}: {chosen.reason}")
        return _run(runner, on_device, plan, list(callbacks), bar, interruption)


class DivergedError(ArithmeticError):
    """The cost is no longer a finite number."""


@dataclass(frozen=True)
class Plan:
    """The sizes of a training."""

    n_rows: int
    batch_size: int
    n_epochs: int
    block_size: int
    seed: int
    shuffle: bool

    def blocks(self, epoch: int) -> Iterable[np.ndarray[Any, Any]]:
        """Rows of each block of an epoch."""
        return epoch_blocks(
            self.n_rows,
            self.batch_size,
            self.block_size,
            seed=self.seed,
            epoch=epoch,
            shuffle=self.shuffle,
        )


def make_plan(
    n_rows: int, batch_size: int, n_epochs: int, block_size: int | None, seed: int, shuffle: bool
) -> Plan:
    """Check the sizes of a training, and choose the block size if it is None."""
    for name, value in (("batch_size", batch_size), ("n_epochs", n_epochs)):
        _check_integer(name, value, at_least=1)
    _check_integer("seed", seed, at_least=0)
    if block_size is None:
        block_size = block_length(n_rows // batch_size, batch_size)
    _check_integer("block_size", block_size, at_least=1)
    return Plan(n_rows, int(batch_size), int(n_epochs), int(block_size), int(seed), shuffle)


def _run(
    runner: BlockRunner,
    data: Sequence[Any],
    plan: Plan,
    callbacks: Sequence[Callback],
    bar: Progress,
    interruption: Interruption,
) -> list[Record]:
    history: list[Record] = []
    try:
        for epoch in range(1, plan.n_epochs + 1):
            bar.start_epoch(epoch, plan.n_epochs)
            history.append(_run_epoch(runner, data, plan, epoch, bar, interruption))
            runner.sync()
            for callback in callbacks:
                callback(history[-1])
            if interruption.requested:
                _tell_of_interruption(history[-1])
                break
    finally:
        # Whatever ends the training, the shared variables hold what was learned.
        runner.sync()
    return history


def _run_epoch(
    runner: BlockRunner,
    data: Sequence[Any],
    plan: Plan,
    epoch: int,
    bar: Progress,
    interruption: Interruption,
) -> Record:
    started = perf_counter()
    total, rows_done = 0.0, 0
    for block, rows in enumerate(plan.blocks(epoch)):
        costs = runner.run(data, rows, (plan.seed, epoch, block))
        _check_finite(costs, epoch, block)
        total += float(costs.sum()) * rows.shape[1]
        rows_done += rows.size
        bar.advance(rows.size, total / rows_done)
        if interruption.requested:
            break
    seconds = perf_counter() - started
    record: Record = {
        "epoch": epoch,
        "cost": total / rows_done,
        "seconds": seconds,
        "rows_per_second": rows_done / seconds,
    }
    if rows_done < plan.n_rows:
        record["interrupted"] = True
    return record


def _check_finite(costs: np.ndarray[Any, Any], epoch: int, block: int) -> None:
    if not np.isfinite(costs).all():
        step = int(np.isfinite(costs).argmin())
        raise DivergedError(
            f"the cost became {costs[step]} in epoch {epoch}, block {block}, step {step}; "
            "try a smaller learning rate, or scale the data."
        )


def _tell_of_interruption(record: Record) -> None:
    warnings.warn(
        f"training was interrupted in epoch {record['epoch']}; the parameters are those "
        "trained so far.",
        stacklevel=4,
    )


def _check_integer(name: str, value: Any, *, at_least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < at_least:
        raise ValueError(f"{name} is {value!r}; expected an integer of at least {at_least}.")
