"""Autoencoders of one layer as estimators."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

from sklearn.utils.validation import check_is_fitted

from autoenc.estimators.base import GraphEstimator, Kind
from autoenc.estimators.coding import CoderKind, Coding
from autoenc.estimators.settings import documented
from autoenc.rows.blocks import Array
from autoenc.training import EarlyStopping


class OneLayer(Coding):
    """Methods of an autoencoder of one layer."""

    tied: bool

    def untie(self) -> Self:
        """Give the decoder its own weights, which start as Wᵀ.

        Returns
        -------
        self
            The fitted estimator, no longer tied, which computes the same as before.
        """
        check_is_fitted(self)
        if self.tied:
            self.tied = False
            self.model_ = self.model_.untied()
        return self

    def initial_parameters(self) -> dict[str, Array]:
        """Draw the parameters again from which training started.

        Returns
        -------
        dict from name to array
            W, hidden_bias, visible_bias and, where weights are not tied, W_prime.
        """
        check_is_fitted(self)
        return self.model_.initial()


@final
@documented
class AutoEncoder(OneLayer, GraphEstimator):
    """Autoencoder with tied weights, trained by minibatch gradient descent.

    code = activation(x·W + hidden_bias), and
    reconstruction = output(code·Wᵀ + visible_bias).

    Parameters
    ----------
    {settings}

    Attributes
    ----------
    W_ : array, (n_features_in_, n_hidden)
        Weights.
    hidden_bias_ : array, (n_hidden,)
        Biases of the code.
    visible_bias_ : array, (n_features_in_,)
        Biases of the reconstruction.
    W_prime_ : array, (n_hidden, n_features_in_)
        Weights of the decoder, when not tied.
    history_ : list of dict
        ``epoch``, ``cost``, ``seconds``, ``rows_per_second`` of every epoch; with validation
        also ``valid_cost``.
    cost_, output_ : str or callable
        What was chosen; see `cost`.
    gain_ : float
        Gain of the initial weights, if they are uniform; see `autoenc.graph.uniform_weights`.
    learning_rate_ : float or None
        The learning rate; None for a schedule.
    mean_, scale_ : array, (n_features_in_,)
        Moments that columns are standardised with, if they are.
    data_min_, data_max_ : array, (n_features_in_,)
        Range of each column in `fit`.
    data_dtype_ : str
        Dtype of the data of `fit`.
    seed_ : int
        Seed drawn from `random_state`.
    backend_ : str
        The backend that trained, and why it was chosen.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : array of str
        Names of the columns, if they have names.

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

    _kind: ClassVar[Kind] = CoderKind()

    def __init__(
        self,
        n_hidden: int = 500,
        *,
        activation: Any = "sigmoid",
        output: Any = "auto",
        tied: bool = True,
        cost: str = "auto",
        scale: str | None = "auto",
        missing: str = "refuse",
        init: Any = "uniform",
        l1: float = 0.0,
        l2: float = 0.0,
        contraction: float = 0.0,
        sparsity: float = 0.0,
        sparsity_target: float = 0.05,
        optimizer: Any = "sgd",
        learning_rate: Any = "auto",
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: int = 15,
        early_stopping: EarlyStopping | None = None,
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
        self.output = output
        self.tied = tied
        self.cost = cost
        self.scale = scale
        self.missing = missing
        self.init = init
        self.l1 = l1
        self.l2 = l2
        self.contraction = contraction
        self.sparsity = sparsity
        self.sparsity_target = sparsity_target
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose


@final
@documented
class DenoisingAutoEncoder(OneLayer, GraphEstimator):
    """Autoencoder that learns to undo noise put on its input.

    The clean input is what has to be reconstructed. Noise is drawn anew for every minibatch,
    and only while training.

    Parameters
    ----------
    {settings}

    Attributes
    ----------
    W_, hidden_bias_, visible_bias_, W_prime_, history_, cost_, output_, learning_rate_, mean_, \
scale_, data_min_, data_max_, data_dtype_, seed_, backend_, n_features_in_, feature_names_in_
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

    _kind: ClassVar[Kind] = CoderKind()

    def __init__(
        self,
        n_hidden: int = 500,
        *,
        corruption: Any = 0.3,
        activation: Any = "sigmoid",
        output: Any = "auto",
        tied: bool = True,
        cost: str = "auto",
        scale: str | None = "auto",
        missing: str = "refuse",
        init: Any = "uniform",
        l1: float = 0.0,
        l2: float = 0.0,
        contraction: float = 0.0,
        sparsity: float = 0.0,
        sparsity_target: float = 0.05,
        optimizer: Any = "sgd",
        learning_rate: Any = "auto",
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: int = 15,
        early_stopping: EarlyStopping | None = None,
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
        self.corruption = corruption
        self.activation = activation
        self.output = output
        self.tied = tied
        self.cost = cost
        self.scale = scale
        self.missing = missing
        self.init = init
        self.l1 = l1
        self.l2 = l2
        self.contraction = contraction
        self.sparsity = sparsity
        self.sparsity_target = sparsity_target
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose
