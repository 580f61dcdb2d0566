"""Networks whose layers are pre-trained as a stack of denoising autoencoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, final

import numpy as np
from sklearn.base import clone

from autoenc.estimators.autoencoders import (
    DenoisingAutoEncoder,
    SettingsOfLayers,
    check_layer,
)
from autoenc.estimators.base import (
    Call,
    Fitted,
    GraphEstimator,
    Kind,
    check_goes_on,
    check_not_interrupted,
    draw_seed,
    machine_of,
)
from autoenc.estimators.classifiers import ClassifierKind, Classifying
from autoenc.estimators.coding import CoderKind, Coding
from autoenc.estimators.stacks import (
    PER_LAYER,
    StackedDenoisingAutoEncoder,
    new_layers,
    stack_from_file,
)
from autoenc.models.choices import MIXED, check_functions, choose, is_masked
from autoenc.models.coders import FittedCoder, FittedStack
from autoenc.models.compiled import building
from autoenc.models.defaults import is_auto
from autoenc.models.docstrings import documented
from autoenc.models.fitted import FittedModel, is_function, shared_variables
from autoenc.models.fitted_classifiers import normalised_as_trained
from autoenc.models.limits import limits_of
from autoenc.models.settings import per_layer
from autoenc.models.tasks import check_task
from autoenc.rows.blocks import Array
from autoenc.rows.columns import Columns, columns_of
from autoenc.rows.domain import Domain
from autoenc.rows.examples import Examples, encoded_again
from autoenc.training import EarlyStopping

# Settings of the process, and of the order of rows.
OF_PROCESS = ("shuffle", "backend", "device", "devices", "memory", "dtype", "verbose")

OF_CLASSIFIER = SettingsOfLayers(
    "StackedDenoisingClassifier", DenoisingAutoEncoder(init="glorot"), plain=("cost", "scale"),
    own=("activation", *OF_PROCESS),
)  # fmt: skip


def _stack_of(
    names: SettingsOfLayers, settings: Mapping[str, Any], seed: int, **own: Any
) -> StackedDenoisingAutoEncoder:
    """Make the stack that trains the layers of a network, with its own settings."""
    layer = names.default if settings["layer"] is None else check_layer(settings["layer"])
    of_stack = {name: own.pop(name) for name in PER_LAYER if name in own}
    of_process = {name: settings[name] for name in OF_PROCESS}
    return StackedDenoisingAutoEncoder(
        settings["hidden_sizes"], layer=clone(layer).set_params(**of_process, **own),
        random_state=seed, **of_stack,
    )  # fmt: skip


def _trained_alone(
    stack: StackedDenoisingAutoEncoder, examples: Examples, columns: Columns, call: Call
) -> FittedStack:
    """Train the layers of a network, one after the other."""
    call.refuse_to_replace()
    rows, weights = encoded_again(examples.rows, columns), examples.weights
    how: Any = {"checkpoint": call.checkpoint, "every": call.every, "resume": call.resume}
    stack.fit(rows, sample_weight=weights, **how)
    check_not_interrupted(stack.model_.layers[-1])
    return stack.model_


class StackedClassifierKind(ClassifierKind):
    """Steps of the fit of a classifier with pre-trained hidden layers."""

    without_effect = OF_CLASSIFIER.without_effect

    def choose(
        self, call: Call, settings: Mapping[str, Any], examples: Examples, domain: Domain,
        columns: Columns, start: FittedModel | None,
    ) -> tuple[dict[str, Any], Examples]:  # fmt: skip
        """Collect the classes, number the labels, and choose the activation."""
        choices, examples = super().choose(call, settings, examples, domain, columns, start)
        if start is not None:
            return choices, examples
        activation = settings["activation"]
        if activation == "auto":
            bounded = domain.in_unit_interval and columns.encoding is None
            activation = "sigmoid" if bounded else "tanh"
        choices = {**choices, "activation": activation, "chose_activation": True}
        check_task(settings, choices)
        return choices, examples

    def hidden(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> tuple[FittedModel, list[tuple[Array, Array]]]:
        """Train the hidden layers without labels."""
        stack = _stack_of(
            OF_CLASSIFIER, settings, known.seed, activation=known.choices["activation"],
            corruption=settings["corruption"],
        )  # fmt: skip
        layers = _trained_alone(stack, examples, known.columns, call).layers
        moments = {n: a for n, a in layers[0].arrays.items() if n in ("mean", "scale")}
        known = known.replaced(arrays=moments, pretrained=stack.model_)
        return known, [(layer.arrays["W"], layer.arrays["hidden_bias"]) for layer in layers]

    def normalised(self, known: FittedModel, examples: Examples) -> dict[str, Array]:
        """Return the arrays with which normalised layers compute what the stack has learned."""
        assert known.pretrained is not None
        return normalised_as_trained(known.pretrained.layers, examples.rows, examples.weights)


@final
@documented
class StackedDenoisingClassifier(Classifying, GraphEstimator):
    """Stack of denoising autoencoders, fine-tuned as a classifier with a softmax layer.

    The network starts from the weights that the stack has learned without labels.

    Parameters
    ----------
    layer : DenoisingAutoEncoder, optional
        Settings with which each layer is trained without labels. The default starts from small
        weights, because large weights make all codes similar, and fine-tuning then starts slowly.
    corruption : float, sequence or callable, optional
        Noise of all layers, or a sequence with that of each layer; by default that of `layer`.
    activation : str or callable
        Activation of the hidden layers. ``"auto"`` is the sigmoid if all values are in [0, 1],
        else tanh, because sigmoid codes of standardised columns are nearly identical.
    {settings}
    **pretraining
        Settings of `layer`, if `layer` is None: ``cost``, ``scale``, and others with the prefix
        ``pretraining_``, such as ``pretraining_epochs`` and ``pretraining_rate``.

    Attributes
    ----------
    stack_ : StackedDenoisingAutoEncoder
        The stack before fine-tuning; not in model files.
    weights_, biases_ : lists of array
        Fine-tuned weights and biases of all layers, the softmax layer last.
    activation_ : str or callable
        The activation chosen for ``"auto"``.
    classes_, history_
        See `SoftmaxClassifier`.

    References
    ----------
    P. Vincent et al. (2010). Stacked denoising autoencoders. JMLR 11.

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
        noise: float | Sequence[float] = 0.0,
        batch_norm: bool = False,
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
        self.layer = OF_CLASSIFIER.layer(layer, pretraining)
        self.corruption = corruption
        self.activation = activation
        self.dropout = dropout
        self.noise = noise
        self.batch_norm = batch_norm
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

    set_params = OF_CLASSIFIER.setter()

    @property
    def stack_(self) -> StackedDenoisingAutoEncoder:
        """The stack as it was before fine-tuning; not in model files."""
        model = vars(self).get("model_")
        if model is None or model.pretrained is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute 'stack_'")
        settings = self.get_params(deep=False)
        stack = _stack_of(
            OF_CLASSIFIER, settings, model.seed, activation=model.choices["activation"],
            corruption=self.corruption,
        )  # fmt: skip
        stack.model_ = model.pretrained
        return stack

    def _stored_settings(self) -> dict[str, Any]:
        """Return the settings of the classifier, and those of its layers that are not default."""
        own = super()._stored_settings()
        return _over_the_layer(own, OF_CLASSIFIER.stored(own.pop("layer")))


