"""Fitted state of estimators: the results of training, and computations with them.

>>> import numpy as np
>>> from autoenc import AutoEncoder
>>> fitted = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(np.eye(4)).model_
>>> fitted.kind, fitted.arrays["W"].shape, fitted.transform(np.eye(4)).shape
('AutoEncoder', (4, 2), (4, 2))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import Any, ClassVar, Self

import numpy as np
import pytensor

from autoenc.models.compiled import CompiledModel, in_parts, results_of
from autoenc.models.limits import without_passed
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
from autoenc.rows.reading import encoded, read_rows, read_unscaled
from autoenc.rows.scaling import ColumnScaling
from autoenc.sources import opened
from autoenc.training import Record

# Arrays whose entries are in the units of columns.
OF_COLUMNS = ("mean", "scale", "lower", "upper", "data_min", "data_max")


@dataclass(frozen=True, eq=False)
class FittedModel:
    """Result of training. It is immutable: a changed model is a new object.

    Attributes
    ----------
    kind : str
        Class of the estimator.
    arrays : dict from name to array
        Parameters, and the moments by which columns are standardised.
    choices : dict
        Properties of the model other than arrays: ``activation``, ``output``, ``cost`` and so on,
        after ``"auto"`` has been resolved.
    columns : Columns
        Number, names and scaling of the columns.
    domain : Domain or None
        Ranges of the training data, after its scaling; None in old files.
    seed : int
        Seed drawn from `random_state`.
    engine : str
        Backend that trained the model, and why it was chosen.
    history : list of dict
        A record for each epoch.
    optimizer_state : tuple of array
        Variables of the optimizer other than parameters, so that training can continue.
    state_names : tuple of str
        Names of these variables; empty in files of earlier versions.
    layers : tuple of FittedModel
        Layers of a stack, from the input upwards.
    machine : pair
        Requested backend and device for compiled functions.
    pretrained : FittedModel or None
        The stack from which a classifier or a deep autoencoder started.
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
    state_names: tuple[str, ...] = ()
    layers: tuple[FittedModel, ...] = ()
    machine: tuple[Any, str | None] = ("auto", None)
    pretrained: FittedModel | None = None
    _compiled: CompiledModel = field(default_factory=CompiledModel, compare=False, repr=False)

    # Attributes of an estimator, without the underscore, in addition to the arrays.
    shown: ClassVar[tuple[str, ...]] = ()

    def __getstate__(self) -> dict[str, Any]:
        """Return everything except compiled functions, which belong to the process."""
        own = {f.name for f in fields(self)} - {"_compiled"}
        return {name: value for name, value in vars(self).items() if name in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state, without compiled functions."""
        vars(self).update(state, _compiled=CompiledModel())

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with other values, without compiled functions."""
        return replace(self, **changes, _compiled=CompiledModel())

    @cached_property
    def dtype(self) -> str:
        """Precision of the parameters."""
        return str(next(iter(self.model_arrays().values())).dtype)

    @cached_property
    def masked(self) -> bool:
        """Whether NaN marks missing entries."""
        return bool({**self.bottom.choices, **self.choices}.get("masked", False))

    @cached_property
    def bottom(self) -> FittedModel:
        """The lowest layer."""
        return self.layers[0] if self.layers else self

    @cached_property
    def scaling(self) -> ColumnScaling | None:
        """Scaling that is applied to columns first, and undone for reconstructions."""
        return self.columns.scaling

    @property
    def is_complete(self) -> bool:
        """Whether the model can be saved and used, also during training."""
        return True

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
        return {**self.bottom.choices, **self.choices}.get("cost")

    @cached_property
    def unit_bounds(self) -> Bounds:
        """Bounds of [0, 1], with the rounding of the training data."""
        return unit_bounds(self.domain)

    def model_arrays(self) -> dict[str, Array]:
        """Return the arrays from which the symbolic model is built."""
        return self.arrays

    def symbolic(self, shared: Mapping[str, Any]) -> Any:
        """Build the symbolic model around shared variables."""
        raise NotImplementedError

    def incoming(
        self, X: Any, *, missing: bool | None = None, compared: bool = True, name: str = "X"
    ) -> IncomingRows:
        """Return rows that are checked while the model processes them.

        Codes of values far from the training data cause a warning. Rows to score are not
        `compared`, because scoring is used to find anomalous values. Values outside [0, 1] are
        still refused with cross-entropy, which is undefined there.

        Parameters
        ----------
        X : array-like, (rows, columns)
        missing : bool, optional
            Whether NaN is allowed; by default as in training.
        compared : bool
            Whether to compare values with those of the training data.
        name : str
            Name of the data for messages.
        """
        allow_nan = self.masked if missing is None else missing
        # Open X once, because some iterables can be iterated only once.
        if self.columns.encoding is not None or type(X) is not np.ndarray:
            X = self.numbers(X)
        rows = read_rows(self.columns, X, dtype=self.dtype, reset=False)
        bounds, judge = self._demands(X, compared)

        def check() -> None:
            names = self.columns.names
            # Messages show values in the units in which they were given.
            given = rows if self.scaling is None else read_unscaled(self.columns, X)
            domain = domain_of(given, source=X, allow_nan=allow_nan, names=names, name=name)
            if self.scaling is not None:  # scaling may produce values too large for the model
                domain_of(rows, source=X, allow_nan=allow_nan, names=names, name=name)
            judge(given, domain, names=names, name=name)

        return IncomingRows(rows, partial(bounds.hold, allow_nan=allow_nan), check)

    def numbers(self, X: Any) -> Any:
        """Return X opened and, if the model has an encoding, encoded."""
        return encoded(self.columns, opened(X))

    def apply(self, what: str, rows: Rows | IncomingRows) -> Array:
        """Compute one function of the model for all rows."""
        return in_parts(partial(self._compiled.function, what, self), rows)

    def apply_by_parts(self, what: str, rows: Rows | IncomingRows) -> Iterator[Array]:
        """Compute one function of the model, one part of the rows at a time."""
        return results_of(partial(self._compiled.function, what, self), rows)

    def named_arrays(self) -> dict[str, Array]:
        """Return all arrays of a model file except those of the optimizer."""
        domain = self.domain
        ranges = {} if domain is None else {"data_min": domain.minimum, "data_max": domain.maximum}
        return {**self.arrays, **ranges}

    def state_arrays(self) -> dict[str, Array]:
        """Return the variables of the optimizer, as a model file names them."""
        return {f"optimizer.{k}": a for k, a in enumerate(self.optimizer_state)}

    def all_arrays(self) -> dict[str, Array]:
        """Return all arrays of a model file."""
        return {**self.named_arrays(), **self.state_arrays()}

    def widened(self, domain: Domain) -> Self:
        """Return the model for rows of a wider domain, without limits that no longer hold."""
        return self.replaced(arrays=without_passed(self.arrays, domain), domain=domain)

    def learned(self, arrays: Mapping[str, Array]) -> Self:
        """Return the model with other values of its `model_arrays`."""
        return self.replaced(arrays={**self.arrays, **arrays})

    def described(self) -> dict[str, Any]:
        """Return the contents of a model file other than arrays, by names of attributes."""
        found = {
            "n_features_in_": self.columns.n_features_in_,
            "seed_": self.seed,
            "history_": self.history,
            "backend_": self.engine,
        }
        if self.domain is not None:
            found["data_dtype_"] = self.domain.dtype
        if self.state_names:
            found["optimizer_state_"] = list(self.state_names)
        shown = {f"{name}_": self.choices[name] for name in self.shown if name in self.choices}
        return {**found, **shown}

    def attribute(self, name: str) -> Any:
        """Return the value of an estimator's fitted attribute.

        Raises
        ------
        KeyError
            If the model has no such attribute.
        """
        arrays = self.named_arrays()
        if name[:-1] in arrays:
            return self._in_units(name[:-1], arrays[name[:-1]])
        if name == "feature_names_in_" and self.columns.users_names is not None:
            return np.array(self.columns.users_names, dtype=object)
        if name == "n_features_in_":
            return self.columns.n_users
        return self.described()[name]

    def _in_units(self, name: str, array: Array) -> Array:
        """Return an array; if its entries are in units of columns, return it in original units."""
        if self.scaling is None or name not in OF_COLUMNS:
            return array
        return array / self.scaling.factor if name == "scale" else self.scaling.backward(array)

    def _demands(self, X: Any, compared: bool) -> tuple[Bounds, Callable[..., None]]:
        """Return the bounds of ordinary values, and a function that checks rows beyond them."""
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


def shared_variables(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Make shared variables of arrays, by the same names."""
    return dict(zip(arrays, map(pytensor.shared, arrays.values(), arrays), strict=True))


def fitted_model(model: Any) -> FittedModel:
    """Return the fitted model of an estimator, or the model itself.

    Parameters
    ----------
    model : FittedModel, or an estimator with `model_`

    Raises
    ------
    TypeError
        If the object is neither.
    """
    found = model if isinstance(model, FittedModel) else getattr(model, "model_", None)
    if not isinstance(found, FittedModel):
        raise TypeError(
            f"the model is of type {type(model).__name__}, without weights W_ and "
            "without layers_; expected an autoencoder or a stack of them that has been fitted."
        )
    return found


def known_columns(kind: str, n: int | None, fitted: Mapping[str, Any]) -> Columns:
    """Return the description of the columns in a file."""
    names = ("feature_names_in_", "scaling", "image_shape", "encoding")
    return columns_of(kind, n, *map(fitted.get, names))


def is_function(value: Any) -> bool:
    """Return whether a value of a file is the name of a function."""
    return isinstance(value, dict) and "function" in value


def from_file(
    cls: type[FittedModel], kind: str, arrays: Mapping[str, Array], fitted: Mapping[str, Any],
    choices: Mapping[str, Any], machine: tuple[Any, str | None],
) -> FittedModel:  # fmt: skip
    """Make a fitted model from the contents of a file.

    Parameters
    ----------
    cls : class
        Class of the result.
    kind : str
        Class of the estimator.
    arrays, fitted : mapping
        Contents of the file.
    choices : mapping
        Choices that follow from the settings, because the file does not contain them.
    machine : pair
        Backend and device.

    Returns
    -------
    FittedModel
        Model of the class `cls`, without layers.
    """
    own = dict(arrays)
    low, high = own.pop("data_min", None), own.pop("data_max", None)
    n_states = sum(name.startswith("optimizer.") for name in own)
    state = tuple(own.pop(f"optimizer.{k}") for k in range(n_states))
    shown = {name: fitted[f"{name}_"] for name in cls.shown if f"{name}_" in fitted}
    # A file contains only the name of a function. The function itself is among the settings.
    shown = {name: value for name, value in shown.items() if not is_function(value)}
    n_columns = fitted.get("n_features_in_", len(next(iter(own.values()))) if own else None)
    domain = None
    if low is not None and high is not None:
        domain = Domain(low, high, fitted.get("data_dtype_", "unknown"))
    return cls(
        kind=kind,
        arrays=own,
        choices={**choices, **shown},
        columns=known_columns(kind, n_columns, fitted),
        domain=domain,
        seed=fitted.get("seed_", 0),
        engine=fitted.get("backend_", ""),
        history=fitted.get("history_", []),
        optimizer_state=state,
        state_names=tuple(fitted.get("optimizer_state_", ())),
        machine=machine,
    )
