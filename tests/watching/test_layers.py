"""Callbacks of a stack: the files of each layer."""

import mlflow
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from autoenc import DenoisingAutoEncoder
from autoenc.estimators import StackedDenoisingAutoEncoder
from autoenc.watching import (
    CsvHistory,
    FilmFilters,
    LiveFilters,
    MLflow,
    SaveBest,
    SaveEvery,
    TensorBoard,
)

ROWS = np.random.default_rng(0).random((60, 16)).astype("float32")
SIZES = (10, 4)


def fit(callback, **settings):
    layer = DenoisingAutoEncoder(n_epochs=2, verbose=False)
    stack = StackedDenoisingAutoEncoder(SIZES, layer=layer, random_state=0, **settings)
    return stack.fit(ROWS, callbacks=[callback])


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("callback", "names"),
    [
        (lambda folder: CsvHistory(folder / "a.csv"), ["a.layer_1.csv", "a.layer_2.csv"]),
        (
            lambda folder: SaveBest(folder / "best.safetensors"),
            ["best.layer_1.safetensors", "best.layer_2.safetensors"],
        ),
        (
            lambda folder: SaveEvery(folder, epochs=2),
            ["layer_1/epoch_00002.safetensors", "layer_2/epoch_00002.safetensors"],
        ),
        (lambda folder: LiveFilters(folder / "a.png"), ["a.png"]),
        (lambda folder: FilmFilters(folder / "a.gif", image_shape=(4, 4)), ["a.gif"]),
    ],
)
def test_each_layer_has_its_files(tmp_path, callback, names):
    fit(callback(tmp_path))
    assert files(tmp_path) == names


def test_the_files_of_models_are_those_of_the_layers(tmp_path):
    stack = fit(SaveBest(tmp_path / "best.safetensors"))
    for number, layer in enumerate(stack.layers_, start=1):
        saved = DenoisingAutoEncoder.load(tmp_path / f"best.layer_{number}.safetensors")
        np.testing.assert_array_equal(saved.W_, layer.W_)


def test_tensorboard_draws_what_the_first_layer_sees(tmp_path):
    stack = fit(TensorBoard(tmp_path, ROWS[:3], image_shape=(4, 4)))
    for number, pictures in ((1, ["filters", "reconstructions"]), (2, [])):
        events = EventAccumulator(str(tmp_path / f"layer_{number}")).Reload()
        assert events.Tags()["images"] == pictures
        costs = [event.value for event in events.Scalars("cost")]
        own = [r["cost"] for r in stack.history_ if r["layer"] == number]
        np.testing.assert_array_equal(costs, np.float32(own))


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning")
def test_mlflow_has_a_run_of_each_layer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where MLflow puts artifacts
    store = f"sqlite:///{tmp_path}/mlflow.db"
    fit(MLflow("two", store, image_shape=(4, 4)))
    runs = mlflow.MlflowClient(store).search_runs(["0"], order_by=["attributes.start_time"])
    assert [run.info.run_name for run in runs] == ["two, layer 1", "two, layer 2"]
    assert [run.data.tags["layer"] for run in runs] == ["1", "2"]
