"""What every estimator shares: checks of data, precision, seed, training, model files."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from pytensor import config
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from autoenc.backends import Backend, resolve_backend
from autoenc.estimators import settings
from autoenc.graph import Expression, Parameter, Updates
from autoenc.models.files import describe_model, read_model
from autoenc.rows.blocks import Array, IncomingRows, Rows, parts
from autoenc.rows.domain import (
    FINITE,
    UNIT_INTERVAL,
    Bounds,
    Domain,
    bounds_around,
    check_near_unit_interval,
    check_unit_interval,
    compare,
    domain_of,
)
from autoenc.rows.reading import read_rows
from autoenc.settings import check_device, check_float_type
from autoenc.storage import save_arrays
from autoenc.training import EarlyStopping, Every, Record, train
from autoenc.training.callbacks import CallbackLike

# Changed while a graph is built, and belonging to the process: threads take turns.
BUILDING = threading.RLock()
# Attributes that are not pickled, copied or saved.
OF_THE_PROCESS = ("_compiled", "_rows_of_fit")


@dataclass(frozen=True)
class Saving:
    """The checkpoint of a fit.

    Attributes
    ----------
    checkpoint : path, optional
        Where it is; without one, none is written.
    every : Every or int
        How often it is written.
    resume : bool
        Whether to go on from it.
    """

    checkpoint: str | os.PathLike[str] | None = None
    every: Every | int = 1
    resume: bool = False

    def of_part(self, name: str) -> Saving:
        """Give the checkpoint of a part of the model, in a file beside this one."""
        if self.checkpoint is None:
            return self
        path = Path(self.checkpoint)
        return replace(self, checkpoint=path.with_name(f"{path.stem}.{name}{path.suffix}"))


@dataclass
class Task:
    """What `train` is given of a model.

    Attributes
    ----------
    cost : scalar expression
    updates : dict
        Of the parameters and of what the optimizer keeps.
    params : list of shared variables
        The parameters among what is updated.
    inputs : list of symbolic variables
    data : list of rows
        For each input.
    keep : callable
        Takes the present parameters over into the estimator.
    validation : pair of expression and data, optional
        Cost of each row, and data for the inputs.
    callbacks : list
        Of the estimator's own.
    learning_rate : shared scalar, optional
        What the updates are proportional to.
    """

    cost: Expression
    updates: Updates
    params: list[Any]
    inputs: list[Expression]
    data: list[Any]
    keep: Callable[[], None]
    validation: tuple[Expression, list[Any]] | None = None
    callbacks: list[CallbackLike] = field(default_factory=list)
    learning_rate: Parameter | None = None

    @property
    def optimizer_state(self) -> list[Any]:
        """Shared variables that the optimizer keeps beside the parameters."""
        return [v for v in self.updates if v not in self.params and hasattr(v.type, "dtype")]


class GraphEstimator(BaseEstimator, ABC):
    """An estimator whose model is a graph."""

    # Fitted attributes, beside the arrays, that a model file holds.
    _fitted_names: ClassVar[tuple[str, ...]] = (
        "n_features_in_", "seed_", "history_", "backend_", "data_dtype_",
    )  # fmt: skip

    learning_rate: Any
    momentum: float
    batch_size: int
    n_epochs: int
    shuffle: bool
    early_stopping: EarlyStopping | None
    validation_fraction: float | None
    warm_start: bool
    random_state: Any
    backend: Any
    device: str | None
    dtype: str | None
    verbose: bool

    data_min_: Array
    data_max_: Array
    data_dtype_: str
    history_: list[Record]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a file, without pickle.

        Parameters
        ----------
        path : path
            A safetensors file, written whole or not at all. Activations given as
            functions are noted, not stored: `load` will ask for them.
        """
        check_is_fitted(self)
        save_arrays(path, self._arrays(), describe_model(self, self._fitted()))

    @classmethod
    def load(cls, path: str | os.PathLike[str], **settings: Any) -> Self:
        """Read a fitted model from a file.

        Parameters
        ----------
        path : path
            What `save` wrote.
        **settings
            Constructor arguments in place of those in the file, such as another
            device, or the functions that a file cannot hold.

        Raises
        ------
        FileNotFoundError, ModelFileError
            If there is no such file, or it is not one of this class.
        """
        arrays, stored, fitted = read_model(path, cls.__name__, settings)
        model = cls(**stored)
        model._set_fitted(fitted, arrays)
        return model

    def __getstate__(self) -> dict[str, Any]:
        """Everything but compiled functions and rows of the fit, which each process has itself."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in OF_THE_PROCESS}

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that sparse data is taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @abstractmethod
    def _arrays(self) -> dict[str, Array]:
        """Parameters, and what else a model file has arrays of, by name."""

    @abstractmethod
    def _set_fitted(self, fitted: dict[str, Any], arrays: dict[str, Array]) -> None:
        """Take over what a model file holds."""

    def _fitted(self) -> dict[str, Any]:
        """Fitted attributes that are not arrays."""
        return {name: getattr(self, name) for name in self._fitted_names if hasattr(self, name)}

    def _check_common_settings(self) -> None:
        if not callable(self.learning_rate) and self.learning_rate != "auto":
            settings.check_number("learning_rate", self.learning_rate, above=0)
        settings.check_number("momentum", self.momentum, at_least=0, below=1)
        settings.check_integer("batch_size", self.batch_size)
        settings.check_integer("n_epochs", self.n_epochs)
        settings.check_early_stopping(self.early_stopping)
        if self.validation_fraction is not None:
            settings.check_number(
                "validation_fraction", self.validation_fraction, above=0, below=1
            )
        settings.check_switches(self, ("shuffle", "warm_start"))
        check_float_type(self.dtype)
        check_device(self.device)

    def _start(self, *, goes_on: bool) -> Backend:
        """Draw the seed, unless training goes on, and find the backend."""
        if not goes_on:
            self.seed_ = draw_seed(self.random_state)
            self.history_ = []
            self._optimizer_state: list[Array] = []
        backend = resolve_backend(self.backend, self.device)
        self.backend_ = f"{backend.description}: {backend.reason}"
        return backend

    def _run(
        self,
        task: Task,
        backend: Backend,
        callbacks: Iterable[CallbackLike],
        n_epochs: int,
        saving: Saving,
    ) -> None:
        """Train: the one place where estimators do."""
        before = self.history_
        _restore(task.optimizer_state, self._optimizer_state)

        def present(history: list[Record]) -> GraphEstimator:
            task.keep()
            self._optimizer_state = [v.get_value() for v in task.optimizer_state]
            self.history_ = _continued(before, history)
            return self

        train(
            task.cost,
            task.updates,
            inputs=task.inputs,
            data=task.data if len(task.data) > 1 else task.data[0],
            batch_size=self.batch_size,
            n_epochs=n_epochs,
            seed=_seed_after(self.seed_, len(before)),
            shuffle=self.shuffle,
            backend=backend,
            validation=task.validation,
            early_stopping=deepcopy(self.early_stopping) if task.validation else None,
            learning_rate=task.learning_rate,
            checkpoint=saving.checkpoint,
            every=saving.every,
            resume=saving.resume,
            callbacks=[*task.callbacks, *callbacks],
            model=present,
            progress=bool(self.verbose),
        )

    def _read(self, X: Any, *, reset: bool, allow_nan: bool = False) -> tuple[Rows, Domain]:
        """Rows of numbers, and their domain; see `read_rows` and `domain_of`."""
        rows = read_rows(self, X, dtype=self._float_type(), reset=reset)
        return rows, domain_of(rows, source=X, allow_nan=allow_nan, names=self._names())

    def _use(
        self, X: Any, *, unit_interval: bool = False, allow_nan: bool = False,
        compared: bool = True, name: str = "X",
    ) -> IncomingRows:  # fmt: skip
        """Rows for a fitted model, to be compared with what it was fitted on.

        Where codes are made, values that are strange to the model are warned of. Where rows
        have a cost, they are what is looked for, so that nothing is `compared`; but outside the
        `unit_interval`, cross-entropy has no cost.
        """
        rows = read_rows(self, X, dtype=self._float_type(), reset=False)
        bounds, judge = self._demands(X, unit_interval, compared)
        names = self._names()

        def check() -> None:
            domain = domain_of(rows, source=X, allow_nan=allow_nan, names=names, name=name)
            judge(rows, domain, names=names, name=name)

        return IncomingRows(rows, partial(bounds.hold, allow_nan=allow_nan), check)

    def _demands(
        self, X: Any, unit_interval: bool, compared: bool
    ) -> tuple[Bounds, Callable[..., None]]:
        """Bounds within which nothing is to be said, and what judges rows beyond them."""
        if unit_interval:
            return UNIT_INTERVAL, check_near_unit_interval if compared else check_unit_interval
        if compared and hasattr(self, "data_min_"):
            fitted = Domain(self.data_min_, self.data_max_, self.data_dtype_)
            by_column = hasattr(self, "mean_")
            bounds = bounds_around(fitted, X, by_column=by_column)
            return bounds, partial(compare, fitted=fitted, by_column=by_column)
        return FINITE, lambda *_, **__: None

    def _keep_domain(self, domain: Domain, *, goes_on: bool) -> None:
        if goes_on and hasattr(self, "data_min_"):
            domain = Domain(self.data_min_, self.data_max_, self.data_dtype_).widened(domain)
        self.data_min_, self.data_max_ = domain.minimum, domain.maximum
        self.data_dtype_ = domain.dtype

    def _names(self) -> Sequence[str] | None:
        return getattr(self, "feature_names_in_", None)

    def _float_type(self) -> str:
        return check_float_type(self.dtype) or str(config.floatX)


def draw_seed(random_state: Any) -> int:
    """Draw the seed of a model from what scikit-learn calls its random state."""
    return int(check_random_state(random_state).randint(2**31 - 1))


@contextmanager
def unchanged_on_error(estimator: BaseEstimator) -> Iterator[None]:
    """Give an estimator its attributes back if the body raises: bad input loses nothing."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def forget(estimator: BaseEstimator, names: Sequence[str]) -> None:
    """Take fitted arrays, of these names and a ``_``, away from an estimator."""
    for name in names:
        if hasattr(estimator, f"{name}_"):
            delattr(estimator, f"{name}_")


