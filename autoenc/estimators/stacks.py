"""Stacks of denoising autoencoders, trained greedily, one layer at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self, final

import numpy as np
from sklearn.base import clone

from autoenc.estimators.autoencoders import DenoisingAutoEncoder, check_layer, layer_with
from autoenc.estimators.base import (
    Call,
    GraphEstimator,
    Kind,
    begun,
    check_goes_on,
    check_not_interrupted,
    draw_seed,
    machine_of,
    widened,
    with_held_out,
)
from autoenc.estimators.coding import CoderKind, Coding
from autoenc.models.choices import is_masked
from autoenc.models.coders import FittedCoder, FittedStack
from autoenc.models.defaults import is_auto
from autoenc.models.docstrings import documented
from autoenc.models.fitted import FittedModel, from_file, known_columns
from autoenc.models.schema import arrays_of_layer
from autoenc.models.settings import as_sequence, per_layer
from autoenc.rows.blocks import Array, Rows, original, rows_at_a_time
from autoenc.rows.domain import Domain, check_unit_interval
from autoenc.rows.examples import Examples, encoded_again
from autoenc.training import Callback, Record, Training
from autoenc.training.callbacks import listed
from autoenc.training.checkpoints import was_asked_to_stop

# Settings that may differ between layers.
PER_LAYER = ("activation", "corruption")
# Codes of a layer that need more memory than this are stored in a file and mapped into memory.
BYTES_IN_MEMORY = 1 << 30


class StackKind(CoderKind):
    """Reading of stacks from files; their layers are fitted one by one."""

    model = FittedStack

    @staticmethod
    def arguments(settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a stack's constructor: settings of a file, and those given.

        A file states which settings belong to the layer; older files do not. A function that is
        given replaces the one whose name is in the file.
        """
        if "layer" in given or "of_layer" in given:
            return dict(settings)
        own, of_layer = dict(settings), {}
        for name in {*own.pop("of_layer", ())} & {*own}:
            if name not in given or callable(given[name]):
                value = own.pop(name)
                of_layer[name] = value[0] if isinstance(value, list) and value else value
        if not of_layer:
            return own
        names = {*StackedDenoisingAutoEncoder().get_params(deep=False)} & {*own}
        of_layer |= {name: value for name, value in own.items() if name not in names}
        return {name: own[name] for name in names} | {"layer": layer_with(None, of_layer)}

    def from_file(
        self, kind: str, settings: Mapping[str, Any], arrays: dict[str, Array],
        fitted: dict[str, Any],
    ) -> FittedStack:  # fmt: skip
        """Make the fitted stack."""
        stack = StackedDenoisingAutoEncoder(**settings)
        machine = machine_of(layer_of(stack).get_params(deep=False))
        return stack_from_file(kind, stack, arrays, fitted, {}, machine)


def stack_from_file(
    kind: str, stack: StackedDenoisingAutoEncoder, arrays: dict[str, Array],
    fitted: dict[str, Any], choices: Mapping[str, Any], machine: tuple[Any, str | None],
) -> FittedStack:  # fmt: skip
    """Make a fitted stack and its layers. Older files lack the choices of layers.

    Parameters
    ----------
    kind : str
        Class of the estimator.
    stack : StackedDenoisingAutoEncoder
        Stack with the settings of the layers.
    arrays, fitted : dict
        Contents of the file.
    choices : mapping
        Choices of the stack itself.
    machine : pair
        Backend and device.
    """
    sizes, history = stack.hidden_sizes, fitted.get("history_", [])
    of_layers = fitted.get("layers", [{}] * len(sizes))
    layers: list[FittedModel] = []
    for k, layer in enumerate(new_layers(stack, fitted.get("seed_", 0), sizes)):
        earlier = {
            "cost_": "cross_entropy",
            "output_": "sigmoid",
            "seed_": draw_seed(layer.random_state),
            "history_": _history_of(k + 1, history),
        }
        if k == 0 and "encoding" in fitted:
            earlier["encoding"] = fitted["encoding"]
        found = CoderKind().from_file(
            "DenoisingAutoEncoder", layer.get_params(deep=False), arrays_of_layer(arrays, k + 1),
            {**earlier, **of_layers[k]},
        )  # fmt: skip
        layers.append(found)
    own = {name: array for name, array in arrays.items() if name.startswith("optimizer.")}
    bottom, dtype = layers[0], fitted.get("data_dtype_")
    domain = bottom.domain
    if domain is not None and dtype is not None:
        domain = Domain(domain.minimum, domain.maximum, dtype)
    columns = known_columns(
        kind, fitted.get("n_features_in_", bottom.columns.n_features_in_), fitted
    )
    stacked = from_file(FittedStack, kind, own, fitted, choices, machine)
    assert isinstance(stacked, FittedStack)
    return stacked.replaced(layers=tuple(layers), columns=columns, domain=domain)


