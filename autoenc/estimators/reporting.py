"""A fitted autoencoder that says how good it is, also on the rows of its fit while they last."""

from __future__ import annotations

import weakref
from typing import Any

from sklearn.utils.validation import check_is_fitted

from autoenc.analysis import Report, report
from autoenc.estimators.applying import FittedAutoEncoder
from autoenc.rows.blocks import original


class ReportingAutoEncoder(FittedAutoEncoder):
    """A fitted autoencoder that remembers, while the caller holds them, what it was fitted on."""

    # Of the process: neither pickled nor copied nor saved.
    _rows_of_fit: weakref.ref[Any] | None

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
        rows = self._rows(X, compared=False).checked()
        # A frame has names, which are compared wherever the model is used.
        return report(self, X if hasattr(X, "columns") else original(rows), X_train=X_train)

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
