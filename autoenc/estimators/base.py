"""What all estimators share: one owner of fitted state, training, model files."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from pytensor import config
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from autoenc.backends import Backend, resolve_backend
from autoenc.estimators import settings
from autoenc.graph import Expression, Parameter, Updates
from autoenc.models.files import describe_model, read_model
from autoenc.models.fitted import FittedModel
from autoenc.rows.blocks import Array, Rows
from autoenc.rows.columns import Columns, columns_of
from autoenc.rows.domain import Domain, domain_of
from autoenc.rows.reading import read_rows
from autoenc.settings import check_device, check_float_type
from autoenc.storage import save_arrays
from autoenc.training import EarlyStopping, Every, Record, train
from autoenc.training.callbacks import CallbackLike

# Fields of the fitted model that are shown under their own name.
STATE = ("history", "seed")
# Attributes that are not pickled, copied or saved.
OF_THE_PROCESS = ("_rows_of_fit",)


class Fitted:
    """An attribute of a fitted estimator, read from its `FittedModel`.

    Assigning a value replaces the model by one with that array, history or seed.
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
    fitted : callable
        From the history so far to the fitted model.
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
    fitted: Callable[[list[Record], str, tuple[Array, ...]], FittedModel]
    validation: tuple[Expression, list[Any]] | None = None
    callbacks: list[CallbackLike] = field(default_factory=list)
    learning_rate: Parameter | None = None

    @property
    def optimizer_state(self) -> list[Any]:
        """Shared variables that the optimizer keeps beside the parameters."""
        return [v for v in self.updates if v not in self.params and hasattr(v.type, "dtype")]


class GraphEstimator(BaseEstimator, ABC):
    """An estimator whose model is a graph. Its fitted state is `model_` alone."""

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a file, without pickle.

        Parameters
        ----------
        path : path
            A safetensors file, written whole or not at all. Activations given as functions
            are named there, not stored: `load` asks for them.
        """
        check_is_fitted(self)
        save_arrays(path, self.model_.all_arrays(), describe_model(self, self.model_))

    @classmethod
    def load(cls, path: str | os.PathLike[str], **settings: Any) -> Self:
        """Read a fitted model from a file. Its training can be continued.

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
        estimator = cls(**stored)
        estimator.model_ = estimator._from_file(arrays, fitted)
        return estimator

    def __getstate__(self) -> dict[str, Any]:
        """Return everything but references to the rows of the fit."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in OF_THE_PROCESS}

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that sparse data is accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a fitted model."""
        return "model_" in vars(self)

    @abstractmethod
    def _from_file(self, arrays: dict[str, Array], fitted: dict[str, Any]) -> FittedModel:
        """Make the fitted model from what a file holds."""

    @property
    def _machine(self) -> tuple[Any, str | None]:
        return self.backend, self.device

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

    def _read(
        self, X: Any, start: FittedModel | None, *, allow_nan: bool = False
    ) -> tuple[Rows, Domain, Columns]:
        """Read rows of numbers, with their domain and their columns."""
        columns = columns_of(type(self).__name__) if start is None else start.columns
        rows = read_rows(columns, X, dtype=self._float_type(), reset=start is None)
        domain = domain_of(rows, source=X, allow_nan=allow_nan, names=columns.names)
        return rows, domain, columns

    def _seed(self, start: FittedModel | None) -> int:
        """Draw the seed, unless training continues."""
        return draw_seed(self.random_state) if start is None else start.seed

    def _run(
        self,
        task: Task,
        start: FittedModel | None,
        seed: int,
        backend: Backend,
        callbacks: Iterable[CallbackLike],
        n_epochs: int,
        saving: Saving,
    ) -> None:
        """Train: the one place where estimators do."""
        before = [] if start is None else start.history
        engine = f"{backend.description}: {backend.reason}"
        if start is not None:
            _restore(task.optimizer_state, start.optimizer_state)

        def present(history: list[Record]) -> GraphEstimator:
            state = tuple(v.get_value() for v in task.optimizer_state)
            self.model_ = task.fitted(_continued(before, history), engine, state)
            return self

        train(
            task.cost,
            task.updates,
            inputs=task.inputs,
            data=task.data if len(task.data) > 1 else task.data[0],
            batch_size=self.batch_size,
            n_epochs=n_epochs,
            seed=_seed_after(seed, len(before)),
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

    def _backend(self) -> Backend:
        return resolve_backend(self.backend, self.device)

    def _float_type(self) -> str:
        return check_float_type(self.dtype) or str(config.floatX)


def draw_seed(random_state: Any) -> int:
    """Draw the seed of a model from what scikit-learn calls its random state."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def widened(start: FittedModel | None, domain: Domain) -> Domain:
    """Return the domain of these rows and of those before them."""
    if start is None or start.domain is None:
        return domain
    return start.domain.widened(domain)


def _restore(variables: list[Any], values: Iterable[Array]) -> None:
    """Continue with the state of an optimizer, if it is the same optimizer."""
    values = list(values)
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
