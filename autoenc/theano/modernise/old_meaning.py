"""Give calls, names, comparisons and classes of converted source the meaning of Python 2."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from autoenc.theano.modernise import methods2
from autoenc.theano.modernise.comprehensions2 import leak
from autoenc.theano.modernise.exec2 import with_local_exec
from autoenc.theano.modernise.names2 import NAMES
from autoenc.theano.modernise.numpy1 import after_docstring_and_future, is_still
from autoenc.theano.modernise.python2 import RUNTIME, call, is_module, loaded
from autoenc.theano.modernise.scopes import bound, nodes_of

# The function of `modernise.runtime` through which functions and methods of a name are called.
_THROUGH = {
    **dict.fromkeys(("open", "file", "StringIO", "urlopen", "extractfile"), "opened"),
    **dict.fromkeys(("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "update"), "computed"),
    **dict.fromkeys(("pack", "unpack", "unpack_from", "hexlify", "unhexlify"), "computed"),
    **dict.fromkeys(("crc32", "adler32", "compress", "decompress"), "computed"),
    **dict.fromkeys(("b64encode", "b64decode", "encodestring", "decodestring"), "computed"),
    **dict.fromkeys(("read", "recv", "check_output", "urandom", "digest"), "read"),
    **dict.fromkeys(("shuffle", "sample", "choice", "randint", "randrange"), "drawn"),
    **dict.fromkeys(("floor", "ceil"), "whole"),
    **dict.fromkeys(("dump", "dumps"), "dumped"),
    "seed": "seeded",
    "Popen": "started",
    "communicate": "communicated",
}
# The same for functions only, and not for methods.
_BUILTINS = {
    "round": "rounded", "oct": "octal", "sorted": "in_order", "min": "extreme", "max": "extreme",
    "isinstance": "is_instance", "bytearray": "byte_array", "hasattr": "has_attribute",
    "getattr": "get_attribute", "print": "printed",
}  # fmt: skip
# The functions that call methods, with the object as the first argument.
_METHODS = {"join": "joined", "sort": "sort", "translate": "translate"}
_ORDERINGS = frozenset({"less", "less_equal", "greater", "greater_equal"})
# Methods of classes that `completed` changes.
_SPECIAL = frozenset({
    *("__div__", "__rdiv__", "__idiv__", "__cmp__", "__eq__", "__nonzero__", "next"),
    "__unicode__",
    *("__getslice__", "__setslice__", "__delslice__"),
})  # fmt: skip


def with_siblings(tree: ast.Module, folder: Path) -> ast.Module:
    """Return a tree in which imports of modules beside it, in a package, have a dot."""
    if not (folder / "__init__.py").exists():
        return tree
    changed: ast.Module = _Siblings(folder).visit(tree)
    return ast.fix_missing_locations(changed)


def with_old_meaning(tree: ast.Module, features: Collection[str] = ()) -> ast.Module:
    """Return a tree whose calls, names and classes mean what they did in Python 2.

    Parameters
    ----------
    tree : ast.Module
    features : collection of str
        What the source imported from `__future__`. Calls of ``print`` were statements, unless it
        imported the function. Text that it evaluates has the same features.
    """
    leak(tree.body)
    functions = {**_BUILTINS, "print": None} if "print_function" in features else _BUILTINS
    changed: ast.Module = _Meaning(functions, features).visit(tree)
    start = after_docstring_and_future(changed)
    changed.body[start:start] = _builtins(changed)
    return ast.fix_missing_locations(changed)


def _builtins(tree: ast.Module) -> list[ast.stmt]:
    """Return assignments of Python 2's builtins to the names that a module reads.

    The module may assign other values later. Its functions and classes may have such names, too.
    """
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return [
        ast.Assign([ast.Name(name, ast.Store())], call("builtin", ast.Constant(name)))
        for name in sorted(names & NAMES.keys())
    ]


def with_old_order(tree: ast.Module) -> ast.Module:
    """Return a tree whose comparisons order values of any kinds.

    The comparisons must already follow NumPy 1's rules; see `numpy1.with_rules`.
    """
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        if node.value.id == RUNTIME and node.attr in _ORDERINGS:
            node.attr += "_of_kinds"
    return tree


class _Siblings(ast.NodeTransformer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if not node.level and node.module and self._is_beside(node.module):
            node.level = 1
        return node

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        for alias in node.names:
            if self._is_beside(alias.name):
                statements += _with_a_dot(alias)
            else:
                statements.append(ast.Import([alias]))
        return [ast.copy_location(statement, node) for statement in statements]

    def _is_beside(self, name: str) -> bool:
        return is_module(self._folder, name.partition(".")[0])


def _with_a_dot(alias: ast.alias) -> list[ast.stmt]:
    """Return statements for ``import a``, ``import a.b`` or ``import a.b as c`` of a sibling."""
    first, (parent, _, last) = alias.name.partition(".")[0], alias.name.rpartition(".")
    if not parent:
        return [ast.ImportFrom(None, [alias], 1)]
    if alias.asname:
        return [ast.ImportFrom(parent, [ast.alias(last, alias.asname)], 1)]
    # The first statement imports a.b, and the second one sets the name a.
    inner = ast.ImportFrom(parent, [ast.alias(last, f"{RUNTIME}module")], 1)
    return [inner, ast.ImportFrom(None, [ast.alias(first)], 1)]


class _Meaning(ast.NodeTransformer):
    """Transforms nodes of a module.

    Parameters
    ----------
    functions : dict
        Function of `modernise.runtime` for each builtin function.
    features : collection of str
        What the module imported from `__future__`.
    """

    def __init__(self, functions: Mapping[str, str | None], features: Collection[str]) -> None:
        self._functions = functions
        self._imports = "".join(f"from __future__ import {name}\n" for name in features)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        method = _of_dictionary(node)
        if method is not None:
            return self.generic_visit(ast.copy_location(method, node))
        self.generic_visit(node)
        through = _through(node, self._functions, self._imports)
        if through is None:
            return node
        through.keywords = node.keywords
        return ast.copy_location(through, node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self.generic_visit(node)
        parts = _with_traceback(node.exc)
        if parts is not None:
            node.exc = ast.copy_location(call("raised", *parts), node)
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        self.generic_visit(node)
        (target, *_) = node.targets
        if not isinstance(target, ast.Attribute) or target.attr not in _SPECIAL:
            return node
        if not is_still(target.value):
            return node
        owner = loaded(target.value)
        return [node, ast.copy_location(ast.Expr(call("completed", owner)), node)]

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        if node.name is not None:
            # Python 3 deletes the name at the end.
            own = f"{RUNTIME}{node.name}"
            value = ast.Name(own, ast.Load())
            node.body = [_Arguments(node.name).visit(statement) for statement in node.body]
            node.body.insert(0, ast.Assign([ast.Name(node.name, ast.Store())], value))
            node.name = own
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        if node.attr in methods2.NAMES:
            of = call("attribute_of", node.value, ast.Constant(node.attr))
            return ast.copy_location(of, node)
        return (
            ast.copy_location(call("message", node.value), node)
            if node.attr == "message"
            else node
        )

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        nodes = list(nodes_of(node.body))
        # In Python 2, StopIteration ended a generator that did not catch it.
        stops = any(isinstance(part, ast.Raise) or _calls_next(part) for part in nodes)
        parameters = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
        node = with_local_exec(node, parameters | bound(node.body))
        self.generic_visit(node)
        if stops and any(isinstance(part, ast.Yield) for part in nodes):
            node.decorator_list.append(_of_runtime("ended", node))
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        if _SPECIAL & bound(node.body):
            node.decorator_list.append(_of_runtime("completed", node))
        return node


def _of_dictionary(node: ast.Call) -> ast.Call | None:
    """Return a call of a method of dictionaries or iterators through the runtime, or None."""
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in methods2.NAMES:
        return None
    made = call("method_of", function.value, ast.Constant(function.attr), *node.args)
    made.keywords = node.keywords
    return made


def _with_traceback(error: ast.expr | None) -> list[ast.expr] | None:
    """Return the parts of ``raise E, value, trace``, which is converted to a call of a method."""
    if not isinstance(error, ast.Call) or getattr(error.func, "attr", "") != "with_traceback":
        return None
    made = error.func.value if isinstance(error.func, ast.Attribute) else None
    if not isinstance(made, ast.Call) or made.keywords:
        return None
    value = made.args[0] if len(made.args) == 1 else ast.Tuple(made.args, ast.Load())
    return [made.func, value, *error.args]


class _Arguments(ast.NodeTransformer):
    """Lets scripts index and unpack the exception of a handler, as ``code, text = e``."""

    def __init__(self, name: str) -> None:
        self._name = name

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = self._arguments(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.targets[0], (ast.Tuple, ast.List)):
            node.value = self._arguments(node.value)
        return node

    def _arguments(self, value: ast.expr) -> ast.expr:
        return call("arguments", value) if getattr(value, "id", "") == self._name else value


def _calls_next(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return "next" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))


def _through(node: ast.Call, functions: Mapping[str, str | None], imports: str) -> ast.Call | None:
    """Return a call of the runtime that makes a call as in Python 2, or None."""
    if isinstance(node.func, ast.Attribute):
        return _of_method(node.func, node.args)
    if not isinstance(node.func, ast.Name):
        return None
    name, arguments = node.func.id, node.args
    if name in ("eval", "exec") and arguments:
        arguments[0] = call("source", arguments[0], ast.Constant(name), ast.Constant(imports))
    if name in ("str", "unicode") and len(arguments) + len(node.keywords) > 1:
        return call("as_text", node.func, *arguments)
    instead = _THROUGH.get(name) or functions.get(name)
    return call(instead, node.func, *arguments) if instead else None


def _of_method(function: ast.Attribute, arguments: list[ast.expr]) -> ast.Call | None:
    name = function.attr
    if name in ("encode", "decode"):
        return call("coded", function.value, ast.Constant(name), *arguments)
    if name in _METHODS:
        return call(_METHODS[name], function.value, *arguments)
    return call(_THROUGH[name], function, *arguments) if name in _THROUGH else None


def _of_runtime(name: str, like: ast.expr | ast.stmt) -> ast.Attribute:
    attribute = ast.Attribute(ast.Name(RUNTIME, ast.Load()), name, ast.Load())
    return ast.copy_location(attribute, like)
