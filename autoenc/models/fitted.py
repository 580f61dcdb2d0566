"""The owner of fitted state: what training has found, and what can be computed with it.

>>> import numpy as np
>>> from autoenc import AutoEncoder
>>> fitted = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(np.eye(4)).model_
>>> fitted.kind, fitted.arrays["W"].shape, fitted.transform(np.eye(4)).shape
('AutoEncoder', (4, 2), (4, 2))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import Any, ClassVar, Self

import numpy as np
import pytensor

from autoenc.graph import AutoEncoderLayer, DenseLayer, Network, SoftmaxLayer
from autoenc.models.compiled import CompiledModel, in_parts
from autoenc.models.initial import initial_parameters
from autoenc.models.symbolic import Scaling, SymbolicClassifier, SymbolicModel, SymbolicStack
from autoenc.rows.blocks import Array, IncomingRows, Rows
from autoenc.rows.columns import Columns, columns_of
from autoenc.rows.domain import (
    FINITE,
    Bounds,
    Domain,
    bounds_around,
    check_near_unit_interval,
    check_unit_interval,
    compare,
    domain_of,
    unit_bounds,
)
from autoenc.rows.reading import read_rows, read_unscaled
from autoenc.rows.refusals import warn
from autoenc.rows.scaling import ColumnScaling
from autoenc.training import Record


@dataclass(frozen=True, eq=False)
class FittedModel:
    """Everything that training has found. It is never changed, only replaced.

    Attributes
    ----------
    kind : str
        Class of the estimator.
    arrays : dict from name to array
        Parameters, and the moments that columns are standardised with.
    choices : dict
        What the model consists of beside arrays: ``activation``, ``output``, ``cost`` and so on,
        after ``"auto"`` has been resolved.
    columns : Columns
        Number, names and scaling of the columns.
    domain : Domain or None
        Ranges of the training data, after its scaling; None in old files.
    seed : int
        Drawn from `random_state`.
    engine : str
        Backend that trained the model, and why it was chosen.
    history : list of dict
        A record for each epoch.
    optimizer_state : tuple of array
        Variables of the optimizer beside the parameters, so that training can continue.
    layers : tuple of FittedModel
        Of a stack, from the input upwards.
    machine : pair
        Backend and device that functions are compiled for, as asked.
    pretrained : FittedModel or None
        Of a classifier, the stack that it started from.
    """

    kind: str
    arrays: dict[str, Array]
    choices: dict[str, Any]
    columns: Columns
    domain: Domain | None = None
    seed: int = 0
    engine: str = ""
    history: list[Record] = field(default_factory=list)
    optimizer_state: tuple[Array, ...] = ()
    layers: tuple[FittedModel, ...] = ()
    machine: tuple[Any, str | None] = ("auto", None)
    pretrained: FittedModel | None = None
    _compiled: CompiledModel = field(default_factory=CompiledModel, compare=False, repr=False)

    # What an estimator shows as its attributes, with an underscore, beside the arrays.
    shown: ClassVar[tuple[str, ...]] = ()

    def __getstate__(self) -> dict[str, Any]:
        """Return everything but compiled functions, which belong to the process."""
        own = {f.name for f in fields(self)} - {"_compiled"}
        return {name: value for name, value in vars(self).items() if name in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state, with nothing compiled yet."""
        vars(self).update(state, _compiled=CompiledModel())

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with other values, and nothing compiled yet."""
        return replace(self, **changes, _compiled=CompiledModel())

    @cached_property
    def dtype(self) -> str:
        """Precision of the parameters."""
        return str(next(iter(self.model_arrays().values())).dtype)

    @cached_property
    def masked(self) -> bool:
        """Whether NaN stands for a missing entry."""
        return bool(self.bottom.choices.get("masked", False))

    @cached_property
    def bottom(self) -> FittedModel:
        """The lowest layer."""
        return self.layers[0] if self.layers else self

    @cached_property
    def scaling(self) -> ColumnScaling | None:
        """What is done to columns before anything else, and undone for reconstructions."""
        return self.columns.scaling

    @property
    def data_domain(self) -> Domain | None:
        """Ranges of the training data, in its units."""
        if self.domain is None or self.scaling is None:
            return self.domain
        low, high = map(self.scaling.backward, (self.domain.minimum, self.domain.maximum))
        return Domain(low, high, self.domain.dtype)

    @cached_property
    def cost(self) -> str | None:
        """Cost of a row; None for a classifier."""
        return self.bottom.choices.get("cost")

    @cached_property
    def unit_bounds(self) -> Bounds:
        """Bounds of [0, 1], with the rounding of the training data."""
        return unit_bounds(self.domain)

    def model_arrays(self) -> dict[str, Array]:
        """Return the arrays that the symbolic model is made of."""
        return self.arrays

    def symbolic(self, shared: Mapping[str, Any]) -> Any:
        """Build the symbolic model around shared variables."""
        raise NotImplementedError

    def incoming(
        self, X: Any, *, missing: bool | None = None, compared: bool = True, name: str = "X"
    ) -> IncomingRows:
        """Return rows that are checked as they go through the model.

        Codes of values far from the training data cause a warning. Rows that are scored are not
        `compared`, because strange values are what one looks for there; but outside [0, 1]
        cross-entropy is not defined.

        Parameters
        ----------
        X : array-like, (rows, columns)
        missing : bool, optional
            Whether NaN is allowed; by default as in training.
        compared : bool
            Whether values are compared with those of the training data.
        name : str
            What messages call the data.
        """
        allow_nan = self.masked if missing is None else missing
        rows = read_rows(self.columns, X, dtype=self.dtype, reset=False)
        bounds, judge = self._demands(X, compared)
        names = self.columns.names

        def check() -> None:
            # Messages show values as they were given.
            given = rows if self.scaling is None else read_unscaled(self.columns, X)
            domain = domain_of(given, source=X, allow_nan=allow_nan, names=names, name=name)
            judge(given, domain, names=names, name=name)

        return IncomingRows(rows, partial(bounds.hold, allow_nan=allow_nan), check)

    def apply(self, what: str, rows: Rows | IncomingRows) -> Array:
        """Compute one piece of the model for all rows."""
        compiled = partial(self._compiled.function, what, self)
        return in_parts(compiled, rows)

    def named_arrays(self) -> dict[str, Array]:
        """Return all arrays of a model file but those of the optimizer."""
        domain = self.domain
        ranges = {} if domain is None else {"data_min": domain.minimum, "data_max": domain.maximum}
        return {**self.arrays, **ranges}

    def all_arrays(self) -> dict[str, Array]:
        """Return all arrays of a model file."""
        state = {f"optimizer.{k}": a for k, a in enumerate(self.optimizer_state)}
        return {**self.named_arrays(), **state}

    def described(self) -> dict[str, Any]:
        """Return what a model file holds beside arrays, by the names of the attributes."""
        found = {
            "n_features_in_": self.columns.n_features_in_,
            "seed_": self.seed,
            "history_": self.history,
            "backend_": self.engine,
        }
        if self.domain is not None:
            found["data_dtype_"] = self.domain.dtype
        shown = {f"{name}_": self.choices[name] for name in self.shown if name in self.choices}
        return {**found, **shown}

    def attribute(self, name: str) -> Any:
        """Return what an estimator shows under this name.

        Raises
        ------
        KeyError
            If the model has none.
        """
        arrays = self.named_arrays()
        if name[:-1] in arrays:
            return self._in_units(name[:-1], arrays[name[:-1]])
        if name == "feature_names_in_" and self.columns.names is not None:
            return self.columns.names
        return self.described()[name]

    def _in_units(self, name: str, array: Array) -> Array:
        """Return an array, or what it says of columns in the units of the data."""
        if self.scaling is None or name not in ("mean", "scale", "data_min", "data_max"):
            return array
        return array / self.scaling.factor if name == "scale" else self.scaling.backward(array)

    def _demands(self, X: Any, compared: bool) -> tuple[Bounds, Callable[..., None]]:
        """Return bounds of ordinary values, and what judges rows beyond them."""
        if self.cost == "cross_entropy":
            judge = check_near_unit_interval if compared else check_unit_interval
            clipped = self.scaling is not None
            return self.unit_bounds, _accept if clipped else partial(judge, fitted=self.domain)
        if compared and self.domain is not None and self.data_domain is not None:
            by_column = "mean" in self.bottom.arrays
            bounds = bounds_around(self.domain, X, by_column=by_column)
            return bounds, partial(compare, fitted=self.data_domain, by_column=by_column)
        return FINITE, _accept


def _accept(*_: Any, **__: Any) -> None:
    """Accept all rows that are finite."""


class FittedCoder(FittedModel):
    """A fitted autoencoder."""

    shown: ClassVar[tuple[str, ...]] = ("cost", "output", "gain", "learning_rate")

    @cached_property
    def coders(self) -> tuple[FittedCoder, ...]:
        """The layers of a stack, or the model alone."""
        return tuple(layer for layer in self.layers if isinstance(layer, FittedCoder)) or (self,)

    @property
    def n_codes(self) -> int:
        """Units of the code."""
        return int(self.coders[-1].arrays["W"].shape[1])

    @property
    def decoder(self) -> Array:
        """Weights of the decoder, (n_hidden, n_visible)."""
        weights: Array = self.arrays.get("W_prime", self.arrays["W"].T)
        return weights

    def symbolic(self, shared: Mapping[str, Any]) -> Any:
        """Build the layer, and the scaling around it."""
        params, masked = dict(shared), self.masked
        mean, scale = params.pop("mean", None), params.pop("scale", None)
        n_visible, n_hidden = self.arrays["W"].shape
        layer = AutoEncoderLayer(
            n_visible, n_hidden, rng=None, tied="W_prime" not in shared,
            activation=self.choices["activation"], output=self.choices["output"], **params,
        )  # fmt: skip
        scaling = None if mean is None else Scaling(mean, scale)
        return SymbolicModel(layer, self.choices["cost"], scaling, masked)

    def transform(self, X: Any) -> Array:
        """Compute codes of X, (rows, n_hidden)."""
        return self.apply("encode", self.incoming(X))

    def reconstruct(self, X: Any) -> Array:
        """Compute reconstructions of X, (rows, columns), in the units of the data.

        They are float64 if the model has a `scaling`.
        """
        return self.backward(self.apply("reconstruct", self.incoming(X)))

    def impute(self, X: Any) -> Array:
        """Compute X with its reconstruction where it is NaN."""
        rows = self.incoming(X, missing=True)
        filled = self.apply("impute", rows)
        if self.scaling is None:
            return filled
        given = self.given(X)
        return np.where(np.isnan(given), self.backward(filled), given)

    def given(self, X: Any) -> Array:
        """Return X as a dense array in its own units: float64 if the model has a `scaling`."""
        if self.scaling is not None:
            return np.asarray(read_unscaled(self.columns, X))
        return np.asarray(read_rows(self.columns, X, dtype=self.dtype, reset=False))

    def backward(self, z: Array) -> Array:
        """Return reconstructions in the units of the data."""
        return z if self.scaling is None else self.scaling.backward(z)

    def score_samples(self, X: Any, *, name: str = "X") -> Array:
        """Compute the error of each row, (rows,); NaN where nothing is observed.

        Warns
        -----
        DomainWarning
            If there are rows without an observed value.

        Raises
        ------
        ValueError
            If the error of a row is beyond what its precision holds.
        """
        errors = self.apply("error", self.incoming(X, compared=False, name=name))
        self._check_errors(errors)
        return errors

    def entry_errors(self, X: Any) -> Array:
        """Compute what each entry adds to the error of its row, (rows, columns).

        Entries that are missing add 0; a row without an observed value is NaN.
        """
        errors = self.apply("entry_errors", self.incoming(X, compared=False))
        self._check_errors(errors.sum(axis=1))
        return errors

    def _check_errors(self, errors: Array) -> None:
        if np.isfinite(errors).all():
            return
        empty = np.isnan(errors)
        if not self.masked or not np.isfinite(errors[~empty]).all():
            row = int(np.argmin(np.isfinite(errors) | (empty & self.masked)))
            raise ValueError(
                f"the error of row {row} is {errors[row]}: its values are too large for "
                f"{self.dtype}, which the model computes in. Remove the row, or train with "
                "dtype='float64'."
            )
        warn(
            f"{int(empty.sum()):,} of {len(errors):,} rows have no observed value (the first is "
            f"row {int(np.argmax(empty))}); their error is NaN."
        )

    def inverse_transform(self, codes: Any) -> Array:
        """Compute reconstructions from codes.

        Raises
        ------
        ValueError
            If codes have another width, or are not finite.
        """
        codes = np.ascontiguousarray(codes, dtype=self.dtype)
        if codes.ndim != 2 or codes.shape[1] != self.n_codes:
            raise ValueError(
                f"codes have shape {codes.shape}; expected (rows, {self.n_codes}), as transform "
                "returns."
            )
        check = partial(domain_of, codes, name="codes")
        return self.backward(self.apply("decode", IncomingRows(codes, FINITE.hold, check)))

    def validation_rows(self, X: Any, dtype: str) -> Rows:
        """Read and check rows for validation, before there are parameters."""
        rows = read_rows(self.columns, X, dtype=dtype, reset=False)
        names = self.columns.names
        domain = domain_of(rows, source=X, allow_nan=self.masked, names=names, name="validation")
        if self.cost == "cross_entropy":
            check_unit_interval(rows, domain, self.domain, names=names, name="validation")
        return rows

    def untied(self) -> FittedCoder:
        """Return the same model whose decoder has its own weights, at first Wᵀ."""
        W_prime = np.ascontiguousarray(self.arrays["W"].T)
        return self.replaced(arrays={**self.arrays, "W_prime": W_prime})

    def initial(self) -> dict[str, Array]:
        """Draw the parameters again from which training started."""
        return initial_parameters(
            self.seed, self.choices.get("init", "uniform"), self.choices["gain"],
            *self.arrays["W"].shape, tied="W_prime" not in self.arrays, dtype=self.dtype,
        )  # fmt: skip

    def untrained(self) -> FittedCoder:
        """Return the model with the parameters from which its training started."""
        return self.replaced(arrays={**self.arrays, **self.initial()})


class FittedStack(FittedCoder):
    """Fitted autoencoders on top of each other."""

    shown: ClassVar[tuple[str, ...]] = ()

    def model_arrays(self) -> dict[str, Array]:
        """Return the arrays of all layers, numbered."""
        return numbered([layer.arrays for layer in self.layers])

    def named_arrays(self) -> dict[str, Array]:
        """Return the arrays of all layers, numbered."""
        return numbered([layer.named_arrays() for layer in self.layers])

    def all_arrays(self) -> dict[str, Array]:
        """Return the arrays of all layers, those of the optimizers too."""
        return numbered([layer.all_arrays() for layer in self.layers])

    def described(self) -> dict[str, Any]:
        """Describe the stack, and its layers beside it."""
        without = ("history_", "n_features_in_")
        layers = [
            {name: value for name, value in layer.described().items() if name not in without}
            for layer in self.layers
        ]
        return {**super().described(), "layers": layers}

    def attribute(self, name: str) -> Any:
        """Return what an estimator shows; ranges are those of the lowest layer."""
        if name in ("data_min_", "data_max_") and self.data_domain is not None:
            domain = self.data_domain
            return domain.minimum if name == "data_min_" else domain.maximum
        return super().attribute(name)

    def symbolic(self, shared: Mapping[str, Any]) -> SymbolicStack:
        """Build all layers."""
        layers = enumerate(self.layers, start=1)
        return SymbolicStack([layer.symbolic(of_layer(k, shared)) for k, layer in layers])

    def untrained(self) -> FittedCoder:
        """Return the stack of untrained layers."""
        return self.replaced(layers=tuple(layer.untrained() for layer in self.coders))


class FittedClassifier(FittedModel):
    """A fitted network of hidden layers and a softmax."""

    shown: ClassVar[tuple[str, ...]] = ("labels", "activation")

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
        return np.array(self.choices["labels"])

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
        return SymbolicClassifier(network, scaling)


def numbered(of_layers: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Return arrays of all layers by their names within the stack."""
    return {
        f"layer_{k}.{name}": array
        for k, arrays in enumerate(of_layers, start=1)
        for name, array in arrays.items()
    }


