"""List the public names of an installed Theano, for ``autoenc/theano/known/``.

Run it with a Python that has Theano itself; a C++ compiler is needed for its compiled modules.

    python docs/theano_names.py > autoenc/theano/known/1.0.5.txt
    python docs/theano_names.py imported > autoenc/theano/known/imported.txt
"""

import ast
import contextlib
import importlib
import inspect
import pkgutil
import sys
import types
import warnings
from collections.abc import Iterator

LEFT_OUT = (".tests", ".d3viz")


def modules(package: types.ModuleType) -> "Iterator[types.ModuleType]":
    """Yield the package, and each of its modules that can be imported."""
    yield package
    walk = pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=str)
    for info in walk:
        if not any(part in info.name for part in LEFT_OUT):
            try:
                # Some modules print text when they are imported.
                with contextlib.redirect_stdout(sys.stderr):
                    module = importlib.import_module(info.name)
                yield module
            except Exception as error:
                print(f"{info.name}: {error!r}", file=sys.stderr)


def is_own(value: object) -> bool:
    """Return whether a value is Theano's: its module, class or function, or a plain value."""
    if isinstance(value, types.ModuleType):
        return value.__name__.startswith("theano")
    home = getattr(value, "__module__", None)
    # Elementwise operations have "tensor" as their module.
    return home is None or str(home).startswith(("theano", "tensor"))


def print_names() -> None:
    """Print a line for each module: its name and its public names."""
    lines = []
    for module in modules(importlib.import_module("theano")):
        names = [name for name, value in vars(module).items() if is_own(value)]
        lines.append(
            " ".join([module.__name__, *sorted(n for n in names if not n.startswith("_"))])
        )
    print("\n".join(sorted(set(lines))))


def print_imported() -> None:
    """Print a line for each module: its name, and the names that it imports from each module."""
    found = {module.__name__: module for module in modules(importlib.import_module("theano"))}
    assigned = {name: assigned_names(module) for name, module in found.items()}
    homes: dict[int, str] = {}
    for name, module in found.items():
        for own in assigned[name] & set(vars(module)):
            homes.setdefault(id(vars(module)[own]), f"{name}:{own}")
    for name, module in sorted(found.items()):
        lists: dict[str, list[str]] = {}
        for own, value in sorted(vars(module).items()):
            home, original = home_of(value, homes)
            if (
                own.startswith("_")
                or home == name
                or not home.startswith("theano")
                or own in assigned[name]
            ):
                continue
            text = own if own == original else f"{own}={original}"
            lists.setdefault(home, []).append(text)
        if lists:
            parts = (f"{below(home)}:{','.join(names)}" for home, names in sorted(lists.items()))
            print(below(name) or "theano", *parts)


def below(module: str) -> str:
    """Return a module's name without the "theano" at the beginning."""
    return module[len("theano") :].lstrip(".")


def home_of(value: object, homes: "dict[int, str]") -> "tuple[str, str]":
    """Return the module in which a value is defined, and its name there."""
    if isinstance(value, types.ModuleType):
        return (value.__name__, "") if value.__name__.startswith("theano") else ("", "")
    if isinstance(value, (int, float, str, tuple, type(None))):
        return "", ""
    if isinstance(value, (type, types.FunctionType)):
        home, original = str(value.__module__), value.__name__
        if vars(sys.modules.get(home, types)).get(original) is value:
            return home, original
    home, _, original = homes.get(id(value), "").partition(":")
    return home, original


def assigned_names(module: types.ModuleType) -> "set[str]":
    """Return the names that a module's source defines, without those that it imports."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return set()
    names = set()
    for statement in top_level(tree):
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.add(statement.name)
        # "config = theano.config" only renames an object that is defined elsewhere.
        aliases = isinstance(getattr(statement, "value", None), (ast.Name, ast.Attribute))
        if isinstance(statement, ast.Assign) and not aliases:
            targets = [n for target in statement.targets for n in ast.walk(target)]
            names |= {n.id for n in targets if isinstance(n, ast.Name)}
    return names


def top_level(tree: ast.AST) -> "Iterator[ast.stmt]":
    """Yield a module's statements, including those within ``if`` and ``try``."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, (ast.If, ast.Try, ast.ExceptHandler)):
            yield from top_level(child)
        elif isinstance(child, ast.stmt):
            yield child


def main() -> None:
    """Print the names of all modules, or those that they import from each other."""
    warnings.simplefilter("ignore")
    print_imported() if "imported" in sys.argv[1:] else print_names()


if __name__ == "__main__":
    main()
