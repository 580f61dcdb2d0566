"""Model files of earlier versions load, and give the recorded numbers.

`old_files/` has a file of each kind, written by the first version that had this kind. These files
are never written again.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autoenc import estimators
from autoenc.cli.inputs import load_model
from autoenc.export import numpy_reader
from tests import reference

FOLDER = Path(__file__).with_name("old_files")
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
UNIT = np.random.default_rng(7).uniform(size=(24, 6)).astype("float32").round(3)
WIDE = (UNIT * [1, 5, 20, 100, 3, 9] - 4).astype("float32")
# A switch, an amount that is often 0, and four columns that depend on them.
LIMITED = np.hstack([UNIT[:, :1] > 0.5, 9 * np.maximum(UNIT[:, 1:2] - 0.5, 0), UNIT[:, 2:]])
LIMITED[:, 2:] += LIMITED[:, :1] - 4 * LIMITED[:, 1:2] @ np.ones((1, 4))


def path_of(name):
    return FOLDER / f"{name}.safetensors"


def rows_of(name):
    """Rows that the file's model was fitted on."""
    if name == "masked":
        rows = UNIT.copy()
        rows[3, 2] = np.nan
        return rows
    if name == "named":
        return pd.DataFrame(UNIT, columns=list("abcdef"))
    if name == "limited":
        return LIMITED
    is_wide = name in ("standardised", "standardised_stack", "stacked_classifier", "free_deep")
    return WIDE if is_wide or name.startswith("command") else UNIT


def load(name):
    return getattr(estimators, EXPECTED[name]["class"]).load(path_of(name), verbose=False)


def check(found, expected):
    if isinstance(expected[0], str):
        assert list(found) == expected
    else:
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-6)


def now(expected, method, model, rows):
    """Scores were cross-entropies when the files were written, and are deviances today."""
    if method != "score_samples" or model.model_.cost != "cross_entropy":
        return expected
    scaling = model.model_.scaling
    rows = rows if scaling is None else scaling.forward(np.asarray(rows))
    observed = ~np.isnan(rows)
    entropy = reference.bernoulli_entropy(np.where(observed, rows, 0))
    return np.array(expected) - (entropy / observed.mean(axis=1))[: len(expected)]


def test_a_file_of_each_kind_is_here():
    assert {path.stem for path in FOLDER.glob("*.safetensors")} == set(EXPECTED)
    # Detectors are younger than these files.
    kinds = set(estimators.__all__) - {"AutoEncoderDetector", "fit_many"}
    assert {entry["class"] for entry in EXPECTED.values()} == kinds


@pytest.mark.parametrize("name", [n for n in EXPECTED if not n.startswith("command")])
def test_an_old_file_gives_its_numbers(name):
    model, rows = load(name), rows_of(name)
    for method, expected in EXPECTED[name].items():
        if method != "class":
            check(
                getattr(model, method)(rows)[: len(expected)], now(expected, method, model, rows)
            )


@pytest.mark.parametrize("name", [n for n in EXPECTED if n.startswith("command")])
def test_an_old_file_of_the_command_gives_its_numbers(name):
    saved = load_model(path_of(name))
    assert saved.columns == tuple("abcdef")
    for model in (saved.estimator, load(name)):
        rows, expected = rows_of(name).astype(float), EXPECTED[name]
        rows = pd.DataFrame(rows, columns=list("abcdef"))
        check(model.transform(rows)[:3], expected["transform"])
        check(model.reconstruct(rows)[:3], expected["reconstruct"])
        scores = now(expected["score_samples"], "score_samples", model, rows)
        check(model.score_samples(rows)[:6], scores)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_numpy_reader_reads_old_files(name):
    reader, model = numpy_reader.load(path_of(name)), load(name)
    rows = np.asarray(rows_of(name), "float32")
    for method, expected in EXPECTED[name].items():
        if method != "class":
            found = getattr(reader, method)(rows)[: len(expected)]
            check(found, now(expected, method, model, rows))
