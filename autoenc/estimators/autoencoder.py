"""The tied autoencoder as an estimator."""

from __future__ import annotations

from typing import Any, final

from autoenc.estimators.autoencoding import AutoEncoderBase
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
    l1, l2 : float
        Weights, >= 0, of Σ|W| and ΣW². Penalties are minimised with the cost, and are not
        in the history.
    contraction : float
        Weight, >= 0, of the mean over rows of ‖∂code/∂x‖², which makes codes insensitive to
        small changes of the input; see `autoenc.graph.contractive`.
    sparsity, sparsity_target : float
        Weight, >= 0, of the divergence of each unit's mean value from the target, in (0, 1);
        see `autoenc.graph.kl_sparsity`.
    optimizer : str or callable
        ``"sgd"``, ``"momentum"``, ``"nesterov"``, ``"adagrad"``, ``"rmsprop"``, ``"adadelta"``,
        ``"adam"``, or any rule of the form of `autoenc.graph.sgd`.
    learning_rate : float or schedule
        Step of the optimizer, > 0; or a schedule such as `autoenc.graph.exponential_decay`.
    momentum : float
        In [0, 1), for ``"sgd"``; 0 is plain gradient descent.
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
        l1: float = 0.0,
        l2: float = 0.0,
        contraction: float = 0.0,
        sparsity: float = 0.0,
        sparsity_target: float = 0.05,
        optimizer: Any = "sgd",
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
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose

    def _corrupt(self, x: Expression, seed: int) -> None:
        return None
