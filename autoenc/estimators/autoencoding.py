"""What the autoencoder estimators share: fit, use and draw."""

from __future__ import annotations

import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from sklearn.utils.validation import check_is_fitted

from autoenc.estimators import choices, settings
from autoenc.estimators.base import (
    GraphEstimator,
    Saving,
    Task,
    building,
    forget,
    unchanged_on_error,
)
from autoenc.estimators.reporting import ReportingAutoEncoder
from autoenc.graph import (
    AutoEncoderLayer,
    Expression,
    Parameter,
    Updates,
    contractive,
    kl_sparsity,
    l1,
    l2,
    momentum,
    resolve_optimizer,
)
from autoenc.graph.updates import scaled_rate
from autoenc.models.compiled import CompiledModel
from autoenc.models.symbolic import Scaling, SymbolicModel, moments
from autoenc.rows.blocks import Array, Rows, take
from autoenc.rows.domain import Domain, check_observed, check_unit_interval, domain_of
from autoenc.rows.held_out import check_validation, hold_out
from autoenc.rows.weights import check_weights, normalised
from autoenc.training import Every
from autoenc.training.callbacks import CallbackLike

PARAMETERS = ("W", "hidden_bias", "visible_bias", "W_prime")
# What a model file holds beside the parameters, where a model has it.
OTHER_ARRAYS = ("mean", "scale", "data_min", "data_max")


