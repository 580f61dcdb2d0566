"""Scores and codes that other engines compute from one model file."""

import numpy as np
import pandas as pd
import pytest

from autoenc import AutoEncoder
from autoenc.datasets import load_mnist
from examples import dask_wrappers, scoring_files

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::DeprecationWarning:ray",
    "ignore:PySpark does not yet fully support pandas:FutureWarning",
)


@pytest.mark.parametrize("engine", ["ray", "spark"])
def test_errors_of_files_are_those_of_the_rows(engine, request, tmp_path):
    if engine == "spark":
        request.getfixturevalue("java")
    rows = scoring_files.write_digits(tmp_path / "rows", 3)
    path = scoring_files.fit(rows, tmp_path / "model.safetensors", 2)
    errors = scoring_files.main(
        ["--engine", engine, "--rows", str(rows), "--model", str(path),
         "--output", str(tmp_path / "errors")]
    )  # fmt: skip
    frame = pd.read_parquet(rows).sort_values("id")
    assert list(errors["id"]) == list(frame["id"]) == list(range(1797))
    expected = AutoEncoder.load(path).score_samples(frame.drop(columns="id"))
    np.testing.assert_allclose(errors["error"], expected, rtol=0 if engine == "ray" else 1e-5)
    assert len(list((tmp_path / "errors").glob("*.parquet"))) >= 1


def test_training_and_codes_by_dask_ml(tmp_path, capsys):
    path = tmp_path / "model.safetensors"
    codes = dask_wrappers.main(["--epochs", "2", "--rows", "1250", "--model", str(path)])
    model = AutoEncoder.load(path)
    np.testing.assert_array_equal(codes, model.transform(load_mnist(sample=True).train.images))
    costs = [record["cost"] for record in model.history_]
    assert len(costs) == 2 * 4
    assert costs[-1] < costs[0]
    assert "8 passes over blocks" in capsys.readouterr().out
