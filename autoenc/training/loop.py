"""The training loop. It works on cost, updates and inputs, and depends on no model."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from autoenc.backends import Backend, in_precision, make_step, resolve_backend
from autoenc.backends.step import UpdatesLike
from autoenc.graph.types import Expression, Parameter
from autoenc.sources import bytes_of
from autoenc.training.agreement import check_same
from autoenc.training.arrays import as_arrays, values_per_row
from autoenc.training.callbacks import Callback, Callbacks, CallbacksLike, Record, listed
from autoenc.training.checkpoints import Checkpoint, identify
from autoenc.training.divergence import Halving
from autoenc.training.early_stopping import EarlyStopping, Keeper
from autoenc.training.every import Every, as_every
from autoenc.training.feeds import make_feed
from autoenc.training.interruption import deferred_interrupt
from autoenc.training.plan import make_plan
from autoenc.training.progress import ProgressBar
from autoenc.training.run import Run
from autoenc.training.saver import Saver
from autoenc.training.validation import Validator


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
    devices: int | str | None = None,
    precision: str = "float32",
    block_size: int | None = None,
    device_bytes: int | None = None,
    memory: str | int | None = None,
    chunk: int | None = None,
    window: int | None = None,
    validation: tuple[Expression, Any] | None = None,
    early_stopping: EarlyStopping | None = None,
    learning_rate: Parameter | None = None,
    max_halvings: int = 5,
    checkpoint: str | os.PathLike[str] | None = None,
    every: Every | int = 1,
    resume: bool = False,
    callbacks: CallbacksLike = (),
    model: Callable[[list[Record]], Any] | None = None,
    progress: bool = True,
) -> list[Record]:
    """Train on minibatches for a number of epochs, or until stopped.

    Parameters
    ----------
    cost : scalar expression
        The reported cost; usually the mean over the rows of a minibatch.
    updates : dict or pairs
        From shared variable to what it becomes after a minibatch, as
        `autoenc.graph.sgd` and similar functions return. Random generators in the graph
        need no updates: each block gets new ones.
    inputs : sequence of symbolic variables
        What a minibatch supplies to the graph.
    data : array, or sequence of arrays
        For each input an array whose first axis is the rows, or anything that
        `autoenc.sources.open_source` takes, such as a file or a folder of them, which is read
        while training runs. Values are converted to the dtype of their input.
    batch_size : int
        Rows per minibatch. A shorter last minibatch is used, not dropped.
    n_epochs : int
        Number of passes over all rows.
    seed : int
        Seed of order and noise, combined with the numbers of epoch and block.
    shuffle : bool
        Whether to draw a new random order for each epoch.
    backend : {"auto", "c", "xla", "numba"} or Backend
        How the step is compiled; see `autoenc.backends.resolve_backend`.
    device : {"cpu", "cuda", "cuda0", ...}, optional
        Where it runs.
    devices : int, str or "all", optional
        How many devices share the rows of every minibatch, on XLA. Order and noise are those of
        one device, costs differ by rounding. Of ``"4x2"``, four share the rows, and each two of
        them the last axis of every matrix among the parameters.
    precision : {"float32", "mixed_bfloat16", "tf32"}
        Of the products of matrices: mixed, their operands are rounded to bfloat16, and sums,
        parameters and all else stay float32. On XLA, and in C where the processor has it.
    block_size : int, optional
        Minibatches of one compiled call; chosen by the library when left out. It changes
        results only by the noise drawn, as each block has its own.
    device_bytes : int, optional
        Bytes of data that fit on the device. Larger data, such as a memory map, is copied to the
        device block by block; results are the same.
    memory : str or int, optional
        Bytes of main memory that rows may take, such as ``"2GB"``. Arrays that take more than
        half of it when they are converted are read in parts, too.
    chunk, window : int, optional
        Rows that are read together, and rows that are shuffled together: chunks are visited in
        a random order, and so are the rows of the chunks of a window. The order follows from
        both where there are more rows than in a window, and never from what the data is stored
        in. By default a window has 2²⁶ values but at most 2²⁰ rows, and 128 chunks.
    validation : pair of expression and data, optional
        A cost for each row in terms of `inputs`, and data for them: its mean over all rows is
        the validation cost.
    early_stopping : EarlyStopping, optional
        A rule such as `GeometricPatience` that says when to validate and when to stop; needs
        `validation`. When training ends, the state with the best validation cost is restored.
    learning_rate : shared scalar, optional
        What the updates are proportional to. Where cost or parameters are no longer finite,
        training goes back to the parameters from before the cost exploded and on with half of
        it, with a warning and ``halved`` in the record of the epoch. Without it, divergence
        ends the training.
    max_halvings : int
        How often that is done, at least 0; then divergence ends the training too.
    checkpoint : path, optional
        A file from which the training can be resumed. It is written regularly, when training
        ends, and after Ctrl-C, SIGTERM or SIGHUP.
    every : Every or int
        How often, such as ``Every(minutes=10)``; a number stands for epochs.
    resume : bool
        Whether to resume from the checkpoint, if there is one. All other arguments must be the
        same, except for `n_epochs`, which may be larger. The result is, to the byte, that of a
        training that was never stopped. The state of callbacks is not saved.
    callbacks : `Callback` or function, or iterable of them, optional
        A function is called with the record of every epoch when it ends; by then the shared
        variables hold the present parameters. A `Callback` has more hooks. Of several
        processes (`autoenc.distributed`) only the first has callbacks and writes checkpoints.
    model : callable, optional
        Takes the history so far, and gives what callbacks know as ``training.model``. It is
        called when the shared variables hold the present parameters, and once more when
        training ends, for whatever reason.
    progress : bool
        Whether to show a progress bar, and a line that names the backend.

    Returns
    -------
    list of dict
        A record an epoch: ``epoch`` (from 1), ``cost`` (mean over all rows),
        ``seconds``, ``rows_per_second``; with validation also ``valid_cost``, the last one of
        the epoch. The last record may be of part of an epoch; after Ctrl-C it has
        ``interrupted``, where early stopping ended it ``stopped_early`` set to True.

    Raises
    ------
    ValueError, TypeError
        If the graph, the data or a setting does not fit; says what to do.
    BackendError
        If the backend or device is not there.
    DivergedError
        If cost or parameters do not stay finite; says which went first. The shared variables
        hold the parameters from before the cost exploded.
    CheckpointError
        If the checkpoint is damaged or belongs to another training; lists the differences.
    FileExistsError
        If there is a checkpoint already and `resume` is False.
    SystemExit
        After SIGTERM or SIGHUP, when parameters and checkpoint are complete.

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
    chosen = resolve_backend(backend, device, devices)
    budget = None if memory is None else bytes_of(memory, "memory")
    arrays = as_arrays(data, inputs, budget, chosen.processes)
    sizes = len(arrays[0]), batch_size, n_epochs, block_size, seed, shuffle
    plan = make_plan(*sizes, chosen.rows_per_block, values_per_row(arrays), chunk, window)
    step = in_precision(precision, make_step(cost, updates, inputs), chosen)
    validator = _make_validator(validation, early_stopping, inputs, chosen)
    if early_stopping:
        early_stopping.start(plan.minibatches_per_epoch)
    if resume and checkpoint is None:
        raise ValueError("resume is True, but checkpoint is None; give the path to resume from.")
    saver = None
    if checkpoint is not None or chosen.processes.count > 1:
        held_out = validator.arrays if validator else []
        identity = identify(step, plan, chosen, arrays, held_out, early_stopping)
        check_same(chosen.processes, identity.fixed | {"n_epochs": plan.n_epochs})
        if checkpoint is not None:
            saver = Saver(Checkpoint(checkpoint, identity), as_every(every), chosen.processes)
    own: list[Callback] = [*([saver.every] if saver else []), *([ProgressBar()] * progress)]
    watchers = Callbacks([*own, *listed(callbacks)])
    dtypes = [x.type.dtype for x in inputs]
    with deferred_interrupt() as interruption:
        run = Run(
            step=step,
            runner=chosen.compile(step),
            feed=make_feed(arrays, dtypes, plan, chosen, device_bytes, budget),
            plan=plan,
            validator=validator,
            keeper=Keeper(early_stopping, step.state) if early_stopping else None,
            halving=Halving(learning_rate, max_halvings),
            saver=saver,
            callbacks=watchers if chosen.processes.rank == 0 else Callback(),
            interruption=interruption,
            processes=chosen.processes,
            description=f"{chosen.description}: {chosen.reason}",
            present=model or (lambda history: None),
        )
        run.runner.keep()
        with saver.using(run, resume=resume) if saver else nullcontext():
            history = run()
    interruption.leave()
    return history


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
