"""Access to fitted models of any class, for the functions of this package.

The functions accept an estimator or its `FittedModel`.

>>> import numpy as np
>>> from autoenc import AutoEncoder
>>> X = np.eye(4)
>>> model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
>>> np.allclose(column_errors(model, X).sum(axis=1), model.score_samples(X), atol=1e-5)
True
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import rel_entr
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, get_tags

from autoenc.graph.groups import group_arrays
from autoenc.models.coders import FittedCoder
from autoenc.models.detectors import FittedDetector
from autoenc.models.fitted import FittedModel, fitted_model
from autoenc.rows.reading import read_unscaled

Array = np.ndarray[Any, Any]


def coder_of(model: Any) -> FittedCoder:
    """Return the fitted autoencoder or stack of an estimator.

    Raises
    ------
    TypeError
        If the estimator has no such model.
    """
    found = fitted_model(model)
    if not isinstance(found, FittedCoder):
        raise TypeError(
            f"the model is of class {found.kind}; expected an autoencoder, or a stack of them."
        )
    return found


def dense(X: Any) -> Array:
    """Return rows of any container as a float64 array; NaN where an entry is missing."""
    if hasattr(X, "columns"):
        # Frames can mark missing entries by other values than NaN.
        frame: Array = check_array(X, dtype=np.float64, ensure_all_finite=False)
        return frame
    if isinstance(X, np.ma.MaskedArray):
        return np.ma.filled(X.astype(np.float64), np.nan)
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64)


def column_errors(model: Any, X: Any) -> Array:
    """Compute the contribution of each column to the error of each row.

    Parameters
    ----------
    model : fitted autoencoder, stack or `AutoEncoderDetector`
        Model that reconstructs the rows.
    X : array-like, (rows, columns)
        Rows. NaN marks missing entries, if the model was fitted with ``missing="mask"``.

    Returns
    -------
    array of float64, (rows, columns)
        Bernoulli deviance in nats, or squared error divided by the number of columns, in standard
        units if the model standardises columns. For a detector, its contributions. The sum over
        columns is `score_samples`, or −`score_samples` for a detector. For a model that was fitted
        on categories, columns are those of the frame.

        Missing entries are 0, and the other entries of the row are multiplied by
        columns / observed columns. A row without observed values is NaN.

    Raises
    ------
    ValueError
        If values are outside [0, 1] with cross-entropy, or if the model refuses the rows.

    Warns
    -----
    DomainWarning
        If a row has no observed values.

    Examples
    --------
    >>> from autoenc import AutoEncoder
    >>> X = np.random.default_rng(0).normal(size=(50, 3))
    >>> model = AutoEncoder(1, random_state=0, verbose=False).fit(X)
    >>> errors = column_errors(model, X)
    >>> errors.shape, bool(np.allclose(errors.sum(axis=1), model.score_samples(X)))
    ((50, 3), True)
    """
    found = fitted_model(model)
    judge = found if isinstance(found, FittedDetector) else coder_of(found)
    return np.asarray(judge.entry_errors(X), np.float64)


def mean_errors(model: Any, X: Any) -> Array:
    """Return the mean of `column_errors` over the rows that have an observed value, (columns,)."""
    return mean_of_observed(column_errors(model, X))


def mean_of_observed(errors: Array) -> Array:
    """Return the mean over the rows that are not NaN; 0 if there are none.

    >>> mean_of_observed(np.array([[1.0, 0.0], [np.nan, np.nan]]))
    array([1., 0.])
    """
    known = ~np.isnan(errors).reshape(len(errors), -1).any(axis=1)
    mean: Array = errors[known].sum(axis=0) / max(int(known.sum()), 1)
    return mean


def encoded_rows(model: Any, X: Any) -> Any:
    """Return a frame as numbers if the model was fitted on columns that are not all numbers."""
    found = getattr(model, "model_", model)
    has_encoding = isinstance(found, FittedModel) and found.columns.encoding is not None
    return found.numbers(X) if has_encoding else X


def is_masked_model(model: Any) -> bool:
    """Return whether a model of autoenc treats NaN as a missing entry."""
    found = getattr(model, "model_", model)
    return isinstance(found, FittedModel) and found.masked


def given_numbers(model: FittedCoder, X: Any) -> Array:
    """Return rows in the units of the data, as float64; NaN where an entry is missing.

    Categories have an entry for each value.

    Raises
    ------
    ValueError, TypeError
        If the model refuses the rows because they are not numbers; the message states the
        position.
    """
    found = model.numbers(X)
    if type(found) is np.ndarray and found.dtype.kind in "biuf":
        return found.astype(np.float64, copy=False)
    return np.asarray(read_unscaled(model.columns, found))


def missing_entries(model: Any, X: Any) -> Array:
    """Return which entries are missing in the user's columns, (rows, columns) of bool."""
    found = coder_of(model)
    numbers, encoding = given_numbers(found, X), found.columns.encoding
    return np.isnan(numbers) if encoding is None else encoding.missing(numbers)


