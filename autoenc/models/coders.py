"""Fitted autoencoders, and stacks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse

from autoenc.graph import AutoEncoderLayer, Clipped, UnrolledLayers
from autoenc.models.fitted import OF_COLUMNS, FittedModel
from autoenc.models.initial import initial_parameters
from autoenc.models.mixed import groups_of
from autoenc.models.schema import arrays_of_layer
from autoenc.models.symbolic import Scaling, SymbolicModel
from autoenc.rows.blocks import Array, IncomingRows
from autoenc.rows.casting import dtype_holding
from autoenc.rows.domain import FINITE, Domain, domain_of
from autoenc.rows.reading import read_rows, read_unscaled
from autoenc.rows.refusals import warn


class FittedCoder(FittedModel):
    """A fitted autoencoder."""

    shown: ClassVar[tuple[str, ...]] = ("cost", "output", "gain", "learning_rate", "chosen")

    @cached_property
    def coders(self) -> tuple[FittedCoder, ...]:
        """The layers of a stack, or the model alone."""
        return tuple(layer for layer in self.layers if isinstance(layer, FittedCoder)) or (self,)

    @property
    def n_codes(self) -> int:
        """Number of units of the code."""
        return int(self.coders[-1].arrays["W"].shape[1])

    @property
    def decoder(self) -> Array:
        """Weights of the decoder, (n_hidden, n_visible)."""
        weights: Array = self.arrays.get("W_prime", self.arrays["W"].T)
        return weights

    @property
    def structure(self) -> dict[str, Any]:
        """Settings that must not change when training continues."""
        tied = "W_prime" not in self.arrays
        return {
            "n_hidden": self.n_codes, "tied": tied, "dtype": self.dtype,
            "activation": self.choices["activation"], **self.reconstruction,
        }  # fmt: skip

    @property
    def reconstruction(self) -> dict[str, Any]:
        """Settings of cost, output and scaling, as they were given or chosen."""
        scale = "standard" if "mean" in self.arrays else None
        return {"cost": self.choices["cost"], "output": self.choices["output"], "scale": scale}

    def symbolic(self, shared: Mapping[str, Any]) -> SymbolicModel:
        """Build the layer, and the scaling around it."""
        params, masked = dict(shared), bool(self.choices.get("masked", False))
        mean, scale = params.pop("mean", None), params.pop("scale", None)
        scaling = None if mean is None else Scaling(mean, scale)
        output = self.choices["output"]
        if output == "clipped":
            limits = params.pop("lower"), params.pop("upper")
            output = Clipped(*(limits if scaling is None else map(scaling.forward, limits)))
            scaling = None if scaling is None else replace(scaling, limits=limits)
        n_visible, n_hidden = self.arrays["W"].shape
        layer = AutoEncoderLayer(
            n_visible, n_hidden, rng=None, tied="W_prime" not in shared,
            activation=self.choices["activation"], output=output, **params,
        )  # fmt: skip
        encoding = self.columns.encoding
        groups = None if encoding is None else groups_of(encoding, self.arrays)
        return SymbolicModel(layer, self.choices["cost"], scaling, masked, groups)

    def transform(self, X: Any) -> Array:
        """Compute codes of X, (rows, n_hidden)."""
        return self.apply("encode", self.incoming(X))

    def reconstruct(self, X: Any) -> Array:
        """Compute reconstructions of X, (rows, columns), in the units of the data.

        They are float64 if the model has a `scaling`. If columns are encoded, they are numbers for
        the entries, as in all results of this class; see `Columns.encoding`.
        """
        return self.backward(self.apply("reconstruct", self.incoming(X)))

    def impute(self, X: Any) -> Array:
        """Replace NaN in X by the reconstruction.

        Observed entries of X are unchanged to the last digit. The result has the precision of the
        model if that can represent all numbers of the dtype of X, else it is float64.
        """
        X = self.numbers(X)
        filled = self.backward(self.apply("impute", self.incoming(X, missing=True)))
        given = np.asarray(read_unscaled(self.columns, X))
        kept = np.where(np.isnan(given), filled, given)
        return kept.astype(np.result_type(filled, dtype_holding(X, self.dtype)), copy=False)

    def given(self, X: Any) -> Array:
        """Return X as a dense array in its own units: float64 if the model has a `scaling`."""
        if self.scaling is not None:
            return np.asarray(read_unscaled(self.columns, X))
        return np.asarray(read_rows(self.columns, X, dtype=self.dtype, reset=False))

    def backward(self, z: Array) -> Array:
        """Return reconstructions in the units of the data."""
        return z if self.scaling is None else self.scaling.backward(z)

    def score_samples(self, X: Any, *, name: str = "X") -> Array:
        """Compute the error of each row, (rows,); NaN for rows without observed values.

        Warns
        -----
        DomainWarning
            If there are rows without an observed value.

        Raises
        ------
        ValueError
            If the precision cannot represent the error of a row.
        """
        errors = self.apply("error", self.incoming(X, compared=False, name=name))
        self.check_errors(errors)
        return errors

    def entry_errors(self, X: Any) -> Array:
        """Compute the contribution of each user column to the row error, (rows, columns).

        The contribution of a missing entry is 0. A row without observed values is NaN.
        """
        errors = self.apply("entry_errors", self.incoming(X, compared=False))
        self.check_errors(errors.sum(axis=1))
        encoding = self.columns.encoding
        return errors if encoding is None else encoding.summed(errors)

    def check_errors(self, errors: Array, first: int = 0) -> None:
        """Check the errors of rows, the first of which has number `first`; see `score_samples`."""
        if np.isfinite(errors).all():
            return
        empty = np.isnan(errors)
        if not self.masked or not np.isfinite(errors[~empty]).all():
            row = int(np.argmin(np.isfinite(errors) | (empty & self.masked)))
            raise ValueError(
                f"the error of row {first + row} is {errors[row]}: its values are too large for "
                f"{self.dtype}, the precision of the model. Remove the row, or train with "
                "dtype='float64'."
            )
        warn_of_empty(empty, first)

    def inverse_transform(self, codes: Any) -> Array:
        """Compute reconstructions from codes.

        Raises
        ------
        ValueError
            If codes have the wrong width, or are not finite.
        """
        codes = codes.toarray() if sparse.issparse(codes) else codes
        codes = np.ascontiguousarray(codes, dtype=self.dtype)
        if codes.ndim != 2 or codes.shape[1] != self.n_codes:
            raise ValueError(
                f"codes have shape {codes.shape}; expected (rows, {self.n_codes}), as transform "
                "returns."
            )
        check = partial(domain_of, codes, name="codes")
        return self.backward(self.apply("decode", IncomingRows(codes, FINITE.hold, check)))

    def untied(self) -> FittedCoder:
        """Return the same model with separate decoder weights, initialised to Wᵀ."""
        W_prime = np.ascontiguousarray(self.arrays["W"].T)
        return self.replaced(arrays={**self.arrays, "W_prime": W_prime})

    def initial(self) -> dict[str, Array]:
        """Draw the initial parameters from the seed, without a start from PCA."""
        return initial_parameters(
            self.seed, self.choices.get("init", "uniform"), self.choices["gain"],
            *self.arrays["W"].shape, tied="W_prime" not in self.arrays, dtype=self.dtype,
        )  # fmt: skip

    def untrained(self) -> FittedCoder:
        """Return the model with its random initial parameters."""
        return self.replaced(arrays={**self.arrays, **self.initial()})


class FittedStack(FittedCoder):
    """Stack of fitted autoencoders, trained one after the other or together.

    If they were trained together, the stack has its own optimizer state, history and `choices`.
    """

    shown: ClassVar[tuple[str, ...]] = ("learning_rate",)

    @property
    def structure(self) -> dict[str, Any]:
        """Settings that must not change when training continues."""
        sizes = tuple(layer.n_codes for layer in self.coders)
        tied = all("W_prime" not in layer.arrays for layer in self.layers)
        return {
            "hidden_sizes": sizes, "tied": tied, "dtype": self.dtype,
            **self.coders[0].reconstruction,
        }  # fmt: skip

    def model_arrays(self) -> dict[str, Array]:
        """Return the arrays of all layers, numbered."""
        return numbered([layer.arrays for layer in self.layers])

    def named_arrays(self) -> dict[str, Array]:
        """Return the arrays of all layers, numbered."""
        return numbered([layer.named_arrays() for layer in self.layers])

    def all_arrays(self) -> dict[str, Array]:
        """Return the arrays of all layers, including those of the optimizers."""
        return {**numbered([layer.all_arrays() for layer in self.layers]), **self.state_arrays()}

    def widened(self, domain: Domain) -> Self:
        """Return the stack for rows of a wider domain, whose limits the lowest layer stores."""
        lowest, *above = self.layers
        return self.replaced(layers=(lowest.widened(domain), *above), domain=domain)

    def learned(self, arrays: Mapping[str, Array]) -> Self:
        """Return the stack whose layers were trained together, with their numbered arrays.

        Only the lowest layer keeps the domain of its rows, because the codes are no longer those
        on which the upper layers were trained.
        """
        lowest, *above = (
            layer.replaced(arrays={**layer.arrays, **arrays_of_layer(arrays, k)}, domain=None)
            for k, layer in enumerate(self.layers, start=1)
        )
        choices = {**lowest.choices, "masked": self.masked}
        lowest = lowest.replaced(choices=choices, domain=self.domain)
        return self.replaced(layers=(lowest, *above))

    def described(self) -> dict[str, Any]:
        """Describe the stack and its layers."""
        without = ("history_", "n_features_in_")
        layers = [
            {"activation_": layer.choices["activation"]}
            | {name: value for name, value in layer.described().items() if name not in without}
            for layer in self.layers
        ]
        return {**super().described(), "layers": layers}

    def attribute(self, name: str) -> Any:
        """Return a fitted attribute; ranges and moments are those of the lowest layer."""
        if name in ("data_min_", "data_max_") and self.data_domain is not None:
            domain = self.data_domain
            return domain.minimum if name == "data_min_" else domain.maximum
        if name[:-1] in OF_COLUMNS and name[:-1] in self.bottom.arrays:
            return self._in_units(name[:-1], self.bottom.arrays[name[:-1]])
        if name in ("cost_", "output_"):
            return self.bottom.choices[name[:-1]]
        if name == "activation_":
            return [layer.choices["activation"] for layer in self.layers]
        return super().attribute(name)

    def symbolic(self, shared: Mapping[str, Any]) -> SymbolicModel:
        """Unroll all layers; cost and scaling are those of the lowest."""
        layers = enumerate(self.coders, start=1)
        models = [layer.symbolic(arrays_of_layer(shared, k)) for k, layer in layers]
        unrolled = UnrolledLayers([model.layer for model in models])
        return replace(models[0], layer=unrolled, masked=self.masked)

    def untrained(self) -> FittedCoder:
        """Return the stack of untrained layers."""
        return self.replaced(layers=tuple(layer.untrained() for layer in self.coders))


def warn_of_empty(empty: Array, first: int = 0) -> None:
    """Warn of rows without observed values, given a boolean for each row.

    `first` is the number of the first row.
    """
    if empty.any():
        warn(
            f"{int(empty.sum()):,} of {len(empty):,} rows have no observed value (the first is "
            f"row {first + int(np.argmax(empty))}); their error is NaN."
        )


def numbered(of_layers: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Return arrays of all layers by their names within the stack; see `arrays_of_layer`."""
    return {
        f"layer_{k}.{name}": array
        for k, arrays in enumerate(of_layers, start=1)
        for name, array in arrays.items()
    }
