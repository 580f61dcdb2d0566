"""Fitted classifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from autoenc.graph import DenseLayer, Network, SoftmaxLayer
from autoenc.models.fitted import FittedModel
from autoenc.models.symbolic import Scaling, SymbolicClassifier
from autoenc.rows.blocks import Array
from autoenc.rows.labels import classes_of


class FittedClassifier(FittedModel):
    """A fitted network of hidden layers and a softmax."""

    shown: ClassVar[tuple[str, ...]] = ("labels", "labels_dtype", "activation")

    @property
    def n_layers(self) -> int:
        """Layers, the softmax among them."""
        return sum(name.startswith("W_") for name in self.arrays)

    @property
    def weights(self) -> list[Array]:
        """Weights of each layer, the softmax last."""
        return [self.arrays[f"W_{k}"] for k in range(1, self.n_layers + 1)]

    @property
    def biases(self) -> list[Array]:
        """Biases of each layer, the softmax last."""
        return [self.arrays[f"bias_{k}"] for k in range(1, self.n_layers + 1)]

    @property
    def classes(self) -> Array:
        """The classes, sorted."""
        return classes_of(self.choices["labels"], self.choices.get("labels_dtype"))

    def attribute(self, name: str) -> Any:
        """Return what an estimator shows under this name."""
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
        sizes = [W.shape for W in self.weights]
        pairs = [(shared[f"W_{k}"], shared[f"bias_{k}"]) for k in range(1, len(sizes) + 1)]
        activation = self.choices.get("activation")
        *hidden, (shape, (W, b)) = list(zip(sizes, pairs, strict=True))
        layers = [
            DenseLayer(*s, rng=None, activation=activation or "linear", W=w, bias=c)
            for s, (w, c) in hidden
        ]
        network = Network(layers, SoftmaxLayer(*shape, W=W, bias=b))
        scaling = Scaling(shared["mean"], shared["scale"]) if "mean" in shared else None
        return SymbolicClassifier(network, scaling, self.masked)
