"""Nodes and names of one scope of a module, function or class."""

from __future__ import annotations

import ast
from collections.abc import Iterator

COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)


def bound(body: list[ast.stmt]) -> set[str]:
    """Return the names that a scope assigns, imports or defines."""
    names: set[str] = set()
    for node in nodes_of(body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
    return names


def nodes_of(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, without what comprehensions and inner scopes read."""
    waiting: list[ast.AST] = [*nodes]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, COMPREHENSIONS):
            waiting.append(node.generators[0].iter)
            continue
        waiting.extend(ast.iter_child_nodes(node))