def of_layer(k: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one layer by their names within it."""
    prefix = f"layer_{k}."
    return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}


def shared_variables(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Make shared variables of arrays, by the same names."""
    return {name: pytensor.shared(array, name=name) for name, array in arrays.items()}


def fitted_model(model: Any) -> FittedModel:
    """Return the fitted model of an estimator, or the model itself.

    Parameters
    ----------
    model : FittedModel, or an estimator with `model_`

    Raises
    ------
    TypeError
        If it is neither.
    """
    found = model if isinstance(model, FittedModel) else getattr(model, "model_", None)
    if not isinstance(found, FittedModel):
        raise TypeError(
            f"the model is a {type(model).__name__} without weights W_ and without layers_; "
            "expected an autoencoder or a stack of them that has been fitted."
        )
    return found


def known_columns(kind: str, n: int | None, fitted: Mapping[str, Any]) -> Columns:
    """Return what a file says of the columns."""
    names = ("feature_names_in_", "scaling", "image_shape")
    return columns_of(kind, n, *map(fitted.get, names))


def from_file(
    cls: type[FittedModel], kind: str, arrays: Mapping[str, Array], fitted: Mapping[str, Any],
    choices: Mapping[str, Any], machine: tuple[Any, str | None],
) -> FittedModel:  # fmt: skip
    """Make a fitted model from what a file holds.

    Parameters
    ----------
    cls : class
        Of the result.
    kind : str
        Class of the estimator.
    arrays, fitted : mapping
        Contents of the file.
    choices : mapping
        Choices that the file leaves to the settings.
    machine : pair
        Backend and device.
    """
    own = dict(arrays)
    low, high = own.pop("data_min", None), own.pop("data_max", None)
    names = sorted((n for n in own if n.startswith("optimizer.")), key=lambda n: int(n[10:]))
    state = tuple(own.pop(name) for name in names)
    shown = {name: fitted[f"{name}_"] for name in cls.shown if f"{name}_" in fitted}
    n_columns = fitted.get("n_features_in_", len(next(iter(own.values()))) if own else None)
    domain = (
        None
        if low is None or high is None
        else Domain(low, high, fitted.get("data_dtype_", "unknown"))
    )
    return cls(
        kind,
        own,
        {**choices, **shown},
        known_columns(kind, n_columns, fitted),
        domain,
        fitted.get("seed_", 0),
        fitted.get("backend_", ""),
        fitted.get("history_", []),
        state,
        machine=machine,
    )
