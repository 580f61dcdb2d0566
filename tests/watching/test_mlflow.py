"""Records of a training run, as MLflow itself reads them."""

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import mlflow
import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from PIL import Image

from autoenc import AutoEncoder
from autoenc.estimators import AutoEncoderDetector, SoftmaxClassifier
from autoenc.tables import MissingExtraError
from autoenc.training import Callback, EpochPatience
from autoenc.watching import MLflow
from tests.watching.helpers import RaiseIn, fit, model_with_filters, new_model, tell, train_graph
from tests.watching.test_history import read

# How MLflow describes its tables to SQLAlchemy is MLflow's own concern.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where MLflow puts the artifacts of a local store."""
    for name in ("MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def usual(store):
    """Make the store the one that MLflow is set to."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(store)
    yield
    mlflow.set_tracking_uri(before)


def run_of(watcher, store):
    return mlflow.MlflowClient(store).get_run(watcher.run_id)


def metrics(run_id, name, store):
    history = mlflow.MlflowClient(store).get_metric_history(run_id, name)
    return [(metric.step, metric.value) for metric in history]


def test_settings_curves_and_results_are_recorded(digits, store, tmp_path):
    watcher = MLflow("first try", store, experiment="digits", tags={"who": "a test"})
    model = fit(digits, watcher)
    run = run_of(watcher, store)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "first try")
    assert mlflow.MlflowClient(store).get_experiment(run.info.experiment_id).name == "digits"
    expected = {name: str(value) for name, value in model.get_params().items()}
    assert run.data.params == expected | {"n_rows": "100", "class": "AutoEncoder"}
    assert (run.data.tags["who"], run.data.tags["backend"]) == ("a test", model.backend_)
    for name in ("cost", "seconds", "rows_per_second"):
        assert metrics(watcher.run_id, name, store) == [
            (record["epoch"], record[name]) for record in model.history_
        ]
    assert metrics(watcher.run_id, "learning_rate", store) == [(k, 0.1) for k in (1, 2, 3, 4)]

    client = mlflow.MlflowClient(store)
    names = {file.path for file in client.list_artifacts(watcher.run_id)}
    assert names == {"model.safetensors", "history.csv", "loss.png", "filters.png"}
    folder = tmp_path / "artifacts"
    folder.mkdir()
    paths = {name: client.download_artifacts(watcher.run_id, name, folder) for name in names}
    np.testing.assert_array_equal(AutoEncoder.load(paths["model.safetensors"]).W_, model.W_)
    assert len(read(folder / "history.csv")) == 4
    for name in ("loss.png", "filters.png"):
        Image.open(paths[name]).verify()


def test_nothing_of_mlflow_is_changed(digits, store, usual):
    uri = mlflow.get_tracking_uri()
    fit(digits, MLflow(experiment="digits"), n_epochs=1)
    assert mlflow.active_run() is None
    assert mlflow.get_tracking_uri() == uri
    assert "MLFLOW_EXPERIMENT_ID" not in os.environ


def test_within_an_active_run_it_is_a_child_and_leaves_it_alone(digits, store, usual):
    mlflow.set_experiment("the caller's")
    with mlflow.start_run() as parent:
        mlflow.log_param("n_hidden", "the caller's own")
        watchers = [MLflow(), MLflow()]
        for n_hidden, watcher in zip((5, 6), watchers, strict=True):
            new_model(n_hidden, n_epochs=1).fit(digits.train.images[:40], callbacks=[watcher])
        assert mlflow.active_run().info.run_id == parent.info.run_id
    for n_hidden, watcher in zip(("5", "6"), watchers, strict=True):
        run = run_of(watcher, store)
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.info.experiment_id == parent.info.experiment_id
        assert (run.data.params["n_hidden"], run.info.status) == (n_hidden, "FINISHED")
    kept = mlflow.MlflowClient(store).get_run(parent.info.run_id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params == {"n_hidden": "the caller's own"}
    assert kept.data.metrics == {}


def test_the_experiment_is_the_one_that_mlflow_is_set_to(store, usual, monkeypatch):
    chosen = mlflow.set_experiment("chosen").experiment_id
    watcher = MLflow()
    tell(watcher, [{"cost": 1.0}])
    assert run_of(watcher, store).info.experiment_id == chosen
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "by name")
    tell(watcher, [{"cost": 1.0}])
    named = mlflow.MlflowClient(store).get_experiment_by_name("by name")
    assert run_of(watcher, store).info.experiment_id == named.experiment_id


def test_without_a_model_there_are_curves(store):
    watcher = MLflow(tracking_uri=store)
    history = train_graph(watcher)
    assert metrics(watcher.run_id, "cost", store) == [(r["epoch"], r["cost"]) for r in history]
    assert run_of(watcher, store).data.params == {"n_rows": "10", "n_epochs": "2"}


class Interrupt(Callback):
    def block_end(self, training):
        if training.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)


class StopIn(Callback):
    def epoch_end(self, training):
        training.stop_requested = training.epoch == 2


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_what_ends_the_training_is_the_status(digits, store, error, status):
    watcher = MLflow(tracking_uri=store)
    with pytest.raises(error, match="another callback"):
        fit(digits, watcher, RaiseIn(2, error))
    assert run_of(watcher, store).info.status == status
    assert len(metrics(watcher.run_id, "cost", store)) == 2
    artifacts = mlflow.MlflowClient(store).list_artifacts(watcher.run_id)
    assert "model.safetensors" in {file.path for file in artifacts}


def test_ctrl_c_kills_and_a_callback_that_stops_it_does_not(digits, store):
    watcher = MLflow(tracking_uri=store)
    with pytest.warns(UserWarning, match="training was interrupted"):
        fit(digits, watcher, Interrupt())
    assert run_of(watcher, store).info.status == "KILLED"
    fit(digits, watcher, StopIn())
    assert run_of(watcher, store).info.status == "FINISHED"


def test_early_stopping_is_no_failure(digits, store):
    rows, labels = digits.train.images[:60], digits.train.labels[:60]
    watcher = MLflow(tracking_uri=store)
    model = SoftmaxClassifier(
        n_epochs=50, early_stopping=EpochPatience(1), random_state=0, backend="xla", verbose=False
    )
    model.fit(rows, labels, (rows, labels), callbacks=[watcher])
    assert len(model.history_) < 50
    assert run_of(watcher, store).info.status == "FINISHED"


def test_an_error_that_the_caller_handles_is_not_ours(store):
    watcher = MLflow(tracking_uri=store)
    try:
        raise RuntimeError("of the caller")
    except RuntimeError:
        tell(watcher, [{"cost": 1.0}])
    assert run_of(watcher, store).info.status == "FINISHED"


def test_a_model_that_has_diverged_is_recorded_without_filters(store):
    W = np.full((4, 2), np.nan)
    watcher = MLflow(tracking_uri=store)
    tell(watcher, [{"cost": 1.0}], model_with_filters(W, save=lambda path: path.touch()))
    artifacts = mlflow.MlflowClient(store).list_artifacts(watcher.run_id)
    assert {file.path for file in artifacts} == {"history.csv", "loss.png", "model.safetensors"}


def test_filters_that_cannot_be_drawn_are_told_before_training(digits, store):
    watcher, seen = MLflow(tracking_uri=store, image_shape=(5, 5)), []
    with pytest.raises(ValueError, match="pass the image_shape of these rows"):
        fit(digits, watcher, seen.append)
    assert seen == []
    assert watcher.run_id is None


def test_a_run_is_ended_also_where_its_model_cannot_be_saved(store):
    def fails(path):
        raise TypeError("it cannot be saved")

    watcher = MLflow(tracking_uri=store)
    with pytest.raises(TypeError, match="cannot be saved"):
        tell(watcher, [{"cost": 1.0}], SimpleNamespace(save=fails))
    assert run_of(watcher, store).info.status == "FAILED"


@pytest.mark.parametrize("epochs", [(2, 3), (4,)])
def test_a_server_that_fails_for_a_while_leaves_no_gap_in_the_curves(
    digits, store, monkeypatch, epochs
):
    watcher = MLflow(tracking_uri=store)
    works = mlflow.MlflowClient.log_batch

    def fails(*args, **kwargs):
        raise MlflowException("the server is away")

    class Away(Callback):
        def block_end(self, training):
            if training.epoch in epochs:
                monkeypatch.setattr(mlflow.MlflowClient, "log_batch", fails)

        def epoch_end(self, training):
            monkeypatch.setattr(mlflow.MlflowClient, "log_batch", works)

    with pytest.warns(UserWarning, match="the MLflow run could not be .*is away") as told:
        model = fit(digits, watcher, Away())
    assert len(told) == 1
    expected = [(record["epoch"], record["cost"]) for record in model.history_]
    assert metrics(watcher.run_id, "cost", store) == expected
    assert metrics(watcher.run_id, "learning_rate", store) == [(k, 0.1) for k in (1, 2, 3, 4)]


def test_a_detector_has_no_file(digits, store):
    watcher = MLflow(tracking_uri=store)
    detector = AutoEncoderDetector(n_hidden=4, n_updates=6, random_state=0, verbose=False)
    detector.fit(digits.train.images[:50, 100:109], callbacks=watcher)
    names = {file.path for file in mlflow.MlflowClient(store).list_artifacts(watcher.run_id)}
    assert {"history.csv", "loss.png"} <= names
    assert "model.safetensors" not in names


def test_costs_that_cannot_be_drawn_are_left_out_of_the_picture(digits, store):
    rows = digits.train.images[:100].copy()
    held_out = rows[:20].copy()
    held_out[0, 0] = 1e30
    watcher = MLflow(tracking_uri=store)
    model = AutoEncoder(10, cost="squared_error", output="linear", scale=None, n_epochs=2,
                        random_state=0, verbose=False)  # fmt: skip
    model.fit(rows, validation=held_out, callbacks=watcher)
    assert model.history_[-1]["valid_cost"] == np.inf
    names = {file.path for file in mlflow.MlflowClient(store).list_artifacts(watcher.run_id)}
    assert names == {"model.safetensors", "history.csv", "filters.png"}


def test_a_store_that_cannot_be_reached_is_told_before_training(digits, tmp_path):
    (tmp_path / "file").touch()
    seen = []
    with pytest.raises((MlflowException, OSError)):
        fit(digits, MLflow(tracking_uri=f"sqlite:///{tmp_path}/file/mlflow.db"), seen.append)
    assert seen == []


def test_what_is_to_be_installed_is_told_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r'pip install "autoenc\[mlflow\]"'):
        MLflow()


@pytest.mark.parametrize(("stated", "counts"), [(None, False), ("true", False), ("false", True)])
def test_nothing_is_counted_over_the_network_unless_the_user_wants_it(stated, counts):
    """In a process of its own, as MLflow looks at the environment once, and is silent in tests."""
    code = f"""
import os, socket
def refuse(*_, **__):
    raise OSError("no network here")
socket.socket.connect = socket.getaddrinfo = refuse
from autoenc.watching import MLflow
MLflow()
from mlflow.telemetry import get_telemetry_client
assert (get_telemetry_client() is not None) is {counts}
assert os.environ.get("MLFLOW_DISABLE_TELEMETRY") == {stated!r}
"""
    # Whatever else says that this is a test or a service of integration is left out.
    environment = {n: os.environ[n] for n in ("PATH", "HOME", "SYSTEMROOT") if n in os.environ}
    if stated is not None:
        environment["MLFLOW_DISABLE_TELEMETRY"] = stated
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
