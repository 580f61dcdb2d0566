"""Softmax regression and a perceptron of one hidden layer, as estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from autoenc.estimators import settings
from autoenc.estimators.base import Saving
from autoenc.estimators.classifying import ClassifierBase
from autoenc.graph import DenseLayer
from autoenc.models.compiled import building
from autoenc.models.fitted import FittedClassifier
from autoenc.rows.blocks import Array, Rows
from autoenc.training import EarlyStopping


@final
class SoftmaxClassifier(ClassifierBase):
    """Softmax (logistic) regression by minibatch gradient descent.

    p(class | x) = softmax(x·W + bias); what is minimised is the mean negative
    log-likelihood of the right classes, plus l1·Σ|W| + l2·ΣW².

    Parameters
    ----------
    dropout : float
        Probability that a value of the input is set to zero in training.
    l1, l2 : float
        Weights of the penalties, >= 0.
    optimizer : str or callable
        As for `AutoEncoder`.
    learning_rate : float
        Step of the optimizer, > 0.
    learning_rate_decay : float
        Factor in (0, 1] on the learning rate after each epoch.
    momentum : float
        In [0, 1), for ``optimizer="sgd"``.
    early_stopping : EarlyStopping, optional
        Such as ``GeometricPatience()``; needs ``fit(..., validation=(X, y))`` or
        `validation_fraction`.
    validation_fraction : float, optional
        Part of the rows of each class, in (0, 1), that is held out of training for validation.
    batch_size, n_epochs, warm_start, shuffle, random_state, backend, device, dtype, verbose
        As for `AutoEncoder`.

    Attributes
    ----------
    weights_, biases_ : lists of one array
        W, (n_features_in_, classes), and its bias.
    classes_ : array
    history_ : list of dict
        With `validation`, also ``valid_cost``, the error rate on it.

    Examples
    --------
    >>> from autoenc import load_mnist
    >>> from autoenc.estimators import SoftmaxClassifier
    >>> train, _, test = load_mnist(sample=True)
    >>> model = SoftmaxClassifier(n_epochs=5, random_state=0, verbose=False)
    >>> model.fit(train.images, train.labels).score(test.images, test.labels) > 0.8
    True
    """

    def __init__(
        self,
        *,
        dropout: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        optimizer: Any = "sgd",
        learning_rate: float = 0.1,
        learning_rate_decay: float = 1.0,
        momentum: float = 0.0,
        early_stopping: EarlyStopping | None = None,
        batch_size: int = 100,
        n_epochs: int = 30,
        validation_fraction: float | None = None,
        warm_start: bool = False,
        shuffle: bool = True,
        random_state: Any = None,
        backend: Any = "auto",
        device: str | None = None,
        dtype: str | None = None,
        verbose: bool = True,
    ) -> None:
        self.dropout = dropout
        self.l1 = l1
        self.l2 = l2
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose

    def _initial(
        self, known: FittedClassifier, rows: Rows, weights: Array | None, saving: Saving
    ) -> tuple[FittedClassifier, list[tuple[Array, Array]]]:
        return known, []

    def _check_own_settings(self) -> None:
        return None


@final
class PerceptronClassifier(ClassifierBase):
    """A perceptron with one hidden layer, and softmax on top.

    Parameters
    ----------
    n_hidden : int
        Units of the hidden layer.
    activation : str or callable
        Of the hidden layer; see `AutoEncoder`.
    dropout : float or pair of float
        Probability that a value of the input, and of the hidden layer, is set to zero in
        training.
    l1, l2, optimizer, learning_rate, learning_rate_decay, momentum, early_stopping, \
batch_size, n_epochs, validation_fraction, warm_start, shuffle, random_state, backend, \
device, dtype, verbose
        As for `SoftmaxClassifier`.

    Attributes
    ----------
    weights_, biases_ : lists of two arrays
        Of the hidden layer and of the softmax.
    classes_, history_
        As for `SoftmaxClassifier`.

    Examples
    --------
    >>> from autoenc import load_mnist
    >>> from autoenc.estimators import PerceptronClassifier
    >>> train, _, test = load_mnist(sample=True)
    >>> model = PerceptronClassifier(50, n_epochs=5, random_state=0, verbose=False)
    >>> model.fit(train.images, train.labels).score(test.images, test.labels) > 0.8
    True
    """

    def __init__(
        self,
        n_hidden: int = 500,
        *,
        activation: Any = "tanh",
        dropout: float | Sequence[float] = 0.0,
        l1: float = 0.0,
        l2: float = 1e-4,
        optimizer: Any = "sgd",
        learning_rate: float = 0.1,
        learning_rate_decay: float = 1.0,
        momentum: float = 0.0,
        early_stopping: EarlyStopping | None = None,
        batch_size: int = 20,
        n_epochs: int = 30,
        validation_fraction: float | None = None,
        warm_start: bool = False,
        shuffle: bool = True,
        random_state: Any = None,
        backend: Any = "auto",
        device: str | None = None,
        dtype: str | None = None,
        verbose: bool = True,
    ) -> None:
        self.n_hidden = n_hidden
        self.activation = activation
        self.dropout = dropout
        self.l1 = l1
        self.l2 = l2
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose

    def _check_own_settings(self) -> None:
        settings.check_integer("n_hidden", self.n_hidden)

    def _initial(
        self, known: FittedClassifier, rows: Rows, weights: Array | None, saving: Saving
    ) -> tuple[FittedClassifier, list[tuple[Array, Array]]]:
        rng = np.random.default_rng(known.seed)
        with building(self._float_type()):
            layer = DenseLayer(rows.shape[1], self.n_hidden, rng=rng, activation=self.activation)
        return known, [(layer.W.get_value(), layer.bias.get_value())]
