"""Python 2's grammar and names."""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Builtins that only Python 2 had, methods of its dictionaries, and modules of its library.
_NAMES = frozenset(
    [
        "xrange",
        "unicode",
        "basestring",
        "raw_input",
        "long",
        "unichr",
        "execfile",
        "reduce",
        "cmp",
        "apply",
        "reload",
        "StandardError",
        "intern",
        "coerce",
    ]
)
_ITERATORS = frozenset({"izip", "imap", "ifilter", "izip_longest", "ifilterfalse"})
_METHODS = _ITERATORS | {"iteritems", "iterkeys", "itervalues", "has_key"}
_MODULES = frozenset(
    [
        "cPickle",
        "cStringIO",
        "StringIO",
        "ConfigParser",
        "Queue",
        "urllib2",
        "urlparse",
        "httplib",
        "commands",
        "HTMLParser",
        "Tkinter",
        "__builtin__",
        "copy_reg",
        "thread",
        "exceptions",
        "UserDict",
    ]
)

# Fixers of fissix that are not used. Those of the first line change only the style, or guess the
# meaning.
_LEFT_OUT = frozenset({
    *("set_literal", "idioms", "ws_comma", "buffer", "asserts", "import"),
    # `old_meaning` and `removed` preserve the meaning of these calls and names.
    *("filter", "map", "itertools", "itertools_imports", "sorted", "types", "operator"),
    *("apply", "intern", "raw_input", "reduce", "reload"),
})  # fmt: skip
# Fixers that take any name or method for that of a builtin, which people can read but not run.
_FOR_READERS = frozenset({
    *("basestring", "dict", "has_key", "input", "long", "next", "nonzero", "unicode", "xrange"),
    *("methodattrs", "zip"),
})  # fmt: skip


def is_evident(tree: ast.Module, package: Path | None = None) -> bool:
    """Return whether a tree that parses as Python 3 uses unguarded features of Python 2.

    Parameters
    ----------
    tree : ast.Module
    package : Path, optional
        Folder of the package to which the module belongs.
    """
    if any(_is_python3(node) for node in ast.walk(tree)):
        return False
    finder = _Evidence()
    finder.visit(tree)
    used = bool(finder.used - finder.defined) or finder.is_evident
    return used or (package is not None and _imports_siblings(tree, package))


def _imports_siblings(tree: ast.Module, folder: Path) -> bool:
    """Return whether a module of a package imports others as if they were outside of it.

    Python 3 would not find them, so the module is Python 2 even if it imports `six`. An import
    within a try statement may have an alternative.
    """
    if not (folder / "__init__.py").exists():
        return False
    nodes = list(_outside_try_statements(tree))
    names = {name for node in nodes for name in _absolute_names(node)}
    if any(isinstance(node, ast.ImportFrom) and _is_absolute_import(node) for node in nodes):
        return False
    return any(is_module(folder, name) and _is_only_there(name) for name in names)


def _outside_try_statements(tree: ast.AST) -> Iterator[ast.AST]:
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.Try):
            yield from _outside_try_statements(node)


def _is_absolute_import(node: ast.ImportFrom) -> bool:
    names = {alias.name for alias in node.names}
    return node.module == "__future__" and "absolute_import" in names


def _is_only_there(name: str) -> bool:
    # The script's folder may have such a file, which is another module.
    return name == "__init__" or find_spec(name) is None


def is_module(folder: Path, name: str) -> bool:
    """Return whether a folder contains a module or a package of that name."""
    return (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()


def _absolute_names(node: ast.AST) -> list[str]:
    """Return the first components of the names of modules that a node imports."""
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module.split(".")[0]]
    return []


def supports_python3(tree: ast.Module) -> bool:
    """Return whether a tree that parses as Python 3 was written for it, or for both versions."""
    return any(_is_python3(node) or _is_for_both(node) for node in ast.walk(tree))


def _is_for_both(node: ast.AST) -> bool:
    """Return whether a node distinguishes versions of Python, or makes them alike."""
    if isinstance(node, ast.ImportFrom):
        if node.module == "__future__":
            return any(alias.name not in _OF_PYTHON2 for alias in node.names)
        return (node.module or "").split(".")[0] in _FOR_BOTH or (node.module or "").endswith(
            ".compat"
        )
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] in _FOR_BOTH for alias in node.names)
    if isinstance(node, ast.ExceptHandler):
        return node.type is not None and "ImportError" in ast.dump(node.type)
    # print(..., file=...) is a statement in Python 2.
    is_print = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    if is_print and isinstance(node, ast.Call) and node.keywords:
        return True
    name = getattr(node, "id", getattr(node, "attr", ""))
    return name in ("version_info", "PY2", "PY3")


_FOR_BOTH = {"six", "future", "builtins"}
# Features that scripts imported for Python 2 itself.
_OF_PYTHON2 = {"division", "generators", "nested_scopes", "with_statement"}
_PYTHON3 = (
    ast.JoinedStr,
    ast.AnnAssign,
    ast.NamedExpr,
    ast.AsyncFunctionDef,
    ast.Nonlocal,
    ast.YieldFrom,
)


def _is_python3(node: ast.AST) -> bool:
    """Return whether a node is missing from Python 2's grammar."""
    if isinstance(node, ast.FunctionDef):
        return node.returns is not None or bool(node.args.kwonlyargs)
    if isinstance(node, ast.arg):
        return node.annotation is not None
    return isinstance(node, _PYTHON3) or (isinstance(node, ast.Raise) and node.cause is not None)


