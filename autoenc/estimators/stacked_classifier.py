"""A classifier whose hidden layers a stack of denoising autoencoders has trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from autoenc.estimators import settings
from autoenc.estimators.base import Fitted, Saving
from autoenc.estimators.classifying import ClassifierBase
from autoenc.estimators.stacks import (
    StackedDenoisingAutoEncoder,
    check_not_interrupted,
    per_layer,
)
from autoenc.graph import uniform_weights
from autoenc.models.fitted import FittedClassifier
from autoenc.rows.blocks import Array, Rows, original
from autoenc.training import EarlyStopping


@final
class StackedDenoisingClassifier(ClassifierBase):
    """A stack of denoising autoencoders, fine-tuned under a softmax layer.

    The weights that the stack has learned without labels are where the network starts
    from.

    Parameters
    ----------
    hidden_sizes, corruption, cost, scale
        Of the stack; see `StackedDenoisingAutoEncoder`.
    activation : str or callable
        Of the hidden layers; ``"auto"`` is the sigmoid where all values are in [0, 1], and tanh
        where columns are standardised, on which sigmoid codes are nearly all alike.
    pretraining_rate, pretraining_momentum, pretraining_epochs, pretraining_batch_size
        How each layer of the stack is trained.
    dropout : float or sequence of float
        Fine-tuning: probability that a value of the input, and of each hidden layer, is set
        to zero.
    l1, l2, optimizer, learning_rate, learning_rate_decay, momentum, early_stopping, \
batch_size, n_epochs, validation_fraction, warm_start, shuffle, random_state, backend, \
device, dtype, verbose
        Of fine-tuning; see `SoftmaxClassifier`.

    Attributes
    ----------
    stack_ : StackedDenoisingAutoEncoder
        As it was before fine-tuning; not in model files.
    weights_, biases_ : lists of array
        Of all layers, the softmax last, fine-tuned.
    activation_ : str or callable
        What ``"auto"`` has become.
    classes_, history_
        As for `SoftmaxClassifier`.

    References
    ----------
    P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol (2010). Stacked
    denoising autoencoders. JMLR 11.

    Examples
    --------
    >>> from autoenc import load_mnist
    >>> from autoenc.estimators import StackedDenoisingClassifier
    >>> train, _, test = load_mnist(sample=True)
    >>> model = StackedDenoisingClassifier(
    ...     (60, 30), pretraining_epochs=1, n_epochs=8, random_state=0, verbose=False)
    >>> model.fit(train.images, train.labels).score(test.images, test.labels) > 0.8
    True
    """

    activation_ = Fitted()

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (500, 250),
        *,
        corruption: float | Sequence[float] = 0.3,
        activation: Any = "auto",
        cost: str = "auto",
        scale: str | None = "auto",
        pretraining_rate: Any = "auto",
        pretraining_momentum: float = 0.0,
        pretraining_epochs: int = 15,
        pretraining_batch_size: int = 20,
        dropout: float | Sequence[float] = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
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
        self.hidden_sizes = hidden_sizes
        self.corruption = corruption
        self.activation = activation
        self.cost = cost
        self.scale = scale
        self.pretraining_rate = pretraining_rate
        self.pretraining_momentum = pretraining_momentum
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_batch_size = pretraining_batch_size
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
        for n_hidden in per_layer("corruption", self.corruption, self.hidden_sizes) and (
            self.hidden_sizes
        ):
            settings.check_integer("hidden_sizes", n_hidden)

    def _initial(
        self, known: FittedClassifier, rows: Rows, weights: Array | None, saving: Saving
    ) -> tuple[FittedClassifier, list[tuple[Array, Array]]]:
        assert known.domain is not None
        chosen = "sigmoid" if known.domain.in_unit_interval else "tanh"
        activation = chosen if self.activation == "auto" else self.activation
        stack = self._new_stack(activation, known.seed).fit(
            original(rows),
            sample_weight=weights,
            checkpoint=saving.checkpoint,
            every=saving.every,
            resume=saving.resume,
        )
        layers = stack.model_.layers
        check_not_interrupted(layers[-1])
        moments = {n: a for n, a in layers[0].arrays.items() if n in ("mean", "scale")}
        known = known.replaced(
            arrays=moments,
            choices={**known.choices, "activation": activation, "chose_activation": True},
            pretrained=stack.model_,
        )
        return known, [(layer.arrays["W"], layer.arrays["hidden_bias"]) for layer in layers]

    @property
    def stack_(self) -> StackedDenoisingAutoEncoder:
        """The stack as it was before fine-tuning.

        Raises
        ------
        AttributeError
            If the model is not fitted, or was loaded from a file, which does not hold it.
        """
        model = vars(self).get("model_")
        if model is None or model.pretrained is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute 'stack_'")
        stack = self._new_stack(model.choices["activation"], model.seed)
        stack.model_ = model.pretrained
        return stack

    def _new_stack(self, activation: Any, seed: int) -> StackedDenoisingAutoEncoder:
        return StackedDenoisingAutoEncoder(
            self.hidden_sizes,
            corruption=self.corruption,
            activation=activation,
            cost=self.cost,
            scale=self.scale,
            # Small weights make codes that are all alike, from which fine-tuning starts slowly.
            init=uniform_weights,
            learning_rate=self.pretraining_rate,
            momentum=self.pretraining_momentum,
            batch_size=self.pretraining_batch_size,
            n_epochs=self.pretraining_epochs,
            shuffle=self.shuffle,
            random_state=seed,
            backend=self.backend,
            device=self.device,
            dtype=self.dtype,
            verbose=self.verbose,
        )
