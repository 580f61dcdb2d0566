"""Fitted outlier detectors: rarity of each value, alone and given the other columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pytensor
from pytensor import tensor as pt

from autoenc.graph import BlindSpotLayer, Expression, Groups, Parameter, Updates, blind_spot_arrays
from autoenc.graph.costs import squared_error
from autoenc.graph.dtypes import in_floatx
from autoenc.models.coders import warn_of_empty
from autoenc.models.fitted import FittedModel
from autoenc.models.mixed import (
    at_most_the_rarest,
    frequencies_of,
    groups_of,
    robust_moments_of,
    start_of,
)
from autoenc.models.surprise import Surprise
from autoenc.models.symbolic import zero_where_missing
from autoenc.rows.blocks import Array
from autoenc.rows.reading import encoded
from autoenc.rows.robust import robust_moments
from autoenc.sources import opened

PARAMETERS = ("W", "W_prime", "hidden_bias", "visible_bias", "sees")
VIEWS = ("value", "residual")
MOMENTS = ("center", "spread", "shift", "stretch")


@dataclass(frozen=True)
class Kinds:
    """Properties of columns of different kinds that a detector uses.

    Attributes
    ----------
    groups : Groups
        Entries of each column.
    frequencies : shared variable, (entries,)
        Frequencies of the values of categories in the training data.
    """

    groups: Groups
    frequencies: Any

    def values(self, x: Expression, z: Expression) -> Expression:
        """Return z, with 0 for categories that have no value in x."""
        return pt.switch(self.groups.is_known(x), z, in_floatx(0))

    def frequency(self, x: Expression, z: Expression) -> Expression:
        """Return the frequency of each category's value, in its entry, and z for numbers."""
        return pt.switch(self.groups.is_category, x * self.frequencies, z)

    def probability(self, x: Expression, a: Expression, residual: Expression) -> Expression:
        """Return the probability of each category's value, in its entry, and other residuals."""
        probabilities = pt.exp(self.groups.log_softmax(a))
        return pt.switch(self.groups.is_category, x * probabilities, residual)


@dataclass(frozen=True)
class SymbolicDetector:
    """A blind-spot layer on robustly scaled columns.

    Attributes
    ----------
    layer : BlindSpotLayer
    moments : mapping from name to shared variable, (columns,)
        See `autoenc.rows.robust.robust_moments`.
    masked : bool
        Whether NaN marks missing entries.
    kinds : Kinds or None
        Properties of columns that are not all numbers.
    """

    layer: BlindSpotLayer
    moments: Mapping[str, Any]
    masked: bool = False
    kinds: Kinds | None = None

    @property
    def params(self) -> list[Parameter]:
        """Parameters that are trained."""
        return self.layer.params

    @property
    def weights(self) -> list[Parameter]:
        """Weight matrices, to which penalties apply."""
        return [self.layer.W, self.layer.W_prime]

    @property
    def encoder(self) -> BlindSpotLayer:
        """Layer that computes codes from `values`."""
        return self.layer

    @property
    def is_bounded(self) -> bool:
        """Whether the slope of the cost with respect to the output is bounded."""
        return False

    def scaled(self, x: Expression) -> Expression:
        """Return columns in comparable units; NaN is kept."""
        m = self.moments
        return (pt.arcsinh((x - m["center"]) / m["spread"]) - m["shift"]) / m["stretch"]

    def values(self, x: Expression) -> Expression:
        """Return the input of the layer: scaled x, with 0 for missing or unknown entries."""
        z = self.scaled(x)
        z = zero_where_missing(x, z) if self.masked else z
        return z if self.kinds is None else self.kinds.values(zero_where_missing(x, x), z)

    def views(self, x: Expression) -> Expression:
        """Return scaled values and their residuals, (rows, 2·entries); NaN where missing.

        For a category, the entry of its value contains the frequency of the value and its
        probability given the other columns; the other entries are 0.
        """
        z, a = self.scaled(x), self.layer.reconstruct(self.values(x))
        value, residual = z, z - a
        if self.kinds is not None:
            value = self.kinds.frequency(x, value)
            residual = self.kinds.probability(x, a, residual)
        return pt.concatenate([value, residual], axis=1)

    def training_costs(
        self, x: Expression, y: Expression, settings: Mapping[str, Any], seed: int
    ) -> tuple[Expression, Updates]:
        """Return the mean cost of the observed columns of each row, (rows,); no averages."""
        return self.validation_costs(x, y), {}

    def validation_costs(self, x: Expression, y: Expression) -> Expression:
        """Return the mean cost of the observed columns of each row, (rows,).

        It is the squared residual for numbers, and for categories the cross-entropy of the softmax
        divided by the entropy of their frequencies.
        """
        values = self.values(x)
        if not self.masked and self.kinds is None:
            return self.layer.squared_error(values)
        observed = zero_where_missing(x, in_floatx(1))
        a = self.layer.reconstruct(values)
        if self.kinds is None:
            errors, n = squared_error(values, a) * observed, observed.sum(axis=1)
        else:
            groups = self.kinds.groups
            errors = groups.costs(zero_where_missing(x, x), values, a) * observed
            n = (observed * groups.share).sum(axis=1)
        return errors.sum(axis=1) / pt.maximum(n, in_floatx(1))


