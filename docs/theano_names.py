"""List the public names of an installed Theano, for ``autoenc/theano/known/``.

Run it with a Python that has the real package; compiled modules must find a compiler.

    python docs/theano_names.py > autoenc/theano/known/1.0.5.txt
"""

import importlib
import pkgutil
import sys
import types
import warnings
from collections.abc import Iterator

LEFT_OUT = (".tests", ".d3viz")


def modules(package: types.ModuleType) -> "Iterator[types.ModuleType]":
    """Yield each module of a package that can be imported, the package first."""
    yield package
    walk = pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=str)
    for info in walk:
        if not any(part in info.name for part in LEFT_OUT):
            try:
                yield importlib.import_module(info.name)
            except Exception as error:
                print(f"{info.name}: {error!r}", file=sys.stderr)


def is_own(value: object) -> bool:
    """Whether a value is Theano's: a module, class or function of it, or a plain value."""
    if isinstance(value, types.ModuleType):
        return value.__name__.startswith("theano")
    home = getattr(value, "__module__", None)
    # Elementwise operations say that they are of "tensor".
    return home is None or str(home).startswith(("theano", "tensor"))


def main() -> None:
    """Print one line a module: its name and its public names."""
    warnings.simplefilter("ignore")
    lines = []
    for module in modules(importlib.import_module("theano")):
        names = [name for name, value in vars(module).items() if is_own(value)]
        lines.append(
            " ".join([module.__name__, *sorted(n for n in names if not n.startswith("_"))])
        )
    print("\n".join(sorted(set(lines))))


if __name__ == "__main__":
    main()
