"""Copies of graphs with variables replaced by a function: ``scan_utils.map_variables``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pytensor.compile.builders import OpFromGraph as _OpFromGraph
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import graph_inputs, io_toposort
from pytensor.scan.op import Scan

from autoenc.theano.meaning.from_graph import OpFromGraph

Replacer = Callable[[Variable], Variable]


def map_variables(
    replacer: Replacer, graphs: Iterable[Variable], additional_inputs: Iterable[Variable] = ()
) -> list[Variable]:
    """Return copies of graphs with variables replaced by a function, also within loops.

    A replacement cannot refer to the arguments of a loop's step, because the loop does not keep
    them.

    Parameters
    ----------
    replacer : callable
        Function from a variable to its replacement, or to the variable itself.
    graphs : iterable of variable
    additional_inputs : iterable of variable
        Not used: inputs of replacements are found automatically.

    Returns
    -------
    list of variable

    Raises
    ------
    NotImplementedError
        If a replacement within a loop has a shared variable with an update.
    """
    graphs = list(graphs)
    mapping = _Mapping(replacer)
    # In topological order, the recursion in `mapped` is shallow.
    for node in io_toposort(list(graph_inputs(graphs)), graphs):
        for output in node.outputs:
            mapping.mapped(output)
    return [mapping.mapped(graph) for graph in graphs]


class _Mapping:
    """Mapping from the variables of a graph to their replacements."""

    def __init__(self, replacer: Replacer) -> None:
        self.replacer = replacer
        self.places: dict[Variable, Variable] = {}
        self.made: set[Variable] = set()
        self.nodes: dict[Apply, list[Variable]] = {}

    def mapped(self, variable: Variable) -> Variable:
        """Return the replacement of a variable."""
        if variable not in self.places:
            new = variable if variable in self.made else self.replacer(variable)
            # The variable itself may be part of its replacement, where it is not replaced.
            self.places[variable] = self.rebuilt(variable)
            if new is not variable:
                self.made.add(new)
                self.places[variable] = self.rebuilt(new)
        return self.places[variable]

    def rebuilt(self, variable: Variable) -> Variable:
        """Return a variable computed from the replacements of its inputs."""
        node = variable.owner
        if node is None:
            return variable
        if node not in self.nodes:
            self.nodes[node] = self._outputs(node)
        return self.nodes[node][node.outputs.index(variable)]

    def _outputs(self, node: Apply) -> list[Variable]:
        inputs = [self.mapped(variable) for variable in node.inputs]
        if isinstance(node.op, (Scan, _OpFromGraph)):
            return _with_inner_graph(node, inputs, self.replacer)
        if inputs == node.inputs:
            return list(node.outputs)
        return list(node.clone_with_new_inputs(inputs, strict=False).outputs)


def _with_inner_graph(node: Apply, outer: list[Variable], replacer: Replacer) -> list[Variable]:
    """Return the outputs of a loop or an `OpFromGraph` whose inner graph is mapped."""
    op = node.op
    # Replacements refer to the variables from which the script created the operation.
    given = (op.inputs, op.outputs) if isinstance(op, OpFromGraph) else None
    inputs, outputs = given or (op.inner_inputs, op.inner_outputs)
    inside = _Inside(op, inputs, replacer)
    mapped = map_variables(inside.replacement, outputs)
    again = _made_again(op, [*inputs, *inside.more.values()], mapped, len(inside.more))
    n = len(inputs) if given else len(outer)
    made: list[Variable] = again(*outer[:n], *inside.more, return_list=True)
    return made


class _Inside:
    """Replaces variables of an inner graph; outer variables of replacements become its inputs."""

    def __init__(self, op: Any, inputs: Iterable[Variable], replacer: Replacer) -> None:
        self.op, self.replacer = op, replacer
        self.inputs = set(inputs)
        self.more: dict[Variable, Variable] = {}

    def replacement(self, variable: Variable) -> Variable:
        """Return the replacement of a variable of the inner graph."""
        new = self.replacer(variable)
        if new is variable:
            return variable
        outside = [
            given
            for given in graph_inputs([new])
            if not isinstance(given, Constant) and given not in self.inputs
        ]
        replaced: Variable = clone_replace(new, {given: self._input(given) for given in outside})
        return replaced

    def _input(self, outer: Variable) -> Variable:
        if any(getattr(outer, name, None) is not None for name in ("update", "default_update")):
            raise NotImplementedError(
                f"Replacement introduces shared variable {outer} which has an update associated "
                f"with it into the inner graph of {self.op}. This is not currently supported."
            )
        return self.more.setdefault(outer, outer.type())


def _made_again(op: Any, inputs: list[Variable], outputs: list[Variable], more: int) -> Any:
    if not isinstance(op, Scan):
        return OpFromGraph(inputs, outputs, inline=op.is_inline, name=op.name, **op.kwargs)
    return Scan(
        inputs,
        outputs,
        replace(op.info, n_non_seqs=op.info.n_non_seqs + more),
        mode=op.mode,
        truncate_gradient=op.truncate_gradient,
        name=op.name,
        profile=op.profile,
        allow_gc=op.allow_gc,
        strict=op.strict,
    )
