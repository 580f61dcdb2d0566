"""Traversal of graphs: ``theano.gof.graph``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pytensor.graph.basic import Apply, Variable, equal_computations
from pytensor.graph.traversal import (
    orphans_between,
    vars_between,
)


def inputs(variable_list: Iterable[Variable], blockers: Iterable[Variable] | None = None) -> Any:
    """Return the variables without owner on which others depend, including constants.

    They are in depth-first order, on which scripts rely.
    """
    return [v for v in ancestors(variable_list, blockers) if v.owner is None]


def ancestors(
    variable_list: Iterable[Variable], blockers: Iterable[Variable] | None = None
) -> list[Variable]:
    """Return variables and those that they depend on, depth first."""
    blocked = set(blockers or ())

    def expand(variable: Variable) -> Any:
        if variable.owner is not None and variable not in blocked:
            return reversed(variable.owner.inputs)
        return None

    found: list[Variable] = stack_search(list(variable_list), expand, "dfs")
    return found


def variables(i: Iterable[Variable], o: Iterable[Variable]) -> list[Variable]:
    """Return the variables between inputs and outputs, both included."""
    return list(vars_between(list(i), list(o)))


def orphans(i: Iterable[Variable], o: Iterable[Variable]) -> list[Variable]:
    """Return the variables on which outputs depend, other than the inputs."""
    return list(orphans_between(list(i), list(o)))


def variables_and_orphans(
    i: Iterable[Variable], o: Iterable[Variable]
) -> tuple[list[Variable], list[Variable]]:
    """Return the results of `variables` and `orphans`."""
    i, o = list(i), list(o)
    return variables(i, o), orphans(i, o)


def ops(i: Iterable[Variable], o: Iterable[Variable]) -> set[Apply]:
    """Return the nodes between inputs and outputs."""
    i = list(i)
    between = (v for v in vars_between(i, list(o)) if v not in i)
    return {v.owner for v in between if v.owner is not None}


def list_of_nodes(i: Iterable[Variable], o: Iterable[Variable]) -> list[Apply]:
    """Return the nodes between inputs and outputs, as a list."""
    blocked = set(i)

    def expand(node: Apply) -> list[Apply]:
        owners = (v.owner for v in node.inputs if v.owner is not None)
        return [owner for owner in owners if blocked.isdisjoint(owner.outputs)]

    found: list[Apply] = stack_search([v.owner for v in o if v.owner is not None], expand)
    return found


def is_same_graph(var1: Variable, var2: Variable, givens: Any = None) -> bool:
    """Return whether two variables are computed in the same way from the same inputs.

    Parameters
    ----------
    var1, var2 : Variable
    givens : dict or list of pairs, optional
        Variables of one graph, and equivalent variables of the other.
    """
    pairs = dict(givens.items() if hasattr(givens, "items") else givens or ())
    in_xs, in_ys = list(pairs), list(pairs.values())
    # Either variable of a pair may belong to either graph.
    return bool(
        equal_computations([var1], [var2], in_xs, in_ys)
        or equal_computations([var1], [var2], in_ys, in_xs)
    )


def view_roots(r: Variable) -> list[Variable]:
    """Return the variables that `r` is a view of."""
    owner = r.owner
    if owner is None:
        return [r]
    viewed = owner.op.view_map.get(owner.outputs.index(r), ())
    found = [root for i in viewed for root in view_roots(owner.inputs[i])]
    return found or [r]


def stack_search(
    start: Sequence[Any],
    expand: Callable[[Any], Any],
    mode: str = "bfs",
    build_inv: bool = False,
) -> Any:
    """Return the nodes that can be reached from `start`, breadth first or depth first.

    Raises
    ------
    ValueError
        If `mode` is neither "bfs" nor "dfs".
    """
    if mode not in ("bfs", "dfs"):
        raise ValueError("mode should be bfs or dfs", mode)
    waiting, seen, found = deque(start), set(), []
    clients: dict[Any, list[Any]] = {}
    take = waiting.popleft if mode == "bfs" else waiting.pop
    while waiting:
        item = take()
        if id(item) in seen:
            continue
        seen.add(id(item))
        found.append(item)
        more = list(expand(item) or ())
        for other in more:
            if build_inv:
                clients.setdefault(other, []).append(item)
        waiting.extend(more)
    return (found, clients) if build_inv else found


__all__ = [
    "ancestors",
    "inputs",
    "is_same_graph",
    "list_of_nodes",
    "ops",
    "orphans",
    "stack_search",
    "variables",
    "variables_and_orphans",
    "view_roots",
]
