"""Sources of the names of Theano's modules.

A module of this package defines the names that differ from PyTensor. It takes all others from the
modules that `catalogue.SOURCES` lists for it. A name of Theano that is not defined there either is
a `Refused` object: it can be imported, and raises an error with the reason when it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytensor
import six

from autoenc.theano import catalogue
from autoenc.theano.known import imported_names, theano_names
from autoenc.theano.refusals import Refused

ROOT = "autoenc.theano"
# Modules of other packages that Theano's modules imported, which scripts use after a star import.
_LIBRARIES = {
    **{name: name for name in ("logging", "numbers", "numpy", "os", "sys", "warnings")},
    "np": "numpy",
}
# Names of six that Theano's modules imported.
_OF_SIX = ("PY3", "integer_types", "string_types")
_WITH_LIBRARIES = ("", "tensor", "tensor.basic")
_ROOT_MODULES = {"theano": "", "T": "tensor", "scal": "scalar"}
# Functions that shadowed the modules of the same name in which they were defined.
_FUNCTIONS = {
    "compile.function",
    "compile.pfunc",
    "scan_module.scan",
    "scan_module.scan_checkpoints",
    "tensor.inc_code",
    "tensor.sort",
    "tensor.var",
}


class TheanoModule(ModuleType):
    """Module that provides Theano's names."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a module does not replace the function that shadowed it."""
        super().__setattr__(name, _unhidden(value) if isinstance(value, ModuleType) else value)


def _unhidden(module: ModuleType) -> Any:
    """Return the function that shadowed a module in Theano, or else the module."""
    name = module.__name__.removeprefix(f"{ROOT}.")
    return getattr(module, name.rpartition(".")[2]) if name in _FUNCTIONS else module


def resolver(module: str) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for a module of Theano's names.

    Parameters
    ----------
    module : str
        Name of the module below ``theano``, such as ``"tensor.nnet"``; ``""`` for the root.

    Returns
    -------
    callable
        Function from a name to its object; raises AttributeError if Theano had no such name.
    """

    def resolve(name: str) -> Any:
        if name == "__all__":
            return _all(module)
        if name.startswith("__"):
            raise AttributeError(f"module {full_name(module)!r} has no attribute {name!r}")
        value = _find(module, name)
        setattr(sys.modules[_own_name(module)], name, value)
        return value

    own = sys.modules[_own_name(module)]
    own.__class__ = TheanoModule
    # A star import imports all of Theano's names, not only those defined in this package.
    vars(own).pop("__all__", None)
    return resolve


def full_name(module: str, name: str = "") -> str:
    """Return a full name as in Theano: ``theano.tensor.dot``."""
    return ".".join(part for part in ("theano", module, name) if part)


def names_of(module: str) -> set[str]:
    """Return the public names of a Theano module that work here, without refused names."""
    own = import_module(_own_name(module))
    names = {name for name in vars(own) if not isinstance(getattr(own, name), Refused)}
    for source in _sources(module):
        names |= set(vars(source))
    return {name for name in names if not name.startswith("_")}


def _all(module: str) -> list[str]:
    """Return the names that ``from module import *`` imports, without refused names."""
    own = sys.modules[_own_name(module)]
    names = (name for name in sorted(theano_names(module)) if hasattr(own, name))
    found = [name for name in names if not isinstance(getattr(own, name), Refused)]
    return [*found, *(_LIBRARIES if module in _WITH_LIBRARIES else ())]


def _find(module: str, name: str) -> Any:
    if (below := f"{module}.{name}".strip(".")) in catalogue.SOURCES:
        return _unhidden(import_module(_own_name(below)))
    if name == "config":
        return import_module(ROOT).config
    if (found := _from_home(module, name)) is not None:
        return found
    for source in _sources(module):
        if hasattr(source, name):
            return getattr(source, name)
    if name in theano_names(module):
        return _imported(module, name)
    why = "neither Theano 0.9 nor 1.0.5 had one."
    if name.startswith("_"):
        why = "names that begin with an underscore were not meant for scripts."
    raise AttributeError(f"module {full_name(module)!r} has no attribute {name!r}; {why}")


def _imported(module: str, name: str) -> Any:
    """Return a module or a name of six that a module of Theano imported, or else a refusal."""
    if (other := _ROOT_MODULES.get(name, name)) in catalogue.SOURCES:
        # Theano's modules imported each other, and scripts access them in this way: T.config.
        return import_module(_own_name(other))
    if name in _OF_SIX:
        return getattr(six, name)
    return Refused(full_name(module, name), *catalogue.refusal(module, name))


def _from_home(module: str, name: str) -> Any:
    """Return an object that a module imported from another one; None if it is refused there."""
    if name in _LIBRARIES and module in _WITH_LIBRARIES:
        return import_module(_LIBRARIES[name])
    home, original = imported_names(module).get(name, (module, name))
    if home == module or home not in catalogue.SOURCES:
        return None
    own = import_module(_own_name(home))
    value = getattr(own, original, None) if original else _unhidden(own)
    return None if isinstance(value, Refused) else value


# Modules of PyTensor that compile C when they are imported.
_COMPILED = ("pytensor.link.c.lazylinker_c", "pytensor.link.c.cutils")


def _sources(module: str) -> Iterator[ModuleType]:
    for source in catalogue.SOURCES.get(module, ()):
        if source in _COMPILED and not pytensor.config.cxx:
            continue
        try:
            yield import_module(source)
        except ModuleNotFoundError as error:
            # Not every release of PyTensor has all of these modules.
            if error.name is None or not source.startswith(error.name):
                raise


def _own_name(module: str) -> str:
    return f"{ROOT}.{module}".rstrip(".")
