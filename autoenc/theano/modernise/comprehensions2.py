"""Let list comprehensions set their variables in the enclosing scope, as in Python 2."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autoenc.theano.modernise.python2 import RUNTIME
from autoenc.theano.modernise.scopes import COMPREHENSIONS, nodes_of


def leak(body: list[ast.stmt]) -> None:
    """Let list comprehensions set their variables in the enclosing scope, if it reads them."""
    nodes = list(nodes_of(body))
    # An iterable of a comprehension must not assign.
    iterated = {id(part) for node in nodes for part in _iterated(node)}
    inner = [n for n in nodes if isinstance(n, ast.ListComp) and id(n) not in iterated]
    read = _read(body)
    for comprehension in inner:
        _set_outside(comprehension, read)
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            leak(node.body)
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                leak(part.body if isinstance(part, ast.FunctionDef) else [])


def _read(nodes: list[ast.stmt]) -> set[str]:
    """Return the names that a scope and its inner functions read outside comprehensions."""
    names: set[str] = set()
    for node in nodes_of(nodes):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names |= _read(node.body)
        elif isinstance(node, ast.Lambda):
            names |= _read([ast.Expr(node.body)])
    return names


def _iterated(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, COMPREHENSIONS):
        yield from ast.walk(node.generators[0].iter)


def _set_outside(comprehension: ast.ListComp, read: set[str]) -> None:
    for part in comprehension.generators:
        targets = [n for n in ast.walk(part.target) if isinstance(n, ast.Name) and n.id in read]
        if not targets:
            continue
        values: list[ast.expr] = []
        for target in targets:
            own = f"{RUNTIME}{target.id}"
            values.append(
                ast.NamedExpr(ast.Name(target.id, ast.Store()), ast.Name(own, ast.Load()))
            )
            target.id = own
        # A condition that is always true.
        part.ifs.insert(0, ast.Tuple(values, ast.Load()))
