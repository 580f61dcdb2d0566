"""Run pytest on test suites written for Theano: ``python -m autoenc.theano -m pytest``."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import types
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autoenc.theano.launcher.period import prepare
from autoenc.theano.modernise.imports import OldSourceLoader
from autoenc.theano.modernise.python2 import source_text
from autoenc.theano.modernise.source import modernise


def run_pytest(arguments: Sequence[str]) -> int:
    """Run pytest; test modules are modernised before pytest rewrites their assertions.

    Returns
    -------
    int
        pytest's exit status.
    """
    import pytest

    # Passed as a plugin, so that the processes of pytest-xdist load it as well.
    return int(pytest.main(["-p", __name__, *arguments]))


def pytest_load_initial_conftests() -> None:
    """Prepare a process that runs tests, before it imports any test module."""
    from _pytest.assertion import rewrite

    prepare()
    _accept_old_hooks()
    _accept_old_fixtures()
    vars(rewrite)["ast"] = _old_syntax()
    # pytest's cache cannot distinguish modernised modules from unmodified ones.
    sys.dont_write_bytecode = True
    vars(rewrite)["_read_pyc"] = lambda *_, **__: None


def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> Any:
    """Collect a test that yields calls, as in nose, as a single test that runs all of them.

    Classes are prepared by nose's methods ``setUp`` and ``tearDown``.
    """
    import pytest

    if inspect.isclass(obj) and not issubclass(obj, unittest.TestCase):
        _name_as_pytest(obj)
    if not (inspect.isgeneratorfunction(obj) and name.startswith("test")):
        return None
    setattr(collector.obj, name, _calls(obj))
    return pytest.Function.from_parent(collector, name=name)


def _name_as_pytest(kind: type) -> None:
    """Give the methods that nose calls before and after each test pytest's names."""
    for name, old_names in _METHODS_OF_NOSE.items():
        found = [getattr(kind, old) for old in old_names if hasattr(kind, old)]
        if found and not hasattr(kind, name):
            setattr(kind, name, found[0])


_METHODS_OF_NOSE = {
    "setup_method": ("setUp", "setup"),
    "teardown_method": ("tearDown", "teardown"),
}


def _accept_old_hooks() -> None:
    """Accept hooks in a conftest.py that have the argument ``path``, which pytest 9 removed."""
    from _pytest.config import PytestPluginManager

    register = PytestPluginManager.register

    @functools.wraps(register)
    def registered(manager: Any, plugin: Any, name: str | None = None) -> str | None:
        for hook, translated in _OLD_HOOKS.items():
            function = getattr(plugin, hook, None)
            if function and "path" in inspect.signature(function).parameters:
                setattr(plugin, hook, translated(function))
        return register(manager, plugin, name)

    type.__setattr__(PytestPluginManager, "register", registered)


def _accept_old_fixtures() -> None:
    """Accept the scope of a fixture as first argument, and the name `yield_fixture`."""
    import pytest

    fixture = pytest.fixture

    @functools.wraps(fixture)
    def of_scope(*arguments: Any, **more: Any) -> Any:
        if arguments and isinstance(arguments[0], str):
            names = ("scope", "params", "autouse", "ids", "name")
            return fixture(**dict(zip(names, arguments, strict=False)), **more)
        return fixture(*arguments, **more)

    vars(pytest).update(fixture=of_scope, yield_fixture=of_scope)


def _ignore_collect(function: Callable[..., Any]) -> Callable[..., Any]:
    def ignore(collection_path: Path, config: Any) -> Any:
        return _with_old_path(function, collection_path, config=config)

    return ignore


def _collect_file(function: Callable[..., Any]) -> Callable[..., Any]:
    def collect(file_path: Path, parent: Any) -> Any:
        return _with_old_path(function, file_path, parent=parent)

    return collect


_OLD_HOOKS = {"pytest_ignore_collect": _ignore_collect, "pytest_collect_file": _collect_file}


def _with_old_path(function: Callable[..., Any], path: Path, **more: Any) -> Any:
    from _pytest.compat import legacy_path

    given = {"path": legacy_path(path), **more}
    return function(**{name: given[name] for name in inspect.signature(function).parameters})


def _calls(generator: Callable[..., Any]) -> Callable[..., None]:
    @functools.wraps(generator)
    def test(*arguments: Any, **more: Any) -> None:
        for call in generator(*arguments, **more):
            function, *its_arguments = call if isinstance(call, tuple) else (call,)
            function(*its_arguments)

    # Functions that follow ``__wrapped__`` must not find the generator.
    del vars(test)["__wrapped__"]
    vars(test)["__signature__"] = inspect.signature(generator)
    return test


def _old_syntax() -> types.ModuleType:
    """Return a copy of the module `ast` whose `parse` modernises source text."""
    module = types.ModuleType("ast")
    vars(module).update(vars(ast))
    vars(module)["parse"] = _parse
    return module


def _parse(source: Any, filename: str = "<unknown>", **_: Any) -> ast.Module:
    if isinstance(source, bytes):
        source = source_text(source)
    beside_python2 = OldSourceLoader.beside_python2
    return modernise(source, filename, beside_python2=beside_python2).tree
