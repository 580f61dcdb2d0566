"""The training loop. It knows no model: it is given cost, updates and inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autoenc.backends import Backend, make_step, resolve_backend
from autoenc.backends.step import UpdatesLike
from autoenc.graph.types import Expression
from autoenc.training.arrays import as_arrays
from autoenc.training.callbacks import CallbackLike, Callbacks, Record
from autoenc.training.early_stopping import EarlyStopping, Keeper
from autoenc.training.feeds import make_feed
from autoenc.training.interruption import deferred_interrupt
from autoenc.training.plan import make_plan
from autoenc.training.progress import ProgressBar
from autoenc.training.run import Run
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
    block_size: int | None = None,
    device_bytes: int | None = None,
    validation: tuple[Expression, Any] | None = None,
    early_stopping: EarlyStopping | None = None,
    callbacks: Iterable[CallbackLike] = (),
    model: Callable[[list[Record]], Any] | None = None,
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
    callbacks : iterable of `Callback` or functions
        A function is called with the record of every epoch when it ends; by then the shared
        variables hold the present parameters. A `Callback` is told of more.
    model : callable, optional
        Takes the history so far, and gives what callbacks know as ``training.model``. It is
        called when the shared variables hold the present parameters, and once more when
        training ends, for whatever reason.
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
    keeper = Keeper(early_stopping, step.state) if early_stopping else None
    watching = Callbacks([*([ProgressBar()] if progress else []), *callbacks])
    with deferred_interrupt() as interruption:
        run = Run(
            runner,
            feed,
            plan,
            validator,
            keeper,
            watching,
            interruption,
            description=f"{chosen.description}: {chosen.reason}",
            present=model or (lambda history: None),
        )
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
