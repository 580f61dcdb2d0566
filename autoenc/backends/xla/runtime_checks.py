"""Checks of assertions and indices while an XLA program runs.

XLA clips an index that is out of range, and PyTensor leaves out assertions that it cannot decide
when it converts a graph. Programs that depend on either return whether a check failed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import checkify
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.traversal import ancestors
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor import subtensor
from pytensor.tensor.shape import Shape, Shape_i
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    IncSubtensor,
    Subtensor,
    indices_from_subtensor,
)

from autoenc.backends.interface import DeviceArray

Convert = Callable[..., Callable[..., Any]]

# Newer versions of PyTensor have no class of its own for one list of indices.
_READS = (
    Subtensor,
    AdvancedSubtensor,
    getattr(subtensor, "AdvancedSubtensor1", AdvancedSubtensor),
)
_WRITES = (
    IncSubtensor,
    AdvancedIncSubtensor,
    getattr(subtensor, "AdvancedIncSubtensor1", AdvancedIncSubtensor),
)


_NEGATIVE = re.compile(r"index (-\d+)( is out of bounds for axis \d+ with size (\d+))")


class Checks:
    """Checks of assertions and indices while a program runs, in loops too.

    With `checkify`, the program returns whether an index was out of range, and which assertion
    failed.
    """

    _KINDS = checkify.user_checks | checkify.index_checks

    def __init__(self) -> None:
        self._ops: list[CheckAndRaise] = []

    def note(self, op: CheckAndRaise, conditions: Sequence[DeviceArray]) -> None:
        """Check an assertion in the program that is being traced."""
        self._ops.append(op)
        for condition in conditions:
            checkify.check(jnp.all(condition), str(len(self._ops) - 1))

    def within(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that also returns the error to raise."""
        checked: Callable[..., Any] = checkify.checkify(function, errors=self._KINDS)
        return checked

    def raise_from(self, error: checkify.Error) -> None:
        """Raise the error that the program returned, if any.

        Raises
        ------
        IndexError
            If an index is out of range.
        Exception
            The exception of a failed assertion.
        """
        message = error.get()
        if message is None:
            return
        number = message.split()[0]
        if not number.isdigit():
            raise IndexError(f"index out of bounds: {_as_given(message)}")
        op = self._ops[int(number)]
        raise op.exc_type(op.msg)


class NoChecks(Checks):
    """Checks of a program that cannot fail, which is compiled as it is."""

    def note(self, op: CheckAndRaise, conditions: Sequence[DeviceArray]) -> None:
        """Leave out an assertion about lengths, which JAX checks itself when it traces."""

    def within(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that also returns None."""
        return lambda *arguments: (None, function(*arguments))

    def raise_from(self, error: None) -> None:
        """Do nothing."""


def _as_given(message: str) -> str:
    """Return JAX's message with the index of the graph: JAX adds the length to negative ones."""
    return _NEGATIVE.sub(lambda found: f"index {int(found[1]) - int(found[3])}{found[2]}", message)


def checks_of(graph: FunctionGraph) -> Checks:
    """Return the checks that the program of a graph needs."""
    return Checks() if any(map(_may_fail, graph.apply_nodes)) else NoChecks()


def _may_fail(node: Apply) -> bool:
    """Return whether values of the arguments decide whether an operation raises an error."""
    inner = getattr(node.op, "fgraph", None)
    if inner is not None and any(map(_may_fail, inner.apply_nodes)):
        return True
    if isinstance(node.op, CheckAndRaise):
        return _depend_on_values(node.inputs[1:])
    first = 1 if isinstance(node.op, _READS) else 2 if isinstance(node.op, _WRITES) else None
    if first is None:
        return False
    entries = indices_from_subtensor(node.inputs[first:], node.op.idx_list)
    return _depend_on_values([entry for entry in entries if isinstance(entry, Variable)])


def _depend_on_values(variables: Sequence[Variable]) -> bool:
    """Return whether variables depend on more than lengths, which JAX knows when it traces."""
    lengths = [v for v in ancestors(variables) if _is_length(v)]
    return any(
        v.owner is None and not isinstance(v, Constant) for v in ancestors(variables, lengths)
    )


def _is_length(variable: Variable) -> bool:
    return variable.owner is not None and isinstance(variable.owner.op, Shape | Shape_i)


def replacing(op: type) -> Callable[[Callable[[Convert], Convert]], Convert]:
    """Return a decorator that registers a conversion, given the one that it replaces."""

    def register(make: Callable[[Convert], Convert]) -> Convert:
        convert = make(jax_funcify.dispatch(op))
        jax_funcify.register(op)(convert)
        return convert

    return register


@replacing(CheckAndRaise)
def _checked(before: Convert) -> Convert:
    def convert(op: Any, node: Apply, assertions: Checks | None = None, **more: Any) -> Any:
        if assertions is None or all(isinstance(c, Constant) for c in node.inputs[1:]):
            return before(op, node=node, **more)

        def check(x: DeviceArray, *conditions: DeviceArray) -> DeviceArray:
            undecided = [c for c in conditions if isinstance(c, jax.core.Tracer) or not c]
            if undecided:
                assertions.note(op, undecided)
            return x

        return check

    return convert
