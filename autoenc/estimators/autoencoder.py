"""The tied autoencoder as an estimator."""

from __future__ import annotations

from typing import Any, final

from autoenc.estimators.autoencoding import AutoEncoderBase
from autoenc.graph import Expression
from autoenc.training import EarlyStopping


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
        ``"linear"``, or any function from symbolic expression to symbolic expression. The
        output may be ``"auto"``; see `cost`.
    tied : bool
        Whether the decoder uses Wᵀ; otherwise it learns weights of its own, ``W_prime_``.
    cost : {"auto", "cross_entropy", "squared_error"}
        Cross-entropy is summed over columns, for values in [0, 1]; the mean squared error
        over columns, for any values. ``"auto"`` takes cross-entropy with sigmoid outputs if
        all values of `fit` are in [0, 1]; else the squared error with linear outputs, of
        columns that are standardised. `cost_`, `output_`, `mean_` and `scale_` hold what was
        chosen; with `verbose` a line prints it. Bytes should be divided by 255.
    scale : {"auto", "standard", None}
        Whether columns are standardised within the model: by ``"auto"`` only as `cost` says,
        by ``"standard"`` always, by None never. Reconstructions are in the units of the data;
        errors in those of the standardised columns.
    missing : {"refuse", "mask"}
        What NaN is. With ``"mask"`` it stands for a missing entry, which is treated like noise:
        it is kept out of what is encoded and of the cost, whose sum over the observed
        entries of a row is multiplied by columns / observed columns.
    init : {"uniform", "gaussian"} or callable
        How W is drawn: as `autoenc.graph.uniform_weights` does, with the gain 4, or 1 where
        ``cost="auto"`` has taken the squared error; as `gaussian_weights` does; or by any
        function (rng, n_visible, n_hidden) of a NumPy generator and sizes.
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
    learning_rate : "auto", float or schedule
        Step of the optimizer, > 0; or a schedule such as `autoenc.graph.exponential_decay`.
        ``"auto"`` is the rule's own where it has one, such as 0.001 for Adam; for gradient
        descent 0.1 where outputs are bounded, else a quarter of the largest rate that is
        stable at the start; `learning_rate_` tells.
    momentum : float
        In [0, 1), for ``"sgd"``; 0 is plain gradient descent.
    batch_size : int
        Rows of a minibatch; all rows, where there are fewer.
    n_epochs : int
        How often all rows are visited.
    early_stopping : EarlyStopping, optional
        Such as `autoenc.training.EpochPatience`; needs ``fit(..., validation=X_valid)`` or
        `validation_fraction`. The parameters with the lowest validation cost are kept.
    validation_fraction : float, optional
        Part of the rows, in (0, 1), that is held out of training for validation.
    warm_start : bool
        Whether `fit` goes on from where the last one ended, history and all.
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
        ``epoch``, ``cost``, ``seconds``, ``rows_per_second`` of every epoch; with validation
        also ``valid_cost``.
    cost_, output_ : str or callable
        What the model has; see `cost`.
    gain_ : float
        Of the initial weights, if they are drawn uniformly; see `uniform_weights`.
    learning_rate_ : float or None
        The learning rate; None for a schedule.
    mean_, scale_ : array, (n_features_in_,)
        What columns are standardised by, if they are.
    data_min_, data_max_ : array, (n_features_in_,)
        Range of each column of the data that was fitted on.
    data_dtype_ : str
        Its dtype.
    seed_ : int
        What was drawn from `random_state`.
    backend_ : str
        What ran, and why.
    n_features_in_ : int
    feature_names_in_ : array of str
        Names of the columns, if they had names.

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

    def _corrupt(self, x: Expression, seed: int) -> None:
        return None
