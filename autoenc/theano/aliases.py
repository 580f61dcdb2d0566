"""Make ``import theano`` import this package, for scripts that the launcher runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

OLD, NEW = "theano", "autoenc.theano"


class _Alias(Loader):
    """Loader that returns a module of this package for a name of Theano."""

    def __init__(self) -> None:
        self._own: tuple[ModuleSpec | None, Any] = (None, None)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(NEW + spec.name.removeprefix(OLD))
        self._own = module.__spec__, module.__loader__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has overwritten both with those of the alias.
        module.__spec__, module.__loader__ = self._own


class TheanoFinder(MetaPathFinder):
    """Finder of ``theano`` and everything below it in this package."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        """Return a spec whose loader returns the module of this package."""
        if fullname != OLD and not fullname.startswith(f"{OLD}."):
            return None
        try:
            found = find_spec(NEW + fullname.removeprefix(OLD))
        except ModuleNotFoundError:
            return None
        if found is None:
            return None
        return ModuleSpec(
            fullname, _Alias(), is_package=found.submodule_search_locations is not None
        )


def install() -> None:
    """Install the finder; later calls have no further effect."""
    if not any(isinstance(finder, TheanoFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, TheanoFinder())
