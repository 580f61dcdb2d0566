"""The symbolic model of an autoencoder: its layer, and the operations before and after the layer.

Before the layer, columns are standardised and missing entries are set to 0. After the layer,
reconstructions are converted to the units of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytensor
from pytensor import tensor as pt
from sklearn.preprocessing import StandardScaler

from autoenc.graph import (
    ACTIVATIONS,
    AutoEncoderLayer,
    Clipped,
    Expression,
    Groups,
    Network,
    Parameter,
    UnrolledLayers,
    Updates,
    corrupt,
    negative_log_likelihood_from_logits,
)
from autoenc.graph.dtypes import in_floatx
from autoenc.rows.blocks import Array, Rows, parts

# Outputs whose error, and with it the slope of the squared error, has no bound.
UNBOUNDED = [ACTIVATIONS[name] for name in ("linear", "relu", "softplus")]


@dataclass(frozen=True)
class Scaling:
    """Standardised columns, (x − mean) / scale, as expressions.

    Attributes
    ----------
    mean, scale : shared variables, (columns,)
    limits : pair of shared variables, (columns,), optional
        Lower and upper limits of reconstructions, in the units of the data.
    """

    mean: Any
    scale: Any
    limits: tuple[Any, Any] | None = None

    @classmethod
    def of(cls, mean: Array, scale: Array) -> Scaling:
        """Make the scaling from arrays."""
        return cls(pytensor.shared(mean, name="mean"), pytensor.shared(scale, name="scale"))

    def forward(self, x: Expression) -> Expression:
        """Convert values from the units of the data to standard units."""
        return (x - self.mean) / self.scale

    def backward(self, z: Expression) -> Expression:
        """Convert reconstructions from standard units to the units of the data."""
        values = z * self.scale + self.mean
        # Values that were clipped in standard units are beyond the limits by their rounding.
        return values if self.limits is None else pt.clip(values, *self.limits)


def moments(rows: Rows, weights: Array | None = None) -> tuple[Array, Array]:
    """Compute mean and deviation of each column, NaN left out; a deviation of 0 becomes 1.

    >>> moments(np.array([[1.0, 5.0], [3.0, 5.0]]))
    (array([2., 5.]), array([1., 1.]))
    >>> moments(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([1e99, 3e99]))
    (array([2.5, 5. ]), array([0.866..., 1.       ]))
    """
    scaler = StandardScaler()
    # The scaler treats the sum of the weights as the number of rows.
    ratios = None if weights is None else (weights / weights.max()).astype(rows.dtype)
    seen = 0
    for part in parts(rows):
        own = None if ratios is None else ratios[seen : seen + len(part)]
        if own is None or own.any():  # the scaler refuses weights that are all 0
            scaler.partial_fit(part, sample_weight=own)
        seen += len(part)
    return scaler.mean_.astype(rows.dtype), scaler.scale_.astype(rows.dtype)


@dataclass(frozen=True)
class SymbolicModel:
    """Layer, or several layers as one, with cost, scaling and decoding of results.

    Its methods take an expression in the units of the data and return an expression.

    Attributes
    ----------
    layer : AutoEncoderLayer or UnrolledLayers
    cost : {"cross_entropy", "squared_error", "mixed"}
    scaling : Scaling or None
        None if the layer uses unscaled data.
    masked : bool
        Whether NaN marks missing entries.
    groups : Groups or None
        Entries of each of the user's columns, if the cost is mixed: the softmax cross-entropy of
        categories, and the squared error of numbers.
    """

    layer: AutoEncoderLayer | UnrolledLayers
    cost: str
    scaling: Scaling | None = None
    masked: bool = False
    groups: Groups | None = None

    @property
    def params(self) -> list[Parameter]:
        """Parameters that are trained."""
        return self.layer.params

    @property
    def n_columns(self) -> int:
        """Number of columns over which errors are averaged or summed."""
        return self.layer.n_visible if self.groups is None else self.groups.n_groups

    @property
    def weights(self) -> list[Parameter]:
        """Weight matrices, to which penalties apply."""
        return [p for name, p in self.layer.named_params().items() if name.startswith("W")]

    @property
    def encoder(self) -> AutoEncoderLayer | UnrolledLayers:
        """Layer that computes codes from `values`."""
        return self.layer

    @property
    def is_bounded(self) -> bool:
        """Whether the slope of the cost with respect to the output is bounded."""
        output = self.layer.output
        unbounded = isinstance(output, Clipped) or output in UNBOUNDED
        return self.cost == "cross_entropy" or not unbounded

    def training_costs(
        self, x: Expression, y: Expression, settings: Mapping[str, Any], seed: int
    ) -> tuple[Expression, Updates]:
        """Return the cost of each row that training minimises, with noise on the input.

        A classifier also returns the updates of its moving averages; here there are none.
        """
        noise = settings.get("corruption")
        values = self.values(x)
        groups = None if self.groups is None else self.groups.membership
        noisy = values if noise is None else corrupt(values, noise, seed, groups=groups)
        return self.costs(x, noisy), {}

    def validation_costs(self, x: Expression, y: Expression) -> Expression:
        """Return the cost of each row without noise."""
        return self.costs(x, self.values(x))

    def values(self, x: Expression) -> Expression:
        """Return the input of the layer: x standardised, with 0 for missing entries."""
        values = x if self.scaling is None else self.scaling.forward(x)
        return zero_where_missing(x, values) if self.masked else values

    def encode(self, x: Expression) -> Expression:
        """Return the code of x."""
        return self.layer.encode(self.values(x))

    def decode(self, code: Expression) -> Expression:
        """Return the reconstruction from a code."""
        z = self.layer.decode(code)
        if self.groups is not None:
            return self.groups.output(z, self.scaling.backward(z) if self.scaling else z)
        return z if self.scaling is None else self.scaling.backward(z)

    def reconstruct(self, x: Expression) -> Expression:
        """Return the reconstruction of x."""
        return self.decode(self.encode(x))

    def impute(self, x: Expression) -> Expression:
        """Return x with its missing entries replaced by their reconstructions."""
        return pt.switch(pt.isnan(x), replace(self, masked=True).reconstruct(x), x)

    def costs(self, x: Expression, given: Expression) -> Expression:
        """Return the cost of each row of x when `given` is encoded in its place, (rows,).

        Cross-entropy is summed over columns, the squared error averaged. If entries are missing,
        the mean over the observed entries replaces the mean over all. A row of which nothing is
        observed costs 0.

        Parameters
        ----------
        x : expression, (rows, columns)
            Rows in the units of the data.
        given : expression, (rows, columns)
            Input of the layer: `values` of x, with or without noise.
        """
        if self.masked:
            # Noise may have changed entries where nothing was observed.
            given = given * self._observed(x)
        cost = self.cost if self.groups is None else self._of_kinds(self.groups, x)
        costs = self.layer.entry_costs(cost, self.values(x), self.layer.encode(given))
        return self._of_rows(costs, x, at_least=1)

    def error(self, x: Expression) -> Expression:
        """Return the error of each row, (rows,); NaN where nothing is observed.

        The error is the mean squared error or, under cross-entropy, the Bernoulli deviance
        summed over columns. Where columns are mixed, it is the mean of their costs.
        """
        return self.error_from(x, self.encode(x))

    def error_from(self, x: Expression, code: Expression) -> Expression:
        """Return the error of each row of x when it is reconstructed from a code, (rows,)."""
        return self._of_rows(self._errors(x, code), x, at_least=0)

    def entry_errors(self, x: Expression) -> Expression:
        """Return the contribution of each entry to the error of its row, (rows, columns)."""
        return self.entry_errors_from(x, self.encode(x))

    def entry_errors_from(self, x: Expression, code: Expression) -> Expression:
        """Return the contribution of each entry of x, for a reconstruction from a code."""
        errors, sums = self._errors(x, code), self.cost == "cross_entropy"
        if not self.masked:
            return errors if sums else errors / self._n_columns
        observed = self._observed(x)
        n = self._n_observed(observed)[:, None]
        # PyTensor evaluates 0 / 0 as 0 here.
        shares = pt.switch(pt.eq(n, 0), in_floatx(np.nan), observed / n)
        return errors * shares * self._n_columns if sums else errors * shares

    def _errors(self, x: Expression, code: Expression) -> Expression:
        """Return the deviance or the squared error of each entry."""
        error = "deviance" if self.cost == "cross_entropy" else self.cost
        cost = error if self.groups is None else self._of_kinds(self.groups, x)
        return self.layer.entry_costs(cost, self.values(x), code)

    @staticmethod
    def _of_kinds(groups: Groups, x: Expression) -> Callable[[Expression, Expression], Expression]:
        """Return the cost of entries as a function of standardised targets and pre-activations."""
        return partial(groups.costs, zero_where_missing(x, x))

    def _of_rows(self, costs: Expression, x: Expression, *, at_least: int) -> Expression:
        """Sum or average the costs of the observed entries of each row.

        Without an observed entry, the result is 0 / `at_least`.
        """
        sums = self.cost == "cross_entropy"
        if not self.masked:
            if self.groups is not None:
                return costs.sum(axis=-1) / self._n_columns
            return costs.sum(axis=-1) if sums else costs.mean(axis=-1)
        observed = self._observed(x)
        n = self._n_observed(observed)
        mean = (costs * observed).sum(axis=-1) / (pt.maximum(n, in_floatx(1)) if at_least else n)
        return mean * self._n_columns if sums else mean

    def _observed(self, x: Expression) -> Expression:
        """Return 1 where an entry is observed, else 0."""
        return zero_where_missing(x, in_floatx(1))

    def _n_observed(self, observed: Expression) -> Expression:
        """Return the number of observed columns of each row."""
        counts = observed if self.groups is None else observed * self.groups.share
        return counts.sum(axis=-1)

    @property
    def _n_columns(self) -> Array:
        return in_floatx(self.n_columns)


def zero_where_missing(x: Expression, values: Any) -> Expression:
    """Return values, (rows, entries) or a number, with 0 where x is missing."""
    return pt.switch(pt.isnan(x), in_floatx(0), values)


@dataclass(frozen=True)
class SymbolicClassifier:
    """A network, and the scaling before it.

    Attributes
    ----------
    network : Network
    scaling : Scaling or None
    masked : bool
        Whether NaN marks missing entries.
    """

    network: Network
    scaling: Scaling | None = None
    masked: bool = False

    @property
    def params(self) -> list[Parameter]:
        """Parameters that are trained."""
        return self.network.params

    @property
    def weights(self) -> list[Parameter]:
        """Weight matrices, to which penalties apply."""
        return self.network.weights

    @property
    def encoder(self) -> Any:
        """Hidden layers, which compute codes from `values`."""
        hidden = self.network.hidden
        return hidden[0] if len(hidden) == 1 else self.network.codes

    @property
    def is_bounded(self) -> bool:
        """Whether the slope of the cost with respect to the output is bounded."""
        return True

    def training_costs(
        self, x: Expression, y: Expression, settings: Mapping[str, Any], seed: int
    ) -> tuple[Expression, Updates]:
        """Return the cost of each row that training minimises, and updates of moving averages."""
        n_layers = len(self.network.hidden) + 1
        dropout, noise = (
            list(level) if isinstance(level, Sequence) else [level] * n_layers * bool(level)
            for level in (settings["dropout"], settings.get("noise", 0))
        )
        logits, averages = self.network.in_training(self.values(x), dropout, noise, seed)
        return negative_log_likelihood_from_logits(logits, y), averages

    def validation_costs(self, x: Expression, y: Expression) -> Expression:
        """Return 1 for each row whose most probable class is not y, else 0."""
        return self.network.zero_one_loss(self.values(x), y)

    def values(self, x: Expression) -> Expression:
        """Return the input of the network: x standardised, with 0 for missing entries."""
        values = x if self.scaling is None else self.scaling.forward(x)
        return zero_where_missing(x, values) if self.masked else values

    def probabilities(self, x: Expression) -> Expression:
        """Return the probability of each class, (rows, classes)."""
        return self.network.class_probabilities(self.values(x))
