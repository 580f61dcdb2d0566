"""Explain how each line of a script is handled: ``--explain``."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from autoenc.theano.launcher.handed_over import reason_for_c
from autoenc.theano.launcher.period import prepare
from autoenc.theano.modernise import modernise
from autoenc.theano.modernise.python2 import source_text
from autoenc.theano.states import REFUSED, SAME, TRANSLATED, UNKNOWN, State, state_of

_WORDS = {
    SAME: "as under Theano",
    TRANSLATED: "translated",
    REFUSED: "REFUSED",
    UNKNOWN: "NOT FOUND",
}


def explain(paths: Sequence[str]) -> int:
    """Print how each line that uses Theano is handled.

    Returns
    -------
    int
        0 if everything in the scripts works, else 1.
    """
    prepare()
    explained = [_explain(Path(path)) for path in paths]
    return int(any(explained))


def _explain(path: Path) -> bool:
    text = source_text(path.read_bytes())
    notes: dict[int, list[str]] = defaultdict(list)
    bad = 0
    modernised = modernise(text, str(path))
    for change in modernised.changes:
        notes[change.line].append(f"Python 2: read as {change.text}")
    for line, name, state in names_in(modernised.source, str(path)):
        bad += state.kind in (REFUSED, UNKNOWN)
        notes[line].append(_note(name, state))
    _print(path, text, notes)
    print(f"{path}: {_verdict(bad, modernised.is_python2)}")
    return bool(bad)


def _note(name: str, state: State) -> str:
    if state.kind in (REFUSED, UNKNOWN):
        return f"{name}: {_WORDS[state.kind]}{f': {state.detail}' if state.detail else ''}"
    reason = reason_for_c(name)
    in_c = f"; on XLA, a function that uses it runs in C: {reason}" if reason else ""
    return f"{name}: {_WORDS[state.kind]}{in_c}"


def _verdict(bad: int, is_python2: bool) -> str:
    language = "Python 2, read as Python 3" if is_python2 else "Python 3"
    return f"{language}; {f'{bad} uses do not work' if bad else 'every name works'}."


def _print(path: Path, text: str, notes: dict[int, list[str]]) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if number in notes:
            print(f"{path}:{number}: {line.strip()}")
            for note in dict.fromkeys(notes[number]):
                print(f"    {note}")


def names_in(source: str, filename: str = "<script>") -> Iterator[tuple[int, str, State]]:
    """Yield line, full name and state of each name of Theano in Python 3 source text."""
    tree = ast.parse(source, filename)
    finder = _Uses()
    finder.visit(tree)
    for line, name in finder.found:
        yield line, name, state_of(name)


class _Uses(ast.NodeVisitor):
    """Collects uses of Theano's names, including names imported under an alias."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._aliases: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.split(".")[0] == "theano":
                self._aliases[alias.asname or "theano"] = alias.name if alias.asname else "theano"
                self.found.append((node.lineno, alias.name))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if (node.module or "").split(".")[0] != "theano":
            return
        for alias in node.names:
            if alias.name != "*":
                name = f"{node.module}.{alias.name}"
                self._aliases[alias.asname or alias.name] = name
                self.found.append((node.lineno, name))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._full_name(node)
        if name is None:
            self.generic_visit(node)
        else:
            self.found.append((node.lineno, name))

    def _full_name(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._full_name(node.value)
            return base and _joined(base, node.attr)
        return None


def _joined(base: str, attribute: str) -> str:
    # An attribute of a setting is a method of its value: config.floatX.startswith.
    if base.startswith("theano.config.") and attribute.islower() and hasattr(str, attribute):
        return base
    return f"{base}.{attribute}"
