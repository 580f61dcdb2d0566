"""What the autoencoder estimators share."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from pytensor import config
from pytensor import tensor as pt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from autoenc import plotting
from autoenc.backends import resolve_backend
from autoenc.estimators.compiled import CompiledLayer
from autoenc.estimators.domain import check_domain
from autoenc.estimators.model_files import describe_model, read_model
from autoenc.graph import AutoEncoderLayer, Expression, Updates, momentum, sgd
from autoenc.settings import check_float_type
from autoenc.storage import save_arrays
from autoenc.training import train

Array = np.ndarray[Any, Any]

COSTS = ("cross_entropy", "squared_error")
# Output functions whose values are not in (0, 1), where cross-entropy has no value.
UNBOUNDED_OUTPUTS = ("linear", "relu", "softplus", "tanh")
# Rows that go through the graph at a time when a fitted model is used.
ROWS_AT_A_TIME = 8_192


class AutoEncoderBase(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """Fit, use, save and draw an autoencoder; final classes say what is corrupted.

    A final class has the constructor and `_corrupt`, and overrides nothing else.
    """

    n_hidden: int
    activation: Any
    output: Any
    tied: bool
    cost: str
    learning_rate: float
    momentum: float
    batch_size: int
    n_epochs: int
    shuffle: bool
    random_state: Any
    backend: Any
    device: str | None
    dtype: str | None
    verbose: bool
    _compiled: CompiledLayer | None

    @abstractmethod
    def _corrupt(self, x: Expression, seed: int) -> Expression | None:
        """Give what is encoded in place of x during training; None for x itself."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn to reconstruct X.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Finite numbers; in [0, 1] when the cost is cross-entropy.
        y : ignored

        Returns
        -------
        self
            After Ctrl-C too, with the parameters trained so far.

        Raises
        ------
        ValueError
            If data or a setting does not fit; says what was found and what to do.
        BackendError
            If the backend or device is not there.
        DivergedError
            If the cost does not stay finite.
        """
        self._check_settings()
        X = self._check_rows(X, reset=True)
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        backend = resolve_backend(self.backend, self.device)
        self.backend_ = f"{backend.description}: {backend.reason}"
        with config.change_flags(floatX=self._float_type()):
            layer = self._new_layer(np.random.default_rng(self.seed_))
            x = pt.matrix("x")
            cost = self._row_cost(layer, x, self._corrupt(x, self.seed_)).mean()
            updates = self._updates(cost, layer)
        try:
            self.history_ = train(
                cost,
                updates,
                inputs=[x],
                data=X,
                batch_size=self.batch_size,
                n_epochs=self.n_epochs,
                seed=self.seed_,
                shuffle=self.shuffle,
                backend=backend,
                progress=self.verbose,
            )
        finally:
            self._keep(layer)
        return self

    def transform(self, X: Any) -> Array:
        """Codes of X.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, n_hidden)
        """
        return self._apply("encode", self._check_rows(X))

    def inverse_transform(self, codes: Any) -> Array:
        """Reconstructions from codes.

        Parameters
        ----------
        codes : array-like, (rows, n_hidden)

        Returns
        -------
        array, (rows, n_features_in_)
        """
        check_is_fitted(self)
        codes = np.asarray(codes, dtype=self.W_.dtype)
        if codes.ndim != 2 or codes.shape[1] != self.W_.shape[1]:
            raise ValueError(
                f"codes have shape {codes.shape}; expected (rows, {self.W_.shape[1]}), "
                "as transform returns."
            )
        check_domain(codes, unit_interval=False, name="codes")
        return self._apply("decode", codes)

    def reconstruct(self, X: Any) -> Array:
        """Reconstructions of X, uncorrupted.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, n_features_in_)
        """
        return self._apply("reconstruct", self._check_rows(X))

    def score_samples(self, X: Any) -> Array:
        """Error of each row: the cost of its reconstruction, uncorrupted.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows,)
            Cross-entropy in nats summed over columns, or squared error meaned over
            columns. The larger, the less the row is like those fitted on.
        """
        return self._apply("error", self._check_rows(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Mean error of the rows, negated: larger is better.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)
        y : ignored
        """
        return -float(self.score_samples(X).mean(dtype=np.float64))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a file, without pickle.

        Parameters
        ----------
        path : path
            A safetensors file, written whole or not at all. Activations given as
            functions are noted, not stored: `load` will ask for them.
        """
        check_is_fitted(self)
        save_arrays(path, self._arrays(), describe_model(self))

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
        for name, array in arrays.items():
            setattr(model, f"{name}_", array)
        return model

    def plot_filters(self, path: str | os.PathLike[str] | None = None, **options: Any) -> Any:
        """Draw what each hidden unit looks for: the columns of W as images.

        Parameters
        ----------
        path : path, optional
            Where to save the picture.
        **options
            For `autoenc.plotting.plot_filters`, such as ``image_shape`` and ``k``.

        Returns
        -------
        matplotlib.figure.Figure
        """
        check_is_fitted(self)
        return plotting.plot_filters(self.W_.T, path=path, **options)

    def plot_reconstructions(
        self, X: Any, path: str | os.PathLike[str] | None = None, **options: Any
    ) -> Any:
        """Draw rows of X above their reconstructions.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)
        path : path, optional
            Where to save the picture.
        **options
            For `autoenc.plotting.plot_reconstructions`, such as ``image_shape`` and ``k``.

        Returns
        -------
        matplotlib.figure.Figure
        """
        X = self._check_rows(X)
        return plotting.plot_reconstructions(X, self.reconstruct(X), path=path, **options)

    def plot_loss(self, path: str | os.PathLike[str] | None = None, **options: Any) -> Any:
        """Draw the cost of each epoch.

        Parameters
        ----------
        path : path, optional
            Where to save the picture.
        **options
            For `autoenc.plotting.plot_loss`.

        Returns
        -------
        matplotlib.figure.Figure
        """
        check_is_fitted(self)
        return plotting.plot_loss(self.history_, path=path, **options)

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are parameters."""
        return hasattr(self, "W_")

    def __getstate__(self) -> dict[str, Any]:
        """Everything but compiled functions, which each process makes for itself."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_compiled"}

    @property
    def _n_features_out(self) -> int:
        return int(self.W_.shape[1])

    def _check_settings(self) -> None:
        if self.cost not in COSTS:
            raise ValueError(f"cost is {self.cost!r}; expected one of {', '.join(COSTS)}.")
        if self.cost == "cross_entropy" and self.output in UNBOUNDED_OUTPUTS:
            raise ValueError(
                f"output is {self.output!r} and cost 'cross_entropy', which needs "
                "reconstructions in (0, 1); use output='sigmoid' or cost='squared_error'."
            )
        if not (np.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(f"learning_rate is {self.learning_rate!r}; expected a number > 0.")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is {self.momentum!r}; expected a number in [0, 1).")

    def _check_rows(self, X: Any, *, reset: bool = False) -> Array:
        if not reset:
            check_is_fitted(self)
        rows: Array = validate_data(
            self, X, reset=reset, dtype=self._float_type(), order="C", ensure_all_finite=False
        )
        check_domain(rows, unit_interval=self.cost == "cross_entropy")
        return rows

    def _float_type(self) -> str:
        return check_float_type(self.dtype) or str(config.floatX)

    def _new_layer(self, rng: np.random.Generator | None, **params: Any) -> AutoEncoderLayer:
        return AutoEncoderLayer(
            self.n_features_in_,
            self.n_hidden,
            rng=rng,
            activation=self.activation,
            output=self.output,
            tied=self.tied,
            **params,
        )

    def _row_cost(
        self, layer: AutoEncoderLayer, x: Expression, corrupted: Expression | None = None
    ) -> Expression:
        cost: Expression = getattr(layer, self.cost)(x, corrupted=corrupted)
        return cost

    def _updates(self, cost: Expression, layer: AutoEncoderLayer) -> Updates:
        if self.momentum:
            return momentum(cost, layer.params, self.learning_rate, self.momentum)
        return sgd(cost, layer.params, self.learning_rate)

    def _keep(self, layer: AutoEncoderLayer) -> None:
        for name, variable in layer.named_params().items():
            setattr(self, f"{name}_", variable.get_value())
        self._compiled = None

    def _arrays(self) -> dict[str, Array]:
        names = ("W", "hidden_bias", "visible_bias", "W_prime")
        return {name: getattr(self, f"{name}_") for name in names if hasattr(self, f"{name}_")}

    def _apply(self, what: str, rows: Array) -> Array:
        """Run rows through a compiled piece of the model, a part at a time."""
        compiled = getattr(self, "_compiled", None)
        if compiled is None:
            backend = resolve_backend(self.backend, self.device)
            compiled = CompiledLayer(self._new_layer, self._row_cost, backend)
            self._compiled = compiled
        function = compiled.function(what, self._arrays())
        parts = [
            function(rows[first : first + ROWS_AT_A_TIME])
            for first in range(0, len(rows), ROWS_AT_A_TIME)
        ]
        return np.concatenate(parts)
