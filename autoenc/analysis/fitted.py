"""What the tools of this room need to know of a fitted model, whatever its class.

A fitted autoencoder is anything with the attributes and methods of the estimators: `W_`,
`visible_bias_`, `transform`, `inverse_transform`, `initial_parameters`. A stack has several of
them in `layers_`.

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
from autoenc.rows.refusals import ROUNDING

Array = np.ndarray[Any, Any]


def layers_of(model: Any) -> list[Any]:
    """List the autoencoders of a model, from the input upwards.

    Parameters
    ----------
    model : fitted autoencoder or stack

    Returns
    -------
    list
        Those in `layers_` of a stack; else the model alone.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if getattr(model, "layers_", None):
        return list(model.layers_)
    if hasattr(model, "W_"):
        return [model]
    raise TypeError(
        f"the model is a {type(model).__name__} without weights W_ and without layers_; expected "
        "an autoencoder or a stack of them that has been fitted."
    )


def cost_of(model: Any) -> str:
    """Name the cost that a model was fitted with."""
    return str(layers_of(model)[0].cost_)


def decoder_of(layer: Any) -> Array:
    """Weights of a layer's decoder, (n_hidden, n_visible): W_prime_, or W_ transposed."""
    weights: Array = layer.W_.T if layer.tied else layer.W_prime_
    return weights


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
    bottom = layers_of(model)[0]
    x = dense(X)
    if cost_of(model) == "cross_entropy":
        _check_unit_interval(np.atleast_2d(x))
    codes = _codes_of_bottom(model, X)
    if cost_of(model) == "cross_entropy" and _has_sigmoid_outputs(bottom):
        a = codes @ decoder_of(bottom) + bottom.visible_bias_
        return _of_what_is_observed(x, _cross_entropy_terms_from_logits(x, a))
    return costs_of_reconstructions(model, x, dense(bottom.inverse_transform(codes)))


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
    if cost_of(model) == "cross_entropy":
        return _of_what_is_observed(x, cross_entropy_terms(x, z))
    scale = dense(getattr(layers_of(model)[0], "scale_", 1.0))
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


def _has_sigmoid_outputs(layer: Any) -> bool:
    return bool(resolve_activation(layer.output_) is resolve_activation("sigmoid"))


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


def _codes_of_bottom(model: Any, X: Any) -> Array:
    """Codes of the lowest layer, after the way up through the model and down again."""
    codes = np.asarray(model.transform(X))
    for layer in reversed(layers_of(model)[1:]):
        codes = np.asarray(layer.inverse_transform(codes))
    return codes
