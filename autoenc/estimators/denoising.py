"""The denoising autoencoder as an estimator."""

from __future__ import annotations

from typing import Any, final

from autoenc.estimators.base import AutoEncoderBase
from autoenc.graph import Expression, masking


@final
class DenoisingAutoEncoder(AutoEncoderBase):
    """Autoencoder that learns to undo noise put on its input.

    Each entry of the input is set to zero with probability `corruption`; the clean input
    is what has to be reconstructed. Noise is drawn anew for every minibatch, and only
    while training.

    Parameters
    ----------
    n_hidden : int
        Units of the code.
    corruption : float
        Probability in [0, 1] that an entry is set to zero.
    activation, output : str or callable
        As for `AutoEncoder`, which documents the other parameters too.
    tied, cost, learning_rate, momentum, batch_size, n_epochs, shuffle, random_state, backend, \
device, dtype, verbose
        As for `AutoEncoder`.

    Attributes
    ----------
    W_, hidden_bias_, visible_bias_, W_prime_, history_, seed_, backend_, n_features_in_
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
        corruption: float = 0.3,
        activation: Any = "sigmoid",
        output: Any = "sigmoid",
        tied: bool = True,
        cost: str = "cross_entropy",
        learning_rate: float = 0.1,
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: int = 15,
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
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose

    def _corrupt(self, x: Expression, seed: int) -> Expression:
        return masking(x, self.corruption, seed)
