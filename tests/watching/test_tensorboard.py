"""Records of a training run, as TensorBoard itself reads them."""

import io
import resource
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from autoenc import AutoEncoder
from autoenc.estimators import SoftmaxClassifier
from autoenc.graph import exponential_decay
from autoenc.plotting import plot_reconstructions
from autoenc.plotting.figures import pixels_of
from autoenc.tables import MissingExtraError
from autoenc.training import Callback
from autoenc.watching import TensorBoard
from tests.watching.helpers import RaiseIn, fit, model_with_filters, new_model, tell, train_graph

ALL = {"scalars": 0, "images": 0, "histograms": 0}  # of which TensorBoard keeps not just some


def read(folder):
    events = EventAccumulator(str(folder), size_guidance=ALL)
    return events.Reload()


def scalars(events, name):
    return [event.value for event in events.Scalars(name)]


def pixels(event):
    picture = Image.open(io.BytesIO(event.encoded_image_string))
    assert (picture.height, picture.width) == (event.height, event.width)
    return np.asarray(picture)


@pytest.fixture(scope="module")
def watched(digits, tmp_path_factory):
    """A model, and what TensorBoard reads of its training."""
    folder = tmp_path_factory.mktemp("events")
    model = fit(digits, TensorBoard(folder, digits.test.images[:12], every=2, k=3))
    return model, read(folder)


def test_curves_are_the_history(watched):
    model, events = watched
    for name in ("cost", "seconds", "rows_per_second"):
        assert [event.step for event in events.Scalars(name)] == [1, 2, 3, 4]
        expected = [record[name] for record in model.history_]
        assert scalars(events, name) == [np.float32(value) for value in expected]
    assert scalars(events, "learning_rate") == [np.float32(0.1)] * 4
    assert set(events.Tags()["scalars"]) == {"cost", "seconds", "rows_per_second", "learning_rate"}


def test_histograms_count_every_parameter_and_code(watched, digits):
    model, events = watched
    codes = model.transform(digits.test.images[:12])
    arrays = {
        "parameters/W": model.W_,
        "parameters/hidden_bias": model.hidden_bias_,
        "parameters/visible_bias": model.visible_bias_,
        "codes": codes,
    }
    assert set(events.Tags()["histograms"]) == set(arrays)
    for name, array in arrays.items():
        assert [event.step for event in events.Histograms(name)] == [0, 2, 4]
        histogram = events.Histograms(name)[-1].histogram_value
        assert histogram.num == sum(histogram.bucket) == array.size
        assert (histogram.min, histogram.max) == (array.min(), array.max())
        assert histogram.sum == pytest.approx(array.sum(dtype="float64"), rel=1e-6)
        limits = [-np.inf, *histogram.bucket_limit]
        below = np.searchsorted(np.sort(array.ravel()), limits[5], side="left")
        assert sum(histogram.bucket[:5]) == pytest.approx(below, abs=1)


def test_pictures_are_filters_and_rows_above_their_reconstructions(watched, digits):
    model, events = watched
    assert set(events.Tags()["images"]) == {"filters", "reconstructions"}
    for name in ("filters", "reconstructions"):
        assert [event.step for event in events.Images(name)] == [0, 2, 4]
    filters = [pixels(event) for event in events.Images("filters")]
    np.testing.assert_array_equal(filters[-1], pixels_of(model.plot_filters()))
    assert not np.array_equal(filters[0], filters[-1])
    rows = digits.test.images[:3]
    np.testing.assert_array_equal(
        pixels(events.Images("reconstructions")[-1]),
        pixels_of(plot_reconstructions(rows, model.reconstruct(rows))),
    )


def test_watching_changes_nothing(watched, digits):
    assert watched[0].W_.tobytes() == fit(digits).W_.tobytes()


def test_without_a_model_there_are_curves(tmp_path):
    history = train_graph(TensorBoard(tmp_path))
    events = read(tmp_path)
    assert scalars(events, "cost") == [np.float32(record["cost"]) for record in history]
    assert events.Tags()["histograms"] == events.Tags()["images"] == []


def test_rows_to_show_need_a_model(tmp_path):
    with pytest.raises(ValueError, match="TensorBoard needs an estimator, but only"):
        train_graph(TensorBoard(tmp_path, np.zeros((2, 1))))


def test_rows_that_are_no_images_have_no_pictures(tmp_path):
    model = AutoEncoder(3, cost="squared_error", n_epochs=1, backend="xla", verbose=False)
    points = np.random.default_rng(0).uniform(size=(40, 6))
    model.fit(points, callbacks=[TensorBoard(tmp_path / "points", points)])
    events = read(tmp_path / "points")
    assert events.Tags()["images"] == []
    assert events.Histograms("codes")[-1].histogram_value.num == 40 * 3
    watcher = TensorBoard(tmp_path / "images", points, image_shape=(2, 3))
    model.fit(points, callbacks=[watcher])
    assert len(read(tmp_path / "images").Images("reconstructions")) == 2


def test_an_image_shape_that_does_not_fit_is_told_before_training(digits, tmp_path):
    seen = []
    with pytest.raises(ValueError, match="pass the image_shape of these rows"):
        fit(digits, TensorBoard(tmp_path, image_shape=(5, 5)), seen.append)
    assert seen == []


def test_lists_of_parameters_are_numbered(digits, tmp_path):
    model = SoftmaxClassifier(n_epochs=2, learning_rate_decay=0.5, backend="xla", verbose=False)
    rows, labels = digits.train.images[:100], digits.train.labels[:100]
    model.fit(rows, labels, (rows, labels), callbacks=[TensorBoard(tmp_path)])
    events = read(tmp_path)
    assert events.Histograms("parameters/weights_1")[-1].histogram_value.num == 7840
    assert events.Histograms("parameters/biases_1")[-1].histogram_value.num == 10
    assert scalars(events, "valid_cost") == [np.float32(r["valid_cost"]) for r in model.history_]
    rate = np.float32(model.learning_rate)
    assert scalars(events, "learning_rate") == [rate, rate / 2]


