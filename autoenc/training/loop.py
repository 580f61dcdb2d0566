"""The training loop. It works on a cost, updates and inputs, and depends on no model."""

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
from autoenc.training.callbacks import Callback, Callbacks, CallbacksLike, Record, listed
from autoenc.training.checkpoints import Checkpoint, identify
from autoenc.training.conversion import as_arrays, values_per_row
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
        Cost that is reported, usually the mean over the rows of a minibatch.
    updates : dict or pairs
        New value of each shared variable after a minibatch, as returned by `autoenc.graph.sgd` and
        similar functions. Random generators in the graph need no updates, because each block gets
        new generators.
    inputs : sequence of symbolic variables
        Inputs of the graph that a minibatch supplies.
    data : array, or sequence of arrays
        For each input, an array whose first axis indexes rows, or anything that
        `autoenc.sources.open_source` accepts, such as a file or a folder of files. Such sources
        are read during training, as matrices: an input with more than two dimensions needs an
        array in memory. Values are converted to the dtype of their input.
    batch_size : int
        Number of rows per minibatch. A shorter last minibatch is used, not dropped.
    n_epochs : int
        Number of passes over all rows.
    seed : int
        Seed of order and noise, combined with the numbers of epoch and block.
    shuffle : bool
        Whether to draw a new random order of rows for each epoch.
    backend : {"auto", "c", "xla", "numba"} or Backend
        Backend that compiles the step; see `autoenc.backends.resolve_backend`. Unless an input or
        parameter is float64, XLA computes with integers of 32 bits: it refuses data and constants
        that do not fit, but results that do not fit overflow.
    device : {"cpu", "cuda", "cuda0", ...}, optional
        Device to run on.
    devices : int, str or "all", optional
        Number of devices that share the rows of every minibatch, on XLA. Order and noise are the
        same as on one device; costs differ by rounding. With ``"4x2"``, four groups share the
        rows, and the two devices of each group share the last axis of every parameter matrix.
    precision : {"float32", "mixed_bfloat16", "tf32"}
        Precision of matrix products. With ``"mixed_bfloat16"``, their operands are rounded to
        bfloat16, and sums, parameters and all other values stay float32. It is available on XLA,
        and in C if the processor supports it. ``"tf32"`` is for GPUs.
    block_size : int, optional
        Number of minibatches per compiled call; by default, it is chosen automatically. It affects
        results only through the noise, because each block draws its own noise.
    device_bytes : int, optional
        Bytes of data that fit on the device. Larger data, such as a memory map, is transferred to
        the device block by block. Results are the same.
    memory : str or int, optional
        Bytes of main memory available for rows, such as ``"2GB"``. Arrays that need more than half
        of it when they are converted are read in parts, too.
    chunk, window : int, optional
        Number of rows that are read together, and number of rows that are shuffled together.
        Chunks are visited in a random order, and so are the rows within a window of chunks. The
        order depends on both numbers if there are more rows than in a window, but never on how the
        data is stored. By default, a window has 2²⁶ values but at most 2²⁰ rows, and 128 chunks.
    validation : pair of expression and data, optional
        Expression for the cost of each row in terms of `inputs`, and validation data for the
        inputs. The mean cost over all rows is the validation cost.
    early_stopping : EarlyStopping, optional
        Rule that determines when to validate and when to stop, such as `GeometricPatience`. It
        requires `validation`. When training ends, the state with the best validation cost is
        restored.
    learning_rate : shared scalar, optional
        Learning rate, to which the updates must be proportional. If cost or parameters become
        infinite or NaN, training restores the parameters from before the cost exploded and
        continues with half the learning rate, with a warning and ``halved`` in the record of the
        epoch. Without this argument, divergence ends training.
    max_halvings : int
        Maximum number of such halvings, at least 0. Further divergence ends training.
    checkpoint : path, optional
        File from which training can be resumed. It is written regularly, when training ends, and
        after Ctrl-C, SIGTERM or SIGHUP. A folder that does not exist is created.
    every : Every or int
        How often the checkpoint is written, such as ``Every(minutes=10)``; an integer is a number
        of epochs.
    resume : bool
        Whether to resume from the checkpoint, if there is one. All other arguments except
        `n_epochs` must be the same; a run that already has `n_epochs` epochs is complete. The
        result is identical, to the byte, to that of an uninterrupted run. Another backend, or
        another number of threads, causes a warning. The state of callbacks is not saved.
    callbacks : `Callback` or function, or iterable of them, optional
        A function is called at the end of every epoch with the record of the epoch. The shared
        variables then contain the current parameters. A `Callback` has more hooks. With several
        processes (`autoenc.distributed`), only the first one runs callbacks and writes
        checkpoints.
    model : callable, optional
        Function that takes the history so far and returns ``training.model`` for callbacks. It is
        called when the shared variables contain the current parameters, and once more when
        training ends, for whatever reason.
    progress : bool
        Whether to show a progress bar, and a line that names the backend.

    Returns
    -------
    list of dict
        One record per epoch with ``epoch`` (from 1), ``cost`` (mean over all rows), ``seconds``
        and ``rows_per_second``. With validation, ``valid_cost`` is the last validation cost of the
        epoch. The last record may describe part of an epoch. It has ``interrupted`` set to True
        after Ctrl-C, and ``stopped_early`` set to True after early stopping.

    Raises
    ------
    ValueError, TypeError
        If the graph, the data or a setting is invalid; the message states the remedy.
    IndexError
        If an index that the graph computes, such as the number of a class, is out of range. As in
        NumPy, negative indices count from the end. The error of a failed assertion of the graph
        is raised, too.
    BackendError
        If the backend or device is not available.
    DivergedError
        If cost or parameters do not stay finite; the message names the first of them to fail. The
        shared variables contain the parameters from before the cost exploded.
    CheckpointError
        If the checkpoint is damaged or belongs to a different run; the message lists the
        differences.
    FileExistsError
        If the checkpoint exists already and `resume` is False.
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
        identity = identify(step, plan, chosen, arrays, validator, early_stopping)
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
                "early_stopping needs validation=(cost of each row, data); give it, or leave "
                "early_stopping out."
            )
        return None
    row_cost, data = validation
    return Validator(row_cost, inputs, data, backend)
