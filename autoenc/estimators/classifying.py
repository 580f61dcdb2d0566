"""What the classifiers share: fit with labels, predict."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from autoenc.backends import resolve_backend
from autoenc.estimators import settings
from autoenc.estimators.base import (
    GraphEstimator,
    Saving,
    Task,
    building,
    forget,
    in_parts,
    unchanged_on_error,
)
from autoenc.graph import DenseLayer, Expression, Network, SoftmaxLayer, Updates, momentum, sgd
from autoenc.graph.penalties import l1, l2
from autoenc.models.symbolic import Scaling
from autoenc.rows.blocks import Array, Rows, take
from autoenc.rows.domain import domain_of
from autoenc.rows.held_out import check_validation, hold_out
from autoenc.rows.labels import as_indices, read_labels
from autoenc.rows.weights import check_weights, normalised
from autoenc.training import Every, Record
from autoenc.training.callbacks import CallbackLike

# What a model file holds beside the parameters, where a model has it.
OTHER_ARRAYS = ("mean", "scale", "data_min", "data_max")


class ClassifierBase(ClassifierMixin, GraphEstimator):
    """Fit a network with labels; final classes say what network.

    A final class has the constructor and `_initial_hidden`, and overrides nothing else.
    """

    _fitted_names: ClassVar[tuple[str, ...]] = (
        *GraphEstimator._fitted_names,
        "labels_",
    )

    activation: Any
    learning_rate_decay: float
    l1: float
    l2: float
    dropout: float | Sequence[float]
    weights_: list[Array]
    biases_: list[Array]
    labels_: list[Any]
    _compiled: dict[str, Any]

    @abstractmethod
    def _initial_hidden(
        self, rows: Rows, weights: Array | None, rng: np.random.Generator, saving: Saving
    ) -> list[tuple[Array, Array]]:
        """Give weights and bias that each hidden layer starts from."""

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
        with unchanged_on_error(self):
            self._check_settings()
            rows, domain = self._read(X, reset=not goes_on)
            labels = read_labels(y, len(rows))
            if not goes_on:
                self._begin(labels if classes is None else read_labels(classes, name="classes"))
            indices = as_indices(labels, self.labels_, "y")
            weights = check_weights(sample_weight, len(rows))
            if weights is not None and not weights.all():
                kept = np.flatnonzero(weights)
                rows, indices, weights = take(rows, kept), indices[kept], weights[kept]
                domain = domain_of(rows)
            backend = self._start(goes_on=goes_on)
            self._keep_domain(domain, goes_on=goes_on)
            held_out: Any = None
            if validation is not None:
                held_out = self._validation_rows(validation)
            elif whole and self.validation_fraction is not None:
                own, others = hold_out(len(rows), self.validation_fraction, self.seed_, indices)
                of_others = None if weights is None else weights[others]
                held_out = take(rows, others), indices[others], of_others
                rows, indices = take(rows, own), indices[own]
                weights = None if weights is None else weights[own]
            if not goes_on:
                rng = np.random.default_rng(self.seed_)
                hidden = self._initial_hidden(rows, weights, rng, saving)
                self._set_parameters([*hidden, self._initial_softmax(hidden)])
            with building(self._float_type()):
                task = self._task(rows, indices, weights, held_out)
        self._run(task, backend, callbacks, n_epochs, saving)

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
        return in_parts(self._function, self._use(X))

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
        return np.array(self.labels_)

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are parameters."""
        return hasattr(self, "weights_")

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

    def _begin(self, labels: Array) -> None:
        """Forget what another fit has left, and learn what classes there are."""
        forget(self, OTHER_ARRAYS)
        self.labels_ = np.unique(labels).tolist()
        if len(self.labels_) < 2:
            raise ValueError(
                f"y has only one class, {self.labels_[0]!r}; expected at least two classes."
            )

    def _validation_rows(self, validation: Any) -> tuple[Rows, Array, None]:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ValueError(
                f"validation is a {type(validation).__name__}; expected a pair of X and y."
            )
        # Parameters may be those of an earlier fit, or not there yet.
        rows = self._read(validation[0], reset=False)[0]
        labels = read_labels(validation[1], len(rows), name="validation")
        return rows, as_indices(labels, self.labels_, "validation"), None

    def _initial_softmax(self, hidden: list[tuple[Array, Array]]) -> tuple[Array, Array]:
        n_in = hidden[-1][0].shape[1] if hidden else self.n_features_in_
        n_classes, dtype = len(self.labels_), self._float_type()
        return np.zeros((n_in, n_classes), dtype), np.zeros(n_classes, dtype)

    def _task(self, rows: Rows, indices: Array, weights: Array | None, held_out: Any) -> Task:
        """Build the graph of a training."""
        network, scaling = self._network(), self._scaling()
        raw, y, w = pt.matrix("x"), pt.ivector("y"), pt.vector("weight")
        x = raw if scaling is None else scaling.forward(raw)
        dropout = self._dropout(len(network.hidden) + 1)
        row_cost = network.negative_log_likelihood(x, y, dropout, self.seed_)
        of_rows = normalised(weights, self._float_type())
        cost = (row_cost if of_rows is None else w * row_cost).mean()
        # Where training goes on, so does the decay.
        start = self.learning_rate * self.learning_rate_decay ** len(self.history_)
        rate = pytensor.shared(np.asarray(start, config.floatX), name="learning_rate")
        task = Task(
            cost=cost,
            updates=self._updates(cost, network, rate),
            params=network.params,
            inputs=[raw, y] if of_rows is None else [raw, y, w],
            data=[rows, indices] if of_rows is None else [rows, indices, of_rows],
            keep=lambda: self._set_parameters(
                [(W.get_value(), b.get_value()) for W, b in _pairs(network)]
            ),
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
        if self.momentum:
            return momentum(total, network.params, rate, self.momentum)
        return sgd(total, network.params, rate)

    def _decay(self, rate: Any) -> Callable[[Record], object]:
        def decay(_: Record) -> None:
            rate.set_value(np.asarray(rate.get_value() * self.learning_rate_decay, rate.dtype))

        return decay

    def _dropout(self, n_layers: int) -> list[float]:
        if isinstance(self.dropout, Sequence):
            return list(self.dropout)
        return [self.dropout] * n_layers if self.dropout else []

    def _network(self) -> Network:
        *hidden, softmax = [
            (pytensor.shared(W, name=f"W_{k}"), pytensor.shared(b, name=f"bias_{k}"))
            for k, (W, b) in enumerate(zip(self.weights_, self.biases_, strict=True), start=1)
        ]
        # What "auto" has become, where a class has that; a softmax alone has no hidden layer.
        activation: Any = getattr(self, "activation_", getattr(self, "activation", None))
        layers = [
            DenseLayer(
                *W.get_value(borrow=True).shape, rng=None, activation=activation, W=W, bias=b
            )
            for W, b in hidden
        ]
        W, b = softmax
        return Network(layers, SoftmaxLayer(*W.get_value(borrow=True).shape, W=W, bias=b))

    def _scaling(self) -> Scaling | None:
        """How columns are standardised before the network, if they are."""
        if not hasattr(self, "mean_"):
            return None
        return Scaling.of(self.mean_, self.scale_)

    def _function(self) -> Callable[[Array], Array]:
        """Class probabilities, compiled once, with the parameters as they are now."""
        with building(str(self.weights_[0].dtype)):
            if not self._compiled:
                network, scaling, raw = self._network(), self._scaling(), pt.matrix("x")
                x = raw if scaling is None else scaling.forward(raw)
                backend = resolve_backend(self.backend, self.device)
                function = backend.function([raw], network.class_probabilities(x))
                self._compiled.update(network=network, function=function)
            network = self._compiled["network"]
            pairs = zip(_pairs(network), self.weights_, self.biases_, strict=True)
            for (W, b), weights, bias in pairs:
                W.set_value(weights)
                b.set_value(bias)
        compiled: Callable[[Array], Array] = self._compiled["function"]
        return compiled

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state over, with nothing compiled yet."""
        super().__setstate__(state)
        if self.__sklearn_is_fitted__():
            self._compiled = {}

    def _set_parameters(self, pairs: list[tuple[Array, Array]]) -> None:
        self.weights_ = [W for W, _ in pairs]
        self.biases_ = [b for _, b in pairs]
        self._compiled = {}

    def _arrays(self) -> dict[str, Array]:
        layers = enumerate(zip(self.weights_, self.biases_, strict=True), start=1)
        own = {name: a for k, (W, b) in layers for name, a in ((f"W_{k}", W), (f"bias_{k}", b))}
        others = {n: getattr(self, f"{n}_") for n in OTHER_ARRAYS if hasattr(self, f"{n}_")}
        return {**own, **others}

    def _set_fitted(self, fitted: dict[str, Any], arrays: dict[str, Array]) -> None:
        for name, value in fitted.items():
            setattr(self, name, value)
        for name in OTHER_ARRAYS:
            if name in arrays:
                setattr(self, f"{name}_", arrays[name])
        layers = range(1, sum(name.startswith("W_") for name in arrays) + 1)
        self._set_parameters([(arrays[f"W_{k}"], arrays[f"bias_{k}"]) for k in layers])


def _pairs(network: Network) -> list[tuple[Any, Any]]:
    return [(layer.W, layer.bias) for layer in network.layers]
