"""Base class of all estimators: the fitted state, the steps of a fit, and model files."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from pytensor import config
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from autoenc.backends import Backend, resolve_backend
from autoenc.configuration import name_of_dtype
from autoenc.files import path_of_layer
from autoenc.models.continuing import before_run, continued, restore_state, seed_after
from autoenc.models.defaults import chosen_in_words, is_auto
from autoenc.models.fitted import FittedModel
from autoenc.models.graphs import GRAPHS
from autoenc.models.model_files import describe_model, read_model
from autoenc.models.operations import accept_operations
from autoenc.models.settings import INTEGER, check_settings
from autoenc.models.tasks import Task, make_task
from autoenc.processes import ALONE, Processes
from autoenc.rows.blocks import Array
from autoenc.rows.columns import Columns, columns_of
from autoenc.rows.domain import Domain
from autoenc.rows.examples import Examples
from autoenc.rows.held_out import check_validation
from autoenc.sources import Source, bytes_of, opened, within
from autoenc.storage import save_arrays
from autoenc.training import Callback, Every, Record, Training, train
from autoenc.training.callbacks import CallbacksLike, listed
from autoenc.training.checkpoints import (
    CheckpointError,
    PathOfModel,
    refuse_folder,
    refuse_to_replace,
    seed_of_model,
)

accept_operations()

# Fields of the fitted model that are attributes of the estimator under their own names.
STATE = ("history", "seed")


class Fitted:
    """An attribute of a fitted estimator, read from its `FittedModel`.

    Assigning a value replaces the model by a model with that array, history or seed.
    """

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    def __get__(self, estimator: Any, owner: type[Any] | None = None) -> Any:
        if estimator is None:
            return self
        model = vars(estimator).get("model_")
        if model is not None:
            try:
                return model.attribute(self.name)
            except KeyError:
                pass
        raise AttributeError(f"{type(estimator).__name__!r} has no attribute {self.name!r}")

    def __set__(self, estimator: Any, value: Array) -> None:
        model, name = estimator.model_, self.name[:-1]
        changes = {name: value} if name in STATE else {"arrays": {**model.arrays, name: value}}
        estimator.model_ = model.replaced(**changes)


@dataclass(frozen=True)
class Call:
    """Arguments of one call of `fit` or `partial_fit`.

    Attributes
    ----------
    X, y, classes, sample_weight, validation
        Data, as passed by the caller.
    callbacks : tuple of callbacks
        Callbacks to call during training.
    checkpoint : path, optional
        File from which training can be resumed.
    every : Every or int
        How often the checkpoint is written.
    resume : bool
        Whether to resume from the checkpoint.
    partial : bool
        Whether the call is one pass of `partial_fit`.
    calibration
        Rows for the calibration of a detector.
    """

    X: Any
    y: Any = None
    classes: Any = None
    sample_weight: Any = None
    validation: Any = None
    callbacks: CallbacksLike = ()
    checkpoint: str | os.PathLike[str] | None = None
    every: Every | int = 1
    resume: bool = False
    partial: bool = False
    calibration: Any = None

    def checked(self) -> Call:
        """Return the call with a tuple of callbacks; refuse a folder as a checkpoint."""
        if self.checkpoint is not None:
            refuse_folder(self.checkpoint)
        if isinstance(self.callbacks, tuple):
            return self
        # All layers of a stack need the same callbacks, but an iterator returns them only once.
        return replace(self, callbacks=listed(self.callbacks))

    def of_layer(self, number: int) -> Call:
        """Return the call for a layer of a stack, with its own callbacks and checkpoint file."""
        callbacks = tuple(
            callback.of_layer(number) if isinstance(callback, Callback) else callback
            for callback in listed(self.callbacks)
        )
        if self.checkpoint is None:
            return replace(self, callbacks=callbacks)
        part: Any = path_of_layer(self.checkpoint, number)
        if isinstance(self.checkpoint, PathOfModel):
            part = replace(self.checkpoint, path=part)
        return replace(self, callbacks=callbacks, checkpoint=part)

    def refuse_to_replace(self) -> None:
        """Refuse a new run if there is a checkpoint, before any part of the model is trained."""
        if self.checkpoint is not None and not self.resume:
            refuse_to_replace(self.checkpoint)

    def of_model(self, seed: int) -> Call:
        """Return the call with a checkpoint that stores the seed of the model."""
        if self.checkpoint is None or isinstance(self.checkpoint, PathOfModel):
            return self
        return replace(self, checkpoint=PathOfModel(Path(self.checkpoint), seed))


class GraphEstimator(BaseEstimator):
    """Estimator whose model is a graph. Its only fitted state is `model_`."""

    _kind: ClassVar[Kind]
    _rows_of_fit: weakref.ref[Any] | None
    warm_start: bool
    model_: Any
    n_features_in_ = Fitted()
    feature_names_in_ = Fitted()
    data_min_ = Fitted()
    data_max_ = Fitted()
    data_dtype_ = Fitted()
    seed_ = Fitted()
    history_ = Fitted()
    backend_ = Fitted()
    mean_ = Fitted()
    scale_ = Fitted()
    learning_rate_ = Fitted()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a file, without pickle.

        Parameters
        ----------
        path : path
            A safetensors file, which is written completely or not at all. Functions are stored by
            name, and `early_stopping` is not stored: pass them to `load` again.
        """
        model, settings = fitted(self), self._stored_settings()
        save_arrays(path, model.all_arrays(), describe_model(model, settings))

    @classmethod
    def load(cls, path: str | os.PathLike[str], **settings: Any) -> Self:
        """Read a fitted model from a file. Training can be continued.

        Parameters
        ----------
        path : path
            File that `save` wrote.
        **settings
            Constructor arguments that replace those in the file, such as another device or
            functions, which a file cannot store.

        Returns
        -------
        estimator
            The fitted estimator.

        Raises
        ------
        FileNotFoundError, ModelFileError
            If the file does not exist, or does not contain a model of this class.
        """
        arrays, stored, fitted = read_model(path, cls.__name__, settings)
        estimator = cls(**known_settings(cls._kind, stored, settings))
        given = estimator.get_params(deep=False)
        estimator.model_ = cls._kind.from_file(cls.__name__, given, arrays, fitted)
        return estimator

    def __getstate__(self) -> dict[str, Any]:
        """Return everything except the reference to the rows of the fit."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_rows_of_fit"}

    def __sklearn_tags__(self) -> Any:
        """Declare that sparse data is accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a fitted model."""
        return "model_" in vars(self)

    def _stored_settings(self) -> dict[str, Any]:
        """Return the settings that a model file stores."""
        return self.get_params(deep=False)  # type: ignore[no-any-return]


class Kind(Protocol):
    """Steps of a fit that differ between kinds of models."""

    @property
    def model(self) -> type[FittedModel]:
        """Class of the fitted model."""

    def read(
        self, call: Call, settings: Mapping[str, Any], columns: Columns, *, reset: bool
    ) -> tuple[Examples, Domain]:
        """Read the rows of a call."""

    def choose(
        self, call: Call, settings: Mapping[str, Any], examples: Examples, domain: Domain,
        columns: Columns, start: FittedModel | None,
    ) -> tuple[dict[str, Any], Examples]:  # fmt: skip
        """Choose settings at ``"auto"``; return the choices, and the examples with classes."""

    def validation(
        self, validation: Any, settings: Mapping[str, Any], known: FittedModel
    ) -> Examples:
        """Read rows for validation."""

    def initial(
        self, known: Any, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> FittedModel:
        """Return the model with its initial arrays."""

    def from_file(
        self, kind: str, settings: Mapping[str, Any], arrays: dict[str, Array],
        fitted: dict[str, Any],
    ) -> FittedModel:  # fmt: skip
        """Make the fitted model from the contents of a file."""


class Begun(NamedTuple):
    """A fit whose settings are checked and whose rows are opened, but not read.

    Attributes
    ----------
    settings : dict
        Checked settings.
    call : Call
        The call, with sources for rows that are not arrays.
    start : fitted model, optional
        The model from which training continues.
    columns : Columns
        Columns of that model, or new ones.
    seed : int
        Seed of that model, or a new one.
    backend : Backend
        Where training runs.
    rows : weak reference, optional
        The rows of the fit, to recognise them later.
    """

    settings: dict[str, Any]
    call: Call
    start: Any
    columns: Columns
    seed: int
    backend: Backend
    rows: weakref.ref[Any] | None


def begun(estimator: GraphEstimator, call: Call, given: Mapping[str, Any]) -> Begun:
    """Check the settings of a fit, and open its rows."""
    settings = check_settings(given)
    settings["dtype"] = float_type(settings)
    if not call.partial:
        check_validation(
            call.validation, settings["validation_fraction"], settings["early_stopping"]
        )
    continues = (call.partial or estimator.warm_start) and estimator.__sklearn_is_fitted__()
    start = estimator.model_ if continues else None
    backend = resolve_backend(settings["backend"], settings["device"], settings["devices"])
    if start is None:
        columns = columns_of(type(estimator).__name__)
        seed = draw_seed(settings["random_state"], call)
    else:
        columns, seed = start.columns, start.seed
    if call.checkpoint is not None:
        call = call.of_model(seed)
    rows = None if call.partial else reference(call.X)
    call = with_sources(call, settings, backend.processes)
    return Begun(settings, call, start, columns, seed, backend, rows)


def learn(estimator: GraphEstimator, call: Call) -> None:
    """Fit an estimator: rows → choices → task → train → `model_`."""
    kind, name = estimator._kind, type(estimator).__name__
    given = estimator.get_params(deep=False)
    fit = begun(estimator, call.checked(), given)
    settings, call, start, backend = fit.settings, fit.call, fit.start, fit.backend
    columns, seed = fit.columns, fit.seed
    examples, domain = kind.read(call, settings, columns, reset=start is None)
    choices, examples = kind.choose(call, settings, examples, domain, columns, start)
    settings["n_epochs"] = choices.get("n_epochs", settings.get("n_epochs"))
    chosen = choices.get("chosen", {})
    settings |= chosen
    machine = settings["backend"], settings["device"]
    if start is None:
        known = kind.model(name, {}, choices, columns, domain, seed, machine=machine)
    else:
        domain = widened(start, domain)
        known = start.widened(domain).replaced(choices=choices, machine=machine)
    examples, held_out = with_held_out(kind, call, settings, known, examples)
    if start is None:
        known = kind.initial(known, settings, examples, call)
    # A decay that is chosen belongs to this fit, regardless of earlier training.
    n_done = 0 if "learning_rate_decay" in chosen else len(known.history)
    if (graphs := GRAPHS.get()) is None:
        task = make_task(known, settings, examples, held_out, n_done=n_done)
    else:
        task, backend = graphs.prepare(known, settings, examples, held_out, n_done, backend)
    if settings["verbose"] and start is None and settings.get("scale") == "auto":
        _announce(task)
    _train(estimator, task, fit._replace(backend=backend))


def _train(estimator: GraphEstimator, task: Task, fit: Begun) -> None:
    """Train a task. Estimators train nowhere else.

    If training is refused before its first block, by a callback for example, the earlier model
    stays.
    """
    settings, call, start, backend = fit.settings, fit.call, fit.start, fit.backend
    earlier, beginning = dict(estimator.__dict__), _Beginning()
    callbacks: Any = call.callbacks  # a tuple, since the call was checked
    estimator._rows_of_fit = fit.rows
    before = [] if start is None else start.history
    if call.resume and before and call.checkpoint is not None:
        before = before_run(call.checkpoint, task.known.seed, before)
    engine = f"{backend.description}: {backend.reason}"
    if start is not None:
        restore_state(task.optimizer_state, start)

    def present(history: list[Record]) -> GraphEstimator:
        estimator.model_ = task.fitted(continued(before, history), engine)
        return estimator

    try:
        train(
            task.cost,
            task.updates,
            inputs=task.inputs,
            data=task.data,
            batch_size=settings["batch_size"],
            n_epochs=1 if call.partial else settings["n_epochs"],
            seed=seed_after(task.known.seed, len(before)),
            shuffle=settings["shuffle"],
            backend=backend,
            memory=settings["memory"],
            validation=task.validation,
            early_stopping=deepcopy(settings["early_stopping"]) if task.validation else None,
            learning_rate=task.learning_rate,
            checkpoint=call.checkpoint,
            every=call.every,
            resume=call.resume,
            callbacks=(*callbacks, beginning),
            model=present,
            progress=bool(settings["verbose"]),
        )
    except BaseException as error:
        if not beginning.is_over:
            estimator.__dict__.clear()
            estimator.__dict__.update(earlier)
        if isinstance(error, CheckpointError):
            raise _explained(error, task.known.choices) from error
        raise


class _Beginning(Callback):
    """Records whether all callbacks before it have accepted the training."""

    is_over = False

    def start(self, training: Training) -> None:
        self.is_over = True


def known_settings(
    kind: Kind, stored: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a constructor: settings of a file, and those that `load` was given.

    Settings of earlier versions that have no effect are left out.
    """
    ignored = getattr(kind, "without_effect", ())
    known = {name: value for name, value in stored.items() if name not in ignored}
    return kind.arguments(known, given) if hasattr(kind, "arguments") else known