@contextmanager
def building(dtype: str) -> Iterator[None]:
    """Build a graph of this precision, which is PyTensor's for the whole process meanwhile."""
    with BUILDING, config.change_flags(floatX=dtype):
        yield


def in_parts(compiled: Callable[[], Callable[[Array], Array]], rows: Rows | IncomingRows) -> Array:
    """Apply a function of rows to a part of them at a time, into one array.

    The function is asked for when the first part is there: rows that are refused need none.
    """
    waiting = parts(rows)
    part = next(waiting, None)
    if part is None:
        raise ValueError("no rows were given; expected one at least.")
    function = compiled()
    result = function(part)
    results = np.empty((len(rows), *result.shape[1:]), result.dtype)
    results[: len(part)] = result
    done = len(part)
    for part in waiting:
        results[done : done + len(part)] = function(part)
        done += len(part)
    return results


def _restore(variables: list[Any], values: list[Array]) -> None:
    """Go on with what an optimizer has kept, if it is the same optimizer."""
    shapes = [np.shape(v.get_value(borrow=True)) for v in variables]
    if shapes == [np.shape(value) for value in values]:
        for variable, value in zip(variables, values, strict=True):
            variable.set_value(value)


def _continued(before: list[Record], history: list[Record]) -> list[Record]:
    done = before[-1]["epoch"] if before else 0
    return [*before, *({**record, "epoch": record["epoch"] + done} for record in history)]


def _seed_after(seed: int, n_epochs: int) -> int:
    """Seed of a training that goes on after so many epochs: other order, other noise."""
    if n_epochs == 0:
        return seed
    return int(np.random.SeedSequence([seed, n_epochs]).generate_state(1)[0]) >> 1
