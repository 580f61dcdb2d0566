"""Autoencoders of one layer as estimators."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

from autoenc.estimators.base import GraphEstimator, Kind, fitted
from autoenc.estimators.coding import CoderKind, Coding
from autoenc.models.coders import FittedCoder
from autoenc.models.settings import documented
from autoenc.rows.blocks import Array
from autoenc.training import EarlyStopping


class OneLayer:
    """Methods of an autoencoder of one layer."""

    tied: bool
    model_: FittedCoder

    def untie(self) -> Self:
        """Give the decoder its own weights, which start as Wᵀ.

        Returns
        -------
        self
            The fitted estimator, no longer tied, which computes the same as before.
        """
        model: FittedCoder = fitted(self)
        if self.tied:
            self.tied, self.model_ = False, model.untied()
        return self

    def initial_parameters(self) -> dict[str, Array]:
        """Draw the parameters again from which training started.

        Returns
        -------
        dict from name to array
            W, hidden_bias, visible_bias and, where weights are not tied, W_prime.
        """
        model: FittedCoder = fitted(self)
        return model.initial()


@final
@documented
class AutoEncoder(OneLayer, Coding, GraphEstimator):
    """Autoencoder with tied weights, trained by minibatch gradient descent.

    code = activation(x·W + hidden_bias), reconstruction = output(code·Wᵀ + visible_bias).

    Parameters
    ----------
    {settings}

    Attributes
    ----------
    W_ : array, (n_features, n_hidden)
        Weights.
    hidden_bias_, visible_bias_ : array, (n_hidden,) and (n_features,)
        Biases of the code and of the reconstruction.
    W_prime_ : array, (n_hidden, n_features)
        Weights of the decoder, when not tied.
    history_ : list of dict
        ``epoch``, ``cost``, ``valid_cost``, ``seconds``, ``rows_per_second`` of every epoch.
    cost_, output_, chosen_ : str or callable, dict
        What was chosen; see `cost` and `n_hidden`.
    gain_ : float
        Gain of the initial weights, if they are uniform; see `autoenc.graph.uniform_weights`.
    learning_rate_ : float or None
        The learning rate; None for a schedule.
    mean_, scale_, lower_, upper_ : array, (n_features,)
        Moments that columns are standardised with, if they are; limits that reconstructions
        are clipped at, infinite where there is none, if `output_` is ``"clipped"``.
    data_min_, data_max_, data_dtype_ : array, (n_features,), and str
        Range of each column in `fit`, and the dtype of the data.
    seed_, backend_ : int, str
        Seed drawn from `random_state`; the backend that trained, and why it was chosen.
    n_features_in_, feature_names_in_ : int, array of str
        Number of columns, and their names if they have names.

    References
    ----------
    Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle (2007). Greedy layer-wise training
    of deep networks. NIPS.

    Examples
    --------
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:500]
    >>> ae = AutoEncoder(n_hidden=32, n_epochs=2, random_state=0, verbose=False).fit(images)
    >>> ae.transform(images).shape, ae.reconstruct(images).shape
    ((500, 32), (500, 784))
    >>> ae.history_[1]["cost"] < ae.history_[0]["cost"]
    True
    """

    _kind: ClassVar[Kind] = CoderKind(takes_kinds=True)

    def __init__(
        self,
        n_hidden: Any = "auto",
        *,
        activation: Any = "auto",
        output: Any = "auto",
        tied: bool = True,
        cost: str = "auto",
        scale: str | None = "auto",
        missing: str = "auto",
        init: Any = "auto",
        l1: float = 0.0,
        l2: float = 0.0,
        contraction: float = 0.0,
        sparsity: float = 0.0,
        sparsity_target: float = 0.05,
        optimizer: Any = "sgd",
        learning_rate: Any = "auto",
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: Any = "auto",
        early_stopping: EarlyStopping | None = None,
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
        self.n_hidden, self.activation = n_hidden, activation
        self.output, self.tied, self.init = output, tied, init
        self.cost, self.scale, self.missing = cost, scale, missing
        self.l1, self.l2, self.contraction = l1, l2, contraction
        self.sparsity, self.sparsity_target = sparsity, sparsity_target
        self.optimizer, self.learning_rate, self.momentum = optimizer, learning_rate, momentum
        self.batch_size, self.n_epochs, self.shuffle = batch_size, n_epochs, shuffle
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.warm_start, self.random_state, self.verbose = warm_start, random_state, verbose
        self.backend, self.device, self.devices = backend, device, devices
        self.memory, self.dtype = memory, dtype


@final
@documented
class DenoisingAutoEncoder(OneLayer, Coding, GraphEstimator):
    """Autoencoder that learns to undo noise put on its input.

    The clean input is what has to be reconstructed. Noise is drawn anew for every minibatch,
    and only while training.

    Parameters
    ----------
    {settings}

    Attributes
    ----------
    W_, hidden_bias_, visible_bias_, W_prime_, history_, cost_, output_, chosen_, learning_rate_, \
mean_, scale_, lower_, upper_, data_min_, data_max_, data_dtype_, seed_, backend_, \
n_features_in_, feature_names_in_
        See `AutoEncoder`.

    References
    ----------
    P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol (2008). Extracting and composing
    robust features with denoising autoencoders. ICML.

    Examples
    --------
    >>> from autoenc import DenoisingAutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:500]
    >>> ae = DenoisingAutoEncoder(n_hidden=32, n_epochs=2, random_state=0, verbose=False)
    >>> ae.fit(images).transform(images).shape
    (500, 32)
    """

    _kind: ClassVar[Kind] = CoderKind(takes_kinds=True)

    def __init__(
        self,
        n_hidden: Any = "auto",
        *,
        corruption: Any = "auto",
        activation: Any = "auto",
        output: Any = "auto",
        tied: bool = True,
        cost: str = "auto",
        scale: str | None = "auto",
        missing: str = "auto",
        init: Any = "auto",
        l1: float = 0.0,
        l2: float = 0.0,
        contraction: float = 0.0,
        sparsity: float = 0.0,
        sparsity_target: float = 0.05,
        optimizer: Any = "sgd",
        learning_rate: Any = "auto",
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: Any = "auto",
        early_stopping: EarlyStopping | None = None,
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
        self.n_hidden, self.corruption, self.activation = n_hidden, corruption, activation
        self.output, self.tied, self.init = output, tied, init
        self.cost, self.scale, self.missing = cost, scale, missing
        self.l1, self.l2, self.contraction = l1, l2, contraction
        self.sparsity, self.sparsity_target = sparsity, sparsity_target
        self.optimizer, self.learning_rate, self.momentum = optimizer, learning_rate, momentum
        self.batch_size, self.n_epochs, self.shuffle = batch_size, n_epochs, shuffle
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.warm_start, self.random_state, self.verbose = warm_start, random_state, verbose
        self.backend, self.device, self.devices = backend, device, devices
        self.memory, self.dtype = memory, dtype
