"""The classifier whose hidden layers a stack of denoising autoencoders has trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

from sklearn.base import clone

from autoenc.estimators.autoencoders import DenoisingAutoEncoder
from autoenc.estimators.base import Call, GraphEstimator, Kind, check_not_interrupted
from autoenc.estimators.classifiers import ClassifierKind, Classifying
from autoenc.estimators.stacks import StackedDenoisingAutoEncoder, layer_with
from autoenc.models.fitted import FittedModel
from autoenc.models.settings import documented
from autoenc.rows.blocks import Array, original
from autoenc.rows.examples import Examples
from autoenc.training import EarlyStopping

# Settings of layers that a classifier has no setting of the same name for.
UNPREFIXED = ("cost", "scale")
SHORT = {"pretraining_rate": "learning_rate", "pretraining_epochs": "n_epochs"}


class StackedClassifierKind(ClassifierKind):
    """How a classifier is fitted whose hidden layers a stack has trained."""

    def hidden(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> tuple[FittedModel, list[tuple[Array, Array]]]:
        """Train the hidden layers without labels."""
        assert known.domain is not None
        activation = settings["activation"]
        if activation == "auto":
            activation = "sigmoid" if known.domain.in_unit_interval else "tanh"
        stack = _new_stack(settings, activation, known.seed)
        stack.fit(
            original(examples.rows), sample_weight=examples.weights, checkpoint=call.checkpoint,
            every=call.every, resume=call.resume,
        )  # fmt: skip
        layers = stack.model_.layers
        check_not_interrupted(layers[-1])
        moments = {n: a for n, a in layers[0].arrays.items() if n in ("mean", "scale")}
        known = known.replaced(
            arrays=moments,
            choices={**known.choices, "activation": activation, "chose_activation": True},
            pretrained=stack.model_,
        )
        return known, [(layer.arrays["W"], layer.arrays["hidden_bias"]) for layer in layers]


@final
@documented
class StackedDenoisingClassifier(Classifying, GraphEstimator):
    """A stack of denoising autoencoders, fine-tuned under a softmax layer.

    The weights that the stack has learned without labels are where the network starts
    from.

    Parameters
    ----------
    layer : DenoisingAutoEncoder, optional
        How each layer is trained without labels; by default, from small weights: large ones make
        codes that are all alike, from which fine-tuning starts slowly.
    corruption : float, sequence or callable, optional
        Noise of all layers, or a sequence with that of each layer; by default that of `layer`.
    activation : str or callable
        Activation of the hidden layers. ``"auto"`` is the sigmoid where all values are in
        [0, 1], and tanh where columns are standardised, on which sigmoid codes are nearly all
        alike.
    {settings}
    **pretraining
        Settings of `layer`, if it is not given: ``cost``, ``scale`` and others with the prefix
        ``pretraining_``, such as ``pretraining_epochs`` and ``pretraining_rate``.

    Attributes
    ----------
    stack_ : StackedDenoisingAutoEncoder
        The stack before fine-tuning; not in model files.
    weights_, biases_ : lists of array
        Of all layers, the softmax last, fine-tuned.
    activation_ : str or callable
        What ``"auto"`` stands for.
    classes_, history_
        See `SoftmaxClassifier`.

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

    _kind: ClassVar[Kind] = StackedClassifierKind()

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (500, 250),
        *,
        layer: DenoisingAutoEncoder | None = None,
        corruption: Any = None,
        activation: Any = "auto",
        dropout: float | Sequence[float] = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
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
        **pretraining: Any,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.layer = layer_with(layer, _of_layer(pretraining))
        self.corruption = corruption
        self.activation = activation
        self.dropout = dropout
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
        settings = self.get_params(deep=False)
        stack = _new_stack(settings, model.choices["activation"], model.seed)
        stack.model_ = model.pretrained
        return stack

    def _stored_settings(self) -> dict[str, Any]:
        """Return the settings of the classifier, and of its layers where they are not default."""
        own = super()._stored_settings()
        layer = own.pop("layer")
        settings = {} if layer is None else layer.get_params(deep=False)
        default = DenoisingAutoEncoder(init="glorot").get_params(deep=False)
        return {**{_to_pretraining(n): v for n, v in settings.items() if v != default[n]}, **own}


def _of_layer(pretraining: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of the layer, by the names that it has for them."""
    names = {name: SHORT.get(name, name.removeprefix("pretraining_")) for name in pretraining}
    unknown = [n for n in names if n not in UNPREFIXED and not n.startswith("pretraining_")]
    if unknown:
        raise TypeError(f"StackedDenoisingClassifier has no setting {', '.join(unknown)}.")
    own = {names[name]: value for name, value in pretraining.items()}
    return {"init": "glorot", **own} if own else {}


def _to_pretraining(name: str) -> str:
    """Return the name that a classifier has for a setting of its layers."""
    short = {of_layer: own for own, of_layer in SHORT.items()}
    return short.get(name, name if name in UNPREFIXED else f"pretraining_{name}")


def _new_stack(
    settings: Mapping[str, Any], activation: Any, seed: int
) -> StackedDenoisingAutoEncoder:
    """Make the stack that trains the hidden layers of a classifier."""
    layer = settings["layer"] or DenoisingAutoEncoder(init="glorot")
    of_process = ("shuffle", "backend", "device", "devices", "memory", "dtype", "verbose")
    layer = clone(layer).set_params(
        activation=activation, **{name: settings[name] for name in of_process}
    )
    return StackedDenoisingAutoEncoder(
        settings["hidden_sizes"], layer=layer, corruption=settings["corruption"], random_state=seed
    )
