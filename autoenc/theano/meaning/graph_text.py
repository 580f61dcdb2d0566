"""``debugprint``, which prints a graph as Theano did: an operation a line, inputs indented."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import numpy as np
from pytensor.compile.io import In, Out
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.scan.op import Scan
from pytensor.tensor.variable import TensorConstant

from autoenc.theano.meaning.operation_names import operation

# Prefix of lines about the graph of a loop.
_INNER = " >"


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: Any = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: Any = None,
) -> Any:
    """Print a graph, and after it the graphs of its loops.

    Parameters
    ----------
    obj : variable, node, function, graph, or list of these
    depth : int
        Number of levels to print; -1 for all.
    print_type : bool
    file : file or "str", optional
        Output file; "str" returns the text.
    ids : {"CHAR", "int", "id", ""}
        How variables are identified: by letters, numbers, Python's `id`, or not.
    stop_on_name : bool
        Whether to omit what named variables are computed from.
    done, used_ids : dict, optional
        Identifiers of what was printed before, and of all that have one.
    print_storage : bool
        Whether to print the values that a function holds.
    print_clients : bool
        Whether to print the nodes that use a result, if there are several.

    Raises
    ------
    TypeError
        If `obj` is of another type.
    """
    if not isinstance(depth, int):
        raise TypeError(f"depth must be an int, and is {depth!r}")
    output: Any = StringIO() if file == "str" else file or sys.stdout
    text = _Text(
        ids, print_type, stop_on_name, print_clients,
        {} if done is None else done, {} if used_ids is None else used_ids,
    )  # fmt: skip
    for one in obj if isinstance(obj, (list, tuple, set)) else [obj]:
        if isinstance(one, (int, float, np.ndarray)):
            print(one, file=output)
            continue
        results, order, storage = _results(one, print_storage)
        for result in results:
            for line in text.lines(result, depth, order=order, storage=storage):
                print(line, file=output)
    for line in text.loops(depth):
        print(line, file=output)
    return output.getvalue() if file == "str" else file


def _results(
    obj: Any, with_storage: bool
) -> tuple[Sequence[Variable], Sequence[Apply], Mapping[Variable, Any]]:
    """Return the variables to print, the nodes in their order, and values held."""
    if isinstance(obj, Variable):
        return [obj], [], {}
    if isinstance(obj, (In, Out)):
        return [obj.variable], [], {}
    if isinstance(obj, Apply):
        return obj.outputs, [], {}
    if isinstance(obj, FunctionGraph):
        return obj.outputs, obj.toposort(), getattr(obj, "storage_map", None) or {}
    graph = getattr(getattr(obj, "maker", None), "fgraph", None)
    if graph is None:
        raise TypeError(
            f"debugprint prints variables, nodes, functions and graphs, not {type(obj).__name__}"
        )
    return graph.outputs, graph.toposort(), obj.fn.storage_map if with_storage else {}


def letters(number: int) -> str:
    """Return the number of an identifier in letters: A to Z, then BA, BB, ..."""
    text = chr(ord("A") + number % 26)
    return text if number < 26 else letters(number // 26) + text


@dataclass
class _Text:
    """The lines of graphs, in which a node printed before is only named."""

    ids: str
    with_types: bool
    stop_on_name: bool
    with_clients: bool
    done: dict[Any, str]
    used: dict[Any, str]
    scans: list[Variable] = field(default_factory=list)

    def lines(
        self,
        variable: Variable,
        depth: int,
        prefix: str = "",
        below: str | None = None,
        order: Sequence[Apply] = (),
        storage: Mapping[Variable, Any] | None = None,
        outer: Mapping[Variable, Variable] | None = None,
    ) -> Iterator[str]:
        """Return the lines of a variable and of all that it is computed from.

        Parameters
        ----------
        variable : Variable
        depth : int
            Number of levels; negative for all.
        prefix, below : str
            Beginning of the line of the variable, and of the lines of its inputs.
        order : sequence of Apply
            Nodes in the order in which they are computed; empty if there is none.
        storage : mapping
            Cells of values by variables.
        outer : mapping
            Inputs of a loop by the variables of its graph.
        """
        if depth == 0:
            return
        storage, outer = storage or {}, outer or {}
        below = prefix if below is None else below
        if variable.owner is None:
            yield self._leaf(variable, prefix, storage, outer)
            return
        name, node, inputs = operation(variable)
        if isinstance(node.op, Scan) and not any(node is scan.owner for scan in self.scans):
            self.scans.append(variable)
        was_printed = node in self.done
        yield prefix + self._node(variable, name, node, order, storage)
        if was_printed or (self.stop_on_name and variable.name is not None):
            return
        for position, argument in enumerate(inputs, 1):
            last = position == len(inputs)
            yield from self.lines(
                argument, depth - 1, f"{below} |", below + ("  " if last else " |"),
                order, storage, outer,
            )  # fmt: skip

    def loops(self, depth: int) -> Iterator[str]:
        """Return the lines of the graphs of all loops met, and of the loops in them."""
        if self.scans:
            yield ""
            yield "Inner graphs of the scan ops:"
        for scan in self.scans:  # grows
            node = scan.owner
            op = node.op
            outer = {
                op.inner_inputs[inner]: node.inputs[place]
                for inner, place in op.get_oinp_iinp_iout_oout_mappings()[
                    "outer_inp_from_inner_inp"
                ].items()
            }
            yield ""
            yield from self.lines(scan, depth, outer=outer)
            for result in op.inner_outputs:
                yield from self.lines(result, depth, _INNER, _INNER, outer=outer)

    def _leaf(
        self,
        variable: Variable,
        prefix: str,
        storage: Mapping[Variable, Any],
        outer: Mapping[Variable, Variable],
    ) -> str:
        kind = f" <{variable.type}>" if self.with_types else ""
        line = f"{prefix}{variable} {self._identifier(variable)}{kind}"
        if variable in outer:
            given = outer[variable]
            return f"{line} -> {self._identifier(given.owner or given)}"
        return f"{line} {storage[variable]}" if variable in storage else line

    def _node(
        self,
        variable: Variable,
        name: str,
        node: Apply,
        order: Sequence[Apply],
        storage: Mapping[Variable, Any],
    ) -> str:
        index = f".{node.outputs.index(variable)}" if len(node.outputs) > 1 else ""
        kind = f" <{variable.type}>" if self.with_types else ""
        place = str(order.index(node)) if order else ""
        held = f" {storage.get(node.outputs[0], '')}" if storage else ""
        clients = self._clients(variable, order) if self.with_clients else ""
        label = variable.name or ""
        identifier = self._identifier(node)
        # Two columns of Theano, which say what an operation overwrites, are empty.
        return f"{name}{index} {identifier}{kind} '{label}'   {place}{held}{clients}"

    def _clients(self, variable: Variable, order: Sequence[Apply]) -> str:
        clients = [node for node, _ in getattr(variable, "clients", ())]
        if len(clients) < 2:
            return ""
        places = [
            (self._identifier(node, printed=False), order.index(node) if node in order else "")
            for node in clients
        ]
        return f" clients:{places}"

    def _identifier(self, of: Any, printed: bool = True) -> str:
        """Return the identifier of a node or variable, a new one if it has none yet.

        Equal integers have one identifier, because they were one constant in Theano.
        """
        if isinstance(of, TensorConstant) and of.type.dtype.startswith(("int", "uint")):
            of = of.signature()
        if of not in self.used:
            number = len(self.used)
            shown = {"CHAR": letters(number), "int": str(number), "id": str(id(of))}
            self.used[of] = f"[id {shown[self.ids]}]" if self.ids else ""
        if printed:
            self.done[of] = self.used[of]
        return self.used[of]
