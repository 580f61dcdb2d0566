"""Each room imports only from rooms above it, and heavy libraries wait."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import autoenc

PACKAGE = Path(autoenc.__file__).parent

# From top to bottom. A room may import from those before it.
ROOMS = (
    "folders",
    "settings",
    "files",
    "storage",
    "datasets",
    "tables",
    "graph",
    "backends",
    "theano",
    "training",
    "plotting",
    "analysis",
    "export",
    "watching",
    "estimators",
    "reports",
    "cli",
)
# The only modules that name an engine.
ENGINES = {"jax": ["backends", "theano"], "numba": ["backends"]}


# What a room may import of those above it, where that is not all of them.
NARROW = {"theano": ("settings", "graph", "backends", "theano")}


def modules():
    return [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]


def imports(module):
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(name):
    return name.split(".")[1] if name.startswith("autoenc.") else None


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


@pytest.mark.parametrize(
    "heavy", ["jax", "matplotlib", "sklearn", "scipy", "numba", "pooch", "tqdm"]
)
def test_importing_autoenc_does_not_import(heavy):
    imports = "import sys, autoenc, autoenc.graph, autoenc.datasets"
    code = f"{imports}; assert {heavy!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
