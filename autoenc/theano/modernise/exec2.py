"""Let ``exec`` within a function set local variables, as in Python 2."""

from __future__ import annotations

import ast
from typing import Any

from autoenc.theano.modernise.python2 import RUNTIME, call

_NAMESPACE = f"{RUNTIME}namespace"


def with_local_exec(function: ast.FunctionDef, bound: set[str]) -> ast.FunctionDef:
    """Return a function whose calls ``exec(code)`` set its variables.

    The code runs in a dictionary with the local variables, which afterwards get their new values.
    Other names that the function reads may be in the dictionary, too. So may names that ``eval``
    and ``locals`` of the function find.

    Parameters
    ----------
    function : ast.FunctionDef
    bound : set of str
        Names of the function's parameters and of the variables that it assigns.
    """
    if not any(map(_is_local_exec, ast.walk(function))):
        return function
    body = _Executing(bound)
    empty = ast.Assign([ast.Name(_NAMESPACE, ast.Store())], ast.Dict([], []))
    statements = [part for statement in function.body for part in _listed(body.visit(statement))]
    function.body = [empty, *statements]
    return function


def namespace(known: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Return what earlier code set, and the present values of a function's variables."""
    known.update((name, value) for name, value in variables.items() if name != _NAMESPACE)
    return known


def _listed(found: Any) -> list[ast.stmt]:
    return found if isinstance(found, list) else [found]


def _is_local_exec(node: ast.AST) -> bool:
    is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "exec"
    return is_call and isinstance(node, ast.Call) and len(node.args) == 1


class _Executing(ast.NodeTransformer):
    """Transforms statements of a function, but not those of functions within it."""

    def __init__(self, bound: set[str]) -> None:
        self._bound = bound

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        self.generic_visit(node)
        if not _is_local_exec(node.value) or not isinstance(node.value, ast.Call):
            return node
        node.value.args += [_call_of("globals"), _variables()]
        updates = [
            ast.If(_is_in(name), [ast.Assign([ast.Name(name, ast.Store())], _value(name))], [])
            for name in sorted(self._bound)
        ]
        return [node, *(ast.copy_location(update, node) for update in updates)]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name, n_given = getattr(node.func, "id", ""), len(node.args) + len(node.keywords)
        if name in ("locals", "vars") and not n_given:
            return ast.copy_location(_variables(), node)
        if name != "eval" or n_given != 1:
            return self.generic_visit(node)
        text = [self.visit(argument) for argument in node.args]
        return ast.copy_location(
            ast.Call(node.func, [*text, _call_of("globals"), _variables()], []), node
        )

    def visit_Name(self, node: ast.Name) -> ast.AST:
        is_other = isinstance(node.ctx, ast.Load) and node.id not in self._bound
        if not is_other or node.id.startswith(RUNTIME) or node.id == "exec":
            return node
        return ast.copy_location(ast.IfExp(_is_in(node.id), _value(node.id), node), node)


def _variables() -> ast.Call:
    return call("namespace", _load(_NAMESPACE), _call_of("locals"))


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call_of(name: str) -> ast.Call:
    return ast.Call(_load(name), [], [])


def _is_in(name: str) -> ast.Compare:
    return ast.Compare(ast.Constant(name), [ast.In()], [_load(_NAMESPACE)])


def _value(name: str) -> ast.Subscript:
    return ast.Subscript(_load(_NAMESPACE), ast.Constant(name), ast.Load())
