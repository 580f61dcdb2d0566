"""Parameters that training starts from."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoenc.graph import gaussian_weights, uniform_weights
from autoenc.models.compiled import building
from autoenc.rows.blocks import Array


def initial_parameters(
    seed: int, init: Any, gain: float, n_visible: int, n_hidden: int, *, tied: bool, dtype: str
) -> dict[str, Array]:
    """Draw the parameters of an autoencoder.

    Returns
    -------
    dict from name to array
    """
    rng = np.random.default_rng(seed)
    drawn = {
        "W": initial_weights(init, rng, n_visible, n_hidden, gain=gain, dtype=dtype),
        "hidden_bias": np.zeros(n_hidden, dtype),
        "visible_bias": np.zeros(n_visible, dtype),
    }
    if not tied:
        W_prime = initial_weights(init, rng, n_hidden, n_visible, gain=gain, dtype=dtype)
        drawn["W_prime"] = W_prime
    return drawn


def initial_weights(
    init: Any, rng: Any, n_visible: int, n_hidden: int, *, gain: float, dtype: str
) -> Array:
    """Draw weights.

    Raises
    ------
    ValueError
        If a function returns another shape, or numbers that are not finite.
    """
    if init in ("uniform", "glorot"):
        gain = gain if init == "uniform" else 1.0
        return uniform_weights(rng, n_visible, n_hidden, gain=gain, dtype=dtype)
    draw = init if callable(init) else gaussian_weights
    with building(dtype):
        weights = np.asarray(draw(rng, n_visible, n_hidden), dtype=dtype)
    if weights.shape != (n_visible, n_hidden) or not np.isfinite(weights).all():
        raise ValueError(
            f"init gives weights of shape {weights.shape}; expected finite numbers of shape "
            f"({n_visible}, {n_hidden})."
        )
    return weights
