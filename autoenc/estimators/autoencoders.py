"""Estimators for autoencoders of one layer, and the settings of such layers in networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, final

from sklearn.base import BaseEstimator, clone

from autoenc.estimators.base import GraphEstimator, Kind, fitted
from autoenc.estimators.coding import CoderKind, Coding
from autoenc.models.coders import FittedCoder
from autoenc.models.docstrings import documented
from autoenc.rows.blocks import Array
from autoenc.training import EarlyStopping


class OneLayer:
    """Methods of an autoencoder of one layer."""

    tied: bool
    model_: FittedCoder

    def untie(self) -> Self:
        """Give the decoder its own weights, initialised to Wᵀ.

        Returns
        -------
        self
            The fitted estimator, no longer tied. It computes the same results as before.
        """
        model: FittedCoder = fitted(self)
        if self.tied:
            self.tied, self.model_ = False, model.untied()
        return self

    def initial_parameters(self) -> dict[str, Array]:
        """Draw the initial parameters from the seed, without a start from PCA.

        Returns
        -------
        dict from name to array
            W, hidden_bias, visible_bias and, if weights are not tied, W_prime.
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
        Weights of the decoder, if they are not tied.
    history_ : list of dict
        ``epoch``, ``cost``, ``valid_cost``, ``seconds``, ``rows_per_second`` of every epoch.
    cost_, output_, chosen_ : str or callable, dict
        The chosen values; see `cost` and `n_hidden`.
    gain_ : float
        Gain of the initial weights, if they are uniform; see `autoenc.graph.uniform_weights`.
    learning_rate_ : float or None
        The initial learning rate; None for a schedule.
    mean_, scale_, lower_, upper_ : array, (n_features,)
        Values by which columns are standardised, if they are: (x − `mean_`) / `scale_`. Limits to
        which ``"clipped"`` reconstructions are clipped; infinite for a column without a limit.
    data_min_, data_max_, data_dtype_ : array, (n_features,), and str
        Range of each column in `fit`, and the dtype of the data.
    seed_, backend_ : int, str
        Seed drawn from `random_state`; the backend that trained the model, and why it was chosen.
    n_features_in_, feature_names_in_ : int, array of str
        Number of columns, and their names, if they have any.

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
    """Autoencoder that learns to remove noise from its input.

    The model reconstructs the clean input from a corrupted one. Noise is drawn anew for every
    minibatch, and only during training.

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

    _kind: ClassVar[Kind] = CoderKind()

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


def layer_with(
    layer: DenoisingAutoEncoder | None, settings: Mapping[str, Any]
) -> DenoisingAutoEncoder | None:
    """Return the layer of a stack, given directly or by its settings.

    Raises
    ------
    TypeError
        If both are given, or a setting is not known.
    """
    if layer is not None and settings:
        raise TypeError(
            f"layer and {', '.join(settings)} were given; set {', '.join(settings)} in the layer."
        )
    if "n_hidden" in settings:
        raise TypeError("a stack has no setting n_hidden; give hidden_sizes, one for each layer.")
    unknown = [name for name in settings if name not in DenoisingAutoEncoder().get_params()]
    if unknown:
        raise TypeError(f"neither a stack nor its layers have a setting {', '.join(unknown)}.")
    return DenoisingAutoEncoder(**settings) if settings else layer


def check_layer(layer: Any) -> DenoisingAutoEncoder:
    """Return a layer unchanged, after checking its class.

    Raises
    ------
    ValueError
        If it is not a DenoisingAutoEncoder.
    """
    if not isinstance(layer, DenoisingAutoEncoder):
        raise ValueError(f"layer is {layer!r}; expected a DenoisingAutoEncoder, or None.")
    return layer


# Settings of layers by their short names.
SHORT = {"pretraining_rate": "learning_rate", "pretraining_epochs": "n_epochs"}


# Settings that every network determines for each of its layers.
OF_EACH_LAYER = ("n_hidden", "random_state", "warm_start")


@dataclass(frozen=True)
class SettingsOfLayers:
    """Names that a network uses for the settings of layers that are first trained alone.

    Attributes
    ----------
    owner : str
        Class of the network.
    default : DenoisingAutoEncoder
        The layer that is used if none is given.
    plain : tuple of str
        Settings of layers that need no prefix, because the network has no setting of the same
        name.
    own : tuple of str
        Settings of layers that the network determines.
    """

    owner: str
    default: DenoisingAutoEncoder
    plain: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    def layer(
        self, layer: DenoisingAutoEncoder | None, pretraining: Mapping[str, Any]
    ) -> DenoisingAutoEncoder | None:
        """Return the layer, given directly or by its settings.

        Raises
        ------
        TypeError
            If both are given, or a setting is not known.
        """
        unknown = [name for name in pretraining if self.of_layer(name) is None]
        if unknown:
            raise TypeError(f"{self.owner} has no setting {', '.join(unknown)}.")
        if layer is not None and pretraining:
            raise TypeError(
                f"layer and {', '.join(pretraining)} were given; set the latter in the layer."
            )
        return self.changed(layer, pretraining) if pretraining else layer

    def of_layer(self, name: str) -> str | None:
        """Return the layers' name for a setting of the network; None if they lack this setting."""
        own = SHORT.get(name, name.removeprefix("pretraining_"))
        if name not in self.plain and not name.startswith("pretraining_"):
            return None
        known = own in self.default.get_params(deep=False)
        return own if known and own not in (*self.own, *OF_EACH_LAYER) else None

    def changed(
        self, layer: DenoisingAutoEncoder | None, settings: Mapping[str, Any]
    ) -> DenoisingAutoEncoder:
        """Return the layer, or the default one, with other settings."""
        own: DenoisingAutoEncoder = clone(self.default if layer is None else layer)
        own.set_params(**{str(self.of_layer(n)): v for n, v in settings.items()})
        return own

    def setter(self) -> Callable[..., Any]:
        """Return the method `set_params` of the network."""
        names = self

        def set_params(self: Any, **params: Any) -> Any:
            """Set parameters of the network, and settings of its layers by their names in it.

            Parameters
            ----------
            **params
                Parameters, such as ``learning_rate``, ``pretraining_rate`` and ``layer__l2``.

            Returns
            -------
            self
                The network.
            """
            known = self.get_params(deep=False)
            of_layers = {n: v for n, v in params.items() if n not in known and names.of_layer(n)}
            BaseEstimator.set_params(self, **{n: params[n] for n in params if n not in of_layers})
            if of_layers:
                self.layer = names.changed(self.layer, of_layers)
            return self

        return set_params

    def stored(self, layer: DenoisingAutoEncoder | None) -> dict[str, Any]:
        """Return the settings of a layer that are not default, by their names in the network."""
        if layer is None:
            return {}
        default = self.default.get_params(deep=False)
        settings = layer.get_params(deep=False).items()
        fixed = (*self.own, *OF_EACH_LAYER)
        return {self._name(n): v for n, v in settings if v != default[n] and n not in fixed}

    @property
    def without_effect(self) -> frozenset[str]:
        """Settings without effect, which files of earlier versions may have."""
        return frozenset(f"pretraining_{name}" for name in (*self.own, *OF_EACH_LAYER))

    def _name(self, of_layer: str) -> str:
        """Return the network's name for a setting of its layers."""
        short = {name: own for own, name in SHORT.items()}
        return short.get(
            of_layer, of_layer if of_layer in self.plain else f"pretraining_{of_layer}"
        )
