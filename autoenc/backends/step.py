"""One step of training as a pure function, independent of the model.

The caller writes Theano's familiar ``cost, updates`` over shared variables. A `Step` sorts the
variables on which the two depend: inputs that change with every minibatch, state that updates
change, random generators, and shared variables that are only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random.type import RandomType

from autoenc.graph.random import random_updates
from autoenc.graph.types import Expression, Parameter, Updates

UpdatesLike: TypeAlias = Mapping[Parameter, Expression] | Iterable[tuple[Parameter, Expression]]


@dataclass(frozen=True)
class Step:
    """Step of one minibatch: (inputs, state, generators, constants) → (cost, next ...).

    Parameters
    ----------
    inputs : list of symbolic variables
        Inputs that a minibatch supplies.
    state : list of shared variables
        Variables that the updates change, in the order of the updates.
    generators : list of shared random generators
        Generators, replaced by new ones at every block.
    constants : list of shared variables
        Variables that are only read.
    cost : scalar expression
        Cost of the minibatch.
    next_state, next_generators : lists of expressions
        New values of state and generators.
    precision : str
        Precision in which a GPU multiplies float32 matrices; see `in_precision`.
    """

    inputs: list[Expression]
    state: list[Parameter]
    generators: list[Parameter]
    constants: list[Parameter]
    cost: Expression
    next_state: list[Expression]
    next_generators: list[Expression]
    precision: str = "float32"

    @property
    def dtype(self) -> str:
        """Dtype of the cost and, because there is no silent upcast, of everything else."""
        return str(self.cost.dtype)

    def with_inputs_for(
        self, variables: Sequence[Parameter]
    ) -> tuple[list[Expression], list[Expression]]:
        """Exchange shared variables for plain inputs.

        Parameters
        ----------
        variables : sequence of shared variables
            Variables to exchange.

        Returns
        -------
        inputs : list of symbolic variables
            An input for each of `variables`.
        outputs : list of expressions
            ``[cost, *next_state, *next_generators]`` in terms of them.
        """
        inputs = [variable.type(name=variable.name) for variable in variables]
        outputs = [self.cost, *self.next_state, *self.next_generators]
        return inputs, clone_replace(outputs, dict(zip(variables, inputs, strict=True)))


def make_step(cost: Expression, updates: UpdatesLike, inputs: Sequence[Expression]) -> Step:
    """Sort the variables on which a cost and its updates depend.

    Parameters
    ----------
    cost : scalar expression
        Cost that is reported.
    updates : dict or pairs
        New value of each shared variable.
    inputs : sequence of symbolic variables
        Inputs that a minibatch supplies, in the order of the data.

    Returns
    -------
    Step
        The step.

    Raises
    ------
    ValueError
        If the cost is not a scalar, the graph needs an input that is not given, or there are two
        updates of a variable.
    TypeError
        If the dtype of the cost or of an update differs from that of its parameter.
    """
    updates = _by_variable(updates)
    _check_cost(cost)
    _check_updates(updates)
    outputs = [cost, *updates.values()]
    generators = {**random_updates(*outputs), **_only_generators(updates)}
    state = [variable for variable in updates if variable not in generators]
    roots = _roots(outputs)
    _check_inputs(roots, inputs)
    shared = [root for root in roots if isinstance(root, SharedVariable)]
    _check_precision(cost, state)
    return Step(
        inputs=list(inputs),
        state=state,
        generators=list(generators),
        constants=[v for v in shared if v not in updates and v not in generators],
        cost=cost,
        next_state=[updates[variable] for variable in state],
        next_generators=list(generators.values()),
    )


def _by_variable(given: UpdatesLike) -> Updates:
    pairs = list(given.items()) if isinstance(given, Mapping) else list(given)
    updates = dict(pairs)
    if len(updates) < len(pairs):
        variables = [variable for variable, _ in pairs]
        twice = next(v for k, v in enumerate(variables) if v in variables[:k])
        raise ValueError(f"updates has two new values of {twice}; expected one for each variable.")
    return updates


def _only_generators(updates: Updates) -> Updates:
    return {v: e for v, e in updates.items() if isinstance(v.type, RandomType)}


def _roots(outputs: Sequence[Expression]) -> list[Any]:
    return [v for v in ancestors(outputs) if v.owner is None and not isinstance(v, Constant)]


def _check_cost(cost: Expression) -> None:
    if getattr(cost, "ndim", None) != 0:
        raise ValueError(
            f"cost has {getattr(cost, 'ndim', 'no')} dimensions; expected a scalar expression. "
            "Costs are per row: take their mean()."
        )


def _check_updates(updates: Updates) -> None:
    for variable, expression in updates.items():
        if not isinstance(variable, SharedVariable):
            raise TypeError(
                f"updates has {variable} of type {type(variable).__name__} as a key; "
                "expected shared variables, such as pytensor.shared(array)."
            )
        if not isinstance(expression, Variable):
            raise TypeError(
                f"the update of {variable} is {expression!r:.60} of type "
                f"{type(expression).__name__}; expected an expression, such as "
                "pytensor.tensor.as_tensor(value)."
            )
        if variable.type.dtype != expression.type.dtype if _is_tensor(variable) else False:
            raise TypeError(
                f"the update of {variable} is {expression.type.dtype}, but the parameter is "
                f"{variable.type.dtype}; some operand has another precision. Cast it, or "
                "declare inputs with the dtype of the parameters."
            )


def _is_tensor(variable: Parameter) -> bool:
    return hasattr(variable.type, "dtype")


def _check_inputs(roots: Sequence[Any], inputs: Sequence[Expression]) -> None:
    missing = [v for v in roots if not isinstance(v, SharedVariable) and v not in inputs]
    if missing:
        raise ValueError(
            f"the graph needs {', '.join(map(str, missing))}, which inputs does not have; "
            "name every symbolic input in inputs=[...], with data for each."
        )
    unused = [v for v in inputs if v not in roots]
    if unused:
        raise ValueError(
            f"inputs has {', '.join(map(str, unused))}, which neither the cost nor the "
            "updates depend on; leave it out, or use it."
        )


def _check_precision(cost: Expression, state: Sequence[Parameter]) -> None:
    for variable in state:
        if str(variable.type.dtype).startswith("float") and variable.type.dtype != cost.dtype:
            raise TypeError(
                f"the cost is {cost.dtype}, but {variable} is {variable.type.dtype}; "
                "declare the inputs with the dtype of the parameters, as in "
                f"pt.matrix('x', dtype='{variable.type.dtype}')."
            )
