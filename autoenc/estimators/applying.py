"""What a fitted autoencoder is used for: codes, reconstructions, errors, pictures."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from autoenc import plotting
from autoenc.analysis.fitted import layers_of
from autoenc.backends import resolve_backend
from autoenc.estimators.base import BUILDING, GraphEstimator, in_parts
from autoenc.estimators.frames import in_container
from autoenc.models.compiled import CompiledModel
from autoenc.models.symbolic import SymbolicModel, SymbolicStack
from autoenc.rows.blocks import Array, IncomingRows, Rows
from autoenc.rows.domain import FINITE, domain_of


class FittedAutoEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, GraphEstimator):
    """What can be done with an autoencoder that has been fitted."""

    missing: str
    _compiled: CompiledModel

    def transform(self, X: Any) -> Array:
        """Codes of X.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, n_hidden)

        Warns
        -----
        DomainWarning
            If values are far from those fitted on or, under cross-entropy, outside [0, 1].

        Raises
        ------
        ValueError
            If the rows do not fit the model; under cross-entropy, if values are a hundred widths
            from [0, 1]. Names the first one, its row and column.
        """
        return self._apply("encode", self._rows(X))

    def inverse_transform(self, X: Any) -> Any:
        """Reconstructions from codes.

        Parameters
        ----------
        X : array-like, (rows, n_hidden)
            Codes.

        Returns
        -------
        array, (rows, n_features_in_)
            Or a frame, if `set_output` asks for it.
        """
        check_is_fitted(self)
        codes = np.ascontiguousarray(X, dtype=layers_of(self)[0].W_.dtype)
        if codes.ndim != 2 or codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"codes have shape {codes.shape}; expected (rows, {self._n_features_out}), "
                "as transform returns."
            )
        incoming = IncomingRows(codes, FINITE.hold, partial(domain_of, codes, name="codes"))
        return in_container(self, self._apply("decode", incoming), X)

    def reconstruct(self, X: Any) -> Any:
        """Reconstructions of X, uncorrupted.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, n_features_in_)
            Or a frame, if `set_output` asks for it.

        Warns
        -----
        DomainWarning
            If values are far from those fitted on or, under cross-entropy, outside [0, 1].

        Raises
        ------
        ValueError
            If the rows do not fit the model; under cross-entropy, if values are a hundred widths
            from [0, 1]. Names the first one, its row and column.
        """
        return in_container(self, self._apply("reconstruct", self._rows(X)), X)

    def impute(self, X: Any) -> Any:
        """X with its reconstruction where it is NaN; what is observed stays as it is.

        Denoising models that were fitted with much corruption, and long enough, fill in best; an
        `AutoEncoder` of as many units as columns learns to copy what it sees, holes too.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)
            NaN stands for what is missing, whatever the setting `missing`: a model that was
            fitted on complete rows can fill in others.

        Returns
        -------
        array, (rows, n_features_in_)
            Or a frame, if `set_output` asks for it.

        Warns
        -----
        DomainWarning
            If values are far from those fitted on or, under cross-entropy, outside [0, 1].

        Raises
        ------
        ValueError
            If the rows do not fit the model; under cross-entropy, if values are a hundred widths
            from [0, 1]. Names the first one, its row and column.
        """
        rows = self._rows(X, missing=True)
        return in_container(self, self._apply("impute", rows), X)

    def score_samples(self, X: Any) -> Array:
        """Error of each row: the cost of its reconstruction, uncorrupted.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows,)
            Cross-entropy in nats summed over columns, or squared error meaned over
            columns, which are standardised if there is `scale_`. The larger, the less the row
            is like those fitted on. With ``missing="mask"``, of what is observed.

        Raises
        ------
        ValueError
            If the rows do not fit the model, or are outside [0, 1] under cross-entropy, which
            has no value there. Names the first value, its row and column.
        """
        return self._apply("error", self._rows(X, compared=False))

    def score(self, X: Any, y: Any = None) -> float:
        """Mean error of the rows, negated: larger is better.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)
        y : ignored
        """
        return -float(self.score_samples(X).mean(dtype=np.float64))

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
        return plotting.plot_filters(layers_of(self)[0].W_.T, path=path, **options)

    def plot_reconstructions(
        self, X: Any, path: str | os.PathLike[str] | None = None, **options: Any
    ) -> Any:
        """Draw rows of X above their reconstructions.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)
            What is missing, NaN, is drawn in light blue.
        path : path, optional
            Where to save the picture.
        **options
            For `autoenc.plotting.plot_reconstructions`, such as ``image_shape`` and ``k``.

        Returns
        -------
        matplotlib.figure.Figure
        """
        rows = self._rows(X).checked()
        again = self._apply("reconstruct", rows)
        return plotting.plot_reconstructions(np.asarray(rows), again, path=path, **options)

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
        # The epochs of a stack begin anew with each layer.
        epochs = [{**record, "epoch": i} for i, record in enumerate(self.history_, start=1)]
        return plotting.plot_loss(epochs, path=path, **options)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn of which dtype codes are, and whether NaN is allowed."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = [self._float_type()]
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state over, with nothing compiled yet."""
        super().__setstate__(state)
        if self.__sklearn_is_fitted__():
            self._compiled = CompiledModel()

    @abstractmethod
    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are parameters, all of them."""

    @property
    def _n_features_out(self) -> int:
        return int(layers_of(self)[-1].W_.shape[1])

    def _rows(self, X: Any, *, missing: bool | None = None, compared: bool = True) -> IncomingRows:
        """Rows that the model can take; `missing` says whether NaN is allowed."""
        check_is_fitted(self)
        return self._use(
            X,
            unit_interval=layers_of(self)[0].cost_ == "cross_entropy",
            allow_nan=self.missing == "mask" if missing is None else missing,
            compared=compared,
        )

    def _apply(self, what: str, rows: Rows | IncomingRows) -> Array:
        """Run rows through a compiled piece of the model, a part at a time."""
        return in_parts(partial(self._function, what), rows)

    def _function(self, what: str) -> Callable[[Array], Array]:
        backend = resolve_backend(self.backend, self.device)
        with BUILDING:
            return self._compiled.function(what, self._model_arrays(), self._model, backend)

    @abstractmethod
    def _model_arrays(self) -> dict[str, Array]:
        """Arrays that the symbolic model is made of."""

    @abstractmethod
    def _model(self, **params: Any) -> SymbolicModel | SymbolicStack:
        """Build the symbolic model around shared variables."""
