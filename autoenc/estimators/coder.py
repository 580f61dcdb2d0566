"""What a fitted autoencoder or stack is used for: codes, reconstructions, errors, pictures."""

from __future__ import annotations

import os
import weakref
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from autoenc import plotting
from autoenc.analysis import Report, report
from autoenc.estimators.base import GraphEstimator
from autoenc.estimators.frames import in_container
from autoenc.models.fitted import FittedCoder
from autoenc.rows.blocks import Array, original


class Coder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, GraphEstimator):
    """An estimator that encodes rows and reconstructs them."""

    missing: str
    model_: FittedCoder
    # A reference that does not keep the rows alive; None if there can be none.
    _rows_of_fit: weakref.ref[Any] | None

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
        check_is_fitted(self)
        return self.model_.transform(X)

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
        return in_container(self, self.model_.inverse_transform(X), X)

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
        check_is_fitted(self)
        return in_container(self, self.model_.reconstruct(X), X)

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
        check_is_fitted(self)
        filled = self.model_.apply("impute", self.model_.incoming(X, missing=True))
        return in_container(self, filled, X)

    def score_samples(self, X: Any) -> Array:
        """Error of each row: the cost of its reconstruction, uncorrupted.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows,)
            Cross-entropy in nats summed over columns, or squared error averaged over
            columns, which are standardised if there is `scale_`. The larger, the less the row
            is like those fitted on. With ``missing="mask"``, of what is observed.

        Raises
        ------
        ValueError
            If the rows do not fit the model, or are outside [0, 1] under cross-entropy, which
            has no value there. Names the first value, its row and column.
        """
        check_is_fitted(self)
        return self.model_.score_samples(X)

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
        return plotting.plot_filters(self.model_.bottom.arrays["W"].T, path=path, **options)

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
        check_is_fitted(self)
        rows = self.model_.incoming(X).checked()
        again = self.model_.apply("reconstruct", rows)
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

    def report(self, X: Any = None, *, X_train: Any = None) -> Report:
        """Tell whether the model is any good, and what to try.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_), optional
            Rows to judge it by, best such as it was not trained on. By default what was given
            to the last `fit`, if the caller still holds it: all of its rows, those that were
            held out or of weight 0 too, as they are now, whatever has been done to them since.
            The model itself keeps no rows. NaN, with ``missing="mask"``, is in no error.
        X_train : array-like, (rows, n_features_in_), optional
            Rows it was trained on, for the yardsticks: their mean, and PCA; by default X.

        Returns
        -------
        autoenc.analysis.Report
            Beside the errors of the mean row, PCA and the untrained model; dead, saturated and
            duplicate units; advice. ``print`` shows it.

        Raises
        ------
        ValueError
            If the rows have no cost, such as values outside [0, 1] under cross-entropy; or if
            none are given and those of the fit are not there: lists cannot be remembered, a
            model that was loaded, copied or fitted by parts knows no rows, and nothing holds
            those that were made in the call, as in ``fit(X / 255)``, or within a pipeline.

        Examples
        --------
        >>> from autoenc import AutoEncoder, load_mnist
        >>> images = load_mnist(sample=True).train.images[:200]
        >>> ae = AutoEncoder(8, n_epochs=1, random_state=0, verbose=False).fit(images)
        >>> ae.report().n_rows
        200
        """
        check_is_fitted(self)
        if X is None:
            X = self._remembered()
        rows = self.model_.incoming(X, compared=False).checked()
        # A frame has names, which are compared wherever the model is used.
        return report(self.model_, X if hasattr(X, "columns") else original(rows), X_train=X_train)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn of which dtype codes are, and whether NaN is allowed."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = [self._float_type()]
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.model_.n_codes

    def _remember(self, X: Any) -> None:
        """Know what was given to fit, without keeping it alive."""
        try:
            self._rows_of_fit = weakref.ref(X)
        except TypeError:  # lists and tuples
            self._rows_of_fit = None

    def _remembered(self) -> Any:
        reference = getattr(self, "_rows_of_fit", None)
        X = None if reference is None else reference()
        if X is None:
            raise ValueError(
                "there are no rows to report on: the model keeps none, and those given to fit are "
                "not there any more, were a list, or were of another process or copy; give rows, "
                "as in report(X)."
            )
        return X
