"""What the classifiers share: fit with labels, predict."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from autoenc.backends import Backend, resolve_backend
from autoenc.estimators.base import Array, GraphEstimator, in_parts
from autoenc.graph import DenseLayer, Expression, Network, SoftmaxLayer, Updates, momentum, sgd
from autoenc.graph.penalties import l1, l2
from autoenc.training import EarlyStopping, Record, train
from autoenc.training.callbacks import CallbackLike


class ClassifierBase(ClassifierMixin, GraphEstimator):
    """Fit a network with labels; final classes say what network.

    A final class has the constructor and `_initial_hidden`, and overrides nothing else.
    """

    _fitted_names: ClassVar[tuple[str, ...]] = (
        "n_features_in_", "seed_", "history_", "backend_", "labels_",
    )  # fmt: skip

    activation: Any
    learning_rate_decay: float
    l1: float
    l2: float
    dropout: float | Sequence[float]
    early_stopping: EarlyStopping | None
    batch_size: int
    n_epochs: int
    shuffle: bool
    verbose: bool
    _compiled: Any

    @abstractmethod
    def _initial_hidden(self, X: Array, rng: np.random.Generator) -> list[tuple[Array, Array]]:
        """Give weights and bias that each hidden layer starts from."""

    def fit(
        self,
        X: Any,
        y: Any,
        validation: tuple[Any, Any] | None = None,
        *,
        callbacks: Iterable[CallbackLike] = (),
    ) -> Self:
        """Learn to tell classes apart.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Finite numbers.
        y : array-like, (rows,)
            The class of each row, of any kind that can be sorted.
        validation : pair of X and y, optional
            Rows kept apart, whose error rate is the validation cost.
        callbacks : iterable of `autoenc.training.Callback` or functions
            Are told how the training goes; a function takes the record of every epoch.

        Returns
        -------
        self
            After Ctrl-C too, with the parameters trained so far. With `early_stopping`, those
            with the lowest validation error.

        Raises
        ------
        ValueError
            If data or a setting does not fit; says what was found and what to do.
        """
        self._check_settings()
        rows = self._check_rows(X, reset=True)
        classes = self._check_classes(rows, y, reset=True)
        backend = self._start()
        hidden = self._initial_hidden(rows, np.random.default_rng(self.seed_))
        self._set_parameters([*hidden, self._initial_softmax(hidden)])
        held_out = None if validation is None else self._check_validation(*validation)
        with config.change_flags(floatX=self._float_type()):
            self._train(rows, classes, held_out, backend, callbacks)
        return self

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
        rows = self._check_rows(X)
        return in_parts(self._function(), rows)

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
        self._check_numbers()
        for name in ("l1", "l2"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a number >= 0.")
        if not 0 < self.learning_rate_decay <= 1:
            raise ValueError(
                f"learning_rate_decay is {self.learning_rate_decay!r}; expected a factor "
                "in (0, 1]."
            )

    def _check_rows(self, X: Any, *, reset: bool = False) -> Array:
        if not reset:
            check_is_fitted(self)
        return self._checked(X, unit_interval=False, reset=reset)

    def _check_classes(self, rows: Array, y: Any, *, reset: bool = False) -> Array:
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        check_consistent_length(rows, y)
        if reset:
            self.labels_ = np.unique(y).tolist()
            if len(self.labels_) < 2:
                raise ValueError(
                    f"y has only the class {self.labels_[0]!r}; expected at least two classes."
                )
        unknown = set(np.unique(y).tolist()) - set(self.labels_)
        if unknown:
            raise ValueError(
                f"validation has the classes {sorted(unknown)}, which are not among those "
                f"trained on, {self.labels_}."
            )
        indices: Array = np.searchsorted(np.array(self.labels_), y).astype("int32")
        return indices

    def _check_validation(self, X: Any, y: Any) -> tuple[Array, Array]:
        rows = self._checked(X, unit_interval=False)
        return rows, self._check_classes(rows, y)

    def _initial_softmax(self, hidden: list[tuple[Array, Array]]) -> tuple[Array, Array]:
        n_in = hidden[-1][0].shape[1] if hidden else self.n_features_in_
        n_classes, dtype = len(self.labels_), self._float_type()
        return np.zeros((n_in, n_classes), dtype), np.zeros(n_classes, dtype)

    def _train(
        self,
        rows: Array,
        classes: Array,
        held_out: tuple[Array, Array] | None,
        backend: Backend,
        callbacks: Iterable[CallbackLike],
    ) -> None:
        network = self._network()
        x, y = pt.matrix("x"), pt.ivector("y")
        dropout = self._dropout(len(network.hidden) + 1)
        cost = network.negative_log_likelihood(x, y, dropout, self.seed_).mean()
        rate = pytensor.shared(np.asarray(self.learning_rate, config.floatX), name="learning_rate")

        def present(history: list[Record]) -> GraphEstimator:
            self._set_parameters([(W.get_value(), b.get_value()) for W, b in _pairs(network)])
            self.history_ = history
            return self

        train(
            cost,
            self._updates(cost, network, rate),
            inputs=[x, y],
            data=(rows, classes),
            batch_size=self.batch_size,
            n_epochs=self.n_epochs,
            seed=self.seed_,
            shuffle=self.shuffle,
            backend=backend,
            validation=None if held_out is None else (network.zero_one_loss(x, y), held_out),
            early_stopping=deepcopy(self.early_stopping),
            callbacks=[self._decay(rate), *callbacks],
            model=present,
            progress=self.verbose,
        )

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
        layers = [
            DenseLayer(
                *W.get_value(borrow=True).shape, rng=None, activation=self.activation, W=W, bias=b
            )
            for W, b in hidden
        ]
        W, b = softmax
        return Network(layers, SoftmaxLayer(*W.get_value(borrow=True).shape, W=W, bias=b))

    def _function(self) -> Callable[[Array], Array]:
        """Class probabilities, compiled once, with the parameters as they are now."""
        compiled = getattr(self, "_compiled", None)
        if compiled is None:
            with config.change_flags(floatX=str(self.weights_[0].dtype)):
                network, x = self._network(), pt.matrix("x")
                backend = resolve_backend(self.backend, self.device)
                compiled = (network, backend.function([x], network.class_probabilities(x)))
            self._compiled = compiled
        compiled_network: Network = compiled[0]
        function: Callable[[Array], Array] = compiled[1]
        for (W, b), weights, bias in zip(
            _pairs(compiled_network), self.weights_, self.biases_, strict=True
        ):
            W.set_value(weights)
            b.set_value(bias)
        return function

    def _set_parameters(self, pairs: list[tuple[Array, Array]]) -> None:
        self.weights_ = [W for W, _ in pairs]
        self.biases_ = [b for _, b in pairs]
        self._compiled = None

    def _arrays(self) -> dict[str, Array]:
        layers = enumerate(zip(self.weights_, self.biases_, strict=True), start=1)
        return {name: a for k, (W, b) in layers for name, a in ((f"W_{k}", W), (f"bias_{k}", b))}

    def _set_arrays(self, arrays: dict[str, Array]) -> None:
        layers = range(1, len(arrays) // 2 + 1)
        self._set_parameters([(arrays[f"W_{k}"], arrays[f"bias_{k}"]) for k in layers])


def _pairs(network: Network) -> list[tuple[Any, Any]]:
    return [(layer.W, layer.bias) for layer in network.layers]
