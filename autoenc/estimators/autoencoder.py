"""The tied autoencoder as an estimator."""

from __future__ import annotations

from typing import Any, final

from autoenc.estimators.base import AutoEncoderBase
from autoenc.graph import Expression


@final
class AutoEncoder(AutoEncoderBase):
    """Autoencoder with tied weights, trained by minibatch gradient descent.

    code = activation(x·W + hidden_bias), and
    reconstruction = output(code·Wᵀ + visible_bias).

    Parameters
    ----------
    n_hidden : int
        Units of the code.
    activation, output : str or callable
        Of code and reconstruction: ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"softplus"``,
        ``"linear"``, or any function from symbolic expression to symbolic expression.
    tied : bool
        Whether the decoder uses Wᵀ; otherwise it learns weights of its own, ``W_prime_``.
    cost : {"cross_entropy", "squared_error"}
        Summed over columns, for values in [0, 1]; or meaned over columns, for any values.
    learning_rate : float
        Step of gradient descent, > 0.
    momentum : float
        In [0, 1); 0 is plain gradient descent.
    batch_size : int
        Rows of a minibatch.
    n_epochs : int
        How often all rows are visited.
    shuffle : bool
        Whether each epoch has a random order of its own.
    random_state : int, numpy.random.RandomState or None
        What weights, order and noise follow from. The same integer gives the same
        bytes on the same machine, backend and versions.
    backend : {"auto", "c", "xla", "numba"}
        How the graph is compiled.
    device : {"cpu", "cuda", "cuda0", ...}, optional
        Where it runs; by default what ``.theanorc`` says, else the fastest there is.
    dtype : {"float32", "float64"}, optional
        Precision; by default floatX, which is float32 unless ``.theanorc`` says otherwise.
    verbose : bool
        Whether a progress bar is shown.

    Attributes
    ----------
    W_ : array, (n_features_in_, n_hidden)
        Weights.
    hidden_bias_ : array, (n_hidden,)
    visible_bias_ : array, (n_features_in_,)
    W_prime_ : array, (n_hidden, n_features_in_)
        Weights of the decoder, when not tied.
    history_ : list of dict
        ``epoch``, ``cost``, ``seconds``, ``rows_per_second`` of every epoch.
    seed_ : int
        What was drawn from `random_state`.
    backend_ : str
        What ran, and why.
    n_features_in_ : int

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

    def __init__(
        self,
        n_hidden: int = 500,
        *,
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

    def _corrupt(self, x: Expression, seed: int) -> None:
        return None
