"""The benchmark of detectors, on generated data sets."""

import json
import re

import numpy as np
import pytest

from benchmarks import alarms, choices
from benchmarks.__main__ import main
from benchmarks.anomalies import DETECTORS, OURS, Score, summary


@pytest.fixture
def folder(tmp_path):
    """Two sets of 100 rows, of which 10 are far away in all directions."""
    for seed in (0, 1):
        rng, y = np.random.default_rng(seed), np.arange(100) % 10 == 0
        X = rng.normal(size=(100, 4)) * np.where(y, 20, 1)[:, None]
        np.savez(tmp_path / f"set-{seed}.npz", X=X, y=y.astype(int))
    return tmp_path


def test_it_writes_a_table_of_detectors_and_one_of_sets(folder, tmp_path):
    output = tmp_path / "out"
    main(["anomalies", "--data", str(folder), "--rounds", "2", "--output", str(output)])
    text = (output / "benchmarks.md").read_text(encoding="utf-8")
    assert "2 sets, at most 10,000 rows of each; 2 random splits" in text
    assert f"\n| {OURS} | " in text
    assert "\n| set-1 | " in text
    (raw,) = output.glob("benchmarks/*.json")
    found = json.loads(raw.read_text(encoding="utf-8"))["measurements"]
    ours = [score for score in found if score["detector"] == OURS]
    assert [(score["set"], score["seed"]) for score in ours] == [
        ("set-0", 0), ("set-0", 1), ("set-1", 0), ("set-1", 1),
    ]  # fmt: skip
    present = {score["detector"] for score in found}
    assert {name for name, (_, needs) in DETECTORS.items() if not needs} <= present
    assert min(score["auc"] for score in found) > 0.9


def test_false_alarms_are_counted(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(2_000, 4)), np.arange(2_000) % 10 == 0
    np.savez(tmp_path / "set.npz", X=X, y=y.astype(int))
    arguments = ["--data", str(tmp_path), "--rounds", "1", "--alarms", "--output", str(tmp_path)]
    main(["anomalies", *arguments])
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    rate, above, below = re.search(
        r"half, (\S+) % have p.*limits: (\d) of 1; below them: (\d)\.", text
    ).groups()
    assert 0 < float(rate) < 12
    assert (above, below) == ("0", "0")
    assert "| set | 270 | " in text


def test_limits_of_false_alarms_are_those_of_simulations():
    low, high = alarms.limits(199, 200)
    rng = np.random.default_rng(0)
    known, new = rng.random((10_000, 199)), rng.random((10_000, 200))
    tenth = np.sort(known, axis=1)[:, 9]  # p <= 10 / 200
    counts = (new <= tenth[:, None]).sum(axis=1)
    assert (counts < low).mean() < 0.01
    assert (counts > high).mean() < 0.01
    assert 0.985 < ((low <= counts) & (counts <= high)).mean() < 0.998
    assert alarms.limits(10, 50) == (0, 0)


def test_settings_are_chosen_on_halves(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(
        choices, "FITTED", {"n_hidden": (128,), "seen": (0.5,), "n_updates": (1, 200)}
    )
    arguments = ["--data", str(folder), "--rounds", "1", "--choose", "--output", str(tmp_path)]
    main(["anomalies", *arguments])
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "Of 18 combinations of settings, the best on one half" in text


def test_pieces_of_the_score_are_judged(folder, tmp_path):
    arguments = ["--data", str(folder), "--rounds", "1", "--pieces", "--output", str(tmp_path)]
    main(["anomalies", *arguments])
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    of_default = re.search(r"\| both, `dependence=0\.7` \| (\S+) \|", text)
    ours = re.search(rf"\| {OURS} \| (\S+) \|", text)
    assert of_default[1] == ours[1]


def test_without_sets_it_says_what_it_needs(tmp_path, capsys):
    for data in ([], ["--data", str(tmp_path)]):
        main(["anomalies", *data, "--output", str(tmp_path / "out")])
        assert "give --data FOLDER with ADBench's data sets" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_leads_are_means_over_sets():
    ours = {"a": [Score(0.9, 0.5, 1.0), Score(0.7, 0.5, 1.0)], "b": [Score(0.6, 0.3, 3.0)]}
    theirs = {"a": [Score(0.7, 0.4, 6.0)], "b": [Score(0.7, 0.4, 2.0)]}
    lines = summary({OURS: ours, "other": theirs}).splitlines()
    assert lines[2] == f"| {OURS} | 0.700 | 0.400 |  |  | 2.00 | 1.00 |"
    assert lines[3] == "| other | 0.700 | 0.400 | +0.000 ± 0.100 | 1 of 2 | 4.00 | 2.00 |"
