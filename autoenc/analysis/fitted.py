"""What the tools of this room need to know of a fitted model, whatever its class.

The tools take an estimator or its `FittedModel`.

>>> import numpy as np
>>> from autoenc import AutoEncoder
>>> X = np.eye(4)
>>> model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
>>> np.allclose(column_costs(model, X).sum(axis=1), model.score_samples(X), atol=1e-5)
True
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array

from autoenc.graph.activations import resolve_activation
from autoenc.models.fitted import FittedCoder, fitted_model
from autoenc.rows.refusals import ROUNDING

Array = np.ndarray[Any, Any]


def coder_of(model: Any) -> FittedCoder:
    """Return the fitted autoencoder or stack of an estimator.

    Raises
    ------
    TypeError
        If it has none.
    """
    found = fitted_model(model)
    if not isinstance(found, FittedCoder):
        raise TypeError(
            f"the model is a {found.kind} without weights W_ and without layers_; expected an "
            "autoencoder or a stack of them that has been fitted."
        )
    return found


def dense(X: Any) -> Array:
    """Rows as a float64 array, from an array, a frame or a sparse matrix; NaN what is missing."""
    if hasattr(X, "columns"):
        # Frames have more ways than NaN to say that an entry is missing.
        frame: Array = check_array(X, dtype=np.float64, ensure_all_finite=False)
        return frame
    if isinstance(X, np.ma.MaskedArray):
        return np.ma.filled(X.astype(np.float64), np.nan)
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64)


def column_costs(model: Any, X: Any) -> Array:
    """Terms of the cost of each row, one a column.

    Parameters
    ----------
    model : fitted autoencoder or stack
    X : array-like, (rows, columns)
        NaN where an entry is missing, if the model was fitted with ``missing="mask"``.

    Returns
    -------
    array of float64, (rows, columns)
        Cross-entropy in nats, or squared error over the number of columns, in standard units
        where the model standardises them: what adds up, over columns, to `score_samples`. It
        is 0 where an entry is missing, and that of the others in the row is multiplied by
        columns / observed columns.

    Raises
    ------
    ValueError
        If values are outside [0, 1] under cross-entropy, which has no cost there, or the
        model refuses the rows.
    """
    fitted = coder_of(model)
    bottom = fitted.coders[0]
    x = dense(X)
    if fitted.cost == "cross_entropy":
        _check_unit_interval(np.atleast_2d(x))
    codes = _codes_of_bottom(fitted, X)
    if fitted.cost == "cross_entropy" and _has_sigmoid_outputs(bottom):
        a = codes @ bottom.decoder + bottom.arrays["visible_bias"]
        return _of_what_is_observed(x, _cross_entropy_terms_from_logits(x, a))
    return costs_of_reconstructions(fitted, x, dense(bottom.inverse_transform(codes)))


def costs_of_reconstructions(model: Any, x: Array, z: Array) -> Array:
    """Terms of a model's cost, as of `column_costs`, if it reconstructed x as z.

    Parameters
    ----------
    model : fitted autoencoder or stack
    x, z : float64 array, (rows, columns)
        Rows, with NaN where an entry is missing, and their reconstructions, which are in (0, 1)
        under cross-entropy.

    Returns
    -------
    array of float64, (rows, columns)
    """
    fitted = coder_of(model)
    if fitted.cost == "cross_entropy":
        return _of_what_is_observed(x, cross_entropy_terms(x, z))
    scale = dense(fitted.coders[0].arrays.get("scale", 1.0))
    return _of_what_is_observed(x, squared_error_terms(x, z) / np.square(scale))


def row_errors(model: Any, X: Any) -> Array:
    """Error of each row, as float64: `score_samples` of the model, or its cost where it has none.

    Raises
    ------
    TypeError
        If the model has neither `score_samples` nor layers.
    """
    if hasattr(model, "score_samples"):
        return np.asarray(model.score_samples(X), dtype=np.float64)
    errors: Array = column_costs(model, X).sum(axis=1)
    return errors


def squared_error_terms(x: Array, z: Array) -> Array:
    """(x − z)² over the number of columns."""
    terms: Array = (x - z) ** 2 / x.shape[1]
    return terms


def cross_entropy_terms(x: Array, z: Array) -> Array:
    """−[x·log z + (1 − x)·log(1 − z)], for z in (0, 1)."""
    terms: Array = -(x * np.log(z) + (1 - x) * np.log1p(-z))
    return terms


def _cross_entropy_terms_from_logits(x: Array, a: Array) -> Array:
    a = a.astype(np.float64)
    terms: Array = np.logaddexp(0, a) - x * a
    return terms


def _has_sigmoid_outputs(layer: FittedCoder) -> bool:
    return bool(resolve_activation(layer.choices["output"]) is resolve_activation("sigmoid"))


def _of_what_is_observed(x: Array, terms: Array) -> Array:
    """Terms with 0 where x is missing, and those beside it larger in its place."""
    observed = ~np.isnan(x)
    n = observed.sum(axis=1, keepdims=True)
    kept: Array = np.where(observed, terms, 0) * (x.shape[1] / np.maximum(n, 1))
    return kept


def _check_unit_interval(x: Array) -> None:
    """Refuse what has no cross-entropy; rounding, as of MinMaxScaler, is let pass."""
    outside = np.argwhere((x < -ROUNDING) | (x > 1 + ROUNDING))
    if len(outside):
        row, column = outside[0]
        raise ValueError(
            f"the rows have {x[row, column]:g} at row {row}, column {column} ({len(outside):,} of "
            f"{x.size:,} values are outside [0, 1]), where the model's cost, cross-entropy, is "
            "not defined; bring them to the scale that the model was fitted on, or keep them "
            "within, as scikit-learn's MinMaxScaler(clip=True) does."
        )


def _codes_of_bottom(model: FittedCoder, X: Any) -> Array:
    """Codes of the lowest layer, after the way up through the model and down again."""
    codes = np.asarray(model.transform(X))
    for layer in reversed(model.coders[1:]):
        codes = np.asarray(layer.inverse_transform(codes))
    return codes