class AutoEncoderBase(ReportingAutoEncoder):
    """Fit, use, save and draw an autoencoder; final classes say what is corrupted.

    A final class has the constructor and `_corrupt`, and overrides nothing else.
    """

    _fitted_names: ClassVar[tuple[str, ...]] = (
        *GraphEstimator._fitted_names, "cost_", "output_", "gain_", "learning_rate_",
    )  # fmt: skip

    n_hidden: int
    activation: Any
    output: Any
    tied: bool
    cost: str
    scale: str | None
    missing: str
    init: Any
    l1: float
    l2: float
    contraction: float
    sparsity: float
    sparsity_target: float
    optimizer: Any
    W_: Array
    mean_: Array
    scale_: Array

    @abstractmethod
    def _corrupt(self, x: Expression, seed: int) -> Expression | None:
        """Give what is encoded in place of x during training; None for x itself."""

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        validation: Any = None,
        callbacks: Iterable[CallbackLike] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        every: Every | int = 1,
        resume: bool = False,
    ) -> Self:
        """Learn to reconstruct X.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, (rows, columns)
            Numbers. They must be finite, unless ``missing="mask"``; and in [0, 1] where the
            cost is cross-entropy.
        y : ignored
        sample_weight : array-like, (rows,), optional
            How much the cost of each row counts, >= 0; only ratios matter, and rows of weight
            0 are left out.
        validation : array-like, (rows, columns), optional
            Rows kept apart, whose mean cost, uncorrupted, is the validation cost; or use
            `validation_fraction`.
        callbacks : iterable of `autoenc.training.Callback` or functions
            Are told how the training goes, such as `autoenc.watching.SaveEvery`; a function
            takes the record of every epoch.
        checkpoint, every, resume
            A file to go on from, how often it is written, and whether to go on from it; see
            `autoenc.training.train`.

        Returns
        -------
        self
            After Ctrl-C too, with the parameters trained so far.

        Raises
        ------
        ValueError
            If data or a setting does not fit; says what was found and what to do. A model
            that was fitted before stays as it was.
        BackendError
            If the backend or device is not there.
        DivergedError
            If the cost does not stay finite, with smaller steps either.
        CheckpointError, FileExistsError
            If the checkpoint is of another training, or there and not to be gone on from.
        """
        goes_on = self.warm_start and self.__sklearn_is_fitted__()
        check_validation(validation, self.validation_fraction, self.early_stopping)
        saving = Saving(checkpoint, every, resume)
        self._learn(X, sample_weight, validation, callbacks, self.n_epochs, saving,
                    goes_on=goes_on)  # fmt: skip
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        callbacks: Iterable[CallbackLike] = (),
    ) -> Self:
        """Go on learning, with one pass over X.

        The first call begins as `fit` does, and what is ``"auto"`` is chosen by its rows.
        Parameters, what the optimizer keeps, and history go on from call to call. There is no
        validation.

        Parameters
        ----------
        X, y, sample_weight, callbacks
            As for `fit`.

        Returns
        -------
        self
        """
        goes_on = self.__sklearn_is_fitted__()
        self._learn(X, sample_weight, None, callbacks, 1, Saving(), goes_on=goes_on, whole=False)
        return self

    def _learn(
        self,
        X: Any,
        sample_weight: Any,
        validation: Any,
        callbacks: Iterable[CallbackLike],
        n_epochs: int,
        saving: Saving,
        *,
        goes_on: bool,
        whole: bool = True,
    ) -> None:
        with unchanged_on_error(self):
            self._check_settings()
            rows, domain = self._read(X, reset=not goes_on, allow_nan=self._masked)
            weights = check_weights(sample_weight, len(rows))
            if weights is not None and not weights.all():
                rows, weights = take(rows, np.flatnonzero(weights)), weights[weights > 0]
                domain = domain_of(rows, allow_nan=self._masked)
            backend = self._start(goes_on=goes_on)
            if goes_on:
                self._check_goes_on()
            else:
                self._choose(domain)
            if self.cost_ == "cross_entropy":
                check_unit_interval(rows, domain, names=self._names())
            self._keep_domain(domain, goes_on=goes_on)
            held_out = None
            if validation is not None:
                held_out = (self._validation_rows(validation), None)
            elif whole and self.validation_fraction is not None:
                rows, weights, held_out = self._hold_out(rows, weights)
            with building(self._float_type()):
                task = self._task(rows, weights, held_out, goes_on=goes_on)
            self._remember(X if whole else None)
        self._run(task, backend, callbacks, n_epochs, saving)

    def untie(self) -> Self:
        """Give the decoder weights of its own, which begin as Wᵀ.

        Returns
        -------
        self
            Fitted as before, and no longer tied; nothing that it computes has changed.
        """
        check_is_fitted(self)
        if self.tied:
            self.tied = False
            self.W_prime_ = np.ascontiguousarray(self.W_.T)
            self._compiled = CompiledModel()
        return self

    def initial_parameters(self) -> dict[str, Array]:
        """Draw the parameters again that the training of this model began from.

        Returns
        -------
        dict from name to array
            W, hidden_bias, visible_bias and, where weights are not tied, W_prime.
        """
        check_is_fitted(self)
        with building(str(self.W_.dtype)):
            initial = self._layer().named_params()
        return {name: variable.get_value() for name, variable in initial.items()}

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are parameters."""
        return hasattr(self, "W_")

    def _check_settings(self) -> None:
        self._check_common_settings()
        settings.check_integer("n_hidden", self.n_hidden)
        choices.check_choices(self.cost, self.output, self.scale)
        settings.check_among("missing", self.missing, ("refuse", "mask"))
        if not callable(self.init):
            settings.check_among("init", self.init, ("uniform", "gaussian"))
        settings.check_switches(self, ("tied",))
        for name in ("l1", "l2", "contraction", "sparsity"):
            settings.check_number(name, getattr(self, name), at_least=0)
        settings.check_number("sparsity_target", self.sparsity_target, above=0, below=1)

    def _check_goes_on(self) -> None:
        """Refuse to go on with parameters of another shape."""
        if self.W_.shape[1] != self.n_hidden or hasattr(self, "W_prime_") == self.tied:
            raise ValueError(
                f"the model was fitted with {self.W_.shape[1]} hidden units, "
                f"{'un' if hasattr(self, 'W_prime_') else ''}tied, but n_hidden is "
                f"{self.n_hidden} and tied {self.tied}; set them back, or begin anew with "
                "warm_start=False."
            )
        if str(self.W_.dtype) != self._float_type():
            raise ValueError(
                f"the model was fitted in {self.W_.dtype}, but dtype is {self._float_type()}; "
                "set it back, or begin anew."
            )

    def _choose(self, domain: Domain) -> None:
        """Choose what is ``"auto"``, and forget what another fit has left."""
        forget(self, (*PARAMETERS, *OTHER_ARRAYS))
        check_observed(domain, names=self._names())
        unit = domain.in_unit_interval
        choice = choices.choose(self.cost, self.output, self.scale, in_unit_interval=unit)
        self.cost_, self.output_ = choice.cost, choice.output
        self._standardises, self.gain_ = choice.standardised, choice.gain

    def _validation_rows(self, validation: Any) -> Rows:
        unit = self.cost_ == "cross_entropy"
        incoming = self._use(
            validation, unit_interval=unit, allow_nan=self._masked, compared=False,
            name="validation",
        )  # fmt: skip
        return incoming.checked()

    def _hold_out(self, rows: Rows, weights: Array | None) -> Any:
        """Training rows and their weights, and the pair of those held out."""
        assert self.validation_fraction is not None
        own, others = hold_out(len(rows), self.validation_fraction, self.seed_)
        if weights is None:
            return take(rows, own), None, (take(rows, others), None)
        return take(rows, own), weights[own], (take(rows, others), weights[others])

    def _task(self, rows: Rows, weights: Array | None, held_out: Any, *, goes_on: bool) -> Task:
        """Build the graph of a training."""
        dtype = self._float_type()
        if not goes_on and self._standardises:
            self.mean_, self.scale_ = moments(rows, weights)
        model = self._model(**self._start_values(goes_on=goes_on))
        self._try(model, rows, goes_on=goes_on)
        x, w = pt.matrix("x"), pt.vector("weight")
        row_cost = model.error(x, self._corrupt(model.values(x), self.seed_))
        of_rows = normalised(weights, dtype)
        cost = (row_cost if of_rows is None else w * row_cost).mean()
        total = sum(self._penalties(model, x), start=cost)
        rate = self._shared_rate()
        task = Task(
            cost=cost,
            updates=self._updates(total, model.layer, rate),
            params=model.layer.params,
            inputs=[x],
            data=[rows],
            keep=lambda: self._keep(model.layer),
            learning_rate=rate,
        )
        valid_cost = model.error(x)
        if of_rows is not None:
            task.inputs.append(w)
            task.data.append(of_rows)
            valid_cost = w * valid_cost
        if held_out is not None:
            valid_rows, valid_weights = held_out
            own = normalised(valid_weights, dtype)
            if own is None:
                own = np.ones(len(valid_rows), dtype)
            task.validation = (valid_cost, [valid_rows, own][: len(task.inputs)])
            if len(task.inputs) == 1:
                task.validation = (valid_cost, valid_rows)
        return task

    def _try(self, model: SymbolicModel, rows: Rows, *, goes_on: bool) -> None:
        """Try the caller's functions on a few rows, choose the learning rate, tell of it."""
        choices.check_functions(model, rows)
        if goes_on:
            return
        rate = self.learning_rate
        if rate == "auto":
            rate = choices.choose_rate(model, rows, self.optimizer, self.momentum)
        self.learning_rate_ = None if callable(rate) else float(rate)
        if self.verbose and self._standardises:
            print(
                f"autoenc: not all values are in [0, 1], so that columns are standardised, the "
                f"cost is {self.cost_}, the output {self.output_} and the learning rate "
                f"{self.learning_rate_}; give cost= or scale= to choose.",
                file=sys.stderr,
            )

    def _start_values(self, *, goes_on: bool) -> dict[str, Any]:
        """Shared variables that training starts from; none of those that the layer draws."""
        if goes_on:
            values = self._model_arrays()
        else:
            values = {n: getattr(self, f"{n}_") for n in ("mean", "scale") if self._standardises}
        return {name: pytensor.shared(array, name=name) for name, array in values.items()}

    def _model(self, mean: Any = None, scale: Any = None, **params: Any) -> SymbolicModel:
        """Build the symbolic model; parameters that are not given are drawn."""
        scaling = None if mean is None else Scaling(mean, scale)
        return SymbolicModel(self._layer(**params), self.cost_, scaling, self._masked)

    def _layer(self, **params: Any) -> AutoEncoderLayer:
        """Build the layer; parameters that are not given are drawn."""
        rng = None
        if not params:
            rng = np.random.default_rng(self.seed_)
            params = self._draw(rng)
        return AutoEncoderLayer(
            self.n_features_in_,
            self._n_hidden,
            rng=rng,
            activation=self.activation,
            output=self.output_,
            tied=self.tied,
            **params,
        )

    def _draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw initial weights, where the layer does not draw them itself."""
        shapes = {"W": (self.n_features_in_, self._n_hidden)}
        if not self.tied:
            shapes["W_prime"] = (self._n_hidden, self.n_features_in_)
        drawn = {
            name: choices.initial_weights(self.init, rng, *shape, gain=self.gain_)
            for name, shape in shapes.items()
        }
        return {n: pytensor.shared(W, name=n) for n, W in drawn.items() if W is not None}

    def _penalties(self, model: SymbolicModel, x: Expression) -> list[Expression]:
        """List what is minimised beside the cost; it is not in the history."""
        layer, values = model.layer, model.values(x)
        weights = [p for name, p in layer.named_params().items() if name.startswith("W")]
        penalties: list[tuple[float, Callable[[], Expression]]] = [
            (self.l1, lambda: l1(weights)),
            (self.l2, lambda: l2(weights)),
            (self.contraction, lambda: contractive(layer, values).mean()),
            (self.sparsity, lambda: kl_sparsity(layer.encode(values), self.sparsity_target)),
        ]
        return [np.asarray(w, config.floatX) * penalty() for w, penalty in penalties if w]

    def _shared_rate(self) -> Parameter:
        """Give the learning rate as a shared scalar; of a schedule, a factor.

        Were it a constant of the graph, each rate, and each data set that one is chosen for,
        would be compiled anew.
        """
        rate = 1 if callable(self.learning_rate) else self.learning_rate_
        return pytensor.shared(np.asarray(rate, config.floatX), name="learning_rate")

    def _updates(self, cost: Expression, layer: AutoEncoderLayer, shared: Parameter) -> Updates:
        schedule = self.learning_rate
        rate = scaled_rate(schedule, shared) if callable(schedule) else shared
        if self.optimizer == "sgd" and self.momentum:
            return momentum(cost, layer.params, rate, self.momentum)
        rule = resolve_optimizer(self.optimizer)
        return rule(cost, layer.params, rate)

    def _keep(self, layer: AutoEncoderLayer) -> None:
        for name, variable in layer.named_params().items():
            setattr(self, f"{name}_", variable.get_value())
        self._compiled = CompiledModel()

    def _set_fitted(self, fitted: dict[str, Any], arrays: dict[str, Array]) -> None:
        # Files of before there was a choice hold no cost_ and output_, nor what they began from.
        earlier = {
            "cost_": self.cost,
            "output_": self.output,
            "gain_": 1.0 if "mean" in arrays else 4.0,
            "n_features_in_": len(arrays["W"]),
        }
        for name, value in {**earlier, **fitted}.items():
            setattr(self, name, value)
        for name, array in arrays.items():
            setattr(self, f"{name}_", array)
        self._compiled = CompiledModel()

    def _arrays(self) -> dict[str, Array]:
        names = (*PARAMETERS, *OTHER_ARRAYS)
        return {name: getattr(self, f"{name}_") for name in names if hasattr(self, f"{name}_")}

    def _model_arrays(self) -> dict[str, Array]:
        """Arrays that the symbolic model is made of."""
        return {n: a for n, a in self._arrays().items() if not n.startswith("data_")}

    @property
    def _masked(self) -> bool:
        return self.missing == "mask"

    @property
    def _n_hidden(self) -> int:
        return int(self.W_.shape[1]) if self.__sklearn_is_fitted__() else self.n_hidden