@final
@documented
class StackedDenoisingAutoEncoder(Coding, GraphEstimator):
    """Stack of denoising autoencoders, each trained on the codes of the layer below.

    Layers are trained greedily, from the input upwards. The codes on which a layer is trained are
    computed once, and stored in a file if they are large. The codes of the stack are those of its
    highest layer. A reconstruction passes up through all layers and down again, and the error of a
    row is the error of the lowest layer for this reconstruction.

    Callbacks are called for each layer in turn; those of `autoenc.watching` write separate files
    for each layer. If a callback sets `stop_requested`, training continues with the next layer.

    For a frame with columns that are not all numbers, the lowest layer has the cost ``"mixed"``;
    see `AutoEncoder`. The other layers reconstruct codes: their outputs have the activation of the
    layer below, and their cost is cross-entropy for sigmoid codes, else the squared error.

    Parameters
    ----------
    activation : str, callable or sequence, optional
        Activation of all layers, or a sequence with that of each layer; by default that of
        `layer`.
    corruption : float, sequence or callable, optional
        Noise of all layers, or a sequence with that of each layer; by default that of `layer`.
    {settings}
    **layer_settings
        Settings of the layers, if `layer` is not given.

    Attributes
    ----------
    layers_ : list of DenoisingAutoEncoder
        Fitted layers, from the input upwards.
    history_ : list of dict
        As for `DenoisingAutoEncoder`; each record also has ``layer``, counted from 1.

    References
    ----------
    P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol (2010). Stacked
    denoising autoencoders. JMLR 11.

    Examples
    --------
    >>> from autoenc import DenoisingAutoEncoder, load_mnist
    >>> from autoenc.estimators import StackedDenoisingAutoEncoder
    >>> images = load_mnist(sample=True).train.images[:500]
    >>> layer = DenoisingAutoEncoder(n_epochs=1, verbose=False)
    >>> stack = StackedDenoisingAutoEncoder((32, 16), layer=layer, random_state=0)
    >>> stack.fit_transform(images).shape
    (500, 16)
    """

    _kind: ClassVar[Kind] = StackKind()
    model_: FittedStack

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (500, 250),
        *,
        layer: DenoisingAutoEncoder | None = None,
        activation: Any = None,
        corruption: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        **layer_settings: Any,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.layer = layer_with(layer, layer_settings)
        self.activation = activation
        self.corruption = corruption
        self.warm_start = warm_start
        self.random_state = random_state

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the stack and of its layers, with or without ``layer__``.

        Parameters
        ----------
        **params
            Parameters.

        Returns
        -------
        self
            The stack.
        """
        own = self.get_params(deep=False)
        of_stack = {name: value for name, value in params.items() if name in own}
        super().set_params(**of_stack)
        others = {n.removeprefix("layer__"): v for n, v in params.items() if n not in own}
        if others:
            self.layer = layer_of(self).set_params(**others)
        return self

    @property
    def layers_(self) -> list[DenoisingAutoEncoder]:
        """Fitted layers, from the input upwards."""
        model = vars(self).get("model_")
        if model is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute 'layers_'")
        sizes = [fitted.n_codes for fitted in model.layers]
        layers = list(new_layers(self, model.seed, sizes))
        for layer, fitted in zip(layers, model.layers, strict=False):
            layer.model_ = fitted
        return layers

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether all layers are fitted."""
        model = vars(self).get("model_")
        sizes = as_sequence(self.hidden_sizes)
        sizes = sizes if isinstance(sizes, Sequence) else ()
        return model is not None and len(model.layers) == len(sizes)

    def _learn(self, call: Call) -> None:
        learn_stack(self, call)

    def _layer_settings(self) -> dict[str, Any]:
        return layer_of(self).get_params(deep=False)  # type: ignore[no-any-return]

    def _stored_settings(self) -> dict[str, Any]:
        """Return the settings of the stack and of its layers."""
        layer = (given := super()._stored_settings()).pop("layer")
        own = {n: v for n, v in given.items() if v is not None or n not in PER_LAYER}
        if layer is None:
            return own
        settings = {n: v for n, v in layer.get_params(deep=False).items() if n != "n_hidden"}
        # A sequence of noise types would be read as one type for each layer.
        settings["corruption"] = [settings["corruption"]] * len(own["hidden_sizes"])
        return {**settings, **own, "of_layer": [n for n in PER_LAYER if n not in own]}


