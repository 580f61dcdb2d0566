"""`autoenc report`: as text and as a page."""

import re
import subprocess

import pandas as pd
import pytest

from autoenc import analysis
from autoenc.reports.numbers import shown
from autoenc.tables import read_table
from tests.cli.conftest import COMMAND, good, refusal


def test_as_text(people, people_model):
    text = good("report", people_model, people, "--train", people)
    assert text.startswith("DenoisingAutoEncoder of 3 columns, code of 2 units\n")
    assert "PCA, 2 components" in text
    assert re.search(r"largest shares of the error: (age|income|height) ", text)
    assert "what to try" in text


def test_as_text_of_images(faces, faces_model):
    from autoenc import DenoisingAutoEncoder

    model = DenoisingAutoEncoder.load(faces_model, verbose=False)
    expected = str(analysis.report(model, read_table(faces).values))
    assert good("report", faces_model, faces) == expected + "\n"


def test_as_text_without_data(faces_model):
    text = good("report", faces_model)
    assert "n_hidden=12" in text
    assert "give DATA for comparisons" in text


def test_a_page_of_a_table(people, people_model, tmp_path):
    path = tmp_path / "report.html"
    told = good("report", people_model, people, "--label-column", "kind", "--p-values", people,
                "--train", people, "-o", path, "--date", "1 May")  # fmt: skip
    assert told == f"saved {path}\n"
    page = path.read_text(encoding="utf-8")
    assert "<h1>people.safetensors</h1>" in page
    assert f"{people}, 1 May" in page
    assert "calibrated on 80 held-out rows" in page
    # Values are in the scale of the data, not of the model.
    incomes = {shown(income) for income in pd.read_csv(people)["income"]}
    cells = re.findall(r'income</th>\s*<td class="number">([\d.,]+)</td>', page)
    assert cells
    assert set(cells) <= incomes


@pytest.mark.parametrize("with_data", [True, False])
def test_a_page_of_images(faces, faces_model, stack_model, tmp_path, with_data):
    for model in (faces_model, stack_model):
        path = tmp_path / f"{model.stem}.html"
        good("report", model, *([faces] if with_data else []), "-o", path, "--title", "Faces")
        page = path.read_text(encoding="utf-8")
        assert "<h1>Faces</h1>" in page
        assert page.count('<img src="data:image/png') == (
            1 + 1 + 2 * 6 + 3 * 6 if with_data else 1
        )


def test_the_installed_command_gives_the_same_bytes(faces, faces_model, tmp_path):
    for name in ("a.html", "b.html"):
        command = [COMMAND, "report", faces_model, faces, "-o", tmp_path / name]
        subprocess.run(command, check=True)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_what_is_refused(people, people_model, faces_model, tmp_path):
    assert "end its name in .html" in refusal("report", people_model, "-o", tmp_path / "a.pdf")
    assert "image_shape is (3, 2)" in refusal(
        "report", people_model, "-o", tmp_path / "a.html", "--image-shape", "3x2"
    )
    one = tmp_path / "one.csv"
    pd.read_csv(people).head(1).to_csv(one, index=False)
    refusal("report", people_model, one)