def fitted(estimator: Any) -> Any:
    """Return the fitted model of an estimator.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """
    # scikit-learn's check would first read all tags.
    if "model_" not in vars(estimator):
        check_is_fitted(estimator)
    return estimator.model_


def with_sources(call: Call, settings: Mapping[str, Any], processes: Processes = ALONE) -> Call:
    """Return the call with sources for rows that are not arrays or are too large to copy.

    Processes that fit together also read the sources together.
    """
    memory = settings["memory"]
    budget = None if memory is None else bytes_of(memory, "memory")
    (X,) = within(budget, [settings["dtype"]], call.X, processes=processes)
    if isinstance(X, np.ndarray):
        return replace(call, X=X)
    rows = processes.in_each(lambda: opened(X))
    return replace(call, X=rows.read_by(processes) if isinstance(rows, Source) else rows)


def float_type(settings: Mapping[str, Any]) -> str:
    """Return the precision that the settings request."""
    dtype = settings["dtype"]
    return str(config.floatX if dtype is None else name_of_dtype(dtype))


def check_given(settings: Mapping[str, Any]) -> None:
    """Refuse ``"auto"`` for settings that only autoencoders derive from the data."""
    for name in ("n_hidden", "n_epochs"):
        if settings.get(name) == "auto":
            raise ValueError(f"{name} is 'auto'; expected {INTEGER.expected}.")


