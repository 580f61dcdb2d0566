"""Models saved while training goes on."""

import numpy as np
import pytest

from autoenc import AutoEncoder
from autoenc.training import Callback
from autoenc.watching import SaveEvery


def fit(digits, *watchers):
    model = AutoEncoder(10, n_epochs=4, random_state=0, verbose=False)
    return model.fit(digits.train.images[:100], callbacks=watchers)


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
    watched = fit(digits, SaveEvery(tmp_path, epochs=1))
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
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "epochs is None and minutes None; expected one of them"),
        ({"epochs": 1, "minutes": 1}, "expected one of them"),
        ({"epochs": 0}, "epochs is 0; expected an integer of at least 1"),
        ({"minutes": -1}, "minutes is -1; expected a number >= 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        SaveEvery("models", **settings)
