"""What the classifiers share: fit with labels, predict."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from autoenc.estimators import settings
from autoenc.estimators.base import Fitted, GraphEstimator, Saving, Task, widened
from autoenc.graph import Expression, Network, Updates, momentum, resolve_optimizer
from autoenc.graph.penalties import l1, l2
from autoenc.models.compiled import building
from autoenc.models.fitted import FittedClassifier, FittedModel, from_file, shared_variables
from autoenc.rows.blocks import Array, Rows, take
from autoenc.rows.columns import Columns
from autoenc.rows.domain import domain_of
from autoenc.rows.held_out import check_validation, hold_out
from autoenc.rows.labels import as_indices, read_labels
from autoenc.rows.reading import read_rows
from autoenc.rows.weights import check_weights, normalised
from autoenc.training import Every, Record
from autoenc.training.callbacks import CallbackLike


class ClassifierBase(ClassifierMixin, GraphEstimator):
    """Fit a network with labels; final classes say what network.

    A final class has the constructor and `_initial_hidden`, and overrides nothing else.
    """

    activation: Any
    learning_rate_decay: float
    l1: float
    l2: float
    dropout: float | Sequence[float]
    optimizer: Any
    model_: FittedClassifier
    weights_ = Fitted()
    biases_ = Fitted()
    labels_ = Fitted()

    @abstractmethod
    def _initial(
        self, known: FittedClassifier, rows: Rows, weights: Array | None, saving: Saving
    ) -> tuple[FittedClassifier, list[tuple[Array, Array]]]:
        """Return the model with its moments, and weights and bias of each hidden layer."""

    @abstractmethod
    def _check_own_settings(self) -> None:
        """Refuse settings that only the final class has."""

    def fit(
        self,
        X: Any,
        y: Any,
        validation: tuple[Any, Any] | None = None,
        *,
        sample_weight: Any = None,
        callbacks: Iterable[CallbackLike] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        every: Every | int = 1,
        resume: bool = False,
    ) -> Self:
        """Learn to tell classes apart.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, (rows, columns)
            Finite numbers.
        y : array-like, (rows,)
            The class of each row, of any kind that can be sorted.
        validation : pair of X and y, optional
            Rows kept apart, whose error rate is the validation cost; or use
            `validation_fraction`.
        sample_weight : array-like, (rows,), optional
            How much the cost of each row counts, >= 0; only ratios matter, and rows of weight
            0 are left out.
        callbacks : iterable of `autoenc.training.Callback` or functions
            Are told how the training goes; a function takes the record of every epoch.
        checkpoint, every, resume
            A file to go on from, how often it is written, and whether to go on from it; see
            `autoenc.training.train`.

        Returns
        -------
        self
            After Ctrl-C too, with the parameters trained so far. With `early_stopping`, those
            with the lowest validation error.

        Raises
        ------
        ValueError
            If data or a setting does not fit; says what was found and what to do. A model
            that was fitted before stays as it was.
        """
        goes_on = self.warm_start and self.__sklearn_is_fitted__()
        check_validation(validation, self.validation_fraction, self.early_stopping)
        saving = Saving(checkpoint, every, resume)
        self._learn(X, y, None, sample_weight, validation, callbacks, self.n_epochs, saving,
                    goes_on=goes_on)  # fmt: skip
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        *,
        sample_weight: Any = None,
        callbacks: Iterable[CallbackLike] = (),
    ) -> Self:
        """Go on learning, with one pass over X.

        The first call begins as `fit` does. Parameters, what the optimizer keeps, and history
        go on from call to call. There is no validation.

        Parameters
        ----------
        X, y, sample_weight, callbacks
            As for `fit`.
        classes : array-like, optional
            All classes there will be; wanted in the first call only, and there only if y has
            not all of them.

        Returns
        -------
        self
        """
        goes_on = self.__sklearn_is_fitted__()
        self._learn(X, y, classes, sample_weight, None, callbacks, 1, Saving(), goes_on=goes_on,
                    whole=False)  # fmt: skip
        return self

    def _learn(
        self,
        X: Any,
        y: Any,
        classes: Any,
        sample_weight: Any,
        validation: tuple[Any, Any] | None,
        callbacks: Iterable[CallbackLike],
        n_epochs: int,
        saving: Saving,
        *,
        goes_on: bool,
        whole: bool = True,
    ) -> None:
        start = self.model_ if goes_on else None
        self._check_settings()
        rows, domain, columns = self._read(X, start)
        labels = read_labels(y, len(rows))
        if start is None:
            all_labels = labels if classes is None else read_labels(classes, name="classes")
            choices = {"labels": _known_labels(all_labels), "activation": self._activation}
        else:
            choices = dict(start.choices)
        indices = as_indices(labels, choices["labels"], "y")
        weights = check_weights(sample_weight, len(rows))
        if weights is not None and not weights.all():
            kept = np.flatnonzero(weights)
            rows, indices, weights = take(rows, kept), indices[kept], weights[kept]
            domain = domain_of(rows)
        seed, backend = self._seed(start), self._backend()
        known = FittedClassifier(
            type(self).__name__, {} if start is None else start.arrays, choices, columns,
            widened(start, domain), seed, machine=self._machine,
            pretrained=None if start is None else start.pretrained,
        )  # fmt: skip
        held_out: Any = None
        if validation is not None:
            held_out = self._validation_rows(validation, columns, choices["labels"])
        elif whole and self.validation_fraction is not None:
            own, others = hold_out(len(rows), self.validation_fraction, seed, indices)
            of_others = None if weights is None else weights[others]
            held_out = take(rows, others), indices[others], of_others
            rows, indices = take(rows, own), indices[own]
            weights = None if weights is None else weights[own]
        if start is None:
            known = self._with_start(known, rows, weights, saving)
        with building(self._float_type()):
            n_done = 0 if start is None else len(start.history)
            task = self._task(known, n_done, rows, indices, weights, held_out)
        self._run(task, start, seed, backend, callbacks, n_epochs, saving)

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, classes)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        return self.model_.apply("probabilities", self.model_.incoming(X))

    def predict(self, X: Any) -> Array:
        """Most probable class of each row.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows,)
        """
        best: Array = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return best

    @property
    def classes_(self) -> Array:
        """The classes, sorted."""
        check_is_fitted(self)
        return self.model_.classes

    @property
    def _activation(self) -> Any:
        return getattr(self, "activation", None)

    def _check_settings(self) -> None:
        self._check_common_settings()
        if callable(self.learning_rate) or self.learning_rate == "auto":
            raise ValueError(
                f"learning_rate is {self.learning_rate!r}; expected a number > 0, which "
                "learning_rate_decay makes smaller."
            )
        for name in ("l1", "l2"):
            settings.check_number(name, getattr(self, name), at_least=0)
        if not 0 < self.learning_rate_decay <= 1:
            raise ValueError(
                f"learning_rate_decay is {self.learning_rate_decay!r}; expected a factor "
                "in (0, 1]."
            )
        levels = self.dropout if isinstance(self.dropout, Sequence) else [self.dropout]
        for level in levels:
            settings.check_number("dropout", level, at_least=0, below=1)
        self._check_own_settings()

    def _validation_rows(
        self, validation: Any, columns: Columns, known: list[Any]
    ) -> tuple[Rows, Array, None]:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ValueError(
                f"validation is a {type(validation).__name__}; expected a pair of X and y."
            )
        rows = read_rows(columns, validation[0], dtype=self._float_type(), reset=False)
        domain_of(rows, source=validation[0], names=columns.names)
        labels = read_labels(validation[1], len(rows), name="validation")
        return rows, as_indices(labels, known, "validation"), None

    def _with_start(
        self, known: FittedClassifier, rows: Rows, weights: Array | None, saving: Saving
    ) -> FittedClassifier:
        """Return the model that training starts from: hidden layers, and a softmax of zeros."""
        known, hidden = self._initial(known, rows, weights, saving)
        n_in = hidden[-1][0].shape[1] if hidden else rows.shape[1]
        n_classes, dtype = len(known.choices["labels"]), self._float_type()
        pairs = [*hidden, (np.zeros((n_in, n_classes), dtype), np.zeros(n_classes, dtype))]
        return known.replaced(arrays={**_named(pairs), **known.arrays})

    def _task(
        self, known: FittedClassifier, n_done: int, rows: Rows, indices: Array,
        weights: Array | None, held_out: Any,
    ) -> Task:  # fmt: skip
        """Build the graph of a training."""
        variables = shared_variables(known.arrays)
        model = known.symbolic(variables)
        network = model.network

        def fitted(history: list[Record], engine: str, state: tuple[Array, ...]) -> FittedModel:
            arrays = {name: variable.get_value() for name, variable in variables.items()}
            return known.replaced(
                arrays=arrays, history=history, engine=engine, optimizer_state=state
            )

        raw, y, w = pt.matrix("x"), pt.ivector("y"), pt.vector("weight")
        x = model.values(raw)
        dropout = self._dropout(len(network.hidden) + 1)
        row_cost = network.negative_log_likelihood(x, y, dropout, known.seed)
        of_rows = normalised(weights, self._float_type())
        cost = (row_cost if of_rows is None else w * row_cost).mean()
        # Where training goes on, so does the decay.
        start = self.learning_rate * self.learning_rate_decay**n_done
        rate = pytensor.shared(np.asarray(start, config.floatX), name="learning_rate")
        task = Task(
            cost=cost,
            updates=self._updates(cost, network, rate),
            params=network.params,
            inputs=[raw, y] if of_rows is None else [raw, y, w],
            data=[rows, indices] if of_rows is None else [rows, indices, of_rows],
            fitted=fitted,
            callbacks=[self._decay(rate)],
            learning_rate=rate,
        )
        if held_out is not None:
            valid_rows, valid_indices, valid_weights = held_out
            own = normalised(valid_weights, self._float_type())
            if own is None:
                own = np.ones(len(valid_rows), self._float_type())
            loss = network.zero_one_loss(x, y)
            task.validation = (
                loss if of_rows is None else w * loss,
                [valid_rows, valid_indices, own][: len(task.inputs)],
            )
        return task

    def _updates(self, cost: Expression, network: Network, rate: Any) -> Updates:
        total = cost
        if self.l1:
            total = total + np.asarray(self.l1, config.floatX) * l1(network.weights)
        if self.l2:
            total = total + np.asarray(self.l2, config.floatX) * l2(network.weights)
        if self.optimizer == "sgd" and self.momentum:
            return momentum(total, network.params, rate, self.momentum)
        rule = resolve_optimizer(self.optimizer)
        return rule(total, network.params, rate)

    def _decay(self, rate: Any) -> Callable[[Record], object]:
        def decay(_: Record) -> None:
            rate.set_value(np.asarray(rate.get_value() * self.learning_rate_decay, rate.dtype))

        return decay

    def _dropout(self, n_layers: int) -> list[float]:
        if isinstance(self.dropout, Sequence):
            return list(self.dropout)
        return [self.dropout] * n_layers if self.dropout else []

    def _from_file(self, arrays: dict[str, Array], fitted: dict[str, Any]) -> FittedModel:
        choices = {"activation": self._activation, "chose_activation": "activation_" in fitted}
        return from_file(
            FittedClassifier, type(self).__name__, arrays, fitted, choices, self._machine
        )


def _known_labels(labels: Array) -> list[Any]:
    """Return the classes, sorted; refuse one class alone."""
    known: list[Any] = np.unique(labels).tolist()
    if len(known) < 2:
        raise ValueError(f"y has only one class, {known[0]!r}; expected at least two classes.")
    return known


def _named(pairs: list[tuple[Array, Array]]) -> dict[str, Array]:
    """Return weights and biases by their names in model files."""
    layers = enumerate(pairs, start=1)
    return {n: a for k, (W, b) in layers for n, a in ((f"W_{k}", W), (f"bias_{k}", b))}
