"""Record the settings, curves and results of a training run with MLflow."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import Any

import numpy as np

from autoenc.plotting import plot_filters, plot_loss
from autoenc.plotting.tiles import ImageShape
from autoenc.tables.extras import import_extra
from autoenc.training import Record, Training
from autoenc.watching.disk import WriteErrors
from autoenc.watching.history import write_history
from autoenc.watching.layered import LayeredCallback
from autoenc.watching.watched import Measures, can_be_saved, filter_images

TELEMETRY = "MLFLOW_DISABLE_TELEMETRY"


class MLflow(LayeredCallback):
    """Record a training run as a run of MLflow.

    Settings of the model are parameters. The numbers in the record of each epoch are metrics, and
    so is the ``learning_rate`` if the model defines it. When training ends, the model file,
    ``history.csv`` and pictures of filters and cost are stored as artifacts. The status of the run
    is then ``FINISHED``, ``FAILED`` after an error, or ``KILLED`` after Ctrl-C.

    The callback always creates a new run. If the caller has an active run, the new run becomes its
    child: a run of MLflow has only one value for each parameter, but the caller's run may contain
    several training runs. The caller's run stays active and unchanged. No setting of MLflow is
    changed. Each layer of a stack is a run, with its number as the tag ``layer``. Layers above the
    first have no pictures of filters. Detectors have no model file, because they are calibrated
    after training.

    MLflow reports its use over the network. If this callback imports MLflow, it turns this
    reporting off, unless ``MLFLOW_DISABLE_TELEMETRY`` is set to ``false``.

    If the store cannot be reached when training begins, an error is raised. If it fails later, one
    warning is issued. The next epoch tries again and records the missing metrics.

    Parameters
    ----------
    run_name : str, optional
        Name of the run; by default MLflow generates one.
    tracking_uri : str, optional
        The store, such as ``"sqlite:///mlflow.db"`` or the address of a server; by default the
        store configured in MLflow.
    experiment : str, optional
        Name of the experiment, which is created if it does not exist. By default the experiment of
        the active run, else the one configured in MLflow.
    tags : mapping, optional
        Further tags of the run.
    image_shape : (height, width) or (height, width, 3), optional
        Shape of the image of each filter. By default it is square, and filters that cannot be
        square are not drawn.

    Attributes
    ----------
    run_id : str or None
        Identifier of the last run; a fit of a stack does not set it.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.

    Examples
    --------
    >>> watcher = MLflow("30 % noise", "sqlite:///mlflow.db", experiment="digits")
    >>> watcher.run_name
    '30 % noise'
    """

    _has_pictures = True

    def __init__(
        self,
        run_name: str | None = None,
        tracking_uri: str | None = None,
        *,
        experiment: str | None = None,
        tags: Mapping[str, str] | None = None,
        image_shape: ImageShape | None = None,
    ) -> None:
        self._mlflow = _import_without_telemetry()
        self.run_name = run_name
        self.tracking_uri = tracking_uri
        self.experiment = experiment
        self.tags = tags
        self.image_shape = image_shape
        self.run_id: str | None = None

    def start(self, training: Training) -> None:
        """Begin a run and record the settings.

        Parameters
        ----------
        training : Training
            The training in progress.

        Raises
        ------
        mlflow.exceptions.MlflowException, OSError
            If the store cannot be reached, or refuses the request.
        ValueError
            If filters are not images of the given shape.
        """
        from mlflow.exceptions import MlflowException

        self.run_id = None
        self._errors = WriteErrors("the MLflow run", (OSError, MlflowException))
        self._measures = Measures(training)
        self._handled = sys.exception()
        # Filters that cannot be drawn must raise an error now, not at the end of training.
        self._draw_filters(training.model)
        self._client = self._mlflow.MlflowClient(self.tracking_uri)
        self.run_id = self._new_run()
        self._log_settings(training)

    def epoch_end(self, training: Training) -> None:
        """Record the numbers of the epoch.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        self._measures.collect(training)
        with self._errors.become_warnings():
            self._measures.write(self._log_metrics)

    def stop(self, training: Training) -> None:
        """Record the results and the status of the run.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if self.run_id is None:
            return
        # Tell an error that ends training from one that the caller is already handling.
        error = sys.exception()
        status = _status(training, None if error is self._handled else error)
        try:
            with self._errors.become_warnings(at_end=True):
                self._measures.write(self._log_metrics)
                self._log_results(training)
        except BaseException:
            status = "FAILED"
            raise
        finally:
            with self._errors.become_warnings(at_end=True):
                self._client.set_terminated(self.run_id, status)

    def _of_layer(self, number: int) -> dict[str, Any]:
        return {
            "run_name": f"{self.run_name}, layer {number}" if self.run_name else None,
            "tags": {"layer": str(number), **(self.tags or {})},
            "_has_pictures": number == 1,
        }

    def _new_run(self) -> str:
        from mlflow.tracking.context.registry import resolve_tags

        is_usual = self.tracking_uri in (None, self._mlflow.get_tracking_uri())
        parent = self._mlflow.active_run() if is_usual else None
        tags = dict(self.tags or {})
        if parent is not None:
            tags["mlflow.parentRunId"] = parent.info.run_id
        run = self._client.create_run(
            self._experiment_id(parent, is_usual), tags=resolve_tags(tags), run_name=self.run_name
        )
        return str(run.info.run_id)

    def _experiment_id(self, parent: Any, is_usual: bool) -> str:
        if self.experiment is None and parent is not None:
            return str(parent.info.experiment_id)
        # The choice of mlflow.set_experiment is also in the environment.
        name = self.experiment or (os.environ.get("MLFLOW_EXPERIMENT_NAME") if is_usual else None)
        if name is None:
            return os.environ.get("MLFLOW_EXPERIMENT_ID", "0") if is_usual else "0"
        found = self._client.get_experiment_by_name(name)
        return str(self._client.create_experiment(name) if found is None else found.experiment_id)

    def _log_settings(self, training: Training) -> None:
        from mlflow.entities import Param, RunTag

        model = training.model
        settings: dict[str, Any] = {"n_rows": training.n_rows, "n_epochs": training.n_epochs}
        if hasattr(model, "get_params"):
            settings |= {"class": type(model).__name__, **model.get_params()}
        self._client.log_batch(
            self.run_id,
            params=[Param(name, str(value)) for name, value in settings.items()],
            tags=[RunTag("backend", training.description)],
        )

    def _log_metrics(self, epoch: int, numbers: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time())
        metrics = [Metric(name, value, now, epoch) for name, value in numbers.items()]
        self._client.log_batch(self.run_id, metrics=metrics)

    def _log_results(self, training: Training) -> None:
        model = training.model
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if training.history:
                write_history(training.history, folder / "history.csv")
            if model is not None:
                if can_be_saved(model):
                    model.save(folder / "model.safetensors")
                self._draw_filters(model, folder / "filters.png")
            if drawable := [record for record in training.history if _is_finite(record)]:
                plot_loss(drawable, path=folder / "loss.png")
            self._client.log_artifacts(self.run_id, name)

    def _draw_filters(self, model: Any, path: Path | None = None) -> None:
        filters = filter_images(model, self.image_shape) if self._has_pictures else None
        # The filters of a diverged model cannot be drawn.
        if filters is not None and np.isfinite(filters).all():
            plot_filters(filters, self.image_shape, path=path)


def _import_without_telemetry() -> Any:
    """Import MLflow, which reads this variable when it is imported."""
    if TELEMETRY in os.environ:
        return import_extra("mlflow", "mlflow", "MLflow")
    os.environ[TELEMETRY] = "true"
    try:
        return import_extra("mlflow", "mlflow", "MLflow")
    finally:
        del os.environ[TELEMETRY]


def _is_finite(record: Record) -> bool:
    """Return whether the costs of an epoch can be drawn."""
    return all(np.isfinite(record.get(name, 0)) for name in ("cost", "valid_cost"))


def _status(training: Training, error: BaseException | None) -> str:
    """Return MLflow's status for the way in which training ended."""
    if error is not None:
        return "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
    last = training.history[-1] if training.history else {}
    asked_to = training.stop_requested or last.get("stopped_early", False)
    if last.get("interrupted") or (training.epoch < training.n_epochs and not asked_to):
        return "KILLED"
    return "FINISHED"
