"""Callbacks that record a training run: curves, pictures and model files.

Pass them to an estimator's ``fit(X, callbacks=[...])`` or to `autoenc.training.train`. An invalid
folder or setting raises an error before the first epoch. A disk or a server that fails later
causes a single warning, and training continues.

>>> from autoenc.watching import CsvHistory, SaveBest
>>> callbacks = [CsvHistory("history.csv"), SaveBest("best.safetensors")]
"""

from autoenc.watching.filter_pictures import FilmFilters, LiveFilters
from autoenc.watching.history import CsvHistory, write_history
from autoenc.watching.mlflow import MLflow
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
