"""nose, and NumPy's decorators for it.

nose cannot be installed for today's Python. Its names are found here unless a package of that
name is installed, such as pynose.
"""

from __future__ import annotations

import functools
import re
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from unittest import SkipTest, TestCase

import numpy as np

# Plugin that modernises tests; pytest imports it by name.
PLUGIN = "autoenc.theano.launcher.testing"

Test = Callable[..., Any]
Decorator = Callable[[Test], Test]


class DeprecatedTest(SkipTest):
    """A test that is no longer meant to run."""


class KnownFailure(SkipTest):
    """A test that is known to fail."""


class TimeExpired(AssertionError):  # noqa: N818 - nose's name
    """A test took too long."""


def ok_(expr: Any, msg: str | None = None) -> None:
    """Check that an expression is true."""
    if not expr:
        raise AssertionError(msg)


def eq_(a: Any, b: Any, msg: str | None = None) -> None:
    """Check that two values are equal."""
    if not a == b:
        raise AssertionError(msg or f"{a!r} != {b!r}")


def make_decorator(func: Test) -> Decorator:
    """Return a decorator that copies the name and attributes of a function."""
    return functools.wraps(func)


def raises(*exceptions: type[BaseException]) -> Decorator:
    """Return a decorator that requires the test to raise one of the exceptions."""

    def decorate(function: Test) -> Test:
        @functools.wraps(function)
        def checked(*arguments: Any, **more: Any) -> None:
            try:
                function(*arguments, **more)
            except exceptions:
                return
            names = " or ".join(kind.__name__ for kind in exceptions)
            raise AssertionError(f"{function.__name__}() did not raise {names}")

        return checked

    return decorate


def timed(limit: float) -> Decorator:
    """Return a decorator that requires the test to end within a number of seconds."""

    def decorate(function: Test) -> Test:
        @functools.wraps(function)
        def checked(*arguments: Any, **more: Any) -> Any:
            start = time.monotonic()
            result = function(*arguments, **more)
            if time.monotonic() - start > limit:
                raise TimeExpired(f"Time limit ({limit}) exceeded")
            return result

        return checked

    return decorate


def with_setup(setup: Test | None = None, teardown: Test | None = None) -> Decorator:
    """Return a decorator that calls a function before the test, and one after it."""

    def decorate(function: Test) -> Test:
        @functools.wraps(function)
        def between(*arguments: Any, **more: Any) -> Any:
            if setup is not None:
                setup()
            try:
                return function(*arguments, **more)
            finally:
                if teardown is not None:
                    teardown()

        return between

    return decorate


def istest(func: Any) -> Any:
    """Mark a function or class as a test."""
    func.__test__ = True
    return func


def nottest(func: Any) -> Any:
    """Mark a function or class as not a test."""
    func.__test__ = False
    return func


def attr(*names: str, **values: Any) -> Decorator:
    """Return a decorator that sets the attributes by which nose selects tests."""

    def decorate(function: Test) -> Test:
        vars_of = dict.fromkeys(names, True) | values
        for name, value in vars_of.items():
            setattr(function, name, value)
        return function

    return decorate


def skipif(skip_condition: Any, msg: str | None = None) -> Decorator:
    """Return a decorator that skips the test if a condition, or function, is true."""
    return _raises_on(skip_condition, SkipTest(msg or "Test skipped due to test condition"))


def knownfailureif(fail_condition: Any, msg: str | None = None) -> Decorator:
    """Return a decorator that skips a known failure if a condition, or function, is true."""
    return _raises_on(fail_condition, KnownFailure(msg or "Test skipped due to known failure"))


def _raises_on(condition: Any, error: Exception) -> Decorator:
    def decorate(function: Test) -> Test:
        @functools.wraps(function)
        def unless(*arguments: Any, **more: Any) -> Any:
            if condition() if callable(condition) else condition:
                raise error
            return function(*arguments, **more)

        return unless

    return decorate


def slow(t: Test) -> Test:
    """Mark a test as slow."""
    return attr("slow")(t)


def setastest(tf: bool = True) -> Decorator:
    """Return a decorator that marks a function as a test or not."""
    return istest if tf else nottest


def deprecated(conditional: Any = True) -> Decorator:
    """Return a decorator that changes nothing: deprecation warnings are not shown anyway."""
    del conditional
    return lambda function: function


