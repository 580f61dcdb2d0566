"""Packages of Python 2."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autoenc.theano.modernise.python2 import is_evident, source_text, supports_python3


def imports_python2(path: Path) -> bool:
    """Return whether a module of a package imports modules beside it that are Python 2.

    It cannot run under Python 3 then, even if its own text would.

    Parameters
    ----------
    path : Path
        Modules that the imported modules import are read as well. Imports within functions,
        conditions and try statements are not followed, because they may never happen or have an
        alternative.
    """
    path = path.absolute()
    root = _root(path.parent)
    seen = {path}
    pending = list(_modules(path, root))
    while pending:
        module = pending.pop()
        if module in seen:
            continue
        seen.add(module)
        if _is_python2(module):
            return True
        pending += _modules(module, root)
    return False


def _root(folder: Path) -> Path:
    """Return the folder that contains the outermost package to which a folder belongs."""
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder


def _is_python2(path: Path) -> bool:
    tree = _parsed(path)
    return tree is None or (not supports_python3(tree) and is_evident(tree, path.parent))


@cache
def _modules(path: Path, root: Path) -> frozenset[Path]:
    """Return the files below `root` that a module imports, unless it supports Python 3."""
    tree = _parsed(path)
    if tree is None or supports_python3(tree):
        return frozenset()
    folders = [name for node in _when_imported(tree) for name in _names(node, path, root)]
    return frozenset(file for name in folders for file in _files(name) if file.is_file())


_MAY_NEVER_RUN = (
    ast.Try, ast.TryStar, ast.If, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda,
)  # fmt: skip


def _when_imported(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run whenever the module is imported."""
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, _MAY_NEVER_RUN):
            yield from _when_imported(node)


def _names(node: ast.AST, path: Path, root: Path) -> Iterator[Path]:
    """Yield what a node imports, as paths without the ending of a file."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield root.joinpath(*alias.name.split("."))
    elif isinstance(node, ast.ImportFrom):
        if node.level > len(path.parents):  # beyond the root of all folders
            return
        start = path.parents[node.level - 1] if node.level else root
        module = start.joinpath(*(node.module or "").split("."))
        yield module
        for alias in node.names:
            yield module / alias.name


def _files(name: Path) -> tuple[Path, Path]:
    return name.with_name(f"{name.name}.py"), name / "__init__.py"


@cache
def _parsed(path: Path) -> ast.Module | None:
    try:
        return ast.parse(source_text(path.read_bytes()))
    except SyntaxError:
        return None
