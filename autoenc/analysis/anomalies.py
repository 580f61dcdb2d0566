"""Anomalous rows: calibrated p-values, and the columns responsible.

>>> import numpy as np
>>> from autoenc import AutoEncoder, load_mnist
>>> train, valid, test = load_mnist(sample=True)
>>> model = AutoEncoder(50, n_epochs=3, random_state=0, verbose=False).fit(train.images)
>>> detector = AnomalyDetector(model, contamination=0.05).fit(valid.images)
>>> noise = np.random.default_rng(0).uniform(size=(3, 784))
>>> detector.predict(noise)
array([-1, -1, -1])
>>> bool((detector.predict(test.images) == -1).mean() < 0.1)
True
"""

from __future__ import annotations

import math
import warnings
from typing import Any, Self, final

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from autoenc.analysis.access import (
    Array,
    column_errors,
    encoded_rows,
    is_masked_model,
    row_errors,
)
from autoenc.models.fitted import FittedModel
from autoenc.models.settings import check_settings
from autoenc.rows.shapes import check_shape
from autoenc.sources import Source, opened

# Errors with a smaller relative difference are equal up to rounding.
TIE = 1e-5


@final
class AnomalyDetector(OutlierMixin, BaseEstimator):
    """Anomaly detector based on a model's error, calibrated on rows held out of training.

    The method is split conformal prediction. If a row has the same distribution as the held-out
    rows, all orders of their errors are equally likely. Its p-value is therefore at most α with
    probability at most α, for every model and every distribution. About α·m of m normal rows are
    flagged. If many rows are tested, apply `scipy.stats.false_discovery_control` to the p-values
    to bound the fraction of false alarms among the flagged rows.

    Parameters
    ----------
    model : fitted estimator
        An autoencoder, a stack, or any object whose `score_samples` returns an error for each row,
        which is larger for more anomalous rows. For outlier detectors, density estimators and all
        of scikit-learn's own models, it is smaller for more anomalous rows. The model is not
        fitted again. To `clone` a detector with its model, as a grid search does, wrap the model
        in scikit-learn's `FrozenEstimator`.
    contamination : float in (0, 0.5] or None
        Rate of false alarms of `predict`: the fraction of normal rows that is flagged. With None,
        only scores and p-values are available.

    Attributes
    ----------
    calibration_errors_ : array, (held-out rows,)
        Errors of the held-out rows, ascending.
    threshold_ : float
        Rows with a larger error are flagged. Undefined if `contamination` is None.
    offset_ : float
        −`threshold_`, which `decision_function` subtracts from `score_samples`.
    n_features_in_ : int

    Notes
    -----
    The `score_samples` of autoencoders returns errors, which are larger for more anomalous rows.
    This class follows scikit-learn's outlier detectors instead: its `score_samples` is the
    negative error, and `predict` returns +1 for normal rows and −1 for anomalies.

    If the model was fitted with ``missing="mask"``, rows may have missing entries, NaN, and are
    judged by their observed entries. P-values are valid if the fraction of missing entries is the
    same in the held-out rows and in the tested rows.

    Errors with a relative difference below 10⁻⁵ are ties, because a model may round differently
    when it computes rows together or one by one. A tie counts as an error at least as large as
    that of the row, and p-values are not randomised. Equal rows therefore get equal p-values in
    every batch, and p-values are conservative.

    A row without observed values has no error: its p-value is NaN, and `predict` returns 0 for it.

    References
    ----------
    V. Vovk, A. Gammerman, G. Shafer (2005). Algorithmic learning in a random world. Springer.

    R. Laxhammar, G. Falkman (2010). Conformal prediction for distribution-independent anomaly
    detection in streaming vessel data. StreamKDD.

    S. Bates, E. Candès, L. Lei, Y. Romano, M. Sesia (2023). Testing for outliers with conformal
    p-values. Annals of Statistics 51.

    Examples
    --------
    >>> from autoenc import AutoEncoder
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(300, 1)) * np.ones((1, 5))
    >>> model = AutoEncoder(2, cost="squared_error", n_epochs=20, learning_rate=1.0,
    ...                     random_state=0, verbose=False).fit(X[:200])
    >>> detector = AnomalyDetector(model).fit(X[200:])
    >>> detector.p_values([[0, 1, 0, 1, 0]]).round(4)
    array([0.0099])
    """

    # As in scikit-learn's LocalOutlierFactor, this marks a detector that judges only new rows.
    novelty = True
    _warned_of: float | None = None

    def __init__(self, model: Any, contamination: float | None = 0.01) -> None:
        self.model = model
        self.contamination = contamination

    def fit(self, X: Any, y: Any = None) -> Self:
        """Calibrate the detector with rows that were not used to fit the model.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Rows without anomalies, or with few. The smallest p-value is 1 / (rows + 1).
        y : None
            Ignored.

        Returns
        -------
        self
            The calibrated detector.

        Raises
        ------
        ValueError
            If contamination is not in (0, 0.5], or the model refuses the rows.
        TypeError
            If the model is not an autoencoder and has no `score_samples`.

        Warns
        -----
        UserWarning
            If there are too few rows to flag any row at this contamination.
        """
        check_settings({"contamination": self.contamination})
        errors = self._errors(X, reset=True)
        self.calibration_errors_ = np.sort(errors[~np.isnan(errors)])
        if not len(self.calibration_errors_):
            raise ValueError("no held-out row has an observed value; give other rows.")
        if self.contamination is not None:
            self.threshold_at(self.contamination)  # warns if there are too few rows
        self._warned_of = self.contamination
        return self

    @property
    def threshold_(self) -> float:
        """Error above which a row is flagged. It follows changes of `contamination`.

        Raises
        ------
        AttributeError
            If contamination is None, or the detector is not fitted.
        """
        if self.contamination is None or "calibration_errors_" not in vars(self):
            raise AttributeError("there is no threshold: fit the detector, with a contamination.")
        check_settings({"contamination": self.contamination})  # it may have changed after fit
        if self.contamination == self._warned_of:
            return self._threshold_at(self.contamination)
        self._warned_of = self.contamination
        return self.threshold_at(self.contamination)

    @property
    def offset_(self) -> float:
        """The threshold, negated, for `decision_function`."""
        return -self.threshold_

    def p_values(self, X: Any) -> Array:
        """Compute the probability that a normal row has an error at least as large.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Rows to judge.

        Returns
        -------
        array, (rows,)
            (1 + number of held-out rows whose error is at least as large) / (number of held-out
            rows + 1). NaN for a row without observed values.
        """
        check_is_fitted(self)
        return self.p_values_of(self._errors(X))

    def p_values_of(self, errors: Any) -> Array:
        """Compute the p-values of rows whose errors are known.

        Parameters
        ----------
        errors : array-like, (rows,)
            Errors of the rows, the larger the more anomalous: `score_samples` of an autoencoder,
            or −`score_samples` of scikit-learn's models and of outlier detectors.

        Returns
        -------
        array, (rows,)
            A p-value for each error.
        """
        check_is_fitted(self)
        errors = np.asarray(errors, np.float64)
        n = len(self.calibration_errors_)
        least = errors - TIE * np.maximum(np.abs(errors), self._size)
        at_least = n - np.searchsorted(self.calibration_errors_, least, side="left")
        p: Array = np.where(np.isnan(errors), np.nan, (1 + at_least) / (n + 1))
        return p

    def threshold_at(self, level: float) -> float:
        """Return the error that a row exceeds if and only if its p-value is at most `level`.

        Parameters
        ----------
        level : float
            Allowed rate of false alarms, as a fraction of the normal rows.

        Returns
        -------
        float
            The threshold; infinite, with a warning, if no p-value can be that small.

        Raises
        ------
        ValueError
            If `level` is not in (0, 1].
        """
        if not 0 < level <= 1:
            raise ValueError(f"level is {level!r}; expected a number in (0, 1].")
        threshold, n = self._threshold_at(level), len(self.calibration_errors_)
        if math.isinf(threshold):
            warnings.warn(
                f"{n} held-out rows are too few for a contamination of {level}: no p-value can "
                f"be that small, so nothing will be flagged. Give at least "
                f"{math.ceil(1 / level - 1e-9) - 1} rows.",
                stacklevel=3,
            )
        return threshold

    def _threshold_at(self, level: float) -> float:
        n = len(self.calibration_errors_)
        # In floating point, 0.1 · 300 can be slightly less than 30.
        allowed = math.floor(level * (n + 1) + 1e-9) - 1
        if allowed < 0:
            return math.inf
        return self.beyond_ties(float(self.calibration_errors_[n - 1 - allowed]))

    def beyond_ties(self, error: float) -> float:
        """Return the largest error that still ties with another one.

        Errors of equal rows differ by rounding, so `p_values_of` counts errors that are smaller by
        a part of 10⁻⁵ as equal. This inverts its tolerance.

        Parameters
        ----------
        error : float
            An error of a row.

        Returns
        -------
        float
            A slightly larger error.
        """
        return max(error / (1 - TIE), error + TIE * self._size, error / (1 + TIE))

    def predict(self, X: Any) -> Array:
        """Flag anomalies: rows whose p-value is at most `contamination`.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Rows to judge.

        Returns
        -------
        array of int, (rows,)
            +1 for normal rows, −1 for anomalies, 0 for rows without an observed value.

        Raises
        ------
        ValueError
            If contamination was None.
        """
        return flags(self.decision_function(X))

    def decision_function(self, X: Any) -> Array:
        """Compute the threshold minus the error of each row; negative for anomalies.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Rows to judge.

        Returns
        -------
        array, (rows,)
            Negative for anomalies: `score_samples` − `offset_`.

        Raises
        ------
        ValueError
            If contamination was None.
        """
        check_is_fitted(self)
        if self.contamination is None:
            raise ValueError(
                "there is no threshold, because contamination is None; set it, for example to "
                "0.01, or use p_values."
            )
        return self.threshold_ - self._errors(X)

    def score_samples(self, X: Any) -> Array:
        """Compute the negative error of each row: the larger, the more normal.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Rows to judge.

        Returns
        -------
        array, (rows,)
            Errors, negated: the larger, the more normal.
        """
        check_is_fitted(self)
        return -self._errors(X)

    def contributions(self, X: Any) -> Array:
        """Compute the contribution of each column to the error of each row.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Rows to judge.

        Returns
        -------
        array, (rows, columns)
            Terms of the model's cost. Their sum over columns is the error, −`score_samples`, up to
            rounding. The contribution of a missing entry is 0.

        Raises
        ------
        ValueError
            If the model refuses the rows, or if values are outside [0, 1] with cross-entropy.
        TypeError
            If the model is not an autoencoder, a stack or an `AutoEncoderDetector`.

        Examples
        --------
        >>> from autoenc import AutoEncoder
        >>> X = np.random.default_rng(0).uniform(size=(200, 1)) * np.ones((1, 4))
        >>> model = AutoEncoder(2, cost="squared_error", n_epochs=50, learning_rate=1.0,
        ...                     random_state=0, verbose=False).fit(X)
        >>> detector = AnomalyDetector(model).fit(X)
        >>> int(detector.contributions([[0.3, 0.3, 0.9, 0.3]]).argmax())
        2
        """
        check_is_fitted(self)
        return column_errors(self.model, X)

    @property
    def fit_predict(self) -> Any:
        """Not available: a detector cannot judge the rows that calibrate it."""
        raise AttributeError(
            "AnomalyDetector has no fit_predict: it is calibrated on held-out rows and judges "
            "other rows; use fit(held_out).predict(X)."
        )

    def __sklearn_tags__(self) -> Any:
        """Return the tags of an outlier detector for the rows that its model accepts."""
        tags = super().__sklearn_tags__()
        if hasattr(self.model, "__sklearn_tags__"):
            tags.input_tags = get_tags(self.model).input_tags
        elif isinstance(self.model, FittedModel):
            tags.input_tags.sparse, tags.input_tags.allow_nan = True, self.model.masked
        return tags

    def _errors(self, X: Any, *, reset: bool = False) -> Array:
        # The model decides which values it accepts; a frame may contain text for a pipeline.
        sparse = self.__sklearn_tags__().input_tags.sparse
        X = opened(X)
        if hasattr(X, "columns") or isinstance(X, Source):
            validate_data(self, X, reset=reset, skip_check_array=True)
        else:
            check_shape(X)
            X = encoded_rows(self.model, X)
            validate_data(self, X, reset=reset, accept_sparse=sparse, ensure_all_finite=False)
        errors = row_errors(self.model, X)
        is_masked = self.__sklearn_tags__().input_tags.allow_nan or is_masked_model(self.model)
        known = np.isfinite(errors) | (np.isnan(errors) & is_masked)
        if not known.all():
            row = int(np.argmin(known))
            raise ValueError(
                f"the model gives row {row} the error {errors[row]}; expected finite errors. Are "
                "there NaN or inf in that row?"
            )
        return errors

    @property
    def _size(self) -> float:
        """Size of a typical error."""
        return float(np.median(np.abs(self.calibration_errors_)))


def flags(distances: Array) -> Array:
    """Return −1 below the threshold, +1 above it, and 0 where nothing was observed.

    >>> flags(np.array([-0.5, 2.0, np.nan]))
    array([-1,  1,  0])
    """
    return np.where(np.isnan(distances), 0, np.where(distances < 0, -1, 1))
