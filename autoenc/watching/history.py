"""Write the history of a training run to a csv file while it grows."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from autoenc.files import atomic_write, path_of_layer
from autoenc.training import Record, Training
from autoenc.watching.disk import WriteErrors, check_file
from autoenc.watching.layered import LayeredCallback

# An epoch may take a millisecond, but writing ten thousand epochs takes longer.
_SECONDS_BETWEEN = 1.0


class CsvHistory(LayeredCallback):
    """Write the history of a call of `fit` or `train` to a csv file as it grows.

    The file is rewritten after an epoch, at most once a second, and when training ends. It is
    complete at any time. A column that only some epochs have is empty in the others. Each layer
    of a stack has its own file, ``history.layer_1.csv`` and so on for ``history.csv``.

    If the file cannot be written when training begins, an error is raised. If writing fails later,
    one warning is issued. The next epoch tries again and writes all epochs, so that none is
    missing.

    Parameters
    ----------
    path : path
        Path of the file. An existing file is replaced when the first epoch ends.

    Examples
    --------
    >>> import tempfile
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:100]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ae = AutoEncoder(8, n_epochs=3, random_state=0, verbose=False)
    ...     _ = ae.fit(images, callbacks=[CsvHistory(f"{folder}/history.csv")])
    ...     with open(f"{folder}/history.csv", newline="") as file:
    ...         rows = list(csv.DictReader(file))
    >>> [row["epoch"] for row in rows], float(rows[-1]["cost"]) == ae.history_[-1]["cost"]
    (['1', '2', '3'], True)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def start(self, training: Training) -> None:
        """Check that the file can be written.

        Parameters
        ----------
        training : Training
            The training in progress.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        check_file(self.path, "csv file")
        self._errors = WriteErrors(str(self.path))
        self._written: list[Record] = []
        self._written_at = -_SECONDS_BETWEEN

    def epoch_end(self, training: Training) -> None:
        """Write the history unless it was written less than a second ago.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if monotonic() - self._written_at >= _SECONDS_BETWEEN:
            self._write(training.history)

    def stop(self, training: Training) -> None:
        """Write the epochs that the file lacks, and entries that records have gained since.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if hasattr(self, "_errors") and training.history and training.history != self._written:
            self._write(training.history, at_end=True)

    def _of_layer(self, number: int) -> dict[str, Any]:
        return {"path": path_of_layer(self.path, number)}

    def _write(self, history: Sequence[Record], *, at_end: bool = False) -> None:
        with self._errors.become_warnings(at_end=at_end):
            write_history(history, self.path)
            self._written = [dict(record) for record in history]
            self._written_at = monotonic()


def write_history(history: Sequence[Record], path: str | os.PathLike[str]) -> None:
    """Write records to a csv file, completely or not at all, with the union of their columns.

    Parameters
    ----------
    history : sequence of dict
        Records of epochs, as estimators and `autoenc.training.train` return them.
    path : path
        Path of the file.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_history([{"epoch": 1}, {"epoch": 2, "cost": 0.5}], f"{folder}/history.csv")
    ...     print(Path(folder, "history.csv").read_text())
    epoch,cost
    1,
    2,0.5
    """
    columns = dict.fromkeys(name for record in history for name in record)
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as f:
        table = csv.DictWriter(f, list(columns), lineterminator="\n")
        table.writeheader()
        table.writerows(history)
