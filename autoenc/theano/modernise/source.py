"""From source text to a syntax tree that does today what the text did then."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from autoenc.theano.modernise import numpy1, python2


@dataclass(frozen=True)
class Change:
    """Change of a line.

    Attributes
    ----------
    line : int
        Its number in the text as it is on disk.
    text : str
        What was done and why.
    """

    line: int
    text: str


@dataclass(frozen=True)
class Modernised:
    """A syntax tree for today's Python.

    Attributes
    ----------
    tree : ast.Module
    source : str
        Text of the tree before NumPy 1's rules were put in.
    is_python2 : bool
        Whether the text was taken for Python 2.
    changes : list of Change
        What was done about single lines.
    """

    tree: ast.Module
    source: str
    is_python2: bool
    changes: list[Change] = field(default_factory=list)


def modernise(text: str, filename: str = "<script>") -> Modernised:
    """Read source text, as Python 3 if it is, else as Python 2.

    Parameters
    ----------
    text : str
    filename : str
        For errors.

    Returns
    -------
    Modernised

    Raises
    ------
    SyntaxError
        If the text is neither.
    """
    tree = _parsed(text, filename)
    if tree is not None and not python2.is_evident(tree):
        return Modernised(numpy1.with_rules(tree), text, is_python2=False)
    source = python2.as_python3(text, filename)
    tree = ast.parse(source, filename)
    if not python2.divides_truly(text):
        tree = python2.with_division(tree)
    changes = [Change(line, what) for line, what in python2.changes(text, source)]
    return Modernised(numpy1.with_rules(tree), source, is_python2=True, changes=changes)


def _parsed(text: str, filename: str) -> ast.Module | None:
    try:
        return ast.parse(text, filename)
    except SyntaxError:
        return None
