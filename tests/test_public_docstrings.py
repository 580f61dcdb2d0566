"""Docstrings of public names are complete according to numpydoc's rules."""

import importlib
import inspect

import pytest
from numpydoc.validate import validate

PACKAGES = tuple(
    f"autoenc.{room}"
    for room in (
        "analysis",
        "backends",
        "datasets",
        "distributed",
        "estimators",
        "export",
        "graph",
        "models",
        "plotting",
        "reports",
        "rows",
        "sources",
        "storage",
        "tables",
        "training",
        "watching",
    )
)
# As in scikit-learn: a summary on the first line; examples, references to other functions and an
# extended summary only where they help.
OPTIONAL = {"GL01", "EX01", "SA01", "ES01"}


def public_names():
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if not getattr(value, "__module__", "").startswith("autoenc."):
                continue
            # By `package.name`, numpydoc would find a module of the same name as a function.
            home = f"{value.__module__}.{name}"
            yield home
            if inspect.isclass(value):
                yield from (f"{home}.{member}" for member in public_members(value))


def public_members(cls):
    kinds = (classmethod, property, staticmethod)
    own = [base for base in cls.__mro__ if base.__module__.startswith("autoenc.")]
    for name, value in {n: v for base in reversed(own) for n, v in vars(base).items()}.items():
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds)):
            yield name


@pytest.mark.parametrize("name", list(public_names()))
def test_a_docstring_is_complete(name):
    errors = [error for error in validate(name)["errors"] if error[0] not in OPTIONAL]
    # A protocol has no constructor: what numpydoc finds is that of all protocols.
    assert [error for error in errors if "'*args'" not in error[1]] == []
