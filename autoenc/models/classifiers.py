"""Fitted classifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from autoenc.graph import (
    DenseLayer,
    Network,
    NormalisedLayer,
    NormalisedSoftmaxLayer,
    SoftmaxLayer,
)
from autoenc.models.fitted import FittedModel
from autoenc.models.symbolic import Scaling, SymbolicClassifier
from autoenc.rows.blocks import Array
from autoenc.rows.labels import classes_of

# Of a normalised layer, beside W and bias.
NORMALISATION = ("gain", "center", "spread")
LAYER = ("W", "bias", *NORMALISATION)


class FittedClassifier(FittedModel):
    """A fitted network of hidden layers and a softmax."""

    shown: ClassVar[tuple[str, ...]] = ("labels", "labels_dtype", "activation")

    @property
    def n_layers(self) -> int:
        """Layers, the softmax among them."""
        return sum(name.startswith("W_") for name in self.arrays)

    @property
    def weights(self) -> list[Array]:
        """Weights of each layer, the softmax last; those of normalised layers include it."""
        return [W for W, _ in self.plain_layers]

    @property
    def biases(self) -> list[Array]:
        """Biases of each layer, the softmax last; those of normalised layers include it."""
        return [bias for _, bias in self.plain_layers]

    @property
    def plain_layers(self) -> list[tuple[Array, Array]]:
        """W and bias of the dense layers that compute the same."""
        layers = []
        for k in range(1, self.n_layers + 1):
            W, bias = self.arrays[f"W_{k}"], self.arrays[f"bias_{k}"]
            if f"spread_{k}" in self.arrays:
                gain, center, spread = (self.arrays[f"{name}_{k}"] for name in NORMALISATION)
                W, bias = W * (gain / spread), bias - center * (gain / spread)
            layers.append((W, bias))
        return layers

    @property
    def classes(self) -> Array:
        """The classes, sorted."""
        return classes_of(self.choices["labels"], self.choices.get("labels_dtype"))

    def attribute(self, name: str) -> Any:
        """Return the value of an estimator's fitted attribute."""
        if name in ("weights_", "biases_"):
            return getattr(self, name[:-1])
        return super().attribute(name)

    def described(self) -> dict[str, Any]:
        """Describe the network; an activation that was given is among the settings."""
        found = super().described()
        if not self.choices.get("chose_activation"):
            found.pop("activation_", None)
        return found

    def symbolic(self, shared: Mapping[str, Any]) -> SymbolicClassifier:
        """Build the network, and the scaling before it."""
        numbers = range(1, self.n_layers + 1)
        *hidden, softmax = [
            {name: shared[f"{name}_{k}"] for name in LAYER if f"{name}_{k}" in shared}
            for k in numbers
        ]
        layers = [_hidden_layer(self.choices.get("activation") or "linear", a) for a in hidden]
        network = Network(layers, _softmax_layer(softmax))
        scaling = Scaling(shared["mean"], shared["scale"]) if "mean" in shared else None
        return SymbolicClassifier(network, scaling, self.masked)


def _hidden_layer(activation: Any, arrays: dict[str, Any]) -> DenseLayer | NormalisedLayer:
    """Make a hidden layer around its shared variables."""
    if "spread" in arrays:
        return NormalisedLayer(**arrays, activation=activation)
    shape = arrays["W"].get_value(borrow=True).shape
    return DenseLayer(*shape, rng=None, activation=activation, **arrays)


def _softmax_layer(arrays: dict[str, Any]) -> SoftmaxLayer:
    """Make the output layer around its shared variables."""
    if "spread" in arrays:
        return NormalisedSoftmaxLayer(**arrays)
    return SoftmaxLayer(*arrays["W"].get_value(borrow=True).shape, **arrays)


def not_normalised(biases: Sequence[Array]) -> dict[str, Array]:
    """Return gain, center and spread of layers that have seen nothing, given their biases.

    They compute the same as without.
    """
    start = {"gain": np.ones_like, "center": np.zeros_like, "spread": np.ones_like}
    return {
        f"{name}_{k}": like(bias)
        for k, bias in enumerate(biases, start=1)
        for name, like in start.items()
    }