OF_DEEP = SettingsOfLayers(
    "DeepAutoEncoder",
    DenoisingAutoEncoder(optimizer="adam", corruption=0.3, n_epochs=15),
    own=("activation", "cost", "init", "missing", "output", "scale", "tied", *OF_PROCESS),
)


class DeepKind(CoderKind):
    """Steps of the fit of a deep autoencoder: each layer alone, then all layers together."""

    model = FittedStack
    without_effect = OF_DEEP.without_effect

    def choose(
        self, call: Call, settings: Mapping[str, Any], examples: Examples, domain: Domain,
        columns: Columns, start: FittedModel | None,
    ) -> tuple[dict[str, Any], Examples]:  # fmt: skip
        """Choose cost, output, scaling and the activation of each layer."""
        of_layers = {n: settings[n] for n in ("activation", "pretraining_corruption")}
        activations, _ = (per_layer(*one, settings["hidden_sizes"]) for one in of_layers.items())
        left = [n for n in ("corruption", "init", "n_epochs") if is_auto(settings[n])]
        if left:
            raise ValueError(f"{left[0]} is 'auto', which only autoencoders of one layer accept.")
        sizes = tuple(settings["hidden_sizes"])
        # Only cost, output and scaling are chosen from the data here; other settings are given.
        own = {**settings, "hidden_sizes": sizes, "n_hidden": sizes[-1], "activation": "tanh"}
        choices, examples = super().choose(call, own, examples, domain, columns, start)
        choices.pop("limits", None)  # the lowest layer finds them
        if start is not None:
            fitted = start.choices["activation"]
            given = "auto" if settings["activation"] == "auto" else activations
            check_goes_on({"activation": given}, activation=fitted)
            activations = fitted
        elif settings["activation"] == "auto":
            bounded = domain.in_unit_interval and not choices["standardised"]
            activations = ["sigmoid" if bounded else "tanh"] * len(activations)
            # An unbounded code holds more than a bounded code of the same size.
            activations[-1] = "sigmoid" if settings["sparsity"] else "linear"
        choices = {**choices, "activation": activations}
        check_task(settings, choices)
        return choices, examples

    def initial(
        self, known: Any, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> FittedModel:
        """Train the layers alone, and unroll them."""
        stack = _stack_of_deep(settings, known.choices, known.seed)
        if settings["pretraining_epochs"] == 0:
            trained = _drawn(stack, known, settings, examples, call)
        else:
            trained = _trained_alone(stack, examples, known.columns, call)
        layers = (layer if settings["tied"] else layer.untied() for layer in trained.coders)
        return known.replaced(  # type: ignore[no-any-return]
            layers=tuple(
                layer.replaced(history=[], optimizer_state=(), state_names=()) for layer in layers
            ),
            pretrained=trained,
        )

    def from_file(
        self, kind: str, settings: Mapping[str, Any], arrays: dict[str, Array],
        fitted: dict[str, Any],
    ) -> FittedModel:  # fmt: skip
        """Make the fitted model."""
        chosen, output = fitted["layers"], settings["output"]
        given = per_layer("activation", settings["activation"], settings["hidden_sizes"])
        choices = {
            "activation": [
                own if is_function(layer["activation_"]) else layer["activation_"]
                for own, layer in zip(given, chosen, strict=True)
            ],
            "cost": chosen[0]["cost_"],
            "output": output if callable(output) else chosen[0]["output_"],
            "gain": chosen[0].get("gain_", 1.0),
            "standardised": "layer_1.mean" in arrays,
            "masked": is_masked(settings, mixed="encoding" in fitted),
        }  # fmt: skip
        stack = _stack_of_deep(settings, choices, fitted.get("seed_", 0))
        return stack_from_file(kind, stack, arrays, fitted, choices, machine_of(settings))


def _stack_of_deep(
    settings: Mapping[str, Any], choices: Mapping[str, Any], seed: int
) -> StackedDenoisingAutoEncoder:
    """Make the stack that trains the layers of a deep autoencoder alone.

    Weights are tied in it, and choices that depend on the data have been made.
    """
    init, n_epochs = settings["init"], settings["pretraining_epochs"]
    own = {"n_epochs": n_epochs} if n_epochs else {}
    own |= {name: choices[name] for name in ("activation", "cost", "output")}
    own["cost"] = "auto" if own["cost"] == MIXED else own["cost"]  # "mixed" cannot be requested
    return _stack_of(
        OF_DEEP, settings, seed, **own, tied=True, missing=settings["missing"],
        scale="standard" if choices["standardised"] else None,
        init="glorot" if init == "uniform" and choices["gain"] == 1 else init,
        corruption=settings["pretraining_corruption"],
    )  # fmt: skip


def _drawn(
    stack: StackedDenoisingAutoEncoder, known: FittedModel, settings: Mapping[str, Any],
    examples: Examples, call: Call,
) -> FittedStack:  # fmt: skip
    """Return the stack with the parameters from which its training would start."""
    layers: list[FittedModel] = []
    for layer in new_layers(stack, known.seed, stack.hidden_sizes):
        own = {**layer.get_params(deep=False), "dtype": settings["dtype"]}
        encoding = None if layers else known.columns.encoding
        n_rows, n_columns = examples.rows.shape
        choices = choose(
            own, (n_rows, n_columns), mixed=encoding is not None, in_unit_interval=False,
            find_limits=partial(limits_of, examples.rows, examples.weights),
        )  # fmt: skip
        kind, seed = "DenoisingAutoEncoder", draw_seed(layer.random_state)
        columns = columns_of(kind, n_columns, encoding=encoding)
        start = FittedCoder(kind, {}, choices, columns, seed=seed, machine=known.machine)
        layers.append(CoderKind().initial(start, own, examples, call))
        with building(settings["dtype"]):
            symbolic = layers[-1].symbolic(shared_variables(layers[-1].arrays))
            check_functions(symbolic, examples.rows)
        if own["init"] == "principal":
            examples = replace(examples, rows=layers[-1].apply("encode", examples.rows))
        else:  # only the number of codes matters
            examples = Examples(np.zeros((1, own["n_hidden"]), settings["dtype"]))
    return FittedStack(
        "StackedDenoisingAutoEncoder", {}, {}, known.columns, known.domain, known.seed,
        layers=tuple(layers), machine=known.machine,
    )  # fmt: skip


@final
@documented
class DeepAutoEncoder(Coding, GraphEstimator):
    """Deep autoencoder: layers trained alone, then unrolled and trained together.

    Each layer is first trained to reconstruct the codes of the layer below, as in a
    `StackedDenoisingAutoEncoder`. All layers are then unrolled into one network, which is trained
    to reconstruct the rows: code = e_n(…e_1(x)) and reconstruction = d_1(…d_n(code)), where e_k
    and d_k are the encoder and the decoder of layer k. The output of a decoder has the activation
    of the codes that it reconstructs. With ``tied=False``, weights are still tied while layers are
    trained alone. The network is trained without `corruption` by default.

    Parameters
    ----------
    layer : DenoisingAutoEncoder, optional
        Settings with which each layer is trained alone: optimizer, learning rate, epochs, noise,
        penalties. The default uses Adam. The settings from `activation` to `init` are those of the
        network.
    activation : str, callable or sequence
        Activation of the layers, or a sequence with that of each layer, the code last. ``"auto"``
        is the sigmoid if all values are in [0, 1], else tanh. The code is linear in both cases,
        and so unbounded; with `sparsity`, it is sigmoid.
    {settings}
    **pretraining
        Settings of `layer`, if it is None, with this prefix, such as ``pretraining_optimizer``.

    Attributes
    ----------
    layers_ : list of DenoisingAutoEncoder
        Layers of the network, from the input upwards, with `W_`, `hidden_bias_` and
        `visible_bias_`, the bias of the decoder.
    stack_ : StackedDenoisingAutoEncoder
        The stack before all layers were trained together; not in model files.
    activation_ : list of str or callable
        Activation of each layer.
    history_ : list of dict
        See `AutoEncoder`. ``stack_.history_`` records the epochs in which layers were trained
        alone.
    cost_, output_, learning_rate_, mean_, scale_, data_min_, data_max_, data_dtype_, seed_, \
backend_, n_features_in_, feature_names_in_
        See `AutoEncoder`.

    References
    ----------
    G. Hinton, R. Salakhutdinov (2006). Reducing the dimensionality of data. Science 313.

    Examples
    --------
    >>> from autoenc import DeepAutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:500]
    >>> deep = DeepAutoEncoder((64, 8), n_epochs=2, pretraining_epochs=1, verbose=False)
    >>> deep.fit(images).transform(images).shape, deep.reconstruct(images).shape
    ((500, 8), (500, 784))
    """

    _kind: ClassVar[Kind] = DeepKind()
    model_: FittedStack
    activation_ = Fitted()
    set_params = OF_DEEP.setter()

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (500, 250),
        *,
        layer: DenoisingAutoEncoder | None = None,
        pretraining_epochs: int | None = None,
        pretraining_corruption: Any = None,
        corruption: Any = None,
        activation: Any = "auto",
        output: Any = "auto",
        tied: bool = True,
        cost: str = "auto",
        scale: str | None = "auto",
        missing: str = "auto",
        init: Any = "glorot",
        l1: float = 0.0,
        l2: float = 0.0,
        contraction: float = 0.0,
        sparsity: float = 0.0,
        sparsity_target: float = 0.05,
        optimizer: Any = "adam",
        learning_rate: Any = "auto",
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: int = 30,
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
        **pretraining: Any,
    ) -> None:
        self.hidden_sizes, self.layer = hidden_sizes, OF_DEEP.layer(layer, pretraining)
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_corruption, self.corruption = pretraining_corruption, corruption
        self.activation, self.output, self.tied, self.init = activation, output, tied, init
        self.cost, self.scale, self.missing = cost, scale, missing
        self.l1, self.l2, self.contraction = l1, l2, contraction
        self.sparsity, self.sparsity_target = sparsity, sparsity_target
        self.optimizer, self.learning_rate, self.momentum = optimizer, learning_rate, momentum
        self.batch_size, self.n_epochs, self.shuffle = batch_size, n_epochs, shuffle
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.warm_start, self.random_state, self.verbose = warm_start, random_state, verbose
        self.backend, self.device, self.devices = backend, device, devices
        self.memory, self.dtype = memory, dtype

    @property
    def stack_(self) -> StackedDenoisingAutoEncoder:
        """The stack before all layers were trained together; not in model files."""
        model = vars(self).get("model_")
        return _stack_within(self, "stack_", None if model is None else model.pretrained)

    @property
    def layers_(self) -> list[DenoisingAutoEncoder]:
        """Layers of the network, from the input upwards."""
        layers = _stack_within(self, "layers_", vars(self).get("model_")).layers_
        return [layer.set_params(tied=self.tied) for layer in layers]

    def _stored_settings(self) -> dict[str, Any]:
        """Return the settings of the network, and those of its layers that are not default."""
        own = super()._stored_settings()
        return _over_the_layer(own, OF_DEEP.stored(own.pop("layer")))


def _over_the_layer(own: dict[str, Any], of_layer: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a network and its layers; None leaves a setting to the layers."""
    return {**of_layer, **{n: v for n, v in own.items() if v is not None or n not in of_layer}}


def _stack_within(
    deep: DeepAutoEncoder, name: str, layers: FittedStack | None
) -> StackedDenoisingAutoEncoder:
    """Return the layers of a deep autoencoder as a stack, for an attribute of it."""
    if layers is None:
        raise AttributeError(f"{type(deep).__name__!r} has no attribute {name!r}")
    stack = _stack_of_deep(deep.get_params(deep=False), deep.model_.choices, deep.model_.seed)
    stack.model_ = layers
    return stack
