"""What the autoencoder estimators share: fit, use and draw."""

from __future__ import annotations

import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from sklearn.utils.validation import check_is_fitted

from autoenc.estimators import choices, settings
from autoenc.estimators.base import Fitted, Saving, Task, widened
from autoenc.estimators.coder import Coder
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
from autoenc.models.compiled import building
from autoenc.models.fitted import FittedCoder, from_file, shared_variables
from autoenc.models.initial import initial_parameters
from autoenc.models.symbolic import SymbolicModel, moments
from autoenc.rows.blocks import Array, Rows, take
from autoenc.rows.domain import check_observed, check_unit_interval, domain_of
from autoenc.rows.held_out import check_validation, hold_out
from autoenc.rows.weights import check_weights, normalised
from autoenc.training import Every, Record
from autoenc.training.callbacks import CallbackLike


class AutoEncoderBase(Coder):
    """Fit, use, save and draw an autoencoder; final classes say what is corrupted.

    A final class has the constructor and `_corrupt`, and overrides nothing else.
    """

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
    W_ = Fitted()
    hidden_bias_ = Fitted()
    visible_bias_ = Fitted()
    W_prime_ = Fitted()
    cost_ = Fitted()
    output_ = Fitted()
    gain_ = Fitted()
    learning_rate_ = Fitted()

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
        start = self.model_ if goes_on else None
        self._check_settings()
        rows, domain, columns = self._read(X, start, allow_nan=self._masked)
        weights = check_weights(sample_weight, len(rows))
        if weights is not None and not weights.all():
            rows, weights = take(rows, np.flatnonzero(weights)), weights[weights > 0]
            domain = domain_of(rows, allow_nan=self._masked)
        seed, backend = self._seed(start), self._backend()
        if start is None:
            check_observed(domain, names=columns.names)
            chosen = self._choose(in_unit_interval=domain.in_unit_interval)
        else:
            self._check_goes_on(start)
            chosen = start.choices | {"masked": self._masked, "activation": self.activation}
        if chosen["cost"] == "cross_entropy":
            check_unit_interval(rows, domain, names=columns.names)
        # What is known before training: parameters come with it.
        known = FittedCoder(
            type(self).__name__, {} if start is None else start.arrays, chosen, columns,
            widened(start, domain), seed, machine=self._machine,
        )  # fmt: skip
        held_out = None
        if validation is not None:
            held_out = (known.validation_rows(validation, self._float_type()), None)
        elif whole and self.validation_fraction is not None:
            rows, weights, held_out = self._hold_out(rows, weights, seed)
        with building(self._float_type()):
            task = self._task(known, rows, weights, held_out, goes_on=goes_on)
        self._remember(X if whole else None)
        self._run(task, start, seed, backend, callbacks, n_epochs, saving)

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
            self.model_ = self.model_.untied()
        return self

    def initial_parameters(self) -> dict[str, Array]:
        """Draw the parameters again from which the training of this model started.

        Returns
        -------
        dict from name to array
            W, hidden_bias, visible_bias and, where weights are not tied, W_prime.
        """
        check_is_fitted(self)
        return self.model_.initial()

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

    def _check_goes_on(self, start: FittedCoder) -> None:
        """Refuse to continue with parameters of another shape."""
        untied = "W_prime" in start.arrays
        if start.n_codes != self.n_hidden or untied == self.tied:
            raise ValueError(
                f"the model was fitted with {start.n_codes} hidden units, "
                f"{'un' if untied else ''}tied, but n_hidden is {self.n_hidden} and tied "
                f"{self.tied}; set them back, or begin anew with warm_start=False."
            )
        if start.dtype != self._float_type():
            raise ValueError(
                f"the model was fitted in {start.dtype}, but dtype is {self._float_type()}; "
                "set it back, or begin anew."
            )

    def _choose(self, *, in_unit_interval: bool) -> dict[str, Any]:
        """Resolve what is ``"auto"``."""
        choice = choices.choose(
            self.cost, self.output, self.scale, in_unit_interval=in_unit_interval
        )
        return {
            "activation": self.activation,
            "output": choice.output,
            "cost": choice.cost,
            "gain": choice.gain,
            "standardised": choice.standardised,
            "masked": self._masked,
            "init": self.init,
        }

    def _hold_out(self, rows: Rows, weights: Array | None, seed: int) -> Any:
        """Training rows and their weights, and the pair of those held out."""
        assert self.validation_fraction is not None
        own, others = hold_out(len(rows), self.validation_fraction, seed)
        if weights is None:
            return take(rows, own), None, (take(rows, others), None)
        return take(rows, own), weights[own], (take(rows, others), weights[others])

    def _task(
        self, known: FittedCoder, rows: Rows, weights: Array | None, held_out: Any, *,
        goes_on: bool,
    ) -> Task:  # fmt: skip
        """Build the graph of a training."""
        dtype = self._float_type()
        if not goes_on:
            known = self._with_start(known, rows, weights)
        variables = shared_variables(known.arrays)
        model = known.symbolic(variables)
        choices.check_functions(model, rows)
        if "learning_rate" not in known.choices:
            rate = self._choose_rate(known, model, rows)
            known = known.replaced(choices={**known.choices, "learning_rate": rate})
        params = model.layer.named_params()

        def fitted(history: list[Record], engine: str, state: tuple[Array, ...]) -> FittedCoder:
            learned = {name: variable.get_value() for name, variable in params.items()}
            return known.replaced(
                arrays={**known.arrays, **learned}, history=history, engine=engine,
                optimizer_state=state,
            )  # fmt: skip

        x, w = pt.matrix("x"), pt.vector("weight")
        row_cost = model.training_cost(x, self._corrupt(model.values(x), known.seed))
        of_rows = normalised(weights, dtype)
        cost = (row_cost if of_rows is None else w * row_cost).mean()
        total = sum(self._penalties(model, x), start=cost)
        rate = self._shared_rate(known.choices["learning_rate"])
        task = Task(
            cost=cost,
            updates=self._updates(total, model.layer, rate),
            params=model.layer.params,
            inputs=[x],
            data=[rows],
            fitted=fitted,
            learning_rate=rate,
        )
        valid_cost = model.training_cost(x)
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

    def _with_start(self, known: FittedCoder, rows: Rows, weights: Array | None) -> FittedCoder:
        """Draw initial parameters, and compute the moments that columns are standardised with."""
        sizes = rows.shape[1], self.n_hidden
        drawn = initial_parameters(
            known.seed, self.init, known.choices["gain"], *sizes, tied=self.tied
        )
        arrays = {name: variable.get_value() for name, variable in drawn.items()}
        if known.choices["standardised"]:
            arrays["mean"], arrays["scale"] = moments(rows, weights)
        return known.replaced(arrays=arrays)

    def _choose_rate(self, known: FittedCoder, model: SymbolicModel, rows: Rows) -> float | None:
        """Choose the learning rate, and report what was chosen; None for a schedule."""
        rate = self.learning_rate
        if rate == "auto":
            rate = choices.choose_rate(model, rows, self.optimizer, self.momentum)
        rate = None if callable(rate) else float(rate)
        if self.verbose and known.choices.get("standardised"):
            print(
                "autoenc: not all values are in [0, 1], so that columns are standardised, the "
                f"cost is {known.choices['cost']}, the output {known.choices['output']} and the "
                f"learning rate {rate}; give cost= or scale= to choose.",
                file=sys.stderr,
            )
        return rate

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

    def _shared_rate(self, chosen: float | None) -> Parameter:
        """Return the learning rate as a shared scalar; of a schedule, a factor.

        As a constant of the graph, each rate, and each data set that one is chosen for, would be
        compiled anew.
        """
        rate = 1 if callable(self.learning_rate) or chosen is None else chosen
        return pytensor.shared(np.asarray(rate, config.floatX), name="learning_rate")

    def _updates(self, cost: Expression, layer: AutoEncoderLayer, shared: Parameter) -> Updates:
        schedule = self.learning_rate
        rate = scaled_rate(schedule, shared) if callable(schedule) else shared
        if self.optimizer == "sgd" and self.momentum:
            return momentum(cost, layer.params, rate, self.momentum)
        rule = resolve_optimizer(self.optimizer)
        return rule(cost, layer.params, rate)

    def _from_file(self, arrays: dict[str, Array], fitted: dict[str, Any]) -> FittedCoder:
        """Make the fitted model. Older files lack what was chosen."""
        earlier = {
            "activation": self.activation,
            "cost": self.cost,
            "output": self.output,
            "gain": 1.0 if "mean" in arrays else 4.0,
            "masked": self._masked,
            "init": self.init,
        }
        found = from_file(FittedCoder, type(self).__name__, arrays, fitted, earlier, self._machine)
        assert isinstance(found, FittedCoder)
        return found

    @property
    def _masked(self) -> bool:
        return self.missing == "mask"