def layer_of(stack: StackedDenoisingAutoEncoder) -> DenoisingAutoEncoder:
    """Return the template of a stack's layers."""
    return DenoisingAutoEncoder() if stack.layer is None else check_layer(stack.layer)


def new_layers(
    stack: StackedDenoisingAutoEncoder, seed: int, sizes: Sequence[int]
) -> Iterator[DenoisingAutoEncoder]:
    """Make the unfitted layers of a stack, from the input upwards."""
    layer = layer_of(stack)
    levels = per_layer("corruption", stack.corruption, sizes)
    activations = per_layer("activation", stack.activation, sizes)
    below = None
    for k, (n_hidden, level, activation) in enumerate(
        zip(sizes, levels, activations, strict=True)
    ):
        own = {"cost": layer.cost, "output": layer.output}
        if k:  # the inputs of this layer are codes, none of which are missing
            own = {**_above(below), "scale": None, "missing": "refuse"}
        if level is not None:
            own["corruption"] = level
        below = layer.activation if activation is None else activation
        # A sequence of linear layers can compute no more than one linear layer.
        below = "sigmoid" if is_auto(below) else below
        yield clone(layer).set_params(
            n_hidden=n_hidden, activation=below, random_state=seed + k, validation_fraction=None,
            **own,
        )  # fmt: skip


def _above(below: Any) -> dict[str, Any]:
    """Return cost and output of a layer, given the activation of the layer below it.

    The layer reconstructs codes of the layer below, so its outputs have that layer's activation.
    """
    cost = "cross_entropy" if below == "sigmoid" else "squared_error"
    return {"cost": cost, "output": below}


def learn_stack(stack: StackedDenoisingAutoEncoder, call: Call) -> None:
    """Fit a stack, one layer at a time."""
    call = call.checked()
    given = {**stack._layer_settings(), **stack.get_params(deep=False), "n_hidden": 1}
    for name in PER_LAYER:
        per_layer(name, given[name], stack.hidden_sizes)
    for k in range(len(stack.hidden_sizes)):
        call.of_layer(k + 1).refuse_to_replace()
    fit = begun(stack, call, given)
    settings, call, start, columns = fit.settings, fit.call, fit.start, fit.columns
    examples, domain = stack._kind.read(call, settings, columns, reset=start is None)
    if start is not None:
        sizes = start.structure["hidden_sizes"]
        check_goes_on({"hidden_sizes": tuple(stack.hidden_sizes)}, hidden_sizes=sizes)
    elif settings["cost"] == "cross_entropy":
        check_unit_interval(examples.rows, domain, names=columns.names)
    choices = {"masked": is_masked(settings, mixed=columns.encoding is not None)}
    domain, machine = widened(start, domain), machine_of(settings)
    known = FittedStack(
        type(stack).__name__, {}, choices, columns, domain, fit.seed, machine=machine
    )
    examples, held_out = with_held_out(stack._kind, call, settings, known, examples)
    earlier = vars(stack).get("model_")
    try:
        _learn_upwards(stack, call, known, start, examples, held_out)
    finally:
        if vars(stack).get("model_") is not earlier:
            stack._rows_of_fit = fit.rows


