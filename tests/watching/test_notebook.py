"""Outputs in a notebook, from a real kernel."""

import base64
import io

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

FIT = """
import numpy as np
from autoenc import AutoEncoder
from autoenc.watching import LiveFilters
ae = AutoEncoder(6, n_epochs=3, random_state=0, backend="xla")
ae.fit(np.random.default_rng(0).uniform(size=(60, 16)), callbacks=[LiveFilters(k=4)])
ae.plot_filters("last.png", k=4, title=f"epoch 3, cost {ae.history_[-1]['cost']:.4g}")
print(f"{ae.history_[-1]['cost']:.4f}")
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The notebook, run, and its folder."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FIT)])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook, folder


def printed(notebook):
    streams = [o for o in notebook.cells[0].outputs if o.output_type == "stream"]
    return {stream.name: stream.text for stream in streams}


def test_there_is_one_picture_and_it_is_the_last(shown):
    notebook, folder = shown
    pictures = [
        o.data["image/png"] for o in notebook.cells[0].outputs if "image/png" in o.get("data", ())
    ]
    assert len(pictures) == 1
    picture = Image.open(io.BytesIO(base64.b64decode(pictures[0])))
    with Image.open(folder / "last.png") as expected:
        assert picture.tobytes() == expected.tobytes()


def test_the_progress_bar_is_a_widget_that_is_full_at_the_end(shown):
    notebook, _ = shown
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    widgets = [(w["model_name"], w["state"]) for w in state.values()]
    (bar,) = [state for name, state in widgets if name == "FloatProgressModel"]
    assert bar["value"] == bar["max"] == 180
    # Spaces are of a width of their own.
    texts = [state["value"] for name, state in widgets if name == "HTMLModel"]
    before, after = [" ".join(text.split()) for text in texts]
    assert before == "epoch 3/3: 100%"
    assert f"cost {printed(notebook)['stdout'].strip()}" in after
    assert "row/s" in after


def test_nothing_but_the_backend_is_said(shown):
    said = printed(shown[0])["stderr"]
    assert said.startswith("autoenc runs on XLA on the CPU")
    assert said.count("\n") == 1
