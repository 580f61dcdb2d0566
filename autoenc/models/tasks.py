"""The input of `train`: a graph of cost and updates for every kind of model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt

from autoenc.graph import ACTIVATIONS, Expression, Parameter, Updates, momentum, resolve_optimizer
from autoenc.graph.penalties import penalties
from autoenc.graph.updates import scaled_rate, step_counter
from autoenc.models.choices import check_functions, choose_rate
from autoenc.models.compiled import building
from autoenc.models.fitted import FittedModel, shared_variables
from autoenc.rows.blocks import Array
from autoenc.rows.examples import Examples
from autoenc.rows.weights import normalised
from autoenc.training import Record


@dataclass
class Task:
    """A model to be trained.

    Attributes
    ----------
    known : FittedModel
        The model before training.
    model : SymbolicModel, SymbolicClassifier or SymbolicDetector
        The symbolic model.
    variables : dict from name to shared variable
        Its arrays.
    cost : scalar expression
        Mean cost of a minibatch, without penalties.
    updates : dict
        Updates of the parameters and of the state of the optimizer.
    optimizer_state : list of shared variables
        State of the optimizer other than the parameters.
    inputs : list of symbolic variables
        Inputs that a minibatch supplies.
    data : rows or list of rows
        Data of the input, or of each input.
    validation : pair of expression and data, optional
        Cost of each row, and data of the inputs.
    learning_rate : shared scalar
        Factor to which the updates are proportional.
    rate : float or None
        Chosen learning rate; None for a schedule.
    """

    known: FittedModel
    model: Any
    variables: dict[str, Parameter]
    cost: Expression
    updates: Updates
    optimizer_state: list[Parameter]
    inputs: list[Expression]
    data: Any
    validation: tuple[Expression, Any] | None
    learning_rate: Parameter
    rate: float | None

    def fitted(self, history: list[Record], engine: str) -> FittedModel:
        """Return the model with the current values of its parameters."""
        learned = {n: v.get_value() for n, v in self.variables.items() if v in self.updates}
        return self.known.learned(learned).replaced(
            choices={**self.known.choices, "learning_rate": self.rate},
            history=history,
            engine=engine,
            optimizer_state=tuple(v.get_value() for v in self.optimizer_state),
            state_names=names_of(self.optimizer_state),
        )

    def of_another(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples,
        held_out: Examples | None,
    ) -> Task:  # fmt: skip
        """Return the task of another model with the same graph, whose variables get its values.

        Parameters
        ----------
        known, settings, examples, held_out
            See `make_task`, which would build the same graph from them.
        """
        arrays = known.model_arrays()
        for name, variable in self.variables.items():
            variable.set_value(arrays[name])
        dtype, n_inputs = self.learning_rate.dtype, len(self.inputs)
        with building(dtype):
            check_functions(self.model, examples.rows)
            chosen = known.choices.get("learning_rate")
            rate = choose_rate(self.model, examples.rows, settings, chosen)
        self.learning_rate.set_value(np.asarray(1 if rate is None else rate, dtype))
        validation = None
        if self.validation is not None and held_out is not None:
            validation = self.validation[0], _data(held_out, dtype, n_inputs)
        data = _data(examples, dtype, n_inputs)
        return replace(self, known=known, data=data, validation=validation, rate=rate)


def names_of(variables: Sequence[Parameter]) -> tuple[str, ...]:
    """Return the names of an optimizer's variables, which identify their contents."""
    return tuple(v.name or "" for v in variables)