def _learn_upwards(
    stack: StackedDenoisingAutoEncoder, call: Call, known: FittedStack,
    start: FittedStack | None, examples: Examples, held_out: Examples | None,
) -> None:  # fmt: skip
    """Train one layer after the other, each on the codes of the layer below."""
    layers: list[FittedModel] = [] if start is None else list(start.layers)
    rows, validation = examples.rows, None if held_out is None else held_out.rows
    with tempfile.TemporaryDirectory() as folder:
        for k, layer in enumerate(new_layers(stack, known.seed, stack.hidden_sizes)):
            if k:
                check_not_interrupted(layers[k - 1])
                rows = codes_of(layers[k - 1], rows, Path(folder))
                if validation is not None:
                    validation = codes_of(layers[k - 1], validation, Path(folder))
            if start is not None:
                layer.model_ = start.coders[k]
            given = original(rows) if k else encoded_again(rows, known.columns)
            part = call.of_layer(k + 1)
            if k + 1 < len(stack.hidden_sizes):
                part = _ended_as_before(part)
            try:
                _fit_layer(layer, part, given, validation, examples,
                           goes_on=start is not None)  # fmt: skip
            finally:
                if layer.__sklearn_is_fitted__():
                    layers[k : k + 1] = [layer.model_]
                    stack.model_ = known.replaced(
                        layers=tuple(layers), history=_history_of_all(layers),
                        engine=layers[0].engine,
                    )  # fmt: skip


class _Stop(Callback):
    """End a run before its next block."""

    def start(self, training: Training) -> None:
        training.stop_requested = True


def _ended_as_before(call: Call) -> Call:
    """Return the call for a lower layer, which ends at once if a callback had ended its training.

    The layer above was trained on the codes that this layer had then.
    """
    if not call.resume or call.checkpoint is None or not was_asked_to_stop(call.checkpoint):
        return call
    return replace(call, callbacks=(*listed(call.callbacks), _Stop()))


def _fit_layer(
    layer: DenoisingAutoEncoder, call: Call, rows: Any, validation: Rows | None,
    examples: Examples, *, goes_on: bool,
) -> None:  # fmt: skip
    weights = examples.weights
    if call.partial:
        layer.partial_fit(rows, sample_weight=weights, callbacks=call.callbacks)
        return
    layer.set_params(warm_start=goes_on).fit(
        rows,
        sample_weight=weights,
        callbacks=call.callbacks,
        validation=None if validation is None else original(validation),
        checkpoint=call.checkpoint,
        every=call.every,
        resume=call.resume,
    )


def _history_of(k: int, history: list[Record]) -> list[Record]:
    own = [record for record in history if record.get("layer") == k]
    return [{name: v for name, v in record.items() if name != "layer"} for record in own]


def _history_of_all(layers: list[FittedModel]) -> list[Record]:
    return [
        {"layer": k, **record}
        for k, layer in enumerate(layers, start=1)
        for record in layer.history
    ]


def codes_of(layer: FittedModel, rows: Rows, folder: Path) -> Array:
    """Compute codes of all rows, in memory or, if they are large, in a file in `folder`."""
    assert isinstance(layer, FittedCoder)
    shape = (len(rows), layer.n_codes)
    dtype = np.dtype(layer.dtype)
    if np.prod(shape) * dtype.itemsize <= BYTES_IN_MEMORY:
        return layer.apply("encode", rows)
    path = folder / f"codes_{len(list(folder.iterdir()))}.npy"
    codes = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    for first in range(0, len(rows), n := rows_at_a_time(rows.shape)):
        part = slice(first, first + n)
        codes[part] = layer.apply("encode", rows[part])
    return codes
