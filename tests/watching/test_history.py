"""The history as a csv file."""

import csv
import signal

import numpy as np
import pandas as pd
import pytest

from autoenc import AutoEncoder
from autoenc.estimators import SoftmaxClassifier
from autoenc.graph.updates import exponential_decay
from autoenc.training import Callback
from autoenc.watching import CsvHistory, history
from autoenc.watching.watched import learning_rate_of
from tests.watching.helpers import NoFolderIn, RaiseIn, fit, tell, train_graph


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_holds_every_number_to_the_last_bit(digits, tmp_path):
    path = tmp_path / "new" / "history.csv"
    model = fit(digits, CsvHistory(path))
    assert [{k: float(v) for k, v in row.items()} for row in read(path)] == model.history_
    frame = pd.read_csv(path)
    pd.testing.assert_frame_equal(frame, pd.DataFrame(model.history_))


def test_without_a_model_too(tmp_path):
    records = train_graph(CsvHistory(tmp_path / "history.csv"))
    assert [float(row["cost"]) for row in read(tmp_path / "history.csv")] == [
        record["cost"] for record in records
    ]


def test_columns_that_come_later_are_empty_before(tmp_path):
    path = tmp_path / "history.csv"
    tell(CsvHistory(path), [{"cost": 3.0}, {"cost": 2.0, "valid_cost": 2.5}, {"cost": 1.0}])
    frame = pd.read_csv(path)
    assert list(frame.columns) == ["epoch", "cost", "valid_cost"]
    np.testing.assert_array_equal(frame.valid_cost, [np.nan, 2.5, np.nan])
    assert [row["valid_cost"] for row in read(path)] == ["", "2.5", ""]


class CountRows(Callback):
    def __init__(self, path):
        self.path = path
        self.seen = []

    def epoch_end(self, training):
        self.seen.append(len(read(self.path)))


@pytest.mark.parametrize(("seconds", "seen"), [(0, [1, 2, 3, 4]), (3600, [1, 1, 1, 1])])
def test_it_grows_but_not_more_often_than_so(digits, tmp_path, monkeypatch, seconds, seen):
    monkeypatch.setattr(history, "_SECONDS_BETWEEN", seconds)
    count = CountRows(tmp_path / "history.csv")
    fit(digits, CsvHistory(count.path), count)
    assert count.seen == seen
    assert len(read(count.path)) == 4


def test_an_error_of_another_callback_loses_nothing(digits, tmp_path):
    with pytest.raises(RuntimeError, match="another callback"):
        fit(digits, RaiseIn(epoch=3), CsvHistory(tmp_path / "history.csv"))
    assert [row["epoch"] for row in read(tmp_path / "history.csv")] == ["1", "2", "3"]


def test_an_interruption_is_in_the_file(digits, tmp_path, monkeypatch):
    # The epoch is written before its record says that it was interrupted.
    monkeypatch.setattr(history, "_SECONDS_BETWEEN", 0)

    class Interrupt(Callback):
        def block_end(self, training):
            if training.epoch == 2:
                signal.raise_signal(signal.SIGINT)

    with pytest.warns(UserWarning, match="interrupted in epoch 2"):
        fit(digits, Interrupt(), CsvHistory(tmp_path / "history.csv"))
    assert [row["interrupted"] for row in read(tmp_path / "history.csv")] == ["", "True"]


def test_a_disk_that_fails_is_warned_of_once_and_nothing_is_missing(digits, tmp_path, monkeypatch):
    monkeypatch.setattr(history, "_SECONDS_BETWEEN", 0)
    path = tmp_path / "folder" / "history.csv"
    with pytest.warns(UserWarning, match=r"history\.csv could not be written.*continues") as told:
        model = fit(digits, CsvHistory(path), NoFolderIn(path.parent, 2, 3))
    assert len(told) == 1
    assert len(model.history_) == 4
    assert [float(row["cost"]) for row in read(path)] == [r["cost"] for r in model.history_]


def test_what_fails_until_the_end_is_told_and_the_model_kept(digits, tmp_path):
    path = tmp_path / "folder" / "history.csv"
    with pytest.warns(UserWarning, match="could not be written") as told:
        model = fit(digits, CsvHistory(path), NoFolderIn(path.parent, 1, 2, 3, 4))
    during, at_end = (str(warning.message) for warning in told)
    assert "a later epoch tries again" in during
    assert "could not be written when training ended" in at_end
    assert len(model.history_) == 4
    assert not (tmp_path / "away" / "history.csv").exists()


def test_a_path_that_cannot_be_is_told_before_training(digits, tmp_path):
    count = CountRows(tmp_path)
    with pytest.raises(IsADirectoryError, match="is a folder; expected the path of a csv file"):
        fit(digits, CsvHistory(tmp_path), count)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        fit(digits, CsvHistory(tmp_path / "file" / "history.csv"), count)
    assert count.seen == []


def test_an_earlier_file_stays_until_there_is_something_to_write(digits, tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("the run before")

    class Fail(Callback):
        def start(self, training):
            raise RuntimeError("another callback does not start")

    for watchers in ([CsvHistory(path), Fail()], [Fail(), CsvHistory(path)]):
        with pytest.raises(RuntimeError, match="does not start"):
            fit(digits, *watchers)
        assert path.read_text() == "the run before"


class Rates(Callback):
    """Collects the learning rate at the end of each epoch."""

    def __init__(self):
        self.seen = []

    def epoch_end(self, training):
        self.seen.append(learning_rate_of(training))


@pytest.mark.parametrize("n_fits", [1, 2])
def test_the_rate_of_an_epoch_has_decayed(n_fits):
    rows, labels, rates = np.random.default_rng(0).random((60, 4)), np.arange(60) % 2, Rates()
    classifier = SoftmaxClassifier(
        learning_rate=0.4, learning_rate_decay=0.5, n_epochs=3, warm_start=True, verbose=False
    )
    for _ in range(n_fits):
        classifier.fit(rows, labels, callbacks=rates)
    np.testing.assert_allclose(rates.seen, 0.4 * 0.5 ** np.arange(3 * n_fits))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_rate_of_an_epoch_is_that_of_the_schedule_over_all_fits(optimizer):
    rows, rates = np.random.default_rng(0).random((200, 4)), Rates()
    model = AutoEncoder(
        2,
        optimizer=optimizer,
        learning_rate=exponential_decay(0.1, 0.5, 10),
        n_epochs=2,
        warm_start=True,
        verbose=False,
    )
    for _ in range(2):
        model.fit(rows, callbacks=rates)
    steps = 10 * np.arange(1, 5) - 1
    np.testing.assert_allclose(rates.seen, 0.1 * 0.5 ** (steps / 10), rtol=1e-5)


def test_the_rate_of_an_epoch_has_decayed_as_was_chosen():
    model, rates = AutoEncoder(2, n_epochs=4, random_state=0, verbose=False), Rates()
    model.fit(100 * np.random.default_rng(0).normal(size=(60, 5)), callbacks=rates)
    decay = model.chosen_["learning_rate_decay"]
    np.testing.assert_allclose(rates.seen, model.learning_rate_ * decay ** np.arange(4))
