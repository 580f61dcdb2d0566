"""Methods shared by autoencoders and stacks: codes, reconstructions, errors, pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from autoenc import plotting
from autoenc.analysis import Report, report
from autoenc.estimators.base import (
    Call,
    Fitted,
    check_goes_on,
    fitted,
    float_type,
    is_mixed,
    learn,
    machine_of,
)
from autoenc.models.choices import (
    choose,
    choose_again,
    is_masked,
    may_standardise,
    some,
)
from autoenc.models.coders import FittedCoder
from autoenc.models.defaults import LINEAR, drawn_part, is_auto
from autoenc.models.fitted import FittedModel, from_file
from autoenc.models.initial import initial_parameters, principal_start
from autoenc.models.limits import limits_of, no_limits
from autoenc.models.mixed import moments_of, start_of
from autoenc.models.symbolic import moments
from autoenc.rows.blocks import Array
from autoenc.rows.columns import Columns
from autoenc.rows.containers import in_container
from autoenc.rows.domain import Domain, check_observed, check_unit_interval
from autoenc.rows.examples import NAN_BY_SETTING, Examples, read_examples
from autoenc.rows.refusals import refuse_outside
from autoenc.training import Every
from autoenc.training.callbacks import CallbacksLike

File: TypeAlias = str | os.PathLike[str] | None


class Coding(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Methods of an estimator that encodes rows and reconstructs them."""

    model_: FittedCoder
    _rows_of_fit: Any
    W_ = Fitted()
    hidden_bias_ = Fitted()
    visible_bias_ = Fitted()
    W_prime_ = Fitted()
    cost_ = Fitted()
    output_ = Fitted()
    gain_, chosen_, lower_, upper_ = Fitted(), Fitted(), Fitted(), Fitted()

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        validation: Any = None,
        callbacks: CallbacksLike = (),
        checkpoint: File = None,
        every: Every | int = 1,
        resume: bool = False,
    ) -> Self:
        """Learn to reconstruct X.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, path or other source of rows, (rows, columns)
            Numbers, finite unless ``missing="mask"``, in [0, 1] if the cost is cross-entropy. A
            frame may have columns of other kinds; see `autoenc.rows.kinds.encoding_of`.
        y : None
            Ignored.
        sample_weight : array-like, (rows,), optional
            Weight of the cost of each row, >= 0. Only ratios of weights matter.
        validation : array-like, (rows, columns), optional
            Rows whose mean uncorrupted cost is the validation cost; see `validation_fraction`.
        callbacks : `autoenc.training.Callback` or function, or iterable of them, optional
            Called during training. A function is called with the record of every epoch.
        checkpoint, every, resume : path, Every or int, bool
            File from which training can be resumed (a stack uses one file for each layer), how
            often it is written, and whether to resume from it; see `autoenc.training.train`.

        Returns
        -------
        self
            The fitted estimator. After Ctrl-C, it has the parameters trained so far.

        Raises
        ------
        ValueError, BackendError, DivergedError, CheckpointError, FileExistsError
            If data, a setting, the device or the checkpoint is invalid, or if the cost does not
            stay finite. A refused call leaves an earlier model unchanged.
        """
        self._learn(
            Call(X, None, None, sample_weight, validation, callbacks, checkpoint, every, resume)
        )
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        callbacks: CallbacksLike = (),
    ) -> Self:
        """Continue learning with one pass over X; the first call starts as `fit` does.

        Parameters
        ----------
        X, y, sample_weight, callbacks : array-like, None, array-like, iterable
            See `fit`.

        Returns
        -------
        self
            The estimator, trained further.
        """
        self._learn(Call(X, sample_weight=sample_weight, callbacks=callbacks, partial=True))
        return self

    def transform(self, X: Any) -> Array:
        """Encode X.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows. A `DomainWarning` is issued if values are far from those of `fit` or, with
            cross-entropy, outside [0, 1].

        Returns
        -------
        array, (rows, n_hidden)
            Codes.
        """
        model: FittedCoder = fitted(self)
        return model.transform(X)

    def inverse_transform(self, X: Any) -> Any:
        """Reconstruct rows from their codes.

        Parameters
        ----------
        X : array-like, (rows, n_hidden)
            Codes.

        Returns
        -------
        array or frame, (rows, n_features)
            Reconstructions; a frame if `set_output` requests it or columns are not all numbers.
        """
        model: FittedCoder = fitted(self)
        return in_container(self, model.inverse_transform(X), X)

    def reconstruct(self, X: Any) -> Any:
        """Reconstruct X, without corruption.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows; see `transform`.

        Returns
        -------
        array or frame, (rows, n_features)
            Reconstructions; a frame as for `inverse_transform`.
        """
        model: FittedCoder = fitted(self)
        return in_container(self, model.reconstruct(X), X)

    def impute(self, X: Any) -> Any:
        """Replace the missing entries of X by their reconstructions.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows in which NaN marks missing entries, regardless of the setting `missing`.

        Returns
        -------
        array or frame, (rows, n_features)
            X without NaN, with unchanged observed entries; a frame as for `inverse_transform`.
        """
        model: FittedCoder = fitted(self)
        return in_container(self, model.impute(X), X, only_missing=True)

    def score_samples(self, X: Any) -> Array:
        """Compute the reconstruction error of each row.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows.

        Returns
        -------
        array, (rows,)
            Errors: larger for rows unlike those of `fit`. With cross-entropy, the Bernoulli
            deviance (cross-entropy minus the entropy of the row) in nats, summed over columns.
            Otherwise the squared error, averaged over columns, which are standardised if there is
            a `scale_`. Missing entries are ignored; the error is NaN if all are missing.
        """
        model: FittedCoder = fitted(self)
        return model.score_samples(X)

    def score(self, X: Any, y: Any = None) -> float:
        """Return the negative mean error of the rows: larger is better.

        Parameters
        ----------
        X, y : array-like, (rows, n_features), and None
            Rows; y is ignored.

        Returns
        -------
        float
            −mean(`score_samples`).
        """
        return -float(self.score_samples(X).mean(dtype=np.float64))

    def plot_filters(self, path: File = None, **options: Any) -> Any:
        """Draw the weights of each hidden unit as an image.

        Parameters
        ----------
        path : path, optional
            File to save the picture to.
        **options
            Options of `autoenc.plotting.plot_filters`, such as ``image_shape`` and ``k``.

        Returns
        -------
        matplotlib.figure.Figure
            The picture.
        """
        model: FittedCoder = fitted(self)
        return plotting.plot_filters(model.bottom.arrays["W"].T, path=path, **options)

    def plot_reconstructions(self, X: Any, path: File = None, **options: Any) -> Any:
        """Draw rows of X above their reconstructions.

        Parameters
        ----------
        X : array-like, (rows, n_features)
            Rows; missing entries are drawn in light blue.
        path : path, optional
            File to save the picture to.
        **options
            Options of `autoenc.plotting.plot_reconstructions`.

        Returns
        -------
        matplotlib.figure.Figure
            The picture.
        """
        model: FittedCoder = fitted(self)
        again, rows = model.reconstruct(X), model.given(X)
        return plotting.plot_reconstructions(rows, again, path=path, **options)

    def plot_loss(self, path: File = None, **options: Any) -> Any:
        """Draw the cost of each epoch.

        Parameters
        ----------
        path : path, optional
            File to save the picture to.
        **options
            Options of `autoenc.plotting.plot_loss`.

        Returns
        -------
        matplotlib.figure.Figure
            The picture.
        """
        model: FittedCoder = fitted(self)
        # The epochs of a stack are counted from 1 for each layer.
        epochs = [{**record, "epoch": i} for i, record in enumerate(model.history, start=1)]
        return plotting.plot_loss(epochs, path=path, **options)

    def report(self, X: Any = None, *, X_train: Any = None) -> Report:
        """Evaluate the model, and advise what to try next.

        Parameters
        ----------
        X : array-like, (rows, n_features), optional
            Rows for the evaluation, preferably held-out ones. By default, the rows of the last
            `fit` in their current state, if the caller still holds them; the model keeps no rows.
        X_train : array-like, (rows, n_features), optional
            Rows to fit the baselines (mean row and PCA) to; by default those of `fit`, else X.

        Returns
        -------
        autoenc.analysis.Report
            Errors compared with those of the mean row, PCA and the model with random weights;
            dead, saturated and duplicate units; advice. ``print`` shows the report.

        Raises
        ------
        ValueError
            If X is None and the rows of `fit` are gone, as after ``fit(X / 255)`` or `load`.

        Examples
        --------
        >>> from autoenc import AutoEncoder, load_mnist
        >>> images = load_mnist(sample=True).train.images[:200]
        >>> ae = AutoEncoder(8, n_epochs=1, random_state=0, verbose=False).fit(images)
        >>> ae.report().n_rows
        200
        """
        model: FittedCoder = fitted(self)
        reference = getattr(self, "_rows_of_fit", None)
        rows_of_fit = None if reference is None else reference()
        X = _known(rows_of_fit) if X is None else X
        X_train = rows_of_fit if X_train is None else X_train
        model.incoming(X, compared=False).checked()
        return report(model, X, X_train=X_train)

    def __sklearn_tags__(self) -> Any:
        tags, settings = super().__sklearn_tags__(), self._layer_settings()
        tags.transformer_tags.preserves_dtype = [float_type(settings)]
        tags.input_tags.allow_nan = settings["missing"] == "mask" or is_mixed(self)
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.model_.n_codes

    # A stack overrides this.
    _learn = learn

    def _layer_settings(self) -> dict[str, Any]:
        """Return the settings of a layer."""
        return self.get_params(deep=False)  # type: ignore[no-any-return]


