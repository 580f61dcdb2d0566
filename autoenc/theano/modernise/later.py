"""Restore names of modules when a script imports them, because their import takes time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

Change = Callable[[Any], None]


class Finder(MetaPathFinder):
    """Finds modules that are changed after their import.

    Parameters
    ----------
    changes : dict
        Maps the name of a module to a function that changes the module.
    """

    def __init__(self, changes: dict[str, Change]) -> None:
        self._changes = changes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Return a spec whose loader changes the module; None for other modules."""
        spec = PathFinder.find_spec(fullname, path) if fullname in self._changes else None
        if spec is not None and spec.origin:
            spec.loader = _Loader(fullname, spec.origin, self._changes[fullname])
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, change: Change) -> None:
        super().__init__(name, path)
        self._change = change

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        self._change(module)


def restore(module: Any, names: dict[str, Any]) -> None:
    """Set missing names of a module or class; existing ones are not changed."""
    for name, value in names.items():
        if name not in vars(module):
            setattr(module, name, value)


def change_on_import(changes: dict[str, Change]) -> None:
    """Change modules now if they are imported, or else when they are."""
    for name, change in changes.items():
        if name in sys.modules:
            change(sys.modules[name])
    sys.meta_path.insert(0, Finder(changes))
