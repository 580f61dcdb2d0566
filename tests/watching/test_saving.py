"""Models saved during training."""

import math
from pathlib import Path

import numpy as np
import pytest

from autoenc import AutoEncoder
from autoenc.estimators import AutoEncoderDetector, SoftmaxClassifier
from autoenc.training import Callback, EpochPatience, GeometricPatience
from autoenc.watching import SaveBest, SaveEvery
from tests.watching.helpers import NoFolderIn, RaiseIn, Told, fit, tell, train_graph


def test_the_model_can_be_used_while_it_is_trained(digits):
    seen = []

    class Look(Callback):
        def epoch_end(self, training):
            assert training.model.history_ == training.history
            seen.append((training.epoch, training.model.score(digits.test.images[:50])))

    fit(digits, Look())
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4]
    assert seen[0][1] < seen[-1][1]


def test_watching_changes_nothing(digits, tmp_path):
    watched = fit(digits, SaveEvery(tmp_path, epochs=1), SaveBest(tmp_path / "best.safetensors"))
    assert watched.W_.tobytes() == fit(digits).W_.tobytes()
    assert len(watched.history_) == 4


def test_every_so_many_epochs(digits, tmp_path):
    model = fit(digits, SaveEvery(tmp_path, epochs=3))
    (path,) = tmp_path.iterdir()
    saved = AutoEncoder.load(path)
    assert path.name == "epoch_00003.safetensors"
    assert len(saved.history_) == 3
    assert not np.array_equal(saved.W_, model.W_)