def settings(**given):
    return {"get_params": lambda deep: given}


def test_the_learning_rate_follows_schedules_and_halvings(tmp_path):
    schedule = exponential_decay(0.1, decay=0.5, every=10)
    model = model_with_filters(np.eye(4), **settings(learning_rate=schedule))
    tell(TensorBoard(tmp_path / "schedule"), [{"cost": 1.0}] * 3, model)
    # An epoch of 10 steps: the last of them are those of number 9, 19 and 29.
    np.testing.assert_allclose(
        scalars(read(tmp_path / "schedule"), "learning_rate"),
        0.1 * 0.5 ** np.array([0.9, 1.9, 2.9]),
        rtol=1e-5,
    )
    model = model_with_filters(np.eye(4), **settings(learning_rate=0.5))
    tell(TensorBoard(tmp_path / "halved"), [{"cost": 1.0}, {"cost": 1.0, "halved": 2}], model)
    assert scalars(read(tmp_path / "halved"), "learning_rate") == [0.5, 0.125]


@pytest.mark.parametrize("given", [{}, {"learning_rate": None}, {"learning_rate": "auto"}])
def test_a_learning_rate_that_is_not_known_is_left_out(tmp_path, given):
    tell(
        TensorBoard(tmp_path), [{"cost": 1.0}], model_with_filters(np.eye(4), **settings(**given))
    )
    assert read(tmp_path).Tags()["scalars"] == ["cost"]


def test_what_is_no_number_is_left_out(tmp_path):
    tell(TensorBoard(tmp_path), [{"cost": np.float32(1), "interrupted": True, "note": "words"}])
    assert read(tmp_path).Tags()["scalars"] == ["cost"]


def test_two_trainings_in_one_second_do_not_lose_each_other(tmp_path):
    for cost in (1.0, 2.0):
        tell(TensorBoard(tmp_path), [{"cost": cost}])
    assert len(list(tmp_path.iterdir())) == 2


def test_an_error_of_another_callback_leaves_what_was_written(digits, tmp_path):
    with pytest.raises(RuntimeError, match="another callback"):
        fit(digits, TensorBoard(tmp_path), RaiseIn(epoch=2))
    assert [event.step for event in read(tmp_path).Scalars("cost")] == [1, 2]


class FullIn(Callback):
    """Lets files grow only by so many bytes while an epoch ends."""

    def __init__(self, folder, epoch, n_bytes):
        self.folder = folder
        self.epoch = epoch
        self.n_bytes = n_bytes
        self.limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def block_end(self, training):
        if training.epoch == self.epoch:
            size = max(path.stat().st_size for path in self.folder.iterdir())
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + self.n_bytes, self.limits[1]))

    def epoch_end(self, training):
        resource.setrlimit(resource.RLIMIT_FSIZE, self.limits)


# What does not fit is a number, or the half of a picture.
@pytest.mark.parametrize("n_bytes", [10, 8_000])
def test_a_disk_that_is_full_for_a_while_leaves_no_gap_in_the_curves(digits, tmp_path, n_bytes):
    with pytest.warns(UserWarning, match=r"events in .* could not be written.*continues") as told:
        model = fit(digits, TensorBoard(tmp_path), FullIn(tmp_path, 2, n_bytes))
    assert len(told) == 1
    events = read(tmp_path)
    costs = {event.step: event.value for event in events.Scalars("cost")}
    assert costs == {r["epoch"]: np.float32(r["cost"]) for r in model.history_}
    assert [event.step for event in events.Images("filters")] == [0, 1, 3, 4]
    assert [event.step for event in events.Scalars("learning_rate")] == [1, 2, 3, 4]


def test_numbers_of_the_last_epoch_are_written_at_the_end(digits, tmp_path):
    with pytest.warns(UserWarning, match=r"events in .* could not be written"):
        model = fit(digits, TensorBoard(tmp_path), FullIn(tmp_path, 4, 10))
    events = read(tmp_path)
    costs = {event.step: event.value for event in events.Scalars("cost")}
    assert costs == {r["epoch"]: np.float32(r["cost"]) for r in model.history_}


def test_a_folder_that_cannot_be_is_told_before_training(digits, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        fit(digits, TensorBoard(tmp_path / "file"))


def test_what_is_to_be_installed_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(MissingExtraError, match=r'pip install "autoenc\[tensorboard\]"'):
        TensorBoard(tmp_path)


def test_models_that_are_unknown_have_curves_and_what_is_fitted(tmp_path):
    model = SimpleNamespace(
        scale_=np.ones(7), names_=np.array(["a"]), W=np.ones(2), _b_=np.ones(2)
    )
    tell(TensorBoard(tmp_path), [{"cost": 1.0}], model)
    events = read(tmp_path)
    assert scalars(events, "cost") == [1.0]
    assert events.Tags()["histograms"] == ["parameters/scale"]
    assert events.Histograms("parameters/scale")[-1].histogram_value.num == 7


def test_rows_may_be_a_frame(digits, tmp_path):
    frame = pd.DataFrame(digits.train.images[:40]).add_prefix("pixel ")
    model = new_model(n_epochs=1).fit(frame, callbacks=[TensorBoard(tmp_path, frame[:3])])
    expected = plot_reconstructions(frame[:3], model.reconstruct(frame[:3]))
    shown = pixels(read(tmp_path).Images("reconstructions")[-1])
    np.testing.assert_array_equal(shown, pixels_of(expected))
