"""Save the model during training, at intervals or whenever it improves."""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import Any

from autoenc.files import path_of_layer
from autoenc.training import Every, Record, Training
from autoenc.watching.disk import WriteErrors, check_file, check_folder
from autoenc.watching.layered import LayeredCallback
from autoenc.watching.watched import require_file

_WORST = (math.inf, math.inf)


class SaveEvery(LayeredCallback):
    """Save the model at intervals of epochs or minutes.

    If nothing can be written when training begins, an error is raised. If writing fails later, one
    warning is issued. Each layer of a stack has its own folder in `folder`, ``layer_1`` and so on.

    Parameters
    ----------
    folder : path
        Folder of the files, which are named ``epoch_00001.safetensors`` and so on.
    epochs : int, optional
        Epochs between two files, at least 1.
    minutes : float, optional
        Minutes between two files, >= 0. Files are written only at the end of an epoch.

    Raises
    ------
    ValueError
        If neither or both are given, or a number is out of its range.

    Examples
    --------
    >>> import tempfile
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:100]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ae = AutoEncoder(8, n_epochs=4, random_state=0, verbose=False)
    ...     _ = ae.fit(images, callbacks=[SaveEvery(folder, epochs=2)])
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['epoch_00002.safetensors', 'epoch_00004.safetensors']
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        epochs: int | None = None,
        minutes: float | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.every = Every(epochs=epochs, minutes=minutes)

    def start(self, training: Training) -> None:
        """Reset the interval, and check that models can be saved.

        Parameters
        ----------
        training : Training
            The training in progress.

        Raises
        ------
        ValueError
            If there is no model, or if it is calibrated after training, as detectors are.
        OSError
            If nothing can be written to the folder.
        """
        require_file(training, self)
        check_folder(self.folder)
        self._errors = WriteErrors(f"a model file in {self.folder}")
        self.every.start(training)

    def epoch_end(self, training: Training) -> None:
        """Save the model if it is due.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if self.every.is_due(training, epoch_is_over=True):
            with self._errors.become_warnings():
                model = training.model
                # The model also counts the epochs of earlier calls.
                history = getattr(model, "history_", training.history)
                model.save(self.folder / f"epoch_{history[-1]['epoch']:05d}.safetensors")

    def _of_layer(self, number: int) -> dict[str, Any]:
        return {"folder": self.folder / f"layer_{number}"}


class SaveBest(LayeredCallback):
    """Save the model with the lowest validation cost.

    The file is replaced whenever a model is better than all before it, and is complete at any
    time. Validations within an epoch count, too, so the file ends with the same model as a run
    with early stopping. Each layer of a stack has its own file, ``best.layer_1.safetensors`` and
    so on for ``best.safetensors``. If the file cannot be written when training begins, an error is
    raised. If writing fails later, one warning is issued, and the next better model is saved
    again.

    A resumed run keeps the file until a model is better than all before it.

    Parameters
    ----------
    path : path
        Path of the model file. If the run is not resumed, an existing file is replaced when the
        first epoch ends, or at the first validation.
    monitor : str, optional
        Name of the number to minimise: ``valid_cost``, or another number in the records of epochs,
        which is compared at the end of each epoch. The default is ``valid_cost``, or ``cost`` as
        long as there is no validation. A validated model is always better than one that was not
        validated.

    Attributes
    ----------
    best : dict or None
        The record of the epoch whose model is in the file. For a model saved within an epoch, it
        has ``epoch``, ``iteration`` and ``valid_cost``. A fit of a stack does not set it: the
        file of each layer has its history.

    Examples
    --------
    >>> import tempfile
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:100]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     watcher = SaveBest(f"{folder}/best.safetensors")
    ...     ae = AutoEncoder(8, n_epochs=3, random_state=0, verbose=False)
    ...     _ = ae.fit(images, callbacks=[watcher])
    ...     saved = AutoEncoder.load(watcher.path)
    >>> watcher.best["epoch"], len(saved.history_)
    (3, 3)
    """

    def __init__(self, path: str | os.PathLike[str], monitor: str | None = None) -> None:
        self.path = Path(path)
        self.monitor = monitor
        self.best: Record | None = None

    def start(self, training: Training) -> None:
        """Check that models can be saved.

        Parameters
        ----------
        training : Training
            The training in progress.

        Raises
        ------
        ValueError
            If there is no model, or if it is calibrated after training, as detectors are.
        OSError
            If the file cannot be written.
        """
        require_file(training, self)
        check_file(self.path, "model file")
        self._errors = WriteErrors(str(self.path))
        self.best = None
        # A resumed run does not replace a better model of its earlier part.
        known = [*training.history, training.best_validation or {}]
        best = min(known, key=self._rank)
        if self.path.exists() and self._rank(best) < _WORST:
            self.best = best

    def block_end(self, training: Training) -> None:
        """Save the model if it was validated within an epoch, and is the best so far.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if training.valid_cost is not None and training.rows_done < training.n_rows:
            numbers = {"epoch": training.epoch, "iteration": training.iteration}
            self._save_if_best(training, {**numbers, "valid_cost": training.valid_cost})

    def epoch_end(self, training: Training) -> None:
        """Save the model if it is the best so far.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        record = training.history[-1]
        if training.valid_cost is None:
            # A valid_cost in the record belongs to earlier parameters of the epoch.
            record = {name: value for name, value in record.items() if name != "valid_cost"}
        self._save_if_best(training, record)

    def stop(self, training: Training) -> None:
        """Warn if no epoch had the monitored number, so that nothing was saved.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        names = dict.fromkeys(name for record in training.history for name in record)
        if names and self.monitor is not None and self.monitor not in names:
            warnings.warn(
                f"no model was saved at {self.path}: no epoch has the monitored number "
                f"{self.monitor!r}; there are {', '.join(names)}.",
                stacklevel=2,
            )

    def _of_layer(self, number: int) -> dict[str, Any]:
        return {"path": path_of_layer(self.path, number)}

    def _save_if_best(self, training: Training, record: Record) -> None:
        if self._rank(record) < (self._rank(self.best) if self.best else _WORST):
            with self._errors.become_warnings():
                training.model.save(self.path)
                self.best = record

    def _rank(self, record: Record) -> tuple[float, float]:
        """Return a rank, which is lowest for the best record; NaN counts as missing."""
        names = (self.monitor,) if self.monitor else ("valid_cost", "cost")
        for place, name in enumerate(names):
            value = record.get(name, math.nan)
            if not math.isnan(value):
                return place, value
        return _WORST
