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
from autoenc.models.symbolic import Scaling, SymbolicClassifier, moments
from autoenc.rows.blocks import Array, Rows, spread_out
from autoenc.rows.labels import classes_of

# Arrays of a normalised layer, in addition to W and bias.
NORMALISATION = ("gain", "center", "spread")
LAYER = ("W", "bias", *NORMALISATION)
# Rows from which pre-activations are standardised at the start.
MOST_ROWS = 10_000
# A unit is constant if the mean of its pre-activations is at least this many deviations from 0.
FARTHEST = 3


class FittedClassifier(FittedModel):
    """A fitted network of hidden layers and a softmax."""

    shown: ClassVar[tuple[str, ...]] = ("labels", "labels_dtype", "activation")

    @property
    def n_layers(self) -> int:
        """Number of layers, including the softmax."""
        return sum(name.startswith("W_") for name in self.arrays)

    @property
    def weights(self) -> list[Array]:
        """Weights of each layer, the softmax last, with the normalisation included."""
        return [W for W, _ in self.plain_layers]

    @property
    def biases(self) -> list[Array]:
        """Biases of each layer, the softmax last, with the normalisation included."""
        return [bias for _, bias in self.plain_layers]

    @property
    def plain_layers(self) -> list[tuple[Array, Array]]:
        """W and bias of equivalent dense layers without normalisation."""
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
    """Return gain, center and spread of untrained layers, given their biases.

    With them, a layer computes the same values as without normalisation.
    """
    start = {"gain": np.ones_like, "center": np.zeros_like, "spread": np.ones_like}
    return {
        f"{name}_{k}": like(bias)
        for k, bias in enumerate(biases, start=1)
        for name, like in start.items()
    }


def normalised_as_trained(
    coders: Sequence[FittedModel], rows: Rows, weights: Array | None = None
) -> dict[str, Array]:
    """Return bias, gain, center and spread of layers that compute what autoencoders have learned.

    Training subtracts the mean of pre-activations and divides by their deviation. The bias and
    the gain are therefore their mean and their deviation, and a unit is as rarely active as
    before. Units that are never active, or always saturated, would learn nothing. Their bias is
    0; the mean of their pre-activations is at least `FARTHEST` deviations from 0.

    Parameters
    ----------
    coders : sequence of FittedModel
        Autoencoders on top of each other.
    rows : rows, (rows, columns)
        Inputs of the lowest autoencoder, `MOST_ROWS` of which are used.
    weights : array, (rows,), optional
        Weight of each row.
    """
    numbers = spread_out(len(rows), MOST_ROWS)
    values: Array = rows[numbers]
    found: dict[str, Array] = {}
    of_rows = None if weights is None else weights[numbers]
    for k, coder in enumerate(coders, start=1):
        center, spread = moments(_standardised(values, coder.arrays) @ coder.arrays["W"], of_rows)
        mean = coder.arrays["hidden_bias"] + center
        bias = np.where(abs(mean) < FARTHEST * spread, mean, mean.dtype.type(0))
        found |= {f"bias_{k}": bias, f"center_{k}": center}
        found |= {f"gain_{k}": spread, f"spread_{k}": spread}
        values = coder.apply("encode", values)
    return found


def _standardised(values: Array, arrays: Mapping[str, Array]) -> Array:
    """Return values as an autoencoder sees them: standardised, 0 where they are missing."""
    if "mean" in arrays:
        values = (values - arrays["mean"]) / arrays["scale"]
    return np.where(np.isnan(values), values.dtype.type(0), values)