def make_task(
    known: FittedModel,
    settings: Mapping[str, Any],
    examples: Examples,
    held_out: Examples | None = None,
    *,
    n_done: int = 0,
) -> Task:
    """Build the graph that trains a model.

    Training minimises the mean over rows of weight times cost, plus penalties.

    Parameters
    ----------
    known : FittedModel
        The model with its initial arrays.
    settings : mapping
        Settings of an estimator.
    examples : Examples
        Examples to train on; labels are the numbers of the classes.
    held_out : Examples, optional
        Examples to validate on.
    n_done : int
        Number of epochs for which the model was trained before.

    Raises
    ------
    ValueError
        If a function passed as a setting is invalid, or codes outside [0, 1] have a target.
    """
    if settings.get("sparsity"):
        _check_sparsity(settings, known.choices)
    variables = shared_variables(known.model_arrays())
    dtype = next(iter(variables.values())).dtype
    weights = normalised(examples.weights, dtype)
    with building(dtype):
        model = known.symbolic(variables)
        check_functions(model, examples.rows)
        chosen = known.choices.get("learning_rate")
        rate = choose_rate(model, examples.rows, settings, chosen, known.state_names)
        x, y, w = pt.matrix("x"), pt.ivector("y"), pt.vector("weight")
        costs, averages = model.training_costs(x, y, settings, known.seed)
        valid_costs = None if held_out is None else model.validation_costs(x, y)
        given: dict[Any, Any] = {x: examples.rows}
        if examples.labels is not None:
            given[y] = examples.labels
        if weights is not None:
            given[w], costs = weights, w * costs
            valid_costs = None if valid_costs is None else w * valid_costs
        cost, params = costs.mean(), model.params
        total = sum(penalties(settings, model, x), start=cost)
        n_minibatches = -(-len(examples.rows) // settings["batch_size"])
        shared, counter, updates = _updates(total, params, settings, rate, n_minibatches, n_done)
        kept = [v for v in updates if v not in params and v is not counter]
        updates |= averages
    return Task(
        known=known,
        model=model,
        variables=variables,
        cost=cost,
        updates=updates,
        optimizer_state=kept,
        inputs=list(given),
        data=list(given.values()) if len(given) > 1 else examples.rows,
        validation=None if held_out is None else (valid_costs, _data(held_out, dtype, len(given))),
        learning_rate=shared,
        rate=rate,
    )


def _data(examples: Examples, dtype: str, n_inputs: int) -> Any:
    """Return the data of each input: rows, labels if there are any, and weights."""
    if n_inputs == 1:
        return examples.rows
    weights = normalised(examples.weights, dtype)
    labels = [] if examples.labels is None else [examples.labels]
    ones: Array = np.ones(len(examples.rows), dtype)
    return [examples.rows, *labels, ones if weights is None else weights][:n_inputs]


def _updates(
    total: Expression,
    params: list[Parameter],
    settings: Mapping[str, Any],
    rate: float | None,
    n_minibatches: int,
    n_done: int,
) -> tuple[Parameter, Parameter | None, Updates]:
    """Return the shared learning rate, the counter of its decay if it decays, and the updates.

    The rate is a shared variable. As a constant of the graph, every rate, and every data set for
    which a rate is chosen, would require a new compilation.
    """
    start = np.asarray(1 if rate is None else rate, config.floatX)
    shared = pytensor.shared(start, name="learning_rate")
    schedule, decay = settings["learning_rate"], settings.get("learning_rate_decay", 1)
    counter, stepping = None, shared
    counting: Updates = {}
    if callable(schedule):
        stepping = scaled_rate(schedule, shared)
    elif decay != 1:
        counter, counting = step_counter()
        # If training continues, the decay continues, too.
        counter.set_value(np.asarray(n_done * n_minibatches, counter.dtype))
        stepping = shared * _decayed(counter, decay, n_minibatches)
    rule = settings["optimizer"]
    if rule == "sgd" and settings["momentum"]:
        updates = momentum(total, params, stepping, settings["momentum"])
    elif callable(rule):
        updates = _of_function(rule(total, params, stepping))
    else:
        updates = resolve_optimizer(rule)(total, params, stepping)
    return shared, counter, {**counting, **updates}


def _of_function(updates: Any) -> Updates:
    """Return the updates of a user's rule, which are a dict or, as in Theano, pairs."""
    try:
        found = dict(updates)
    except (TypeError, ValueError):
        raise TypeError(
            f"optimizer returned {updates!r:.60} of type {type(updates).__name__}; expected "
            "updates: a dict, or pairs, of parameters and their new values."
        ) from None
    if not found:
        raise ValueError(
            "optimizer returned no updates; expected a new value for at least one parameter."
        )
    return found


def _decayed(step: Parameter, decay: float, every: int) -> Expression:
    """Return decay^⌊step / every⌋ as an expression of shared variables; see `_updates`."""
    factor = pytensor.shared(np.asarray(decay, config.floatX), name="decay")
    n = pytensor.shared(np.asarray(every, step.dtype), name="every")
    return factor ** pt.cast(step // n, config.floatX)


def check_task(settings: Mapping[str, Any], choices: Mapping[str, Any]) -> None:
    """Refuse what `make_task` would refuse, before layers are trained alone for a network.

    Raises
    ------
    ValueError
        If codes outside [0, 1] have a target. A function for the learning rate or the optimizer
        may raise any error.
    """
    if settings.get("sparsity"):
        _check_sparsity(settings, choices)
    if callable(settings["learning_rate"]) or callable(settings["optimizer"]):
        with building(settings["dtype"]):
            param = pytensor.shared(np.zeros(1, config.floatX))
            _updates((param**2).sum(), [param], settings, 1.0, 1, 0)


def _check_sparsity(settings: Mapping[str, Any], choices: Mapping[str, Any]) -> None:
    """Refuse a target for the means of units whose values are not in [0, 1]."""
    activation = choices["activation"]
    if isinstance(activation, list):
        activation = activation[-1]  # penalties apply to the highest of several layers
    is_bounded = activation == "sigmoid" or activation not in list(ACTIVATIONS)
    if not is_bounded:
        raise ValueError(
            f"sparsity is {settings['sparsity']!r:.60} and activation is {activation!r}, whose "
            "values can lie outside [0, 1]; expected activation='sigmoid', or sparsity=0."
        )