class FittedDetector(FittedModel):
    """Fitted outlier detector.

    Its arrays are the parameters of the layer, the moments of the columns and, once it is
    `calibrated`, the surprise of values and of residuals and the scores of calibration rows. If
    columns are of different kinds, parameters and moments have one element for each entry, and
    surprises have one element for each column.
    """

    shown: ClassVar[tuple[str, ...]] = ("n_epochs", "learning_rate", "calibrated_on")

    @property
    def is_complete(self) -> bool:
        """Whether the model is calibrated, so that rows can be scored."""
        return "calibration" in self.arrays and "calibrated_on" in self.choices

    @property
    def calibration(self) -> Array:
        """Scores of the calibration rows, ascending."""
        return self.arrays["calibration"]

    def model_arrays(self) -> dict[str, Array]:
        """Return the arrays from which the symbolic model is built."""
        return {name: self.arrays[name] for name in (*PARAMETERS, *MOMENTS)}

    def symbolic(self, shared: Mapping[str, Any]) -> SymbolicDetector:
        """Build the layer, and the scaling before it."""
        layer = BlindSpotLayer(
            *self.arrays["W"].shape, rng=None, activation=self.choices["activation"],
            **{name: shared[name] for name in PARAMETERS},
        )  # fmt: skip
        moments = {name: shared[name] for name in MOMENTS}
        return SymbolicDetector(layer, moments, self.masked, self._kinds())

    def started(self, rows: Array, n_hidden: int, seen: float, dtype: str) -> Self:
        """Return the model with its initial arrays.

        The decoder starts at 0, so that reconstructions are the means of columns and the
        frequencies of category values.
        """
        n, rng = rows.shape[1], np.random.default_rng(self.seed)
        encoding = self.columns.encoding
        groups = None if encoding is None else encoding.column_of_entries
        zeros = {"W_prime": (n_hidden, n), "hidden_bias": (n_hidden,), "visible_bias": (n,)}
        arrays = blind_spot_arrays(rng, n, n_hidden, seen, dtype, groups)
        arrays |= {name: np.zeros(shape, dtype) for name, shape in zeros.items()}
        if encoding is None:
            moments = robust_moments(rows)
        else:
            moments = robust_moments_of(encoding, rows)
            of_start = {**arrays, "mean": frequencies_of(moments)}
            arrays["visible_bias"] = start_of(encoding, of_start, len(rows))["visible_bias"]
        moments = {name: a.astype(dtype) for name, a in moments.items()}
        return self.replaced(arrays={**arrays, **moments})

    def numbers(self, X: Any) -> Any:
        """Return X opened and, if columns are encoded, encoded as numbers.

        Entries of a category are 0 if its value is unknown, which is anomalous but not missing.
        """
        return encoded(self.columns, opened(X), unknown_as=0)

    def calibrated(self, X: Any, held_out: Any, *, n_bins: int, dependence: float) -> Self:
        """Return the model with the surprise of values and residuals of the training rows.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Rows that the layer was trained on.
        held_out : array-like, (rows, columns), or None
            Rows from whose scores p-values are computed; by default X.
        n_bins : int
            Number of cells in which the values of each column are counted.
        dependence : float
            Weight of the surprise of residuals; the surprise of values has weight 1.
        """
        views, encoding = self._views(X), self.columns.encoding
        sizes = None if encoding is None else encoding.sizes
        arrays: dict[str, Array] = {}
        for name, view, weight in zip(
            VIEWS, np.split(views, 2, axis=1), (1, dependence), strict=True
        ):
            surprise = Surprise.of(view, n_bins, sizes).standardised(view, weight, sizes)
            arrays |= surprise.arrays(name, self.dtype)
        # Scores must be those of the numbers that a file stores.
        known = self._with(arrays)
        if held_out is not None:
            views = known._views(held_out)
        scores = known._entries(views).sum(axis=1)
        if np.isnan(scores).all():
            raise ValueError("no calibration row has an observed value; give other rows.")
        on = "training rows" if held_out is None else "held-out rows"
        calibration = np.sort(scores[~np.isnan(scores)]).astype(self.dtype)
        return known._with({"calibration": calibration}, calibrated_on=on)

    def entry_errors(self, X: Any) -> Array:
        """Compute the contribution of each of the user's columns to the score, (rows, columns).

        The contribution of a missing entry is 0. A row without observed values is NaN, with a
        warning.
        """
        entries = self._entries(self._views(X))
        warn_of_empty(np.isnan(entries[:, 0]))
        return entries

    def score_samples(self, X: Any) -> Array:
        """Compute the score of each row, (rows,), as float64: the larger, the more anomalous.

        It is NaN, with a warning, for a row without observed values.
        """
        scores: Array = self.entry_errors(X).sum(axis=1)
        return scores

    @cached_property
    def _surprises(self) -> tuple[Surprise, Surprise]:
        value, residual = (Surprise.from_arrays(name, self.arrays) for name in VIEWS)
        return value, residual

    def _entries(self, views: Array) -> Array:
        values, residuals = np.split(views, 2, axis=1)
        by_value, by_residual = self._surprises
        entries: Array = by_value.entries(values) + by_residual.entries(residuals)
        entries[np.isnan(values).all(axis=1)] = np.nan
        return entries

    def _with(self, arrays: Mapping[str, Array], **choices: Any) -> Self:
        """Return the model with more arrays and choices, which compiled functions do not use."""
        return replace(self, arrays={**self.arrays, **arrays}, choices={**self.choices, **choices})

    def _kinds(self) -> Kinds | None:
        encoding = self.columns.encoding
        if encoding is None:
            return None
        found = frequencies_of(self.arrays)
        rarest = pytensor.shared(at_most_the_rarest(encoding, found), name="frequencies")
        return Kinds(groups_of(encoding, {"mean": found}), rarest)

    def _views(self, X: Any) -> Array:
        """Return values, and their residuals given the other columns, (rows, 2·columns)."""
        views = self.apply("views", self.incoming(X, compared=False))
        encoding = self.columns.encoding
        if encoding is None:
            return views
        # At most one entry of a category is not 0.
        return np.concatenate([encoding.summed(own) for own in np.split(views, 2, axis=1)], axis=1)
