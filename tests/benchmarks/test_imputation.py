"""The benchmark of imputers, on generated tables."""

import json

import numpy as np
import pytest

from benchmarks import imputation
from benchmarks.__main__ import main
from benchmarks.imputation import IMPUTERS, MEAN, OURS, Result, errors_of, summary, with_holes
from tests.estimators.test_mixed import people


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(imputation, "N_EPOCHS", 100)
    for seed, name in enumerate(imputation.TABLES[:2]):
        people(200, seed).to_csv(tmp_path / f"{name}.csv")
    return tmp_path


def test_it_writes_a_table_of_imputers_and_one_of_tables(folder, tmp_path):
    output = tmp_path / "out"
    main(["imputation", "--data", str(folder), "--quick", "--output", str(output)])
    text = (output / "benchmarks.md").read_text(encoding="utf-8")
    assert "2 tables of the package ISLP with categories" in text
    assert "\n| Bikeshare | " in text
    (raw,) = output.glob("benchmarks/*.json")
    found = json.loads(raw.read_text(encoding="utf-8"))["measurements"]
    assert {one["imputer"] for one in found} == set(IMPUTERS)
    ours, mean = (
        np.mean(
            [(one["numbers"], one["categories"]) for one in found if one["imputer"] == name], 0
        )
        for name in (OURS, MEAN)
    )
    assert (ours < 0.7 * mean).all()


def test_errors_are_of_what_was_removed():
    holed = with_holes("people", people(100), 0.3, seed=0)
    assert holed.removed.mean() == pytest.approx(0.3, abs=0.05)
    np.testing.assert_array_equal(errors_of(holed, holed.truth), 0)
    wrong = holed.truth.copy()
    wrong[:, holed.encoding.slices[0]] += 2 * wrong[:, holed.encoding.slices[0]].std()
    wrong[:, holed.encoding.slices[1]] = 1 - wrong[:, holed.encoding.slices[1]]
    errors = errors_of(holed, wrong)
    assert errors[0] == pytest.approx(2)
    assert errors[1] == 1


def test_the_mean_of_columns_is_relative_to_mean_and_mode():
    def results(*columns):
        return [Result("a", 0.1, 0, 0.5, 0.25, np.array(columns), 2.0)]

    lines = summary({OURS: results(0.4, 0.1), MEAN: results(0.8, 0.4)}).splitlines()
    assert lines[2] == f"| {OURS} | 0.375 | 0.500 | 0.250 |  | 2.00 |"
    assert lines[3] == f"| {MEAN} | 1.000 | 0.500 | 0.250 | 1 of 1 | 2.00 |"


def test_without_tables_it_says_what_it_needs(tmp_path, capsys):
    for data in ([], ["--data", str(tmp_path)]):
        main(["imputation", *data, "--output", str(tmp_path / "out")])
        assert (
            "give --data FOLDER with the csv files of the package ISLP" in capsys.readouterr().err
        )
