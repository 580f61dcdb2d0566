"""Initial parameters of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autoenc.graph import gaussian_weights, uniform_weights
from autoenc.models.compiled import building
from autoenc.models.symbolic import moments
from autoenc.rows.blocks import Array, Rows, spread_out

# Maximum number of values from which principal directions are computed: 32 MiB in float32.
MOST_VALUES = 1 << 23
# Power iterations of the randomised decomposition.
ITERATIONS = 10


def initial_parameters(
    seed: int, init: Any, gain: float, n_visible: int, n_hidden: int, *, tied: bool, dtype: str
) -> dict[str, Array]:
    """Draw the parameters of an autoencoder.

    Returns
    -------
    dict from name to array

    Raises
    ------
    MemoryError
        If there is too little memory for the weights.
    """
    rng = np.random.default_rng(seed)
    try:
        drawn = {
            "W": initial_weights(init, rng, n_visible, n_hidden, gain=gain, dtype=dtype),
            "hidden_bias": np.zeros(n_hidden, dtype),
            "visible_bias": np.zeros(n_visible, dtype),
        }
        if not tied:
            W_prime = initial_weights(init, rng, n_hidden, n_visible, gain=gain, dtype=dtype)
            drawn["W_prime"] = W_prime
    except MemoryError as error:
        raise MemoryError(
            f"there is too little memory for the weights of {n_visible:,} columns and "
            f"{n_hidden:,} units: {error}. Use fewer units."
        ) from error
    return drawn


def initial_weights(
    init: Any, rng: Any, n_visible: int, n_hidden: int, *, gain: float, dtype: str
) -> Array:
    """Draw weights.

    Raises
    ------
    ValueError
        If a function returns an array of the wrong shape, or numbers that are not finite.
    """
    if init in ("uniform", "glorot", "principal"):
        gain = 1.0 if init == "glorot" else gain
        return uniform_weights(rng, n_visible, n_hidden, gain=gain, dtype=dtype)
    draw = init if callable(init) else gaussian_weights
    with building(dtype):
        weights = np.asarray(draw(rng, n_visible, n_hidden), dtype=dtype)
    if weights.shape != (n_visible, n_hidden) or not np.isfinite(weights).all():
        raise ValueError(
            f"init returns weights of shape {weights.shape}; expected finite numbers of shape "
            f"({n_visible}, {n_hidden})."
        )
    return weights


def principal_start(
    drawn: Mapping[str, Array],
    rows: Rows,
    weights: Array | None,
    *,
    linear_output: bool,
    seed: int,
) -> dict[str, Array]:
    """Return drawn parameters with the leading principal directions as the first columns of W.

    With linear units and outputs, they give the same reconstructions as PCA. There are at most as
    many directions as rows. For further units, the drawn weights are made orthonormal to the
    directions and to each other. Units beyond the number of columns keep their drawn weights.

    Parameters
    ----------
    drawn : mapping from name to array
        Parameters, with ``mean`` and ``scale`` if columns are standardised.
    rows : rows, (rows, columns)
        Rows to train on; NaN counts as the mean of its column.
    weights : array, (rows,), optional
        Weight of each row.
    linear_output : bool
        Whether the bias of the reconstruction is the mean row if columns are not standardised.
    seed : int
        Seed of the decomposition.

    Returns
    -------
    dict from name to array
    """
    mean = drawn.get("mean", None)
    middle = moments(rows, weights)[0] if mean is None else mean
    W = drawn["W"].copy()
    x = _deviations(rows, weights, middle) / drawn.get("scale", np.ones(1, W.dtype))
    directions = principal_directions(x, W.shape[1], seed)
    n = min(W.shape)
    W[:, :n] = _continued(directions.T, W[:, len(directions) : n])
    found = {**drawn, "W": W}
    if mean is None:
        found["hidden_bias"] = -middle @ W
        found["visible_bias"] = middle if linear_output else drawn["visible_bias"]
    return found | ({"W_prime": W.T.copy()} if "W_prime" in drawn else {})


def _continued(directions: Array, more: Array) -> Array:
    """Return orthonormal columns: the directions, and others derived from further columns."""
    orthogonal, _ = np.linalg.qr(np.hstack([directions, more]))
    return np.hstack([directions, orthogonal[:, directions.shape[1] :]])


def principal_directions(x: Array, k: int, seed: int = 0) -> Array:
    """Compute the leading right singular vectors of a matrix, at most k.

    Parameters
    ----------
    x : array, (rows, columns)
        Finite numbers, usually centred.
    k : int
        Maximum number of directions.
    seed : int
        Seed of the decomposition.

    Returns
    -------
    array, (directions, columns)
        Orthonormal rows.

    References
    ----------
    N. Halko, P.-G. Martinsson, J. A. Tropp (2011). Finding structure with randomness:
    probabilistic algorithms for constructing approximate matrix decompositions. SIAM Review 53.

    Examples
    --------
    >>> x = np.outer([-1.0, 0.0, 2.0], [3.0, 4.0])
    >>> principal_directions(x, 1).round(6)
    array([[0.6, 0.8]])
    """
    from sklearn.utils.extmath import randomized_svd

    k = min(k, *x.shape)
    _, _, directions = randomized_svd(x, k, n_iter=ITERATIONS, random_state=seed)
    return np.asarray(directions, x.dtype)


def _deviations(rows: Rows, weights: Array | None, middle: Array) -> Array:
    """Return x − middle for evenly spread rows, times the square root of their weights."""
    numbers = spread_out(len(rows), max(1, MOST_VALUES // len(middle)))
    x = rows[numbers] - middle
    if weights is not None:
        x *= np.sqrt(weights[numbers] / weights.max())[:, None]
    return np.where(np.isnan(x), x.dtype.type(0), x)
