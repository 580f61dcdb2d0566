"""Write a page of the API reference for each subpackage, from its public names."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path(__file__).parent / "api"
TITLES = {
    "estimators": "Estimators",
    "models": "Fitted models",
    "graph": "Graph",
    "training": "Training",
    "analysis": "Analysis",
    "reports": "Reports",
    "plotting": "Plots",
    "watching": "Callbacks",
    "export": "Export",
    "datasets": "Data sets",
    "tables": "Tables",
    "sources": "Rows that are read on demand",
    "rows": "Checks of rows",
    "backends": "Backends",
    "distributed": "Several processes",
}


def documented(part: str) -> list[str]:
    """Return the public classes and functions of a subpackage."""
    module = import_module(f"autoenc.{part}")
    found = ((name, getattr(module, name)) for name in module.__all__)
    return [name for name, it in found if inspect.isclass(it) or inspect.isroutine(it)]


def page(part: str) -> str:
    """Return the page of a subpackage in Markdown."""
    names = "\n".join(f"   {name}" for name in documented(part))
    return f"""# {TITLES[part]}

```{{eval-rst}}
.. currentmodule:: autoenc.{part}

.. autosummary::
   :toctree: generated

{names}
```
"""


def index() -> str:
    """Return the page that lists the subpackages."""
    parts = "\n".join(TITLES)
    return f"""# API reference

Each page lists the public names of one subpackage. Names that are not listed may change without notice.
{{ref}}`genindex` lists all names, with methods and attributes.

```{{toctree}}
:maxdepth: 1

{parts}
```
"""


def build() -> None:
    """Write all pages. Unchanged files are not rewritten, so that Sphinx does not read them again."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in {"index": index(), **{part: page(part) for part in TITLES}}.items():
        path = FOLDER / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(_: Sphinx) -> dict[str, bool]:
    """Write the pages before Sphinx searches for source files."""
    build()
    return {"parallel_read_safe": True, "parallel_write_safe": True}
