"""Give ``/`` between integers the meaning of Python 2."""

from __future__ import annotations

import ast

from autoenc.theano.modernise.numpy1 import is_still
from autoenc.theano.modernise.python2 import call, loaded


def with_division(tree: ast.Module) -> ast.Module:
    """Return a tree in which integers are divided as in Python 2."""
    divided: ast.Module = _Division().visit(tree)
    return ast.fix_missing_locations(divided)


class _Division(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return ast.copy_location(call("divide", node.left, node.right), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        target = node.target
        if not is_still(target):
            return ast.copy_location(ast.Expr(_divided_part(target, node.value)), node)
        value = call("divide_in_place", loaded(target), node.value)
        return ast.copy_location(ast.Assign([target], value), node)


def _divided_part(target: ast.expr, value: ast.expr) -> ast.Call:
    """Return a call that divides an attribute or an entry, which it evaluates once."""
    if isinstance(target, ast.Attribute):
        return call("divide_attribute", target.value, ast.Constant(target.attr), value)
    assert isinstance(target, ast.Subscript)
    parts = target.slice
    if isinstance(parts, ast.Slice):
        ends = [part or ast.Constant(None) for part in (parts.lower, parts.upper, parts.step)]
        parts = ast.Call(ast.Name("slice", ast.Load()), ends, [])
    return call("divide_entry", target.value, parts, value)
