"""The denoising autoencoder as an estimator."""

from __future__ import annotations

from typing import Any, final

from autoenc.estimators.autoencoding import AutoEncoderBase
from autoenc.graph import Expression, corrupt
from autoenc.training import EarlyStopping


@final
class DenoisingAutoEncoder(AutoEncoderBase):
    """Autoencoder that learns to undo noise put on its input.

    The clean input is what has to be reconstructed. Noise is drawn anew for every minibatch,
    and only while training.

    Parameters
    ----------
    n_hidden : int
        Units of the code.
    corruption : float, pair, list of pairs or callable
        Probability in [0, 1] that an entry is set to zero; or a kind of noise and how much of
        it, such as ``("salt_and_pepper", 0.2)`` or ``("gaussian", 0.1)``; or several such
        pairs, one after the other. See `autoenc.graph.corrupt`.
    activation, output : str or callable
        As for `AutoEncoder`, which documents the other parameters too.
    tied, cost, scale, missing, init, l1, l2, contraction, sparsity, sparsity_target, optimizer, \
learning_rate, momentum, batch_size, n_epochs, early_stopping, validation_fraction, warm_start, \
shuffle, random_state, backend, device, dtype, verbose
        As for `AutoEncoder`.

    Attributes
    ----------
    W_, hidden_bias_, visible_bias_, W_prime_, history_, cost_, output_, learning_rate_, mean_, \
scale_, data_min_, data_max_, data_dtype_, seed_, backend_, n_features_in_, feature_names_in_
        As for `AutoEncoder`.

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

    def _corrupt(self, x: Expression, seed: int) -> Expression:
        return corrupt(x, self.corruption, seed)
