"""Find the five products of a tied autoencoder in the graph of a step.

With x~ the corrupted input, h the code, and dz and da the gradients of the cost with respect to
the pre-activations of the output and of the code, they are ::

    a = x~ W      z = h W'      dh = dz W      dW = x~' da + dz' h

The elementwise operations between them, such as activations, costs, penalties on weights and
update rules, are arbitrary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytensor.graph.fg import FunctionGraph
from pytensor.graph.traversal import ancestors
from pytensor.tensor.math import Dot, Sum
from pytensor.tensor.random.type import RandomType

from autoenc.backends.transposes import transposed_of
from autoenc.backends.xla.thin.elements import NotThinError
from autoenc.graph.bernoulli import BernoulliDraw
from autoenc.graph.types import Expression


@dataclass(frozen=True)
class Roles:
    """Roles of the variables of a step in the kernel.

    Attributes
    ----------
    x, weights : variables
        The minibatch, and W.
    corrupted, code, dz, da : variables
        The operands of the products.
    a, z, dh : variables
        The results of the first three products.
    by_input, by_code : variables
        The last two products, which have the shape of W.
    draws : list of variables
        Decisions that corrupt the input, one for each generator.
    """

    x: Expression
    weights: Expression
    corrupted: Expression
    a: Expression
    code: Expression
    z: Expression
    dz: Expression
    dh: Expression
    da: Expression
    by_input: Expression
    by_code: Expression
    draws: list[Expression]


def find_roles(graph: FunctionGraph, x: Expression, generators: Sequence[Expression]) -> Roles:
    """Find the roles of the variables of a graph in the kernel.

    Raises
    ------
    NotThinError
        If the graph is not the step of a tied autoencoder.
    """
    products = [node for node in graph.toposort() if isinstance(node.op, Dot)]
    if len(products) != 5:
        raise NotThinError(f"{len(products)} products")
    first, second, third = products[:3]
    corrupted, weights = first.inputs
    if weights.owner is not None or weights.ndim != 2:
        raise NotThinError("the first product is not with weights")
    code, transposed = second.inputs
    dz, again = third.inputs
    if transposed_of(transposed) is not weights or again is not weights:
        raise NotThinError("weights are not tied")
    gradients = [g for node in products[3:] for g in gradient_operands(graph, node)]
    by_input = [g for g in gradients if g[0] is corrupted and g[1] not in (code, dz)]
    by_code = [g for g in gradients if g[0] is dz and g[1] is code]
    if len(by_input) != 1 or len(by_code) != 1:
        raise NotThinError("the gradient of the weights is of another form")
    return Roles(
        x=x,
        weights=weights,
        corrupted=corrupted,
        a=first.outputs[0],
        code=code,
        z=second.outputs[0],
        dz=dz,
        dh=third.outputs[0],
        da=by_input[0][1],
        by_input=by_input[0][2],
        by_code=by_code[0][2],
        draws=[draw_of(graph, generator) for generator in generators],
    )


def gradient_operands(
    graph: FunctionGraph, node: Any
) -> list[tuple[Expression | None, Expression, Expression]]:
    """List A, B and A' B for a product; also B, A and B' A if its transpose is used."""
    left, right = transposed_of(node.inputs[0]), node.inputs[1]
    product = node.outputs[0]
    users = [user.outputs[0] for user, _ in graph.clients[product] if hasattr(user, "outputs")]
    turned = [(right, left, user) for user in users if transposed_of(user) is product]
    return [(left, right, product), *turned]


def draw_of(graph: FunctionGraph, generator: Expression) -> Expression:
    """Return the decisions that are the only draw from a generator."""
    clients = [node for node, _ in graph.clients[generator] if not isinstance(node, str)]
    draws = [node for node in clients if isinstance(getattr(node, "op", None), BernoulliDraw)]
    if len(draws) != 1 or len(clients) != 1:
        raise NotThinError("a generator is used for more than one mask")
    following, decisions = draws[0].outputs
    later = [node for node, _ in graph.clients.get(following, [])]
    if any(isinstance(getattr(node, "op", None), BernoulliDraw) for node in later):
        raise NotThinError("a generator is used twice")
    return decisions


def probability_of(draw: Expression) -> Expression:
    """Return the probability with which decisions are True."""
    probability: Expression = draw.owner.inputs[-1]
    return probability


def sums_over_rows(expressions: Sequence[Expression]) -> list[Expression]:
    """List the sums over axis 0 of which expressions are composed."""
    return [
        variable
        for variable in ancestors(list(expressions))
        if variable.owner is not None
        and isinstance(variable.owner.op, Sum)
        and variable.owner.op.axis == (0,)
        and variable.owner.inputs[0].ndim == 2
    ]


def total_of(cost: Expression) -> tuple[Expression, Expression]:
    """Return the sum over all elements in a cost, and the expression that it sums.

    Raises
    ------
    NotThinError
        If there is no such sum, or if there are several.
    """
    totals = [
        variable
        for variable in ancestors([cost])
        if variable.owner is not None and isinstance(variable.owner.op, Sum) and variable.ndim == 0
    ]
    if len(totals) != 1:
        raise NotThinError(f"the cost has {len(totals)} sums over everything")
    summed = totals[0].owner.inputs[0]
    if summed.ndim == 1 and summed.owner is not None and isinstance(summed.owner.op, Sum):
        summed = summed.owner.inputs[0]
    if summed.ndim != 2:
        raise NotThinError("the cost is not a sum over the outputs")
    return totals[0], summed


def is_generator(variable: Expression) -> bool:
    """Return whether a variable is the state of a random generator."""
    return isinstance(variable.type, RandomType)
