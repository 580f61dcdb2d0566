"""What a fitted autoencoder is used for: codes, reconstructions, errors, pictures."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from autoenc import plotting
from autoenc.analysis import Report, report
from autoenc.estimators.base import GraphEstimator
from autoenc.estimators.domain import domain_of
from autoenc.estimators.frames import in_container
from autoenc.estimators.rows import Array, Rows


class FittedAutoEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, GraphEstimator):
    """What can be done with an autoencoder that has been fitted."""

    cost_: str
    missing: str
    W_: Array
    visible_bias_: Array

    def transform(self, X: Any) -> Array:
        """Codes of X.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, n_hidden)
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
        codes = np.ascontiguousarray(X, dtype=self.W_.dtype)
        if codes.ndim != 2 or codes.shape[1] != self.W_.shape[1]:
            raise ValueError(
                f"codes have shape {codes.shape}; expected (rows, {self.W_.shape[1]}), "
                "as transform returns."
            )
        domain_of(codes, name="codes")
        return in_container(self, self._apply("decode", codes), X)

    def reconstruct(self, X: Any) -> Any:
        """Reconstructions of X, uncorrupted.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, n_features_in_)
            Or a frame, if `set_output` asks for it.
        """
        return in_container(self, self._apply("reconstruct", self._rows(X)), X)

    def impute(self, X: Any) -> Any:
        """X with its reconstruction where it is NaN; what is observed stays as it is.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)
            NaN stands for what is missing, whatever the setting `missing`: a model that was
            fitted on complete rows can fill in others.

        Returns
        -------
        array, (rows, n_features_in_)
            Or a frame, if `set_output` asks for it.
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

    def report(self, X: Any, *, X_train: Any = None) -> Report:
        """Tell whether the model is any good, and what to try.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)
            Rows to judge it by, best such as it was not trained on.
        X_train : array-like, (rows, n_features_in_), optional
            Rows it was trained on, for the yardsticks: their mean, and PCA; by default X.

        Returns
        -------
        autoenc.analysis.Report
            Beside the errors of the mean row, PCA and the untrained model; dead, saturated and
            duplicate units; advice. ``print`` shows it.
        """
        return report(self, self._rows(X), X_train=X_train)

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
        rows = self._rows(X)
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
        return plotting.plot_loss(self.history_, path=path, **options)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn of which dtype codes are, and whether NaN is allowed."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = [self._float_type()]
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are parameters."""
        return hasattr(self, "W_")

    @property
    def _n_features_out(self) -> int:
        return int(self.W_.shape[1])

    def _rows(self, X: Any, *, missing: bool | None = None, compared: bool = True) -> Rows:
        """Rows that the model can take; `missing` says whether NaN is allowed."""
        check_is_fitted(self)
        return self._use(
            X,
            unit_interval=self.cost_ == "cross_entropy",
            allow_nan=self.missing == "mask" if missing is None else missing,
            compared=compared,
        )

    @abstractmethod
    def _apply(self, what: str, rows: Rows) -> Array:
        """Run rows through a piece of the model."""