def test_every_so_many_minutes(digits, tmp_path):
    fit(digits, SaveEvery(tmp_path / "always", minutes=0))
    fit(digits, SaveEvery(tmp_path / "never", minutes=60))
    assert len(list((tmp_path / "always").iterdir())) == 4
    assert not list((tmp_path / "never").iterdir())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "epochs is None, minutes None"),
        ({"epochs": 1, "minutes": 1}, "expected one of them"),
        ({"epochs": 0}, "epochs is 0; expected an integer of at least 1"),
        ({"minutes": -1}, "minutes is -1; expected a number >= 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        SaveEvery("models", **settings)


def test_a_disk_that_fails_costs_only_the_files_of_that_time(digits, tmp_path):
    folder = tmp_path / "models"
    with pytest.warns(UserWarning, match=r"a model file in .*models could not be") as told:
        model = fit(digits, SaveEvery(folder, epochs=1), NoFolderIn(folder, 2, 3))
    assert len(told) == 1
    assert len(model.history_) == 4
    assert sorted(path.name for path in folder.iterdir()) == [
        "epoch_00001.safetensors",
        "epoch_00004.safetensors",
    ]


def test_saving_needs_a_model(tmp_path):
    for watcher in (SaveEvery(tmp_path, epochs=1), SaveBest(tmp_path / "best.safetensors")):
        name = type(watcher).__name__
        with pytest.raises(ValueError, match=f"{name} needs an estimator, but only"):
            train_graph(watcher)


class Counter:
    """A model that counts how often it is saved, and writes that."""

    n_saved = 0

    def save(self, path):
        self.n_saved += 1
        Path(path).write_text(str(self.n_saved))


def best_of(tmp_path, records, **settings):
    watcher, model = SaveBest(tmp_path / "best", **settings), Counter()
    tell(watcher, records, model)
    return watcher.best and watcher.best["epoch"], model.n_saved


def costs(*values, name="cost"):
    return [{"cost": 1.0, name: value} for value in values]


def test_the_best_epoch_is_kept(tmp_path):
    assert best_of(tmp_path, costs(3.0, 1.0, 2.0, 1.0)) == (2, 2)


def test_the_validation_cost_goes_before_the_cost(tmp_path):
    records = [
        {"cost": 1.0},
        {"cost": 9.0, "valid_cost": 5.0},
        {"cost": 0.1},
        {"cost": 0.2, "valid_cost": 6.0},
        {"cost": 9.0, "valid_cost": 4.0},
    ]
    assert best_of(tmp_path, records) == (5, 3)


def test_what_is_no_number_is_never_best(tmp_path):
    assert best_of(tmp_path, costs(math.nan, 7.0, math.nan, 6.0, name="valid_cost")) == (4, 3)
    assert best_of(tmp_path, costs(math.nan, 2.0, math.nan, 3.0)) == (2, 1)


def test_any_number_of_the_record_can_be_monitored(tmp_path):
    records = [*costs(3.0, 2.0, name="seconds"), {"cost": 0.0}]
    assert best_of(tmp_path, records, monitor="seconds") == (2, 2)


def test_what_is_monitored_and_never_there_is_told(tmp_path):
    with pytest.warns(UserWarning, match=r"no model was saved at .*'valid_cots'.* epoch, cost\."):
        assert best_of(tmp_path, costs(1.0), monitor="valid_cots") == (None, 0)


def test_a_second_training_begins_anew(tmp_path):
    watcher = SaveBest(tmp_path / "best")
    tell(watcher, costs(1.0), Counter())
    tell(watcher, costs(5.0, 4.0), Counter())
    assert watcher.best["cost"] == 4.0


def test_the_file_is_the_model_with_the_lowest_validation_error(digits, tmp_path):
    held_out = digits.valid.images[:200], digits.valid.labels[:200]
    watcher = SaveBest(tmp_path / "best.safetensors")
    model = SoftmaxClassifier(
        n_epochs=6, learning_rate=0.5, early_stopping=EpochPatience(10), random_state=0,
        backend="xla", verbose=False,
    )  # fmt: skip
    model.fit(digits.train.images[:300], digits.train.labels[:300], held_out, callbacks=[watcher])
    lowest = min(record["valid_cost"] for record in model.history_)
    assert watcher.best["valid_cost"] == lowest
    saved = SoftmaxClassifier.load(watcher.path)
    assert 1 - saved.score(*held_out) == pytest.approx(lowest)
    assert len(saved.history_) == watcher.best["epoch"]


class Validations(Callback):
    """Notes all validation costs, with the epoch and whether it was over."""

    def __init__(self):
        self.seen = []

    def block_end(self, training):
        if training.valid_cost is not None:
            over = training.rows_done == training.n_rows
            self.seen.append((training.valid_cost, training.epoch, training.iteration, over))


@pytest.mark.parametrize("backend", ["c", "xla"])
@pytest.mark.parametrize("monitor", [None, "valid_cost"])
def test_the_best_of_validations_within_epochs_is_kept(digits, tmp_path, monitor, backend):
    watcher = SaveBest(tmp_path / "best.safetensors", monitor)
    seen = Validations()
    # 30 minibatches an epoch, and a validation after every 4.
    model = SoftmaxClassifier(
        n_epochs=6, batch_size=10, learning_rate=1.0, early_stopping=GeometricPatience(8),
        random_state=1, backend=backend, verbose=False,
    )  # fmt: skip
    held_out = digits.valid.images[:200], digits.valid.labels[:200]
    model.fit(
        digits.train.images[:300], digits.train.labels[:300], held_out, callbacks=[seen, watcher]
    )
    lowest, epoch, iteration, over = min(seen.seen, key=lambda validation: validation[0])
    assert len(seen.seen) > 7
    assert not over
    assert lowest < min(record["valid_cost"] for record in model.history_)
    assert watcher.best == {"epoch": epoch, "iteration": iteration, "valid_cost": lowest}
    saved = SoftmaxClassifier.load(watcher.path)
    assert 1 - saved.score(*held_out) == pytest.approx(lowest)
    for kept, restored in zip(saved.weights_, model.weights_, strict=True):
        np.testing.assert_array_equal(kept, restored)


class StopAfter(Callback):
    """Requests the end of training after some validations."""

    def __init__(self, n):
        self.n = n

    def block_end(self, training):
        self.n -= training.valid_cost is not None
        training.stop_requested = self.n == 0


@pytest.mark.parametrize("after", ["the best validation", "the next validation"])
def test_a_resumed_run_keeps_the_best_of_validations_within_epochs(digits, tmp_path, after):
    held_out = digits.valid.images[:200], digits.valid.labels[:200]

    def run(watcher, *others, **settings):
        SoftmaxClassifier(
            n_epochs=6, batch_size=10, learning_rate=1.0, early_stopping=GeometricPatience(8),
            random_state=1, verbose=False,
        ).fit(
            digits.train.images[:300], digits.train.labels[:300], held_out,
            callbacks=[watcher, *others], **settings,
        )  # fmt: skip
        return watcher.best, SoftmaxClassifier.load(watcher.path).weights_

    seen = Validations()
    best, weights = run(SaveBest(tmp_path / "whole.safetensors"), seen)
    costs = [cost for cost, *_ in seen.seen]
    n = costs.index(min(costs)) + 1 + (after == "the next validation")
    how = {"checkpoint": tmp_path / "run.ckpt", "resume": True}
    run(SaveBest(tmp_path / "best.safetensors"), StopAfter(n), **how)
    resumed, its_weights = run(SaveBest(tmp_path / "best.safetensors"), **how)
    assert resumed == best
    for array, other in zip(weights, its_weights, strict=True):
        np.testing.assert_array_equal(array, other)


def test_a_validation_within_an_epoch_says_nothing_of_its_end(tmp_path):
    class Stale(Told):
        valid_cost = None

    watcher, model = SaveBest(tmp_path / "best", "valid_cost"), Counter()
    training = Stale(model, history=[{"epoch": 1, "cost": 1.0, "valid_cost": 0.5}])
    watcher.start(training)
    watcher.epoch_end(training)
    assert (watcher.best, model.n_saved) == (None, 0)


def test_an_error_of_another_callback_leaves_the_best_model(digits, tmp_path):
    watcher = SaveBest(tmp_path / "best.safetensors")
    with pytest.raises(RuntimeError, match="another callback"):
        fit(digits, watcher, RaiseIn(epoch=2))
    assert len(AutoEncoder.load(watcher.path).history_) == 2


@pytest.mark.parametrize("watcher", [SaveBest, lambda path: SaveEvery(path, epochs=1)])
def test_a_detector_is_saved_after_fit(digits, tmp_path, watcher):
    seen, rows = [], digits.train.images[:50, 100:109]
    callbacks = [watcher(tmp_path / "detector"), seen.append]
    detector = AutoEncoderDetector(
        n_hidden=4, n_updates=6, warm_start=True, random_state=0, verbose=False
    )
    for _ in range(2):  # the second time, the model has the earlier calibration
        with pytest.raises(ValueError, match="AutoEncoderDetector is calibrated after it; save"):
            detector.fit(rows, callbacks=callbacks)
        assert seen == []
        detector.fit(rows)


class Rising(Callback):
    """Gives epochs a number that is lowest in the third, and stops after some epoch."""

    def __init__(self, last=None):
        self.last = last

    def epoch_end(self, training):
        training.history[-1]["measure"] = abs(training.epoch - 3.0)
        training.stop_requested = training.epoch == self.last


@pytest.mark.parametrize("last", [1, 3, 4, 5])
def test_a_resumed_run_keeps_the_best_model_of_earlier_epochs(digits, tmp_path, last):
    def run(watcher, **settings):
        model = AutoEncoder(4, n_epochs=6, random_state=0, verbose=False)
        callbacks = [settings.pop("rising", Rising()), watcher]
        model.fit(digits.train.images[:60], callbacks=callbacks, **settings)
        return AutoEncoder.load(watcher.path)

    whole = run(SaveBest(tmp_path / "whole.safetensors", monitor="measure"))
    path, checkpoint = tmp_path / "best.safetensors", tmp_path / "run.ckpt"
    run(SaveBest(path, monitor="measure"), rising=Rising(last), checkpoint=checkpoint)
    watcher = SaveBest(path, monitor="measure")
    resumed = run(watcher, checkpoint=checkpoint, resume=True)
    assert (watcher.best["epoch"], len(resumed.history_)) == (3, 3)
    np.testing.assert_array_equal(resumed.W_, whole.W_)


def test_a_resumed_run_writes_a_file_where_none_is(digits, tmp_path):
    checkpoint, watcher = tmp_path / "run.ckpt", SaveBest(tmp_path / "best", monitor="measure")
    for last, more in ((4, ()), (None, (watcher,))):
        AutoEncoder(4, n_epochs=6, random_state=0, verbose=False).fit(
            digits.train.images[:60],
            checkpoint=checkpoint,
            resume=True,
            callbacks=[Rising(last), *more],
        )
    assert len(AutoEncoder.load(watcher.path).history_) == 5


def test_a_disk_that_fails_leaves_the_best_model_before(digits, tmp_path):
    watcher = SaveBest(tmp_path / "models" / "best.safetensors")
    with pytest.warns(UserWarning, match=r"best\.safetensors could not be written") as told:
        model = fit(digits, watcher, NoFolderIn(tmp_path / "models", 2, 3, 4))
    assert len(told) == 1
    assert len(model.history_) == 4
    assert watcher.best["epoch"] == 1
    assert len(AutoEncoder.load(tmp_path / "away" / "best.safetensors").history_) == 1


def test_a_path_that_cannot_be_is_told_before_training(digits, tmp_path):
    with pytest.raises(IsADirectoryError, match="expected the path of a model file"):
        fit(digits, SaveBest(tmp_path))