class _Evidence(ast.NodeVisitor):
    """Collects names of Python 2 that a module uses, and those that it defines."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.defined: set[str] = set()
        self.is_evident = False
        self._guarded = 0

    def visit_Name(self, node: ast.Name) -> None:
        names = self.used if isinstance(node.ctx, ast.Load) else self.defined
        if node.id in _NAMES and not (self._guarded and names is self.used):
            names.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _METHODS and not self._guarded:
            self.is_evident = True
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._imported(alias.asname or alias.name, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._imported(alias.asname or alias.name, node.module or "")
            is_removed = node.module == "itertools" and alias.name in _ITERATORS
            self.is_evident |= is_removed and not self._guarded

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.defined.add(node.name)
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.defined.add(node.arg)

    def visit_Try(self, node: ast.Try) -> None:
        # A try statement suggests that the script supports both versions.
        self._guarded += 1
        self.generic_visit(node)
        self._guarded -= 1

    def visit_If(self, node: ast.If) -> None:
        guard = "PY" in ast.dump(node.test) or "version" in ast.dump(node.test)
        self._guarded += guard
        self.generic_visit(node)
        self._guarded -= guard

    def _imported(self, name: str, module: str) -> None:
        self.defined.add(name)
        if module.split(".", maxsplit=1)[0] in _MODULES and not self._guarded:
            self.is_evident = True


def as_python3(text: str, filename: str, *, for_readers: bool = False) -> str:
    """Convert Python 2 source text to the grammar of Python 3.

    Parameters
    ----------
    text : str
    filename : str
    for_readers : bool, default False
        Whether to convert also names and methods, which otherwise are left to `old_meaning`.

    Raises
    ------
    SyntaxError
        If the text is not Python 2 either.
    """
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError

    text = with_spaces(text)
    if not text.endswith("\n"):
        text += "\n"
    try:
        return str(_refactoring(for_readers).refactor_string(text, filename))
    except (ParseError, TokenError) as error:
        line = getattr(error, "context", ("", (1, 0)))[1][0]
        raise SyntaxError(
            f"{filename} is neither Python 3 nor Python 2: {error}", (filename, line, 0, "")
        ) from error


@cache
def _refactoring(for_readers: bool) -> Any:
    from fissix.refactor import RefactoringTool, get_fixers_from_package

    class Quiet(RefactoringTool):
        def log_message(self, *_: Any) -> None:
            """Log nothing: changes are reported by line."""

        def log_debug(self, *_: Any) -> None:
            """Log nothing."""

        def refactor_string(self, data: str, name: str) -> Any:
            from fissix.refactor import _detect_future_features

            features = _detect_future_features(data)
            if "print_function" in features:
                from fissix import pygram, pytree
                from fissix.pgen2 import driver as _driver

                driver = _driver.Driver(
                    pygram.python_grammar_no_print_statement, convert=pytree.convert
                )
                tree = driver.parse_string(data)
            else:
                tree = self.driver.parse_string(data)
            tree.future_features = features
            self.refactor_tree(tree, name)
            return tree

    left_out = _LEFT_OUT if for_readers else _LEFT_OUT | _FOR_READERS
    fixers = [
        name
        for name in get_fixers_from_package("fissix.fixes")
        if name.rpartition("fix_")[2] not in left_out
    ]
    fixers.append("autoenc.theano.modernise.fix_lambda_tuples")
    return Quiet(fixers if for_readers else [*fixers, "autoenc.theano.modernise.fix_strings"])


def with_spaces(text: str) -> str:
    """Replace tabs of the indentation by spaces, with tab stops of 8 as in Python 2."""
    if "\t" not in text:
        return text
    inside = _lines_within_strings(text)
    return "".join(
        line if number in inside else _expanded(line)
        for number, line in enumerate(text.splitlines(keepends=True), 1)
    )


def _expanded(line: str) -> str:
    body = line.lstrip(" \t")
    return line[: len(line) - len(body)].expandtabs(8) + body


def _lines_within_strings(text: str) -> set[int]:
    """Return the numbers of lines that begin inside a string."""
    inside: set[int] = set()
    for match in re.finditer(r"(\"\"\"|''').*?\1", text, re.DOTALL):
        first = text.count("\n", 0, match.start()) + 1
        last = text.count("\n", 0, match.end()) + 1
        inside.update(range(first + 1, last + 1))
    return inside


def imports_future(text: str, feature: str) -> bool:
    """Return whether a text imports a feature, such as "division", from `__future__`."""
    pattern = rf"^from\s+__future__\s+import\s+[^#\n]*\b{feature}\b"
    return bool(re.search(pattern, text, re.MULTILINE))


def call(name: str, *arguments: ast.expr) -> ast.Call:
    """Return a call to a function of `modernise.runtime`."""
    function = ast.Attribute(ast.Name(RUNTIME, ast.Load()), name, ast.Load())
    return ast.Call(function, list(arguments), [])


def loaded(target: ast.expr) -> ast.expr:
    """Return the target of an assignment as an expression that reads it."""
    return ast.parse(ast.unparse(target), mode="eval").body


# Name under which modernised modules import `modernise.runtime`.
RUNTIME = "__theano_time__"


def changes(before: str, after: str) -> Iterator[tuple[int, str]]:
    """Yield number and new text of each line that the conversion changed."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, stop, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        for i in range(start, max(stop, start + 1)):
            j = min(first + i - start, last - 1)
            if first <= j < len(new):
                yield i + 1, new[j].strip()


def source_text(data: bytes) -> str:
    """Return source text without a byte order mark, and with the ends of lines of Unix."""
    return data.decode(encoding_of(data)).lstrip("\ufeff").replace("\r\n", "\n")


def encoding_of(data: bytes) -> str:
    """Return the declared encoding of source text, or Latin-1 if the text does not decode."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return "latin-1"
    return encoding
