"""What the tools of this room need to know of a fitted model, whatever its class.

A fitted autoencoder is anything with the attributes and methods of the estimators: `W_`,
`visible_bias_`, `transform`, `inverse_transform`. A stack has several of them in `layers_`.

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

from autoenc.graph.activations import resolve_activation

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
    """Rows as a float64 array, from an array, a frame or a sparse matrix."""
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64)


def column_costs(model: Any, X: Any) -> Array:
    """Terms of the cost of each row, one a column.

    Parameters
    ----------
    model : fitted autoencoder or stack
    X : array-like, (rows, columns)

    Returns
    -------
    array of float64, (rows, columns)
        Cross-entropy in nats, or squared error over the number of columns, in standard units
        where the model standardises them: what adds up, over columns, to `score_samples`.
    """
    bottom = layers_of(model)[0]
    codes = _codes_of_bottom(model, X)
    x = dense(X)
    if cost_of(model) == "squared_error":
        z = dense(bottom.inverse_transform(codes))
        return squared_error_terms(x, z) / np.square(dense(getattr(bottom, "scale_", 1.0)))
    if resolve_activation(bottom.output_) is resolve_activation("sigmoid"):
        return _cross_entropy_terms_from_logits(
            x, codes @ decoder_of(bottom) + bottom.visible_bias_
        )
    return cross_entropy_terms(x, dense(bottom.inverse_transform(codes)))


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


def _codes_of_bottom(model: Any, X: Any) -> Array:
    """Codes of the lowest layer, after the way up through the model and down again."""
    codes = np.asarray(model.transform(X))
    for layer in reversed(layers_of(model)[1:]):
        codes = np.asarray(layer.inverse_transform(codes))
    return codes
