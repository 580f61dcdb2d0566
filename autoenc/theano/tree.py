"""Modules of Theano that have no file in this package.

Theano had about 180 modules. If all names of a module come from PyTensor, or are refused, it needs
no file. `CatalogueFinder` creates such modules from the catalogue when they are imported.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from autoenc.theano import catalogue
from autoenc.theano.names import ROOT, full_name, resolver


class _Names(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__.removeprefix(f"{ROOT}.")
        module.__doc__ = f"The names of ``{full_name(name)}``."
        vars(module)["__getattr__"] = resolver(name)


class CatalogueFinder(MetaPathFinder):
    """Finder of modules that `catalogue.SOURCES` lists and that have no file."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        """Return a spec for a module of the catalogue; None for other modules."""
        name = fullname.removeprefix(f"{ROOT}.")
        if name == fullname or name not in catalogue.SOURCES:
            return None
        if PathFinder.find_spec(fullname, path):
            return None
        # All modules are packages, because their submodules are found in the same way.
        return ModuleSpec(fullname, _Names(), is_package=True)


def install() -> None:
    """Install the finder; later calls have no further effect."""
    if not any(isinstance(finder, CatalogueFinder) for finder in sys.meta_path):
        sys.meta_path.append(CatalogueFinder())
