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
from autoenc.rows.blocks import Array
from autoenc.rows.columns import Columns
from autoenc.rows.domain import Domain, check_observed
from autoenc.rows.examples import NAN_BY_SETTING, Examples, read_examples
from autoenc.rows.reading import encoded
from autoenc.sources import opened
from autoenc.training import EarlyStopping, Every
from autoenc.training.callbacks import CallbacksLike


class DetectorKind:
    """How outlier detectors are fitted."""

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
        """Choose how many epochs are needed for the updates that were asked for."""
        check_given(settings)
        if start is None:
            check_observed(domain, names=columns.names)
        else:
            check_goes_on(settings, n_hidden=start.arrays["W"].shape[1], dtype=start.dtype)
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
        """Draw parameters, and compute the moments that columns are scaled with."""
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


@final
@documented
class AutoEncoderDetector(OutlierMixin, GraphEstimator):
    """Outlier detector: how rare values are, by themselves and given the other columns.

    Columns are scaled robustly (`autoenc.rows.robust`). An ensemble of small autoencoders,
    trained as one layer (`autoenc.graph.BlindSpotLayer`), reconstructs each column from other
    columns alone. The score of a row is the sum over columns of two surprises, −log of a
    frequency in the training data: that of the value, and that of its residual. Each of the two
    sums is in units of its standard deviation.

    A category has an entry for each value, all of which a unit sees or reconstructs. Its first
    surprise is −log of the frequency of the value, and its second −log of the probability that
    the softmax over its entries gives the value, (n·q + ½) / (n + ½·values) in place of a
    frequency or probability q in n rows. Numbers and categories are standardised apart: of the
    variance, a kind has as large a part as of the columns.

    The first finds values that are rare in their column, the second combinations that are rare
    although each value is common. Anomalies among the training rows do little harm: they are few,
    and nothing that is as far away as they are becomes common.

    Parameters
    ----------
    contamination : float or None
        Fraction of the rows that `predict` flags, in (0, 0.5]: of the training rows or, with
        calibration rows, of rows without anomaly at most. None if only scores and p-values are
        wanted.
    n_hidden : int
        Number of units, each a small model of some columns given others.
    seen : float
        Fraction of the columns that each unit sees, in (0, 1); it reconstructs the others.
    dependence : float
        Weight of the surprise of residuals, >= 0, where that of values has weight 1.
    n_bins : int
        Number of cells that the values of a column are counted in.
    n_updates : int
        Least number of updates of the parameters. `n_epochs_` is how many passes these are.
    {settings}

    Attributes
    ----------
    offset_ : float
        Rows whose `score_samples` is lower are flagged; −`threshold_`.
    threshold_ : float
        Score, the larger the stranger, above which rows are flagged.
    calibration_errors_ : array, (rows,)
        Scores, the larger the stranger, that p-values are computed from; ascending.
    calibrated_on_ : {"training rows", "held-out rows"}
        What these rows are.
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
    As in scikit-learn, the larger `score_samples` and `decision_function` are, the more normal is
    a row, and `predict` gives +1 for normal rows and −1 for anomalies. A row without an observed
    value is neither: its score and p-value are NaN, and `predict` gives 0.

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
        """Learn what rows are like; there may be anomalies among them.

        Parameters
        ----------
        X : array-like, frame or sparse matrix, (rows, columns)
            Finite numbers, or NaN where an entry is missing with ``missing="mask"``. Or a frame
            with columns of other kinds, too, of which entries may be missing; see
            `autoenc.rows.kinds.encoding_of`.
        y : None
            Ignored.
        calibration : array-like, (rows, columns), optional
            Rows without anomalies that are not in X. With them, p-values and the rate of false
            alarms are valid whatever the distribution; without, they refer to the rows of X.
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
            If data, a setting, the device or the checkpoint does not fit, or the cost does not
            stay finite.
        """
        X = opened(X)  # once, because an iterable can be iterated only once
        call = Call(
            X, validation=validation, callbacks=callbacks, checkpoint=checkpoint, every=every,
            resume=resume,
        )  # fmt: skip
        learn(self, call)
        self.model_ = self.model_.calibrated(
            X, calibration, n_bins=self.n_bins, dependence=self.dependence
        )
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
            −sum of `contributions`. Of the training rows, the mean is 0. NaN, with a warning,
            for a row without an observed value: it is not flagged.
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
                "there is no threshold since contamination is None; give one, such as 0.01, and "
                "call fit again, or use p_values."
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
        """Compute the probability of a score as strange as that of each row.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows,)
            (1 + number of calibration rows that are at least as strange) / (calibration rows + 1).
            If the calibration rows were held out of training, and a row comes from where they
            come from, it is at most α with probability at most α.
        """
        model: FittedDetector = fitted(self)
        return self._calibrated().p_values_of(model.score_samples(X))

    def contributions(self, X: Any) -> Array:
        """Say what each column adds to the strangeness of each row.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows, n_features)
            Surprise of the value and of its residual, above their means in the training rows;
            negative where both are common, 0 where an entry is missing, NaN where the whole row
            is. The sum over columns is −`score_samples`. Columns are those of the frame. A value
            of a category that no row of `fit` has is stranger than all others; one of those that
            share an entry, as they are rare, is as strange as the rarest of the others.
        """
        model: FittedDetector = fitted(self)
        return model.entry_errors(X)

    @property
    def calibration_errors_(self) -> Array:
        """Scores of the calibration rows, the larger the stranger; ascending."""
        model: FittedDetector = fitted(self)
        return model.calibration

    @property
    def threshold_(self) -> float:
        """Score, the larger the stranger, above which rows are flagged."""
        model: FittedDetector = fitted(self)
        if self.contamination is None:
            raise AttributeError("there is no threshold since contamination is None.")
        if model.choices["calibrated_on"] == "held-out rows":
            return self._calibrated().threshold_at(self.contamination)
        ordinary = 100 * (1 - self.contamination)
        return float(np.percentile(model.calibration.astype(np.float64), ordinary))

    @property
    def offset_(self) -> float:
        """Rows whose `score_samples` is lower are flagged; −`threshold_`."""
        return -self.threshold_

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a fitted model that can score rows."""
        return "model_" in vars(self) and self.model_.is_calibrated

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "mask" or is_mixed(self)
        return tags

    def _calibrated(self) -> AnomalyDetector:
        detector = AnomalyDetector(self.model_, self.contamination)
        detector.calibration_errors_ = self.calibration_errors_
        return detector