def seen_rows(model: Any, X: Any) -> Array:
    """Return rows as a model sees them before it standardises columns, (rows, columns).

    They are float64 and, if the model has a `scaling`, scaled. Categories have an entry for each
    value.
    """
    return np.asarray(coder_of(model).incoming(X, compared=False).checked(), np.float64)


def errors_of_reconstructions(model: Any, x: Array, z: Array) -> Array:
    """Compute `column_errors` for a model that reconstructs x as z.

    Parameters
    ----------
    model : fitted autoencoder or stack
    x, z : float64 array, (rows, columns)
        Rows as `seen_rows` returns them, and their reconstructions, which are in (0, 1) under
        cross-entropy.

    Returns
    -------
    array of float64, (rows, columns)
    """
    fitted = coder_of(model)
    if fitted.cost == "cross_entropy":
        return _of_observed(x, deviance_terms(x, z))
    scale = dense(fitted.coders[0].arrays.get("scale", 1.0))
    squared, encoding = np.square((x - z) / scale), fitted.columns.encoding
    if encoding is None:
        return _of_observed(x, squared / x.shape[1])
    groups = group_arrays(encoding.sizes, encoding.weights(fitted.coders[0].arrays["mean"]))
    least = np.finfo(np.float64).tiny
    surprise = -groups["weight"] * x * np.log(np.maximum(z, least))
    terms = np.where(groups["categorical"] > 0, surprise, squared) / len(encoding.sizes)
    return _of_observed(x, terms, encoding.missing(x))


def row_errors(model: Any, X: Any) -> Array:
    """Compute the error of each row, as float64: `score_samples` of the model.

    scikit-learn's own models, outlier detectors and density estimators use the opposite sign:
    their error is −`score_samples`.

    Raises
    ------
    TypeError
        If the model has no `score_samples` and is not a fitted autoencoder.
    """
    judge = model if hasattr(model, "score_samples") else coder_of(model)
    errors = np.asarray(judge.score_samples(X), dtype=np.float64)
    return -errors if _is_larger_for_normal_rows(judge) else errors


def _is_larger_for_normal_rows(judge: Any) -> bool:
    """Return whether the scores of normal rows are the larger ones, as in scikit-learn."""
    if hasattr(judge, "__sklearn_tags__"):
        kind = get_tags(judge).estimator_type
        if kind in ("outlier_detector", "density_estimator"):
            return True
    bases = type(_innermost(judge)).__mro__
    owner = next((base for base in bases if "score_samples" in vars(base)), object)
    return owner.__module__.startswith("sklearn.")


def _innermost(judge: Any) -> Any:
    """Return the model in a pipeline, a search or a `FrozenEstimator`."""
    while True:
        if hasattr(judge, "best_estimator_"):
            judge = judge.best_estimator_
        elif isinstance(judge, Pipeline):
            judge = judge.steps[-1][1]
        elif isinstance(judge, FrozenEstimator):
            judge = judge.estimator
        else:
            return judge


def deviance_terms(x: Array, z: Array) -> Array:
    """Compute x·log(x / z) + (1 − x)·log((1 − x) / (1 − z)), for x in [0, 1] and z in (0, 1)."""
    p = np.clip(x, 0, 1)
    terms: Array = rel_entr(p, z) + rel_entr(1 - p, 1 - z)
    return terms


def _of_observed(x: Array, terms: Array, missing: Array | None = None) -> Array:
    """Return terms with 0 where x is missing, and increase the other terms of the row accordingly.

    `missing` states which of the user's columns are missing, if they differ from those of x.
    """
    observed = ~np.isnan(x)
    columns = observed if missing is None else ~missing
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = columns.shape[1] / columns.sum(axis=1, keepdims=True)
        kept: Array = np.where(observed, terms, 0) * shares
    return kept