def check_goes_on(settings: Mapping[str, Any], **fitted: Any) -> None:
    """Refuse to continue training if these settings differ from those of the fit."""
    for name, value in fitted.items():
        if settings[name] != value and not is_auto(settings[name]):
            raise ValueError(
                f"the model was fitted with {name}={value!r}, but {name} is {settings[name]!r}; "
                "restore it, or start again with warm_start=False."
            )


def with_held_out(
    kind: Kind, call: Call, settings: Mapping[str, Any], known: FittedModel, examples: Examples
) -> tuple[Examples, Examples | None]:
    """Return the examples to train on, and those for validation, if there are any."""
    if call.validation is not None:
        return examples, kind.validation(call.validation, settings, known)
    if call.partial or settings["validation_fraction"] is None:
        return examples, None
    return examples.split(settings["validation_fraction"], known.seed)


def machine_of(settings: Mapping[str, Any]) -> tuple[Any, str | None]:
    """Return the backend and the device that the settings request."""
    return settings["backend"], settings["device"]


def draw_seed(random_state: Any, call: Call | None = None) -> int:
    """Draw the seed of a model from its ``random_state``.

    A run that is resumed without a ``random_state`` uses the seed of its checkpoint.
    """
    if random_state is None and call is not None and call.resume and call.checkpoint is not None:
        seed = seed_of_model(call.checkpoint)
        if seed is not None:
            return seed
    try:
        if isinstance(random_state, bool | np.bool_):
            raise ValueError("a bool is not a seed")
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise ValueError(
            f"random_state is {random_state!r}; expected an integer from 0 to 2³² - 1, a "
            "numpy.random.RandomState or None."
        ) from error


