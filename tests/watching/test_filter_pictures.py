"""Filters drawn during training."""

import threading

import numpy as np
import pytest
from PIL import Image

from autoenc.plotting import plot_filters
from autoenc.plotting.figures import pixels_of
from autoenc.training import Callback, DivergedError
from autoenc.watching import FilmFilters, LiveFilters
from autoenc.watching.filter_pictures import MOST_FRAMES
from tests.watching.helpers import (
    NoFolderIn,
    RaiseIn,
    Told,
    fit,
    model_with_filters,
    tell,
    train_graph,
)


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)[..., :3]


def frames(path):
    with Image.open(path) as film:
        return film.n_frames


def test_the_picture_is_that_of_the_last_filters(digits, tmp_path):
    path = tmp_path / "new" / "filters.png"
    model = fit(digits, LiveFilters(path, k=6, columns=3))
    title = f"epoch 4, cost {model.history_[-1]['cost']:.4g}"
    expected = plot_filters(model.W_.T, k=6, columns=3, title=title)
    np.testing.assert_array_equal(pixels(path), pixels_of(expected))


@pytest.mark.parametrize(("every", "n_pictures"), [(1, 5), (2, 3), (9, 1)])
def test_pictures_come_before_training_and_every_so_many_epochs(
    digits, tmp_path, every, n_pictures
):
    path = tmp_path / "filters.png"
    seen = set()

    class Look(Callback):
        def start(self, training):
            seen.add(path.read_bytes())

        def epoch_end(self, training):
            seen.add(path.read_bytes())

    fit(digits, LiveFilters(path, every=every), Look())
    assert len(seen) == n_pictures


def test_nobody_sees_half_a_picture(tmp_path):
    path = tmp_path / "filters.png"
    W = np.random.default_rng(0).normal(size=(64, 100))
    watcher, training = LiveFilters(path), Told(model_with_filters(W))
    watcher.start(training)
    with Image.open(path) as picture:
        size = picture.size
    enough, n_seen = threading.Event(), 0

    def draw():
        while not enough.is_set():
            training.epoch += 1
            training.history.append({"cost": 1.0})
            watcher.epoch_end(training)

    thread = threading.Thread(target=draw)
    thread.start()
    while training.epoch < 5 or n_seen < 5:
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == size
        n_seen += 1
    enough.set()
    thread.join()


def test_a_film_has_a_picture_for_each_time(digits, tmp_path):
    watchers = [FilmFilters(tmp_path / f"{every}.gif", every=every, k=4) for every in (1, 3)]
    fit(digits, *watchers)
    # Before training and after it, and what is due in between.
    assert [frames(watcher.path) for watcher in watchers] == [5, 3]


def test_any_other_suffix_gives_a_strip(digits, tmp_path):
    fit(digits, FilmFilters(tmp_path / "strip.png", every=4, k=3))
    height, width, _ = pixels(tmp_path / "strip.png").shape
    assert width > 1.5 * height  # three filters wide, before and after


def test_a_film_of_a_long_training_is_thinned_evenly(tmp_path):
    n_epochs = 2 * MOST_FRAMES + 9
    shown = []

    class Film(FilmFilters):
        def _write(self, frames):
            shown.append(list(frames))

    model = model_with_filters(np.eye(4))
    tell(Film(tmp_path / "film.gif"), [{"cost": 1.0}] * n_epochs, model)
    assert shown[-1] == [*range(0, n_epochs, 4), n_epochs]
    assert len(shown[-1]) <= MOST_FRAMES


def test_an_error_of_another_callback_leaves_the_film_so_far(digits, tmp_path):
    with pytest.raises(RuntimeError, match="another callback"):
        fit(digits, FilmFilters(tmp_path / "film.gif", k=4), RaiseIn(2))
    assert frames(tmp_path / "film.gif") == 3


def test_a_film_does_not_hide_that_training_diverged(tmp_path):
    watcher = FilmFilters(tmp_path / "film.gif")
    training = Told(model_with_filters(np.eye(4)))
    watcher.start(training)
    training.epoch, training.model = 1, model_with_filters(np.full((4, 4), np.nan))
    watcher.stop(training)
    assert frames(tmp_path / "film.gif") == 1


def test_divergence_reaches_the_caller(digits, tmp_path):
    class Diverge(Callback):
        def epoch_end(self, training):
            raise DivergedError("the cost became nan")

    with pytest.raises(DivergedError):
        fit(digits, LiveFilters(tmp_path / "a.png"), FilmFilters(tmp_path / "a.gif"), Diverge())


@pytest.mark.parametrize("kind", [LiveFilters, FilmFilters])
class TestBoth:
    def test_a_disk_that_fails_is_told_once(self, kind, digits, tmp_path):
        path = tmp_path / "folder" / "filters.gif"
        path = path if kind is FilmFilters else path.with_suffix(".png")
        with pytest.warns(UserWarning, match=r"filters\.\w+ could not be written") as told:
            model = fit(digits, kind(path), NoFolderIn(path.parent, 2, 3, 4))
        assert len(told) == 1
        assert len(model.history_) == 4

    def test_what_cannot_be_drawn_is_told_before_training(self, kind, digits, tmp_path):
        seen = []
        with pytest.raises(ValueError, match="pass the image_shape of these rows"):
            fit(digits, kind(tmp_path / "filters.png", image_shape=(5, 5)), seen.append)
        with pytest.raises(ValueError, match="does not name a picture format"):
            fit(digits, kind(tmp_path / "filters.xyz"), seen.append)
        assert seen == []

    def test_a_model_is_needed(self, kind, tmp_path):
        with pytest.raises(ValueError, match=f"{kind.__name__} needs an estimator"):
            train_graph(kind(tmp_path / "filters.png"))

    def test_bad_settings(self, kind, tmp_path):
        with pytest.raises(ValueError, match="epochs is 0; expected an integer of at least 1"):
            kind(tmp_path / "filters.png", every=0)


def test_k_is_at_least_one(tmp_path):
    with pytest.raises(ValueError, match="k is 0; expected an integer of at least 1"):
        FilmFilters(tmp_path / "film.gif", k=0)


def test_without_a_notebook_a_path_is_needed():
    with pytest.raises(ValueError, match="path is None and this is not a notebook"):
        LiveFilters()


def test_the_first_layer_of_others_is_drawn(tmp_path):
    model = model_with_filters(np.eye(4))
    model.weights_ = [model.__dict__.pop("W_"), np.eye(2)]
    tell(LiveFilters(tmp_path / "filters.png"), [{"cost": 1.0}], model)
    expected = plot_filters(np.eye(4), title="epoch 1, cost 1")
    np.testing.assert_array_equal(pixels(tmp_path / "filters.png"), pixels_of(expected))
