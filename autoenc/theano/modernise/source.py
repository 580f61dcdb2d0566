"""Convert old source text to a syntax tree with the same behaviour today."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autoenc.theano.modernise import division2, numpy1, old_meaning, pickles, python2

# Features of Python 2 that source text could import from `__future__`.
_FEATURES = ("division", "print_function", "absolute_import")


@dataclass(frozen=True)
class Change:
    """Change of one line.

    Attributes
    ----------
    line : int
        Line number in the original text.
    text : str
        New text of the line.
    """

    line: int
    text: str


@dataclass(frozen=True)
class Modernised:
    """Syntax tree for today's Python.

    Attributes
    ----------
    tree : ast.Module
    text : str
        Original source text.
    is_python2 : bool
        Whether the text was read as Python 2.
    filename : str
    """

    tree: ast.Module
    text: str
    is_python2: bool
    filename: str = "<script>"

    @cached_property
    def source(self) -> str:
        """Python 3 source text for readers, without NumPy 1's rules."""
        if not self.is_python2:
            return self.text
        return python2.as_python3(self.text, self.filename, for_readers=True)

    @property
    def changes(self) -> list[Change]:
        """Changes from Python 2 to Python 3."""
        if not self.is_python2:
            return []
        return [Change(line, what) for line, what in python2.changes(self.text, self.source)]


def modernise(
    text: str,
    filename: str = "<script>",
    *,
    beside_python2: bool = False,
    in_package: bool = True,
) -> Modernised:
    """Parse source text as Python 3 or, if that fails or Python 2 is evident, as Python 2.

    Parameters
    ----------
    text : str
    filename : str
        Name for error messages.
    beside_python2 : bool, default False
        Whether a script in Python 2 imports the text. It is then Python 2, too, unless it
        supports Python 3.
    in_package : bool, default True
        Whether the text is a module of the package in its folder, if there is one. In Python 2,
        such a module imports others of the package by their names alone.

    Returns
    -------
    Modernised

    Raises
    ------
    SyntaxError
        If the text is neither.
    """
    tree = _parsed(text, filename)
    is_possible = beside_python2 and tree is not None and not python2.supports_python3(tree)
    folder = Path(filename).parent if in_package else None
    if tree is not None and not (is_possible or python2.is_evident(tree, folder)):
        return Modernised(_of_the_time(tree), text, is_python2=False)
    source = python2.as_python3(text, filename)
    tree = ast.parse(source, filename)
    features = [name for name in _FEATURES if python2.imports_future(text, name)]
    if "division" not in features:
        tree = division2.with_division(tree)
    if folder is not None and "absolute_import" not in features:
        tree = old_meaning.with_siblings(tree, folder)
    tree = old_meaning.with_old_meaning(tree, features)
    tree = old_meaning.with_old_order(_of_the_time(tree))
    return Modernised(tree, text, is_python2=True, filename=filename)


def _of_the_time(tree: ast.Module) -> ast.Module:
    """Return a tree that computes as under NumPy 1 and reads pickles of Python 2."""
    return numpy1.with_rules(_OldPickles().visit(tree))


class _OldPickles(ast.NodeTransformer):
    """Imports `modernise.pickles` in place of ``pickle``."""

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            if alias.name == "pickle":
                alias.name, alias.asname = pickles.__name__, alias.asname or "pickle"
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.module == "pickle" and not node.level:
            node.module = pickles.__name__
        return node


def _parsed(text: str, filename: str) -> ast.Module | None:
    try:
        return ast.parse(text, filename)
    except SyntaxError:
        return None
