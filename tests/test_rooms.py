"""Each subpackage imports only from those above it, and large libraries are imported late."""

import ast
import functools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import autoenc

PACKAGE = Path(autoenc.__file__).parent

# From top to bottom. A room may import from those before it.
ROOMS = (
    "threads",
    "processes",
    "guard",
    "folders",
    "configuration",
    "versions",
    "files",
    "storage",
    "datasets",
    "tables",
    "sources",
    "rows",
    "graph",
    "backends",
    "distributed",
    "theano",
    "training",
    "plotting",
    "models",
    "analysis",
    "export",
    "watching",
    "estimators",
    "reports",
    "cli",
    "__main__",
)
# The only modules that name an engine.
ENGINES = {"jax": ["backends", "theano"], "numba": ["backends"]}


# What a room may import of those above it, where that is not all of them.
NARROW = {"theano": ("threads", "configuration", "files", "graph", "backends", "theano")}


def modules():
    return [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]


def test_no_two_modules_have_the_same_name():
    """A traceback or an open editor names a file without its folder."""
    # Theano's names are a package in themselves, and have the names of Theano's modules.
    ours = [module for module in modules() if module.parts[0] != "theano"]
    counts = Counter(module.name for module in ours if module.name != "__init__.py")
    assert not [name for name, n in counts.items() if n > 1]


def imports(module):
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(name):
    """Room of an imported name; names of the package itself are in the room that defines them."""
    if not name.startswith("autoenc."):
        return None
    first = name.split(".")[1]
    return autoenc._HOMES.get(first, f"autoenc.{first}").split(".")[1]


def module_of(name):
    """File of an imported name: a module, or the module that the name is imported from."""
    parts = name.split(".")[1:] if name.startswith("autoenc.") else []
    for path in (Path(*parts[:n]) for n in range(len(parts), 0, -1)):
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if (PACKAGE / candidate).is_file():
                return candidate
    return None


def test_every_room_is_listed():
    found = {path.parts[0].removesuffix(".py") for path in modules()}
    assert found - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize(
    "module", [m for m in modules() if m.name != "__init__.py" or m.parent.name]
)
def test_imports_go_upwards(module):
    own = module.parts[0].removesuffix(".py")
    above = ROOMS[: ROOMS.index(own) + 1]
    for name in imports(module):
        if room(name) in ROOMS:
            assert room(name) in NARROW.get(own, above), f"{module} imports {name}"
        engine = name.split(".")[0]
        assert own in ENGINES.get(engine, [own]), f"{module} imports {name}"


def test_names_of_the_package_are_resolved_to_their_rooms():
    assert room("autoenc.AutoEncoder") == "estimators"
    assert room("autoenc.train") == "training"
    assert room("autoenc.plotting") == "plotting"


def test_no_file_imports_itself_in_a_circle():
    imported = {
        module: {m for name in imports(module) if (m := module_of(name)) and m.parent.name}
        for module in modules()
        if module.name != "__init__.py"
    }
    for turned in (False, True):
        reached = _reversed(imported) if turned else dict(imported)
        left = {module: others & set(imported) for module, others in reached.items()}
        while free := [m for m, others in left.items() if not others & set(left)]:
            for module in free:
                del left[module]
                imported.pop(module, None)
    assert set(imported) == set()


def _reversed(graph):
    return {m: {other for other, names in graph.items() if m in names} for m in graph}


@functools.cache
def imported_by(names):
    """All modules that a new process has after importing some."""
    code = f"import sys, {names}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return run.stdout.split()


@pytest.mark.parametrize(
    "heavy", ["jax", "matplotlib", "sklearn", "scipy", "numba", "pooch", "tqdm"]
)
def test_importing_autoenc_does_not_import(heavy):
    names = imported_by("autoenc, autoenc.graph, autoenc.datasets")
    assert "autoenc.datasets" in names
    assert heavy not in names


def test_setuptools_is_imported_where_c_code_is_compiled():
    """Its import takes a fifth of the start of a script of Theano's."""
    names = imported_by("autoenc.theano, autoenc.training")
    assert "autoenc.training.interruption" in names
    assert "setuptools" not in names
