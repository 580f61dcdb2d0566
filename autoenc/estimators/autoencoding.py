"""What the autoencoder estimators share: fit, use and draw."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
from pytensor import config
from pytensor import tensor as pt
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from autoenc import plotting
from autoenc.backends import resolve_backend
from autoenc.estimators.base import Array, GraphEstimator, in_parts
from autoenc.estimators.compiled import CompiledLayer
from autoenc.estimators.domain import check_domain
from autoenc.graph import (
    AutoEncoderLayer,
    Expression,
    Updates,
    contractive,
    kl_sparsity,
    l1,
    l2,
    momentum,
    resolve_optimizer,
)
from autoenc.training import Record, train
from autoenc.training.callbacks import CallbackLike

COSTS = ("cross_entropy", "squared_error")
# Output functions whose values are not in (0, 1), where cross-entropy has no value.
UNBOUNDED_OUTPUTS = ("linear", "relu", "softplus", "tanh")


class AutoEncoderBase(ClassNamePrefixFeaturesOutMixin, TransformerMixin, GraphEstimator):
    """Fit, use, save and draw an autoencoder; final classes say what is corrupted.

    A final class has the constructor and `_corrupt`, and overrides nothing else.
    """

    n_hidden: int
    activation: Any
    output: Any
    tied: bool
    cost: str
    l1: float
    l2: float
    contraction: float
    sparsity: float
    sparsity_target: float
    optimizer: Any
    batch_size: int
    n_epochs: int
    shuffle: bool
    verbose: bool
    _compiled: CompiledLayer | None

    @abstractmethod
    def _corrupt(self, x: Expression, seed: int) -> Expression | None:
        """Give what is encoded in place of x during training; None for x itself."""

    def fit(self, X: Any, y: Any = None, *, callbacks: Iterable[CallbackLike] = ()) -> Self:
        """Learn to reconstruct X.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Finite numbers; in [0, 1] when the cost is cross-entropy.
        y : ignored
        callbacks : iterable of `autoenc.training.Callback` or functions
            Are told how the training goes, such as `autoenc.watching.SaveEvery`; a function
            takes the record of every epoch.

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
        backend = self._start()
        with config.change_flags(floatX=self._float_type()):
            layer = self._new_layer(np.random.default_rng(self.seed_))
            x = pt.matrix("x")
            cost = self._row_cost(layer, x, self._corrupt(x, self.seed_)).mean()
            total = sum(self._penalties(layer, x), start=cost)
            updates = self._updates(total, layer)

        def present(history: list[Record]) -> GraphEstimator:
            self._keep(layer)
            self.history_ = history
            return self

        train(
            cost,
            updates,
            inputs=[x],
            data=X,
            batch_size=self.batch_size,
            n_epochs=self.n_epochs,
            seed=self.seed_,
            shuffle=self.shuffle,
            backend=backend,
            callbacks=callbacks,
            model=present,
            progress=self.verbose,
        )
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

    def untie(self) -> Self:
        """Give the decoder weights of its own, which begin as Wᵀ.

        Returns
        -------
        self
            Fitted as before, and no longer tied; nothing that it computes has changed.
        """
        check_is_fitted(self)
        if self.tied:
            self.tied = False
            self.W_prime_ = np.ascontiguousarray(self.W_.T)
            self._compiled = None
        return self

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
        self._check_numbers()
        for name in ("l1", "l2", "contraction", "sparsity"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected a number >= 0.")

    def _check_rows(self, X: Any, *, reset: bool = False) -> Array:
        if not reset:
            check_is_fitted(self)
        return self._checked(X, unit_interval=self.cost == "cross_entropy", reset=reset)

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

    def _penalties(self, layer: AutoEncoderLayer, x: Expression) -> list[Expression]:
        """List what is minimised beside the cost; it is not in the history."""
        weights = [p for name, p in layer.named_params().items() if name.startswith("W")]
        penalties: list[tuple[float, Callable[[], Expression]]] = [
            (self.l1, lambda: l1(weights)),
            (self.l2, lambda: l2(weights)),
            (self.contraction, lambda: contractive(layer, x).mean()),
            (self.sparsity, lambda: kl_sparsity(layer.encode(x), self.sparsity_target)),
        ]
        return [np.asarray(w, config.floatX) * penalty() for w, penalty in penalties if w]

    def _updates(self, cost: Expression, layer: AutoEncoderLayer) -> Updates:
        if self.optimizer == "sgd" and self.momentum:
            return momentum(cost, layer.params, self.learning_rate, self.momentum)
        rule = resolve_optimizer(self.optimizer)
        return rule(cost, layer.params, self.learning_rate)

    def _keep(self, layer: AutoEncoderLayer) -> None:
        for name, variable in layer.named_params().items():
            setattr(self, f"{name}_", variable.get_value())
        self._compiled = None

    def _set_arrays(self, arrays: dict[str, Array]) -> None:
        for name, array in arrays.items():
            setattr(self, f"{name}_", array)

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
        return in_parts(compiled.function(what, self._arrays()), rows)
