"""The notebooks run in a real kernel, and show the expected outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
# How many pictures and pages each shows.
SHOWN = {"tour": (2, 0), "digits": (3, 2), "anomalies": (0, 3), "donuts": (1, 0)}


def test_every_notebook_is_listed():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_runs_and_shows_what_it_promises(tmp_path, name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    written = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert not written  # outputs are made where the site is
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o.text for o in outputs if o.get("name") == "stderr"]
    kinds = [set(o.get("data", {})) for o in outputs]
    pictures = sum("image/png" in kind for kind in kinds)
    pages = sum("text/html" in kind for kind in kinds)
    assert (pictures, pages) == SHOWN[name]
