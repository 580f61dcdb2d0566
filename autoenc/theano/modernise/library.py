"""Modules of Python 2's library under their old names."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from autoenc.theano.modernise import hashes2

_PICKLES = "autoenc.theano.modernise.pickles"
# Names of modules, or objects, whose attributes an old module has.
_TODAY: dict[str, tuple[Any, ...]] = {
    "cPickle": (_PICKLES,),
    "cStringIO": ("io",),
    "StringIO": ("io",),
    "ConfigParser": ("configparser",),
    "Queue": ("queue",),
    "urllib2": ("urllib.request", "urllib.error", "urllib.parse"),
    "urlparse": ("urllib.parse",),
    "httplib": ("http.client",),
    "HTMLParser": ("html.parser",),
    "commands": ("subprocess",),
    "Tkinter": ("tkinter",),
    "tkFileDialog": ("tkinter.filedialog",),
    "tkMessageBox": ("tkinter.messagebox",),
    "copy_reg": ("copyreg",),
    "thread": ("_thread",),
    "__builtin__": ("builtins",),
    "exceptions": ("builtins",),
    "UserDict": ("collections", "autoenc.theano.modernise.collections2"),
    "md5": (hashes2.md5,),
    "sha": (hashes2.sha,),
    "sets": ("autoenc.theano.modernise.collections2",),
    "numpy.linalg.linalg": ("numpy.linalg",),
    "sklearn.cross_validation": ("sklearn.model_selection",),
    "sklearn.grid_search": ("sklearn.model_selection",),
    "sklearn.externals.joblib": ("joblib",),
    "sklearn.externals.six": ("six",),
    "sklearn.externals.six.moves": ("six.moves",),
    "sklearn.datasets.base": ("sklearn.datasets",),
    "sklearn.datasets.samples_generator": ("sklearn.datasets",),
    "sklearn.learning_curve": ("sklearn.model_selection",),
    "sklearn.linear_model.logistic": ("sklearn.linear_model",),
    "sklearn.metrics.scorer": ("sklearn.metrics",),
    "sklearn.preprocessing.data": ("sklearn.preprocessing",),
    "sklearn.preprocessing.label": ("sklearn.preprocessing",),
    "sklearn.utils.testing": ("sklearn.utils._testing",),
}


class _Today(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)
        found = _TODAY[spec.name]
        sources = [import_module(part) if isinstance(part, str) else part for part in found]

        def find(name: str) -> Any:
            for source in sources:
                if hasattr(source, name):
                    return getattr(source, name)
            raise AttributeError(f"module {spec.name!r} has no attribute {name!r}")

        vars(module)["__getattr__"] = find
        vars(module)["__all__"] = [n for s in sources for n in dir(s) if not n.startswith("_")]
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: names are looked up in today's modules on access."""


class OldLibraryFinder(MetaPathFinder):
    """Finds modules of Python 2's library by their old names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Return a spec for a name that Python 3 changed; None for other modules."""
        return ModuleSpec(fullname, _Today()) if fullname in _TODAY else None


def install() -> None:
    """Install the finder; later calls have no further effect."""
    if not any(isinstance(finder, OldLibraryFinder) for finder in sys.meta_path):
        sys.meta_path.append(OldLibraryFinder())
