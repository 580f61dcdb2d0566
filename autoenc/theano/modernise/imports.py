"""Modernise the modules that a script imports from its folder."""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Sequence
from functools import lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, ClassVar

from autoenc.theano.modernise import runtime
from autoenc.theano.modernise.names2 import NAMES
from autoenc.theano.modernise.packages2 import imports_python2
from autoenc.theano.modernise.python2 import RUNTIME, source_text
from autoenc.theano.modernise.source import modernise

PACKAGE = Path(__file__).parents[2]


def code_of_script(data: bytes, filename: str) -> CodeType:
    """Compile the script of this process; if it is Python 2, its modules are read as such.

    Raises
    ------
    SyntaxError
        If it is neither Python 3 nor Python 2.
    """
    beside_python2 = OldSourceLoader.beside_python2
    modernised = modernise(
        source_text(data), filename, beside_python2=beside_python2, in_package=False
    )
    OldSourceLoader.beside_python2 |= modernised.is_python2
    return compile(modernised.tree, filename, "exec", dont_inherit=True)


def code_of_module(data: bytes, filename: str, package: str = "") -> CodeType:
    """Compile the source text of a module other than the script.

    Parameters
    ----------
    data : bytes
    filename : str
    package : str, optional
        First component of the module's name, if it is in a package.

    Raises
    ------
    SyntaxError
        If it is neither Python 3 nor Python 2.
    """
    beside_python2 = OldSourceLoader.beside_python2 or package in OldSourceLoader.packages
    if package and not beside_python2:
        beside_python2 = imports_python2(Path(filename))
    modernised = modernise(
        source_text(data), filename, beside_python2=beside_python2, in_package=bool(package)
    )
    if modernised.is_python2 and package:
        OldSourceLoader.packages.add(package)
    return compile(modernised.tree, filename, "exec", dont_inherit=True)


@lru_cache(maxsize=1024)
def code_of_text(text: str, mode: str) -> Any:
    """Compile the text of an expression ("eval") or of statements ("exec") in Python 2.

    Text that is neither Python 2 nor Python 3 is returned unchanged, so that Python raises its own
    error.
    """
    try:
        tree = modernise(text.strip() if mode == "eval" else text, beside_python2=True).tree
    except SyntaxError:
        return text
    tree.body = [statement for statement in tree.body if not _is_preparation(statement)]
    tree = ast.fix_missing_locations(_WithoutNames().visit(tree))
    last = tree.body[-1] if tree.body else None
    if mode == "exec" or not isinstance(last, ast.Expr):
        return _with_runtime(compile(tree, "<string>", "exec", dont_inherit=True))
    expression = ast.Expression(last.value)
    return _with_runtime(compile(expression, "<string>", "eval", dont_inherit=True))


def _is_preparation(statement: ast.stmt) -> bool:
    """Return whether modernising added a statement, which would change a script's namespace."""
    if isinstance(statement, ast.Import):
        return statement.names[0].asname == RUNTIME
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return False
    function = statement.value.func
    return isinstance(function, ast.Attribute) and function.attr == "builtin"


class _WithoutNames(ast.NodeTransformer):
    """Replaces the names that a module would have, because text may run in any namespace."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == RUNTIME:
            return ast.copy_location(ast.Constant(RUNTIME), node)
        if node.id not in NAMES or not isinstance(node.ctx, ast.Load):
            return node
        arguments = ast.arguments([], [], None, [], [], None, [])
        named = ast.Attribute(ast.Constant(RUNTIME), "named", ast.Load())
        read = [ast.Constant(node.id), ast.Lambda(arguments, node)]
        return ast.copy_location(ast.Call(named, read, []), node)


def _with_runtime(code: CodeType) -> CodeType:
    """Return code whose constant `RUNTIME` is the module `modernise.runtime` itself."""
    return code.replace(
        co_consts=tuple(
            runtime if constant == RUNTIME else
            _with_runtime(constant) if isinstance(constant, CodeType) else constant
            for constant in code.co_consts
        )
    )  # fmt: skip


runtime.compiling.module, runtime.compiling.text = code_of_module, code_of_text


def is_read_as_python2() -> bool:
    """Return whether the script and its modules are read as Python 2."""
    return OldSourceLoader.beside_python2


def read_as_python2() -> None:
    """Read the script and its modules as Python 2, unless they support Python 3."""
    OldSourceLoader.beside_python2 = True


class OldSourceLoader(SourceFileLoader):
    """Loads a module from old source, without caching the bytecode.

    Attributes
    ----------
    beside_python2 : bool
        Whether the script of this process is Python 2.
    packages : set of str
        Packages of which a module is Python 2.
    """

    beside_python2 = False
    packages: ClassVar[set[str]] = set()

    def get_code(self, fullname: str) -> CodeType:
        """Compile the module."""
        path = self.get_filename(fullname)
        is_in_package = "." in fullname or self.is_package(fullname)
        package = fullname.partition(".")[0] if is_in_package else ""
        return code_of_module(self.get_data(path), path, package)


class OldSourceFinder(MetaPathFinder):
    """Finds modules of scripts, and those of installed packages that Python 3 cannot parse."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Return a spec with a loader for old source; None for other modules."""
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or type(spec.loader) is not SourceFileLoader or not spec.origin:
            return None
        if not _is_of_the_time(spec.loader, Path(spec.origin)):
            return None
        spec.loader = OldSourceLoader(spec.loader.name, spec.loader.path)
        return spec


def _is_of_the_time(loader: SourceFileLoader, path: Path) -> bool:
    """Return whether to modernise a file: it belongs to a script, or does not parse."""
    if path.is_relative_to(PACKAGE) or path.is_relative_to(_STANDARD):
        return _is_installed(path) and not path.is_relative_to(PACKAGE) and not _parses(loader)
    return not (_is_installed(path) and _parses(loader))


def _is_installed(path: Path) -> bool:
    return not _FOLDERS_OF_PACKAGES.isdisjoint(path.parts)


def _parses(loader: SourceFileLoader) -> bool:
    # Reads cached bytecode where there is some, because compiling takes most of an import's time.
    try:
        loader.get_code(loader.name)
    except (SyntaxError, ValueError):
        return False
    return True


_FOLDERS_OF_PACKAGES = {"site-packages", "dist-packages"}
_STANDARD = Path(sysconfig.get_paths()["stdlib"])


def change_imp(imp: Any) -> None:
    """Let ``imp.load_source`` modernise the module that it loads."""
    imp.load_source = load_source


def load_source(name: str, pathname: str, _: Any = None) -> ModuleType:
    """Load a module from the file of its source, as ``imp.load_source`` did."""
    loader = OldSourceLoader(name, pathname)
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = sys.modules[name] = module_from_spec(spec)
    loader.exec_module(module)
    return module


def install() -> None:
    """Install the finder; later calls have no further effect."""
    if not any(isinstance(finder, OldSourceFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, OldSourceFinder())
