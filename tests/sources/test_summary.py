"""Range, moments and finiteness in one pass, and the stored summary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from autoenc.sources import SourceError, open_source, summarize, summary
from autoenc.sources.summary import summarize_rows

values = st.one_of(st.floats(-1e6, 1e6, width=32), st.sampled_from([np.nan, np.inf, -np.inf]))
matrices = arrays("float32", array_shapes(min_dims=2, max_dims=2, max_side=40), elements=values)


@given(rows=matrices, at_a_time=st.integers(1, 30))
def test_it_is_what_numpy_finds(rows, at_a_time):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "BYTES_AT_A_TIME", at_a_time * 4 * rows.shape[1])
        found = summarize_rows(open_source(rows))
    np.testing.assert_array_equal(found.minimum, np.fmin.reduce(rows, axis=0))
    np.testing.assert_array_equal(found.maximum, np.fmax.reduce(rows, axis=0))
    assert found.n_nan == np.isnan(rows).sum()
    assert found.n_infinite == np.isinf(rows).sum()
    assert found.first_nan == first(np.isnan(rows))
    assert found.first_infinite == first(np.isinf(rows))
    for column in range(rows.shape[1]):
        finite = rows[np.isfinite(rows[:, column]), column].astype("float64")
        mean, variance = (finite.mean(), finite.var()) if len(finite) else (0, 0)
        assert found.mean[column] == pytest.approx(mean, rel=1e-9, abs=1e-6)
        assert found.variance[column] == pytest.approx(variance, rel=1e-9, abs=1e-3)


def first(found):
    return tuple(map(int, np.argwhere(found)[0])) if found.any() else None


def test_variances_far_from_zero_keep_their_digits():
    rows = np.random.default_rng(0).normal(1e6, 1.0, size=(40_000, 2))
    found = summarize_rows(open_source(rows))
    np.testing.assert_allclose(found.variance, rows.var(axis=0), rtol=1e-9)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(summary, "REMEMBERED_BYTES", 0)
    return tmp_path / "cache"


def test_what_was_found_of_a_file_is_remembered(cache, tmp_path, monkeypatch):
    path = tmp_path / "rows.npy"
    rows = np.random.default_rng(0).uniform(size=(500, 3))
    rows[100, 1] = np.nan
    np.save(path, rows)
    found = summarize(open_source(path))
    monkeypatch.setattr(summary, "summarize_rows", lambda source: pytest.fail("looked again"))
    again = summarize(open_source(path))
    assert (again.n_nan, again.first_nan, again.first_infinite) == (1, (100, 1), None)
    for name in ("minimum", "maximum", "mean", "variance", "n_observed"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))


def test_a_file_that_has_changed_is_looked_at_again(cache, tmp_path, monkeypatch):
    path = tmp_path / "rows.npy"
    np.save(path, np.zeros((500, 3)))
    assert summarize(open_source(path)).maximum.tolist() == [0, 0, 0]
    np.save(path, np.ones((500, 3)))
    assert summarize(open_source(path)).maximum.tolist() == [1, 1, 1]


def test_a_damaged_manifest_is_left_aside(cache, tmp_path, monkeypatch):
    path = tmp_path / "rows.npy"
    np.save(path, np.ones((500, 3)))
    summarize(open_source(path))
    (file,) = cache.rglob("*.safetensors")
    file.write_bytes(b"damaged")
    assert summarize(open_source(path)).maximum.tolist() == [1, 1, 1]


def test_nothing_is_remembered_of_arrays_and_small_files(cache, tmp_path, monkeypatch):
    summarize(open_source(np.ones((5, 3))))
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    np.save(tmp_path / "rows.npy", np.ones((5, 3)))
    summarize(open_source(tmp_path / "rows.npy"))
    assert not cache.exists()


def test_nothing_is_remembered_of_files_beside_arrays(cache, tmp_path):
    """The files do not identify the array, whose sampled rows may be the same."""
    np.save(tmp_path / "rows.npy", np.zeros((500, 3)))
    stored = np.load(tmp_path / "rows.npy", mmap_mode="r")
    other = np.zeros((500, 3))
    assert summarize(open_source([stored, other])).maximum.tolist() == [0, 0, 0]
    other[250] = 9  # this row is not sampled
    assert summarize(open_source([stored, other])).maximum.tolist() == [9, 9, 9]


def test_rows_without_values():
    with pytest.raises(SourceError, match=r"the array has shape \(5, 0\), and no values"):
        summarize(open_source(np.ones((5, 0))))
