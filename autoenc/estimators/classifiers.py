"""Softmax regression, a perceptron with one hidden layer, and code shared by classifiers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, final

import numpy as np
from sklearn.base import ClassifierMixin

from autoenc.estimators.base import (
    Call,
    Fitted,
    GraphEstimator,
    Kind,
    check_given,
    check_goes_on,
    fitted,
    learn,
    machine_of,
)
from autoenc.graph import DenseLayer, uniform_weights
from autoenc.models.compiled import building
from autoenc.models.docstrings import documented
from autoenc.models.fitted import FittedModel, from_file
from autoenc.models.fitted_classifiers import FittedClassifier, not_normalised
from autoenc.models.mixed import moments_of
from autoenc.rows.blocks import Array
from autoenc.rows.columns import Columns
from autoenc.rows.domain import Domain
from autoenc.rows.examples import Examples, read_examples
from autoenc.rows.labels import as_indices, classes_of, plain_classes, read_labels
from autoenc.training import EarlyStopping, Every
from autoenc.training.callbacks import CallbacksLike


class Classifying(ClassifierMixin):
    """Methods of a classifier."""

    model_: FittedClassifier
    weights_ = Fitted()
    biases_ = Fitted()
    labels_ = Fitted()
    activation_ = Fitted()

    def fit(
        self,
        X: Any,
        y: Any,
        validation: tuple[Any, Any] | None = None,
        *,
        sample_weight: Any = None,
        callbacks: CallbacksLike = (),
        checkpoint: str | os.PathLike[str] | None = None,
        every: Every | int = 1,
        resume: bool = False,
    ) -> Self:
        """Learn to predict the classes of rows.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, (rows, columns)
            Finite numbers. A frame may also have columns of other kinds and missing entries. In
            this case, numbers are standardised, a category has an entry for each value, and
            missing entries are replaced by the mean; see `autoenc.rows.kinds.encoding_of`.
        y : array-like, (rows,)
            The class of each row: integers, text, booleans, or dates of NumPy (datetime64).
        validation : pair of X and y, optional
            Rows whose error rate is the validation cost; see also `validation_fraction`.
        sample_weight : array-like, (rows,), optional
            Weight of the cost of each row, >= 0. Only ratios of weights matter; rows of weight 0
            are ignored.
        callbacks : `autoenc.training.Callback` or function, or iterable of them, optional
            Called during training. A function is called with the record of every epoch.
        checkpoint : path, optional
            File from which training can be resumed.
        every : Every or int
            How often the checkpoint is written; an integer is a number of epochs.
        resume : bool
            Whether to resume from the checkpoint, if there is one.

        Returns
        -------
        self
            The fitted estimator. After Ctrl-C, it has the parameters trained so far or, with
            `early_stopping`, those with the lowest validation error.

        Raises
        ------
        ValueError
            If data or a setting is invalid. An earlier fitted model is left unchanged.
        """
        call = Call(X, y, None, sample_weight, validation, callbacks, checkpoint, every, resume)
        learn(self, call)
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        *,
        sample_weight: Any = None,
        callbacks: CallbacksLike = (),
    ) -> Self:
        """Continue learning with one pass over X, without validation.

        Parameters
        ----------
        X, y : array-like, (rows, columns) and (rows,)
            Rows and their classes.
        classes : array-like, optional
            All classes that will occur in any call. The first call needs them unless y contains
            all of them.
        sample_weight, callbacks : array-like, (rows,), and iterable, optional
            See `fit`.

        Returns
        -------
        self
            The estimator, trained further.
        """
        call = Call(X, y, classes, sample_weight, callbacks=callbacks, partial=True)
        learn(self, call)
        return self

    def predict_proba(self, X: Any) -> Array:
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows, classes)
            Probabilities, in the order of `classes_`.
        """
        model: FittedClassifier = fitted(self)
        return model.apply("probabilities", model.incoming(X))

    def predict(self, X: Any) -> Array:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows,)
            Classes.
        """
        best: Array = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return best

    @property
    def classes_(self) -> Array:
        """The classes, sorted."""
        model: FittedClassifier = fitted(self)
        return model.classes


def _check_classes(given: Any, known: Array) -> None:
    """Refuse the classes of a later call that differ from those of the first one."""
    if given is None:
        return
    classes = read_labels(given, name="classes")
    if not len(classes) or not np.array_equal(np.unique(classes), known):
        raise ValueError(
            f"the model was fitted with the classes {known.tolist()!r:.200}, but classes is "
            f"{classes.tolist()!r:.200}; leave it out, or start again with fit."
        )


class ClassifierKind:
    """How classifiers are fitted. Subclasses have hidden layers."""

    model = FittedClassifier

    def read(
        self, call: Call, settings: Mapping[str, Any], columns: Columns, *, reset: bool
    ) -> tuple[Examples, Domain]:
        """Read rows and their classes."""
        return read_examples(
            columns, call.X, call.y, call.sample_weight, dtype=settings["dtype"], reset=reset,
            allow_nan=None, labelled=True, centred=True,
        )  # fmt: skip

    def choose(
        self, call: Call, settings: Mapping[str, Any], examples: Examples, domain: Domain,
        columns: Columns, start: FittedModel | None,
    ) -> tuple[dict[str, Any], Examples]:  # fmt: skip
        """Collect the classes, and number the labels."""
        check_given(settings)
        if start is not None:
            choices, normalised = start.choices, "spread_1" in start.arrays
            own = {"batch_norm": normalised, "activation": None, **settings}
            activation = choices["activation"]
            check_goes_on(own, batch_norm=normalised, activation=activation)
            _check_classes(
                call.classes, classes_of(choices["labels"], choices.get("labels_dtype"))
            )
        else:
            labels = examples.labels
            if call.classes is not None:
                labels = read_labels(call.classes, name="classes")
            classes, kind = plain_classes(np.asarray(labels))
            choices = {
                "labels": classes,
                "activation": settings.get("activation"),
                "masked": columns.encoding is not None,
            }
            if kind is not None:
                choices["labels_dtype"] = kind
        return choices, _numbered(examples, choices, "y")

    def validation(
        self, validation: Any, settings: Mapping[str, Any], known: FittedModel
    ) -> Examples:
        """Read rows and classes for validation."""
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ValueError(
                f"validation is of type {type(validation).__name__}; expected a pair of X and y."
            )
        examples, _ = read_examples(
            known.columns, *validation, dtype=settings["dtype"], reset=False,
            allow_nan=known.masked, labelled=True, name="validation",
        )  # fmt: skip
        return _numbered(examples, known.choices, "validation")

    def initial(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> FittedModel:
        """Return the hidden layers, and a softmax of zeros, or of random weights if normalised."""
        known, hidden = self.hidden(known, settings, examples, call)
        n_in = hidden[-1][0].shape[1] if hidden else examples.rows.shape[1]
        shape, dtype = (n_in, len(known.choices["labels"])), settings["dtype"]
        W = np.zeros(shape, dtype)
        if settings.get("batch_norm"):
            # With weights of 0, the logits could not be standardised: their deviation would be 0.
            rng = np.random.default_rng([known.seed, len(hidden)])
            W = uniform_weights(rng, *shape, gain=1, dtype=dtype)
        pairs = [*hidden, (W, np.zeros(shape[1], dtype))]
        arrays, encoding = known.arrays, known.columns.encoding
        if encoding is not None and not arrays:
            arrays = moments_of(encoding, examples.rows, examples.weights)
        if settings.get("batch_norm"):
            arrays = {**not_normalised([bias for _, bias in pairs]), **arrays}
            arrays |= self.normalised(known, examples)
        return known.replaced(arrays={**_named(pairs), **arrays})

    def normalised(self, known: FittedModel, examples: Examples) -> dict[str, Array]:
        """Return arrays that replace those of `not_normalised` if the layers are pre-trained."""
        return {}

    def hidden(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> tuple[FittedModel, list[tuple[Array, Array]]]:
        """Return the model, and weights and bias of each hidden layer."""
        return known, []

    def from_file(
        self, kind: str, settings: Mapping[str, Any], arrays: dict[str, Array],
        fitted: dict[str, Any],
    ) -> FittedModel:  # fmt: skip
        """Make the fitted model from the contents of a file."""
        choices = {
            "activation": settings.get("activation"),
            "chose_activation": "activation_" in fitted,
            "masked": "encoding" in fitted,
        }
        return from_file(FittedClassifier, kind, arrays, fitted, choices, machine_of(settings))


class PerceptronKind(ClassifierKind):
    """How a perceptron is fitted."""

    def hidden(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> tuple[FittedModel, list[tuple[Array, Array]]]:
        """Draw the hidden layer."""
        rng = np.random.default_rng(known.seed)
        sizes = examples.rows.shape[1], settings["n_hidden"]
        with building(settings["dtype"]):
            layer = DenseLayer(*sizes, rng=rng, activation=settings["activation"])
        return known, [(layer.W.get_value(), layer.bias.get_value())]


@final
@documented
class SoftmaxClassifier(Classifying, GraphEstimator):
    """Softmax (logistic) regression by minibatch gradient descent.

    p(class | x) = softmax(x·W + bias). Training minimises the mean negative log-likelihood of the
    true classes, plus l1·Σ|W| + l2·ΣW².

    Parameters
    ----------
    {settings}

    Attributes
    ----------
    weights_, biases_ : lists of one array
        W, (n_features, classes), and its bias.
    classes_ : array
        The classes, sorted.
    history_ : list of dict
        ``epoch``, ``cost``, ``seconds``, ``rows_per_second`` of every epoch; with validation
        also ``valid_cost``, the error rate.

    Examples
    --------
    >>> from autoenc import load_mnist
    >>> from autoenc.estimators import SoftmaxClassifier
    >>> train, _, test = load_mnist(sample=True)
    >>> model = SoftmaxClassifier(n_epochs=5, random_state=0, verbose=False)
    >>> model.fit(train.images, train.labels).score(test.images, test.labels) > 0.8
    True
    """

    _kind: ClassVar[Kind] = ClassifierKind()

    def __init__(
        self,
        *,
        dropout: float = 0.0,
        noise: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        optimizer: Any = "sgd",
        learning_rate: Any = 0.1,
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
        devices: int | str | None = None,
        memory: int | str | None = None,
        dtype: str | None = None,
        verbose: bool = True,
    ) -> None:
        self.dropout = dropout
        self.noise = noise
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
        self.devices = devices
        self.memory = memory
        self.dtype = dtype
        self.verbose = verbose


@final
@documented
class PerceptronClassifier(Classifying, GraphEstimator):
    """Perceptron with one hidden layer and a softmax output layer.

    Parameters
    ----------
    n_hidden : int
        Number of hidden units.
    activation : str or callable
        Activation of the hidden layer; see `AutoEncoder`.
    {settings}

    Attributes
    ----------
    weights_, biases_ : lists of two arrays
        Weights and biases of the hidden layer and of the softmax layer.
    classes_, history_
        See `SoftmaxClassifier`.

    Examples
    --------
    >>> from autoenc import load_mnist
    >>> from autoenc.estimators import PerceptronClassifier
    >>> train, _, test = load_mnist(sample=True)
    >>> model = PerceptronClassifier(50, n_epochs=5, random_state=0, verbose=False)
    >>> model.fit(train.images, train.labels).score(test.images, test.labels) > 0.8
    True
    """

    _kind: ClassVar[Kind] = PerceptronKind()

    def __init__(
        self,
        n_hidden: int = 500,
        *,
        activation: Any = "tanh",
        dropout: float | Sequence[float] = 0.0,
        noise: float | Sequence[float] = 0.0,
        batch_norm: bool = False,
        l1: float = 0.0,
        l2: float = 1e-4,
        contraction: float = 0.0,
        sparsity: float = 0.0,
        sparsity_target: float = 0.05,
        optimizer: Any = "sgd",
        learning_rate: Any = 0.1,
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
        devices: int | str | None = None,
        memory: int | str | None = None,
        dtype: str | None = None,
        verbose: bool = True,
    ) -> None:
        self.n_hidden = n_hidden
        self.activation = activation
        self.dropout = dropout
        self.noise = noise
        self.batch_norm = batch_norm
        self.l1 = l1
        self.l2 = l2
        self.contraction = contraction
        self.sparsity = sparsity
        self.sparsity_target = sparsity_target
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
        self.devices = devices
        self.memory = memory
        self.dtype = dtype
        self.verbose = verbose


def _numbered(examples: Examples, choices: Mapping[str, Any], name: str) -> Examples:
    """Return the examples with the numbers of their classes."""
    assert examples.labels is not None
    classes = classes_of(choices["labels"], choices.get("labels_dtype"))
    return examples.labelled(as_indices(examples.labels, classes, name))


def _named(pairs: Sequence[tuple[Array, Array]]) -> dict[str, Array]:
    """Return weights and biases by their names in model files."""
    layers = enumerate(pairs, start=1)
    return {n: a for k, (W, b) in layers for n, a in ((f"W_{k}", W), (f"bias_{k}", b))}
