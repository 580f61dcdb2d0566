"""Watching a training: what a callback can do beside the progress bar.

Each of these is passed to an estimator's ``fit(X, callbacks=[...])``, or to
`autoenc.training.train`. A run is never lost for one of them: a folder or a setting that is wrong
is told before the first epoch, and a disk or a server that fails later causes one warning, while
training goes on.

>>> from autoenc.watching import CsvHistory, SaveBest
>>> callbacks = [CsvHistory("history.csv"), SaveBest("best.safetensors")]
"""

from autoenc.watching.history import CsvHistory, write_history
from autoenc.watching.mlflow import MLflow
from autoenc.watching.pictures import FilmFilters, LiveFilters
from autoenc.watching.saving import SaveBest, SaveEvery
from autoenc.watching.tensorboard import TensorBoard

__all__ = [
    "CsvHistory",
    "FilmFilters",
    "LiveFilters",
    "MLflow",
    "SaveBest",
    "SaveEvery",
    "TensorBoard",
    "write_history",
]
