"""Outlier detection by an ensemble of small autoencoders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, final

import numpy as np
from sklearn.base import OutlierMixin

from autoenc.analysis import AnomalyDetector
from autoenc.analysis.anomalies import flags
from autoenc.estimators.base import (
    Call,
    Fitted,
    GraphEstimator,
    Kind,
    check_given,
    check_goes_on,
    fitted,
    is_mixed,
    learn,
    machine_of,
)
from autoenc.estimators.coding import File
from autoenc.models.choices import is_masked
from autoenc.models.detectors import FittedDetector
from autoenc.models.docstrings import documented
from autoenc.models.fitted import FittedModel, from_file
from autoenc.models.settings import check_settings
from autoenc.rows.blocks import Array
from autoenc.rows.columns import Columns
from autoenc.rows.domain import Domain, check_observed
from autoenc.rows.examples import NAN_BY_SETTING, Examples, read_examples
from autoenc.rows.reading import encoded
from autoenc.sources import opened
from autoenc.training import EarlyStopping, Every
from autoenc.training.callbacks import CallbacksLike


class DetectorKind:
    """Steps of the fit of outlier detectors."""

    model = FittedDetector

    def read(
        self, call: Call, settings: Mapping[str, Any], columns: Columns, *, reset: bool
    ) -> tuple[Examples, Domain]:
        """Read rows, which may have missing entries, and columns that are not numbers."""
        X = call.X
        if type(X) is not np.ndarray:
            X = encoded(columns, X, reset=reset, unknown_as=0)
        return read_examples(
            columns, X, dtype=settings["dtype"], reset=reset,
            allow_nan=NAN_BY_SETTING[settings["missing"]], centred=True,
        )  # fmt: skip

    def choose(
        self, call: Call, settings: Mapping[str, Any], examples: Examples, domain: Domain,
        columns: Columns, start: FittedModel | None,
    ) -> tuple[dict[str, Any], Examples]:  # fmt: skip
        """Choose the number of epochs needed for the requested number of updates."""
        check_given(settings)
        if start is None:
            check_observed(domain, names=columns.names)
        else:
            check_goes_on(settings, n_hidden=start.arrays["W"].shape[1], dtype=start.dtype)
        if call.calibration is not None:
            _check_calibration(call.calibration, settings, columns)
        n_minibatches = -(-len(examples.rows) // settings["batch_size"])
        return {
            "activation": settings["activation"],
            "masked": is_masked(settings, mixed=columns.encoding is not None),
            "n_epochs": -(-settings["n_updates"] // n_minibatches),
        }, examples

    def validation(
        self, validation: Any, settings: Mapping[str, Any], known: FittedModel
    ) -> Examples:
        """Read rows for validation."""
        examples, _ = read_examples(
            known.columns, known.numbers(validation), dtype=settings["dtype"], reset=False,
            allow_nan=known.masked, name="validation",
        )  # fmt: skip
        return examples

    def initial(
        self, known: FittedDetector, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> FittedDetector:
        """Draw parameters, and compute the moments by which columns are scaled."""
        rows = np.asarray(examples.rows)
        return known.started(rows, settings["n_hidden"], settings["seen"], settings["dtype"])

    def from_file(
        self, kind: str, settings: Mapping[str, Any], arrays: dict[str, Array],
        fitted: dict[str, Any],
    ) -> FittedDetector:  # fmt: skip
        """Make the fitted model."""
        choices = {
            "activation": settings["activation"],
            "masked": is_masked(settings, mixed="encoding" in fitted),
        }
        model = from_file(FittedDetector, kind, arrays, fitted, choices, machine_of(settings))
        assert isinstance(model, FittedDetector)
        return model


def _check_calibration(rows: Any, settings: Mapping[str, Any], columns: Columns) -> None:
    """Check rows for calibration before training, not only after it.

    Raises
    ------
    ValueError
        If the rows do not have the columns of the training rows, or contain invalid values.
    """
    _, domain = read_examples(
        columns, encoded(columns, rows), dtype=settings["dtype"], reset=False,
        allow_nan=is_masked(settings, mixed=columns.encoding is not None), name="calibration",
    )  # fmt: skip
    if np.isnan(domain.minimum).all():
        raise ValueError("no calibration row has an observed value; give other rows.")


@final
@documented
class AutoEncoderDetector(OutlierMixin, GraphEstimator):
    """Outlier detector for rare values and rare combinations of values.

    Columns are scaled robustly (`autoenc.rows.robust`). An ensemble of small autoencoders,
    trained as one layer (`autoenc.graph.BlindSpotLayer`), reconstructs each column only from other
    columns. The score of a row is the sum over columns of two surprises: the surprise of the value
    and that of its residual, where a surprise is −log of a frequency in the training data. Each
    of the two sums is divided by its standard deviation.

    A category has an entry for each value. A unit either sees all entries of a category or
    reconstructs all of them. The first surprise of a category is −log of the frequency of its
    value. The second is −log of the probability that the softmax over the entries assigns to the
    value. With n rows, a frequency or probability q is replaced by (n·q + ½) / (n + ½·values).
    Numbers and categories are standardised separately: each kind contributes a fraction of the
    variance that equals its fraction of the columns.

    The surprise of values finds values that are rare in their column. The surprise of residuals
    finds rare combinations of common values. Anomalies among the training rows do little harm,
    because they are few, and so do not make similar values common.

    Parameters
    ----------
    contamination : float or None
        Fraction of the training rows that `predict` flags, in (0, 0.5]. With calibration rows, it
        is an upper bound on the fraction of normal rows that are flagged. With None, only scores
        and p-values are available.
    n_hidden : int
        Number of units, each of which is a small model of some columns given the others.
    seen : float
        Fraction of the columns that each unit sees, in (0, 1); it reconstructs the others.
    dependence : float
        Weight of the surprise of residuals, in [0, 10⁶]; the surprise of values has weight 1.
    n_bins : int
        Number of cells in which the values of a column are counted.
    n_updates : int
        Minimum number of updates of the parameters. `n_epochs_` is the resulting number of epochs.
    {settings}

    Attributes
    ----------
    offset_ : float
        Rows whose `score_samples` is below this value are flagged; equals −`threshold_`.
    threshold_ : float
        Rows whose anomaly score, −`score_samples`, is above this value are flagged.
    calibration_errors_ : array, (rows,)
        Anomaly scores from which p-values are computed, in ascending order; the larger, the more
        anomalous.
    calibrated_on_ : {"training rows", "held-out rows"}
        The rows that these scores belong to.
    n_epochs_ : int
        Number of passes over the rows.
    history_ : list of dict
        ``epoch``, ``cost``, ``seconds``, ``rows_per_second`` of every epoch.
    data_min_, data_max_, data_dtype_, learning_rate_, seed_, backend_, n_features_in_, \