def main(*_: Any, **__: Any) -> None:
    """Run the tests of the script with pytest, and exit.

    Raises
    ------
    ImportError
        If pytest is not installed.
    """
    sys.exit(0 if run() else 1)


def run(*_: Any, **__: Any) -> bool:
    """Run the tests of the script with pytest, and return whether they pass."""
    try:
        import pytest
    except ImportError as error:
        raise ImportError("nose's tests are run by pytest: pip install pytest") from error
    return int(pytest.main(["-p", PLUGIN, sys.argv[0]])) == 0


def _checks() -> dict[str, Any]:
    """Return unittest's assertions as functions with nose's names: ``assert_equal``."""
    case = TestCase()
    checks = {_words(n): getattr(case, n) for n in dir(case) if n.startswith("assert")}
    return checks | {old: checks[new] for old, new in _OLD_CHECKS.items()}


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: "_" + match[1].lower(), name)


_OLD_CHECKS = {
    "assert_equals": "assert_equal",
    "assert_not_equals": "assert_not_equal",
    "assert_almost_equals": "assert_almost_equal",
    "assert_not_almost_equals": "assert_not_almost_equal",
    "assert_items_equal": "assert_count_equal",
    "assert_regexp_matches": "assert_regex",
    "assert_not_regexp_matches": "assert_not_regex",
    "assert_raises_regexp": "assert_raises_regex",
}


def _contains_subset(expected: Any, actual: Any, msg: str | None = None) -> None:
    eq_({key: actual.get(key) for key in expected}, dict(expected), msg)


_RUNNING = {"main": main, "run": run, "runmodule": main, "run_exit": main}
_SKIPPING = {"SkipTest": SkipTest}


class Tester:
    """Object whose methods were the tests of a package: ``test = Tester().test``."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def test(self, *_: Any, **__: Any) -> bool:
        """Print how to run the tests."""
        print(
            "Run the tests of a package with python -m autoenc.theano -m pytest --pyargs PACKAGE."
        )
        return False

    bench = test


_DEPRECATING = {"DeprecatedTest": DeprecatedTest}
_DECORATORS = {
    function.__name__: function
    for function in (make_decorator, raises, timed, with_setup, istest, nottest)
} | {"TimeExpired": TimeExpired}
_OF_NUMPY = {
    function.__name__: function
    for function in (skipif, knownfailureif, slow, setastest, deprecated)
} | {"KnownFailureTest": KnownFailure, "SkipTest": SkipTest}


def _modules() -> dict[str, dict[str, Any]]:
    """Return the names of each module."""
    tools = {
        **_checks(),
        "assert_dict_contains_subset": _contains_subset,
        **_DECORATORS,
        "ok_": ok_,
        "eq_": eq_,
    }
    return {
        "nose": {**_RUNNING, **_SKIPPING, **_DEPRECATING, "with_setup": with_setup},
        "nose.core": _RUNNING,
        "nose.tools": tools,
        "nose.tools.decorators": _DECORATORS,
        "nose.tools.nontrivial": _DECORATORS,
        "nose.tools.trivial": tools,
        "nose.plugins": {},
        "nose.plugins.attrib": {"attr": attr},
        "nose.plugins.deprecated": _DEPRECATING,
        "nose.plugins.skip": _SKIPPING,
        "numpy.testing.decorators": _OF_NUMPY,
        "numpy.testing.dec": _OF_NUMPY,
    }


class _Names(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(_modules()[module.__name__])


class NoseFinder(MetaPathFinder):
    """Finds the modules defined here that are not installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Return a spec for a module of nose or of `numpy.testing`; None for others."""
        if fullname not in _modules():
            return None
        return ModuleSpec(fullname, _Names(), is_package=True)


def install() -> None:
    """Install the finder and add NumPy's names; later calls have no further effect."""
    if any(isinstance(finder, NoseFinder) for finder in sys.meta_path):
        return
    sys.meta_path.append(NoseFinder())
    if not hasattr(np.testing, "dec"):
        vars(np.testing)["dec"] = import_module("numpy.testing.decorators")
    kinds = {"KnownFailureTest": KnownFailure, "KnownFailureException": KnownFailure}
    for name, kind in {**kinds, "Tester": Tester, "NoseTester": Tester}.items():
        if not hasattr(np.testing, name):
            setattr(np.testing, name, kind)
