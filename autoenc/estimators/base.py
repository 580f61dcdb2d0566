"""What every estimator shares: checks of data, precision, seed, model files."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from pytensor import config
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from autoenc.backends import Backend, resolve_backend
from autoenc.estimators.domain import check_domain
from autoenc.estimators.model_files import describe_model, read_model
from autoenc.settings import check_float_type
from autoenc.storage import save_arrays

Array = np.ndarray[Any, Any]

# Rows that go through the graph at a time when a fitted model is used.
ROWS_AT_A_TIME = 8_192


class GraphEstimator(BaseEstimator, ABC):
    """An estimator whose model is a graph."""

    # Fitted attributes, beside the parameters, that a model file holds.
    _fitted_names: ClassVar[tuple[str, ...]] = ("n_features_in_", "seed_", "history_", "backend_")

    learning_rate: Any
    momentum: float
    random_state: Any
    backend: Any
    device: str | None
    dtype: str | None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a file, without pickle.

        Parameters
        ----------
        path : path
            A safetensors file, written whole or not at all. Activations given as
            functions are noted, not stored: `load` will ask for them.
        """
        check_is_fitted(self)
        save_arrays(path, self._arrays(), describe_model(self, self._fitted_names))

    @classmethod
    def load(cls, path: str | os.PathLike[str], **settings: Any) -> Self:
        """Read a fitted model from a file.

        Parameters
        ----------
        path : path
            What `save` wrote.
        **settings
            Constructor arguments in place of those in the file, such as another
            device, or the functions that a file cannot hold.

        Raises
        ------
        FileNotFoundError, ModelFileError
            If there is no such file, or it is not one of this class.
        """
        arrays, stored, fitted = read_model(path, cls.__name__, settings)
        model = cls(**stored)
        for name, value in fitted.items():
            setattr(model, name, value)
        model._set_arrays(arrays)
        return model

    def __getstate__(self) -> dict[str, Any]:
        """Everything but compiled functions, which each process makes for itself."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_compiled"}

    @abstractmethod
    def _arrays(self) -> dict[str, Array]:
        """Parameters by name."""

    @abstractmethod
    def _set_arrays(self, arrays: dict[str, Array]) -> None:
        """Take parameters over; the opposite of `_arrays`."""

    def _check_numbers(self) -> None:
        rate = self.learning_rate
        if not callable(rate) and not (np.isfinite(rate) and rate > 0):
            raise ValueError(f"learning_rate is {self.learning_rate!r}; expected a number > 0.")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is {self.momentum!r}; expected a number in [0, 1).")

    def _start(self) -> Backend:
        """Draw the seed and find the backend of a training."""
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        backend = resolve_backend(self.backend, self.device)
        self.backend_ = f"{backend.description}: {backend.reason}"
        return backend

    def _checked(self, X: Any, *, unit_interval: bool, reset: bool = False) -> Array:
        """Rows as a C-contiguous array of finite numbers; see `check_domain`."""
        rows: Array = validate_data(
            self, X, reset=reset, dtype=self._float_type(), order="C", ensure_all_finite=False
        )
        check_domain(rows, unit_interval=unit_interval)
        return rows

    def _float_type(self) -> str:
        return check_float_type(self.dtype) or str(config.floatX)


def in_parts(function: Callable[[Array], Array], rows: Array) -> Array:
    """Apply a function of rows to a part of them at a time."""
    parts = [
        function(rows[first : first + ROWS_AT_A_TIME])
        for first in range(0, len(rows), ROWS_AT_A_TIME)
    ]
    return np.concatenate(parts)
