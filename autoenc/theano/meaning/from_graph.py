"""Operations that are defined by a graph, with Theano's arguments: ``theano.OpFromGraph``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pytensor.compile.builders import OpFromGraph as _OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable

DEFAULT = "default"


class OpFromGraph(_OpFromGraph):
    """Operation that is defined by a graph.

    Parameters
    ----------
    inputs, outputs : list of variable
        Inputs and outputs of the graph.
    inline : bool
        Whether compilation replaces the operation with the graph.
    lop_overrides : "default", OpFromGraph, callable, variable or list of these
        Gradients as functions of the lists of inputs, outputs and output gradients. A variable
        of type ``NullType`` or ``DisconnectedType`` means that there is no gradient. A list has
        an entry for each input.
    grad_overrides
        Gradients as functions of the lists of inputs and output gradients.
    rop_overrides
        Directional derivatives as functions of the lists of inputs and their directions. A list
        has an entry for each output.
    connection_pattern : list of list of bool, optional
        Which outputs depend on which inputs.
    name : str, optional

    Raises
    ------
    ValueError
        If both `lop_overrides` and `grad_overrides` are given.
    """

    def __init__(
        self,
        inputs: list[Variable],
        outputs: list[Variable],
        inline: bool = False,
        lop_overrides: Any = DEFAULT,
        grad_overrides: Any = DEFAULT,
        rop_overrides: Any = DEFAULT,
        connection_pattern: Any = None,
        name: str | None = None,
        **more: Any,
    ) -> None:
        if not _is_default(lop_overrides) and not _is_default(grad_overrides):
            raise ValueError("lop_overrides and grad_overrides are mutually exclusive")
        # PyTensor derives operations from others, and then passes derivatives in its own form.
        own = {
            "pullback": _each(lop_overrides, len(inputs), _of_all)
            or _each(grad_overrides, len(inputs), _of_gradients),
            "pushforward": _each(rop_overrides, len(outputs), _of_all),
        }
        # Gradients rarely use all of their inputs.
        more.setdefault("on_unused_input", "ignore")
        super().__init__(
            inputs,
            outputs,
            inline=inline,
            connection_pattern=connection_pattern,
            name=name,
            **{**own, **more},
        )
        self.inputs, self.outputs = inputs, outputs

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return which outputs depend on which inputs; inputs without a gradient do not count."""
        pattern: list[list[bool]] = super().connection_pattern(node)
        given = self.pullback_overrides
        if not isinstance(given, list):
            return pattern
        rows = zip(pattern, given, strict=True)
        return [[depends and not _is_none(entry) for depends in row] for row, entry in rows]


def _is_none(gradient: Any) -> bool:
    return isinstance(gradient, Variable) and isinstance(gradient.type, DisconnectedType)


def _each(given: Any, n: int, adapted: Callable[[Any], Any]) -> Any:
    """Return derivatives in PyTensor's form; None for the default."""
    if isinstance(given, (list, tuple)):
        return [entry if isinstance(entry, Variable) else adapted(entry) for entry in given]
    if isinstance(given, Variable):
        return [given] * n
    derivative = adapted(given)
    return partial(_as_list, derivative) if isinstance(given, _OpFromGraph) else derivative


def _of_all(derivative: Any) -> Any:
    """Return a function of the lists that PyTensor passes."""
    if _is_default(derivative):
        return None
    return partial(_apply, derivative) if isinstance(derivative, _OpFromGraph) else derivative


def _of_gradients(derivative: Any) -> Any:
    """Return a function of these lists that does not use the outputs."""
    of_all = _of_all(derivative)
    return of_all and partial(_without_outputs, of_all)


def _apply(operation: Any, *lists: Any) -> Any:
    return operation(*(variable for part in lists for variable in part))


def _without_outputs(derivative: Any, inputs: Any, _: Any, gradients: Any) -> Any:
    return derivative(inputs, gradients)


def _as_list(derivative: Any, *lists: Any) -> list[Any]:
    result = derivative(*lists)
    return list(result) if isinstance(result, (list, tuple)) else [result]


def _is_default(given: Any) -> bool:
    return given is None or (isinstance(given, str) and given == DEFAULT)