def widened(start: FittedModel | None, domain: Domain) -> Domain:
    """Return the domain of these rows and of all earlier rows."""
    if start is None or start.domain is None:
        return domain
    return start.domain.widened(domain)


def reference(X: Any) -> weakref.ref[Any] | None:
    """Return a weak reference to the rows of a fit; None if they do not support one."""
    try:
        return weakref.ref(X)
    except TypeError:  # for example, lists and tuples
        return None


def is_mixed(estimator: Any) -> bool:
    """Return whether an estimator was fitted on columns of different kinds, and so masks NaN."""
    model = vars(estimator).get("model_")
    return model is not None and model.columns.encoding is not None and bool(model.masked)


def check_not_interrupted(layer: FittedModel) -> None:
    """Stop before the next part of the model if the user has interrupted training.

    Raises
    ------
    KeyboardInterrupt
        If the layer's training was interrupted.
    """
    if layer.history[-1].get("interrupted"):
        raise KeyboardInterrupt(
            "the training of a layer was interrupted, and there is no model without the layers "
            "above it; fit with checkpoint= and resume=True to continue."
        )


def _announce(task: Task) -> None:
    """Print the choices for a model if the size was chosen or columns are standardised."""
    known: Any = task.known
    choices = known.choices
    if choices.get("standardised") or "n_hidden" in choices.get("chosen", {}):
        shape = known.columns.n_features_in_, known.n_codes
        print(f"autoenc: {chosen_in_words(choices, shape, task.rate)}", file=sys.stderr)


def _explained(error: CheckpointError, choices: Mapping[str, Any]) -> CheckpointError:
    """Explain a refused checkpoint if the reason is a learning rate decay that was chosen."""
    if "learning_rate_decay" not in choices.get("chosen", {}) or "decay was" not in str(error):
        return error
    return CheckpointError(
        f"{error} The decay of the learning rate was chosen from n_epochs. Resume with the same "
        "n_epochs as before, or start again with a number as learning_rate, which does not decay."
    )
