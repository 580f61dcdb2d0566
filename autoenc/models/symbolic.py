"""The symbolic model of an autoencoder: its layer, and what is done before and after it.

Before it, columns are standardised and missing entries left out; after it, reconstructions are
brought back to the units of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from sklearn.preprocessing import StandardScaler

from autoenc.graph import AutoEncoderLayer, Expression, Network, resolve_activation
from autoenc.rows.blocks import Array, Rows, parts


@dataclass(frozen=True)
class Scaling:
    """Standardised columns, (x − mean) / scale, as expressions.

    Attributes
    ----------
    mean, scale : shared variables, (columns,)
    """

    mean: Any
    scale: Any

    @classmethod
    def of(cls, mean: Array, scale: Array) -> Scaling:
        """Make it from arrays."""
        return cls(pytensor.shared(mean, name="mean"), pytensor.shared(scale, name="scale"))

    def forward(self, x: Expression) -> Expression:
        """From the units of the data to standard ones."""
        return (x - self.mean) / self.scale

    def backward(self, z: Expression) -> Expression:
        """From standard units to those of the data."""
        return z * self.scale + self.mean


def moments(rows: Rows, weights: Array | None = None) -> tuple[Array, Array]:
    """Compute mean and deviation of each column, NaN left out; a deviation of 0 becomes 1.

    >>> moments(np.array([[1.0, 5.0], [3.0, 5.0]]))
    (array([2., 5.]), array([1., 1.]))
    """
    scaler = StandardScaler()
    seen = 0
    for part in parts(rows):
        own = None if weights is None else weights[seen : seen + len(part)]
        scaler.partial_fit(part, sample_weight=own)
        seen += len(part)
    return scaler.mean_.astype(rows.dtype), scaler.scale_.astype(rows.dtype)


@dataclass(frozen=True)
class SymbolicModel:
    """A layer, its cost, and what is done before and after it.

    Its methods take an expression in the units of the data and return an expression.

    Attributes
    ----------
    layer : AutoEncoderLayer
    cost : {"cross_entropy", "squared_error"}
    scaling : Scaling or None
        None where the layer takes the data as it is.
    masked : bool
        Whether NaN stands for what is missing.
    """

    layer: AutoEncoderLayer
    cost: str
    scaling: Scaling | None = None
    masked: bool = False

    def values(self, x: Expression) -> Expression:
        """Give what the layer sees of x: standardised, 0 where it is missing."""
        values = x if self.scaling is None else self.scaling.forward(x)
        return pt.switch(pt.isnan(x), _number(0), values) if self.masked else values

    def encode(self, x: Expression) -> Expression:
        """Code of x."""
        return self.layer.encode(self.values(x))

    def decode(self, code: Expression) -> Expression:
        """Reconstruction from a code."""
        z = self.layer.decode(code)
        return z if self.scaling is None else self.scaling.backward(z)

    def reconstruct(self, x: Expression) -> Expression:
        """Reconstruction of x."""
        return self.decode(self.encode(x))

    def impute(self, x: Expression) -> Expression:
        """X with its reconstruction where it is missing."""
        return pt.switch(pt.isnan(x), replace(self, masked=True).reconstruct(x), x)

    def error(self, x: Expression, corrupted: Expression | None = None) -> Expression:
        """Cost of each row, (rows,), of the entries that are observed.

        Under cross-entropy the sum over these is multiplied by columns / observed columns;
        under squared error the mean is over these. A row of which nothing is observed has
        the cost 0.

        Parameters
        ----------
        x : expression, (rows, columns)
        corrupted : expression, optional
            What is encoded in place of `values(x)`.
        """
        target = self.values(x)
        if not self.masked:
            cost: Expression = getattr(self.layer, self.cost)(target, corrupted=corrupted)
            return cost
        observed = pt.switch(pt.isnan(x), _number(0), _number(1))
        # Noise may have put something where nothing was observed.
        code = self.layer.encode(target if corrupted is None else corrupted * observed)
        total = (self._terms(target, code) * observed).sum(axis=-1)
        mean = total / pt.maximum(observed.sum(axis=-1), _number(1))
        return mean * _number(self.layer.n_visible) if self.cost == "cross_entropy" else mean

    def error_from(self, x: Expression, code: Expression) -> Expression:
        """Cost of each row of x, complete, when it is reconstructed from a code, (rows,)."""
        terms = self._terms(self.values(x), code)
        return terms.sum(axis=-1) if self.cost == "cross_entropy" else terms.mean(axis=-1)

    def _terms(self, x: Expression, code: Expression) -> Expression:
        """Cost of each entry."""
        if self.cost == "squared_error":
            return pt.sqr(x - self.layer.decode(code))
        if self.layer.output is resolve_activation("sigmoid"):
            a = self.layer.pre_output(code)
            return pt.softplus(a) - x * a
        z = self.layer.decode(code)
        return -(x * pt.log(z) + (1 - x) * pt.log1p(-z))


@dataclass(frozen=True)
class SymbolicStack:
    """Models on top of each other, with the methods of one.

    Attributes
    ----------
    models : sequence of SymbolicModel
        From the input upwards.
    """

    models: Sequence[SymbolicModel]

    def encode(self, x: Expression) -> Expression:
        """Code of the highest model."""
        for model in self.models:
            x = model.encode(x)
        return x

    def decode(self, code: Expression) -> Expression:
        """Reconstruction from a code of the highest model."""
        return self.models[0].decode(self._down(code))

    def reconstruct(self, x: Expression) -> Expression:
        """Reconstruction of x, up through all models and down again."""
        return self.decode(self.encode(x))

    def impute(self, x: Expression) -> Expression:
        """X with its reconstruction where it is missing."""
        lowest, *others = self.models
        masked = SymbolicStack([replace(lowest, masked=True), *others])
        return pt.switch(pt.isnan(x), masked.reconstruct(x), x)

    def error(self, x: Expression) -> Expression:
        """Cost of each row, (rows,): that of the lowest model."""
        return self.models[0].error_from(x, self._down(self.encode(x)))

    def _down(self, code: Expression) -> Expression:
        """Code of the lowest model, from one of the highest."""
        for model in reversed(self.models[1:]):
            code = model.decode(code)
        return code


def _number(value: float) -> Array:
    return np.asarray(value, dtype=config.floatX)


@dataclass(frozen=True)
class SymbolicClassifier:
    """A network, and the scaling before it.

    Attributes
    ----------
    network : Network
    scaling : Scaling or None
    """

    network: Network
    scaling: Scaling | None = None

    def values(self, x: Expression) -> Expression:
        """Return x as the network sees it."""
        return x if self.scaling is None else self.scaling.forward(x)

    def probabilities(self, x: Expression) -> Expression:
        """Return the probability of each class, (rows, classes)."""
        return self.network.class_probabilities(self.values(x))
