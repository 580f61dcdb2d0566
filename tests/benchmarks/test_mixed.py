"""The benchmark of detectors on planted anomalies, on generated tables."""

import json

import numpy as np
import pytest

from benchmarks import imputation, mixed
from benchmarks.__main__ import main
from benchmarks.mixed import DETECTORS, FAR, KINDS, OURS, RARE, UNKNOWN, UNLIKELY
from tests.estimators.test_mixed import people


@pytest.fixture(scope="module")
def table():
    return mixed.table_of("people", people(400))


@pytest.fixture(scope="module")
def planted(table):
    return dict(mixed.plants(table, seed=0))


def test_it_writes_a_table_of_kinds_and_one_of_contradictions(tmp_path):
    for seed, name in enumerate(imputation.TABLES[:2]):
        people(200, seed).to_csv(tmp_path / f"{name}.csv")
    output = tmp_path / "out"
    main(["mixed", "--data", str(tmp_path), "--quick", "--output", str(output)])
    text = (output / "benchmarks.md").read_text(encoding="utf-8")
    assert "2 tables of the package ISLP with categories" in text
    assert "Bikeshare (city)" in text
    (raw,) = output.glob("benchmarks/*.json")
    found = json.loads(raw.read_text(encoding="utf-8"))["measurements"]
    assert {one["detector"] for one in found} == set(DETECTORS)
    assert {one["kind"] for one in found} == set(KINDS)
    ours = [o["auc"] for o in found if o["detector"] == OURS and o["kind"] == "contradiction"]
    assert min(ours) > 0.8


def test_the_category_that_follows_from_the_others_is_found(table):
    assert table.column == "city"
    assert table.likely.shape == (400, 3)
    own = table.likely[np.arange(400), np.searchsorted(table.values, table.frame["city"])]
    assert np.median(own) > 0.9
    alone = people(100)[["city"]].assign(number=np.random.default_rng(0).random(100))
    assert mixed.table_of("independent", alone).column is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_planted_is_in_the_rows_that_say_so_and_nowhere_else(kind, table, planted):
    train, test, labels = planted[kind]
    assert len(train) == 280
    assert len(test) == 120
    assert not set(train.index) & set(test.index)
    differs = (test != table.frame.loc[test.index]).any(axis=1).to_numpy()
    np.testing.assert_array_equal(differs, labels)
    assert 0 < labels.sum() <= 24
    n_training = (train != table.frame.loc[train.index]).any(axis=1).sum()
    assert n_training <= round(KINDS[kind][1] * 280)


def test_what_is_planted_is_what_it_is_called(table, planted):
    _, test, labels = planted["contradiction"]
    strange = test[labels]
    now = np.searchsorted(table.values, strange["city"])
    assert (table.likely[strange.index, now] < UNLIKELY).all()
    for kind, value in (("rare value", RARE), ("unknown value", UNKNOWN)):
        train, test, labels = planted[kind]
        np.testing.assert_array_equal((test == value).any(axis=1), labels)
        assert (train == value).any(axis=None) == (value == RARE)
    _, test, labels = planted["outlier"]
    before = table.frame.loc[test.index[labels]]
    moved = max(
        (abs(test[labels][n].astype(float) - before[n].astype(float)) / table.frame[n].std()).min()
        for n in ("age", "size")
    )
    assert moved == pytest.approx(FAR, rel=0.01)


def test_without_tables_it_says_what_it_needs(tmp_path, capsys):
    main(["mixed", "--data", str(tmp_path), "--output", str(tmp_path / "out")])
    assert "give --data FOLDER with the csv files of the package ISLP" in capsys.readouterr().err