feature_names_in_
        See `AutoEncoder`.

    See Also
    --------
    autoenc.analysis.AnomalyDetector : Calibrated p-values of any fitted model.

    Notes
    -----
    As in scikit-learn, `score_samples` and `decision_function` are larger for more normal rows,
    and `predict` returns +1 for normal rows and −1 for anomalies. For a row without observed
    values, score and p-value are NaN, and `predict` returns 0.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=500)
    >>> X = np.column_stack([x, x + 0.1 * rng.normal(size=500), rng.normal(size=500)])
    >>> detector = AutoEncoderDetector(contamination=0.05, random_state=0, verbose=False).fit(X)
    >>> strange = [[1.5, -1.5, 0.0]]  # each value is common, the two together are not
    >>> detector.predict(strange)
    array([-1])
    >>> bool(detector.contributions(strange).argmax() < 2)
    True

    Columns may be of any kind:

    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": 40 + 5 * x, "member": x > 0})
    >>> detector = AutoEncoderDetector(random_state=0, verbose=False).fit(table)
    >>> detector.predict(pd.DataFrame({"age": [33.0, 33.0], "member": [False, True]}))
    array([ 1, -1])
    """

    _kind: ClassVar[Kind] = DetectorKind()
    model_: FittedDetector
    calibrated_on_ = Fitted()
    n_epochs_ = Fitted()

    def __init__(
        self,
        contamination: float | None = 0.1,
        *,
        n_hidden: int = 128,
        seen: float = 0.5,
        dependence: float = 0.7,
        n_bins: int = 20,
        activation: Any = "tanh",
        missing: str = "auto",
        l2: float = 0.0,
        optimizer: Any = "adam",
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        batch_size: int = 128,
        n_updates: int = 200,
        early_stopping: EarlyStopping | None = None,
        validation_fraction: float | None = None,
        warm_start: bool = False,
        shuffle: bool = True,
        random_state: Any = None,
        backend: Any = "auto",
        device: str | None = None,
        devices: int | str | None = None,
        memory: int | str | None = None,
        dtype: str | None = None,
        verbose: bool = True,
    ) -> None:
        self.contamination, self.dependence, self.n_bins = contamination, dependence, n_bins
        self.n_hidden, self.seen, self.activation = n_hidden, seen, activation
        self.missing, self.l2 = missing, l2
        self.optimizer, self.learning_rate, self.momentum = optimizer, learning_rate, momentum
        self.batch_size, self.n_updates, self.shuffle = batch_size, n_updates, shuffle
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.warm_start, self.random_state = warm_start, random_state
        self.backend, self.device, self.devices = backend, device, devices
        self.memory, self.dtype, self.verbose = memory, dtype, verbose

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        calibration: Any = None,
        validation: Any = None,
        callbacks: CallbacksLike = (),
        checkpoint: File = None,
        every: Every | int = 1,
        resume: bool = False,
    ) -> Self:
        """Learn the distribution of rows, which may include anomalies.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, (rows, columns)
            Finite numbers; with ``missing="mask"``, NaN marks missing entries. A frame may also
            have columns of other kinds and missing entries; see `autoenc.rows.kinds.encoding_of`.
        y : None
            Ignored.
        calibration : array-like, (rows, columns), optional
            Rows without anomalies that are not in X. With calibration rows, p-values and the rate
            of false alarms are valid for every distribution. Without them, both refer to the rows
            of X.
        validation : array-like, (rows, columns), optional
            Rows whose mean cost, the squared residual of numbers, is the validation cost.
        callbacks : `autoenc.training.Callback` or function, or iterable of them, optional
            Called during training.
        checkpoint, every, resume : path, Every or int, bool
            File from which training can be resumed, how often it is written, and whether to
            resume from it; see `autoenc.training.train`.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError, BackendError, DivergedError, CheckpointError, FileExistsError
            If data, a setting, the device or the checkpoint is invalid, or if the cost does not
            stay finite.
        """
        # Open data once, because some iterables can be iterated only once.
        X, calibration = opened(X), None if calibration is None else opened(calibration)
        call = Call(
            X, validation=validation, calibration=calibration, callbacks=callbacks,
            checkpoint=checkpoint, every=every, resume=resume,
        )  # fmt: skip
        earlier = self.model_ if self.__sklearn_is_fitted__() else None
        try:
            learn(self, call)
            self.model_ = self.model_.calibrated(
                X, calibration, n_bins=self.n_bins, dependence=self.dependence
            )
        except BaseException:
            # A model whose training did not end cannot score rows; the earlier one can.
            if earlier is not None:
                self.model_ = earlier
            elif hasattr(self, "model_"):
                del self.model_
            raise
        return self

    def score_samples(self, X: Any) -> Array:
        """Score rows: the larger, the more normal.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows,)
            −sum of `contributions`. The mean over the training rows is 0. For a row without
            observed values, the score is NaN, with a warning, and the row is not flagged.
        """
        model: FittedDetector = fitted(self)
        return -model.score_samples(X)

    def decision_function(self, X: Any) -> Array:
        """Compute `score_samples` minus `offset_`: negative for anomalies.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows,)
            Distances from the threshold.

        Raises
        ------
        ValueError
            If contamination was None.
        """
        scores = self.score_samples(X)
        if self.contamination is None:
            raise ValueError(
                "there is no threshold, because contamination is None; set it, for example to "
                "0.01, or use p_values."
            )
        return scores - self.offset_

    def predict(self, X: Any) -> Array:
        """Flag anomalies.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

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

    def p_values(self, X: Any) -> Array:
        """Compute the probability of a score at least as anomalous as that of each row.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows,)
            (1 + number of calibration rows that are at least as anomalous) / (number of
            calibration rows + 1). If the calibration rows were held out of training, and a row has
            the same distribution as they do, its p-value is at most α with probability at most α.
        """
        model: FittedDetector = fitted(self)
        return self._calibrated().p_values_of(model.score_samples(X))

    def contributions(self, X: Any) -> Array:
        """Compute the contribution of each column to the score of each row.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows, n_features)
            Surprise of the value and of its residual, minus their means over the training rows. A
            contribution is negative if both are common, 0 if the entry is missing, and NaN if the
            whole row is missing. The sum over columns is −`score_samples`. Columns are those of
            the frame. A category value that does not occur in `fit` has the largest surprise. Rare
            values that share an entry have the same surprise as the rarest value with its own
            entry.
        """
        model: FittedDetector = fitted(self)
        return model.entry_errors(X)

    @property
    def calibration_errors_(self) -> Array:
        """Scores of the calibration rows, ascending; the larger, the more anomalous."""
        model: FittedDetector = fitted(self)
        return model.calibration

    @property
    def threshold_(self) -> float:
        """Threshold: rows whose anomaly score, −`score_samples`, is above it are flagged."""
        model: FittedDetector = fitted(self)
        check_settings({"contamination": self.contamination})  # it may have changed after fit
        if self.contamination is None:
            raise AttributeError("there is no threshold, because contamination is None.")
        calibrated = self._calibrated()
        if model.choices["calibrated_on"] == "held-out rows":
            return calibrated.threshold_at(self.contamination)
        scores, ordinary = model.calibration.astype(np.float64), 100 * (1 - self.contamination)
        return calibrated.beyond_ties(float(np.percentile(scores, ordinary)))

    @property
    def offset_(self) -> float:
        """Value of `score_samples` below which rows are flagged; equals −`threshold_`."""
        return -self.threshold_

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a fitted model that can score rows."""
        return "model_" in vars(self) and self.model_.is_complete

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "mask" or is_mixed(self)
        return tags

    def _calibrated(self) -> AnomalyDetector:
        detector = AnomalyDetector(self.model_, self.contamination)
        detector.calibration_errors_ = self.calibration_errors_
        return detector