class CoderKind:
    """Steps of the fit of autoencoders of one layer."""

    model = FittedCoder

    def read(
        self, call: Call, settings: Mapping[str, Any], columns: Columns, *, reset: bool
    ) -> tuple[Examples, Domain]:
        """Read rows, which may have missing entries, and columns that are not numbers."""
        return read_examples(
            columns, call.X, sample_weight=call.sample_weight, dtype=settings["dtype"],
            reset=reset, allow_nan=NAN_BY_SETTING[settings["missing"]],
            centred=may_standardise(settings),
        )  # fmt: skip

    def choose(
        self, call: Call, settings: Mapping[str, Any], examples: Examples, domain: Domain,
        columns: Columns, start: FittedModel | None,
    ) -> tuple[dict[str, Any], Examples]:  # fmt: skip
        """Choose cost, output and scaling."""
        names = columns.names
        n_rows, n_columns = examples.rows.shape
        if start is None:
            check_observed(domain, names=names)
            # The first rows of a stream do not tell how many rows will follow.
            shape = n_columns if call.partial else n_rows, n_columns
            choices = choose(
                settings, shape, mixed=columns.encoding is not None,
                in_unit_interval=domain.in_unit_interval,
                find_limits=lambda: _limits(examples, call),
                # The first rows of a stream may be few, or similar.
                find_drawn=lambda: 1.0 if call.partial else drawn_part(some(examples.rows)),
            )  # fmt: skip
        else:
            assert isinstance(start, FittedCoder)
            check_goes_on(settings, **start.structure)
            choices = choose_again(settings, start.choices, start.n_codes, (n_rows, n_columns))
        if call.partial:  # the number of passes is unknown
            choices["chosen"].pop("learning_rate_decay", None)
        if choices["cost"] == "cross_entropy" and not domain.in_unit_interval:
            refuse_outside(examples.rows, names=names)
        return choices, examples

    def validation(
        self, validation: Any, settings: Mapping[str, Any], known: FittedModel
    ) -> Examples:
        """Read rows for validation, for which the cost must be defined."""
        examples, domain = read_examples(
            known.columns, validation, dtype=settings["dtype"], reset=False,
            allow_nan=known.masked, name="validation",
        )  # fmt: skip
        if known.cost == "cross_entropy":
            names = known.columns.names
            check_unit_interval(examples.rows, domain, names=names, name="validation")
        return examples

    def initial(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples, call: Call
    ) -> FittedModel:
        """Draw parameters, and compute the moments by which columns are standardised."""
        init, choices = settings["init"], dict(known.choices)
        arrays = initial_parameters(
            known.seed, init, choices["gain"], examples.rows.shape[1],
            settings["n_hidden"], tied=settings["tied"], dtype=settings["dtype"],
        )  # fmt: skip
        encoding = known.columns.encoding
        if encoding is not None:
            arrays |= moments_of(encoding, examples.rows, examples.weights)
            arrays = start_of(encoding, arrays, len(examples.rows))
        elif choices["standardised"]:
            arrays["mean"], arrays["scale"] = moments(examples.rows, examples.weights)
        if init == "principal":
            arrays = principal_start(
                arrays, examples.rows, examples.weights,
                linear_output=choices["output"] in LINEAR, seed=known.seed,
            )  # fmt: skip
        if choices["output"] == "clipped":
            arrays["lower"], arrays["upper"] = choices.pop("limits")
        return known.replaced(arrays=arrays, choices=choices)

    def from_file(
        self, kind: str, settings: Mapping[str, Any], arrays: dict[str, Array],
        fitted: dict[str, Any],
    ) -> FittedModel:  # fmt: skip
        """Make the fitted model. Older files lack the choices."""
        chosen = {"activation": "sigmoid", **fitted.get("chosen_", {})}
        settings = {**settings, **{n: v for n, v in chosen.items() if is_auto(settings.get(n))}}
        choices = {
            "activation": settings["activation"],
            "cost": settings["cost"],
            "output": settings["output"],
            "gain": 1.0 if "mean" in arrays else 4.0,
            "standardised": "mean" in arrays,
            "masked": is_masked(settings, mixed="encoding" in fitted),
            "init": settings["init"],
        }
        return from_file(FittedCoder, kind, arrays, fitted, choices, machine_of(settings))


def _limits(examples: Examples, call: Call) -> tuple[Array, Array]:
    """Find the limits of columns; none for a stream, whose first rows do not show them."""
    rows = examples.rows
    if call.partial:
        return no_limits(rows.shape[1], str(rows.dtype))
    return limits_of(rows, examples.weights)


def _known(rows_of_fit: Any) -> Any:
    """Return the rows of the last fit; raise an error if they are gone."""
    if rows_of_fit is None:
        raise ValueError(
            "there are no rows to report on: the model does not store its rows, and those passed "
            "to fit no longer exist, were a list or a path, were passed to partial_fit, or belong "
            "to another process or copy; give rows, as in report(X)."
        )
    return rows_of_fit
