"""NumPy 1's rules for arithmetic with scalars, and for indices."""

from __future__ import annotations

import ast
import copy

from autoenc.theano.modernise.calls import METHODS, NAMES
from autoenc.theano.modernise.python2 import RUNTIME, call, loaded
from autoenc.theano.modernise.runtime import UFUNCS

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "true_divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.Pow: "power",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
_MODULE = "autoenc.theano.modernise.runtime"


def with_rules(tree: ast.Module) -> ast.Module:
    """Return a tree whose arithmetic and indices follow NumPy 1."""
    tree = _Rules().visit(tree)
    tree.body.insert(after_docstring_and_future(tree), _import_of_runtime())
    return ast.fix_missing_locations(tree)


class _Rules(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        name = _OPERATORS.get(type(node.op))
        if name is None or _is_certain(node):
            return node
        return ast.copy_location(call(name, node.left, node.right), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        name = _OPERATORS.get(type(node.op))
        # The assignment evaluates the target twice, so that it must not have side effects.
        if name is None or not is_still(node.target):
            return node
        value = call("in_place", ast.Constant(name), loaded(node.target), node.value)
        return ast.copy_location(ast.Assign([node.target], _to_store(node.target, value)), node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if len(node.targets) == 1:
            node.value = ast.copy_location(_to_store(node.targets[0], node.value), node.value)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        sides = [node.left, *node.comparators]
        names = [_COMPARISONS.get(type(operator)) for operator in node.ops]
        if not all(names) or any(_is_text(side) for side in sides):
            return node
        if not all(is_still(side) for side in sides[1:-1]):
            return node
        pairs = zip(names, sides, sides[1:], strict=False)
        calls = [call(str(name), a, copy.deepcopy(b)) for name, a, b in pairs]
        if len(calls) == 1:
            return ast.copy_location(calls[0], node)
        return ast.copy_location(ast.BoolOp(ast.And(), list[ast.expr](calls)), node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if _is_plain(node.slice):
            return node
        if isinstance(node.slice, ast.Slice):
            return _whole_slice(node)
        # What is indexed matters to lists only. It is evaluated twice, so it must be a name.
        of = (
            [copy.deepcopy(node.value)]
            if _may_be_list(node.slice) and _is_name(node.value)
            else []
        )
        node.slice = ast.copy_location(call("index", node.slice, *of), node.slice)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "array":
            _copy_if_needed(node)
        instead = _instead_of(node.func)
        if instead:
            return ast.copy_location(_call_through(instead, node), node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            return ast.copy_location(_call_of_method(node, node.func), node)
        if not isinstance(node.func, ast.Name) or node.func.id not in ("float", "int", "type"):
            return node
        if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
            return node
        return ast.copy_location(call(f"as_{node.func.id}", node.func, *node.args), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        # Scripts of Theano's time have no annotated assignments.
        return node

    def visit_Delete(self, node: ast.Delete) -> ast.AST:
        return node


def _copy_if_needed(call_of_array: ast.Call) -> None:
    """Replace ``copy=False`` by None, which means "only if needed" today."""
    for keyword in call_of_array.keywords:
        value = keyword.value
        if keyword.arg == "copy" and isinstance(value, ast.Constant) and value.value is False:
            keyword.value = ast.copy_location(ast.Constant(None), value)


def _is_certain(node: ast.BinOp) -> bool:
    """Return whether an operation cannot involve NumPy."""
    sides = (node.left, node.right)
    if all(isinstance(side, ast.Constant) for side in sides):
        return True
    text = [isinstance(s, ast.JoinedStr) or _is_text(s) for s in sides]
    return any(text) and not isinstance(node.op, ast.Mod)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def is_still(node: ast.expr) -> bool:
    """Return whether evaluating an expression has no side effects."""
    if isinstance(node, ast.Attribute):
        return is_still(node.value)
    if isinstance(node, ast.Subscript):
        return is_still(node.value) and is_still(node.slice)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{RUNTIME}.index":
        return all(is_still(argument) for argument in node.args)
    return isinstance(node, (ast.Name, ast.Constant))


def _name_of(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _instead_of(function: ast.expr) -> str | None:
    """Return the name of the function that calls one of a library as it was."""
    of = function.value if isinstance(function, ast.Attribute) else None
    if isinstance(of, ast.Name) and of.id == "math":
        return "of_numbers"
    if _name_of(function) in UFUNCS:
        return "ufunc"
    if isinstance(function, ast.Name) and function.id == "compile":
        return "compiled"
    if isinstance(of, ast.Name) and of.id == "yaml":
        return "load_yaml" if _name_of(function) in ("load", "load_all") else None
    return "called" if _name_of(function) in NAMES else None


def _call_through(name: str, node: ast.Call) -> ast.Call:
    """Return a call to a function of the runtime, which makes the call."""
    changed = call(name, node.func, *node.args)
    changed.keywords = node.keywords
    return changed


def _call_of_method(node: ast.Call, function: ast.Attribute) -> ast.Call:
    changed = call("method", function.value, ast.Constant(function.attr), *node.args)
    changed.keywords = node.keywords
    return changed


def _to_store(target: ast.expr, value: ast.expr) -> ast.expr:
    """Return the value that is assigned to a target, which may be a part of an array."""
    if not isinstance(target, ast.Subscript) or not is_still(target.value):
        return value
    if isinstance(value, (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.ListComp)):
        return value
    # The order of evaluation is that of the assignment.
    return call("stored", value, loaded(target.value))


def _is_plain(index: ast.expr) -> bool:
    """Return whether NumPy 1 and 2 treat an index alike."""
    if isinstance(index, ast.Constant):
        return not isinstance(index.value, float)
    if isinstance(index, ast.Slice):
        return all(part is None or _is_plain(part) for part in _parts(index))
    if isinstance(index, ast.Tuple):
        return all(_is_plain(part) for part in index.elts)
    if isinstance(index, ast.UnaryOp):
        return _is_plain(index.operand)
    return isinstance(index, ast.Attribute) and index.attr == "newaxis"


def _may_be_list(index: ast.expr) -> bool:
    return not isinstance(index, (ast.Constant, ast.Tuple))


def _is_name(node: ast.expr) -> bool:
    """Return whether an expression is a name, or an attribute of one: ``self.weights``."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_name(node.value))


def _parts(index: ast.Slice) -> tuple[ast.expr | None, ...]:
    return index.lower, index.upper, index.step


def _whole_slice(node: ast.Subscript) -> ast.Subscript:
    assert isinstance(node.slice, ast.Slice)
    for name, part in zip(("lower", "upper", "step"), _parts(node.slice), strict=True):
        if part is not None and not _is_plain(part):
            setattr(node.slice, name, ast.copy_location(call("index", part), part))
    return node


def after_docstring_and_future(tree: ast.Module) -> int:
    """Return the index of the first statement that others may precede."""
    place = 0
    for i, statement in enumerate(tree.body):
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        is_text = isinstance(statement, ast.Expr) and _is_text(statement.value)
        if is_future or (i == 0 and is_text):
            place = i + 1
    return place


def _import_of_runtime() -> ast.stmt:
    (statement,) = ast.parse(f"import {_MODULE} as {RUNTIME}").body
    return statement
