"""Results that are written as they are computed."""

import numpy as np
import pyarrow.parquet
import pytest

from autoenc import AutoEncoder
from autoenc.estimators import AutoEncoderDetector, SoftmaxClassifier
from autoenc.models import results, write_results

ROWS = np.random.default_rng(0).uniform(size=(5000, 6)).astype("float32")


@pytest.fixture(autouse=True)
def several_parts(monkeypatch):
    monkeypatch.setattr("autoenc.rows.blocks.VALUES_AT_A_TIME", 2_048 * 6)


@pytest.fixture(scope="module")
def fitted():
    return AutoEncoder(4, n_epochs=1, random_state=0, verbose=False, backend="xla").fit(ROWS)


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    return tmp_path / "rows.npy"


@pytest.mark.parametrize("what", results.OF_CODERS)
def test_they_are_what_the_estimator_returns(fitted, path, tmp_path, what, monkeypatch):
    expected = getattr(fitted, what)(ROWS)
    write_results(tmp_path / "results.npy", fitted.model_, path, what)
    np.testing.assert_array_equal(np.load(tmp_path / "results.npy"), expected)
    monkeypatch.setattr(results, "BYTES_AT_A_TIME", 30_000)
    write_results(tmp_path / "results.parquet", fitted.model_, path, what)
    table = pyarrow.parquet.read_table(tmp_path / "results.parquet").to_pandas().to_numpy()
    np.testing.assert_array_equal(table.reshape(expected.shape), expected)
    assert pyarrow.parquet.ParquetFile(tmp_path / "results.parquet").num_row_groups > 1 or (
        what == "score_samples"
    )


def test_probabilities_of_classes(path, tmp_path):
    settings = {"n_epochs": 1, "random_state": 0, "verbose": False}
    fitted = SoftmaxClassifier(**settings).fit(ROWS, np.arange(len(ROWS)) % 3)
    write_results(tmp_path / "p.npy", fitted.model_, path, "predict_proba")
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), fitted.predict_proba(ROWS))
    with pytest.raises(ValueError, match="what is 'transform'; expected one of predict_proba"):
        write_results(tmp_path / "p.npy", fitted.model_, path)


@pytest.mark.parametrize("what", ["transform", "score_samples", "predict_proba"])
def test_a_detector_has_no_results_to_write(tmp_path, what):
    detector = AutoEncoderDetector(n_hidden=4, n_updates=6, random_state=0, verbose=False)
    detector.fit(ROWS[:200])
    with pytest.raises(ValueError, match="results of AutoEncoderDetector cannot be written part"):
        write_results(tmp_path / "o.npy", detector.model_, ROWS, what)


def test_columns_have_names(fitted, path, tmp_path):
    file = tmp_path / "codes.parquet"
    write_results(file, fitted.model_, path, names=["a", "b", "c", "d"])
    assert pyarrow.parquet.read_schema(file).names == ["a", "b", "c", "d"]


def test_a_file_appears_whole_or_not_at_all(fitted, tmp_path):
    rows = ROWS.copy()
    rows[4321, 2] = 7
    np.save(tmp_path / "rows.npy", rows)
    with pytest.raises(ValueError, match=r"X has 7.0 at row 4321, column 2"):
        write_results(tmp_path / "e.npy", fitted.model_, tmp_path / "rows.npy", "score_samples")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["rows.npy"]


def test_what_cannot_be_written(fitted, tmp_path):
    with pytest.raises(ValueError, match="what is 'codes'; expected one of transform"):
        write_results(tmp_path / "x.npy", fitted.model_, ROWS, "codes")
    with pytest.raises(ValueError, match=r"ends in '.txt'; expected .npy or .parquet"):
        write_results(tmp_path / "x.txt", fitted.model_, ROWS)


def test_the_rows_are_not_overwritten(fitted, path, tmp_path, monkeypatch):
    (tmp_path / "link.npy").symlink_to(path)
    (tmp_path / "hard.npy").hardlink_to(path)
    monkeypatch.chdir(tmp_path)
    before = path.read_bytes()
    mapped = np.load(path, mmap_mode="r")
    for target in (path, "rows.npy", "link.npy", "hard.npy"):
        for rows in (path, str(path), [path], mapped):
            with pytest.raises(ValueError, match="is a file of the rows, which is not overwri"):
                write_results(target, fitted.model_, rows)
    assert path.read_bytes() == before
