"""Parameters that training starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor

from autoenc.graph import AutoEncoderLayer, gaussian_weights, uniform_weights
from autoenc.rows.blocks import Array


def initial_parameters(
    seed: int, init: Any, gain: float, n_visible: int, n_hidden: int, *, tied: bool
) -> dict[str, Any]:
    """Draw the parameters of an autoencoder.

    Returns
    -------
    dict from name to shared variable
    """
    rng = np.random.default_rng(seed)
    shapes = {"W": (n_visible, n_hidden)}
    if not tied:
        shapes["W_prime"] = (n_hidden, n_visible)
    drawn = {name: initial_weights(init, rng, *shape, gain=gain) for name, shape in shapes.items()}
    given = {n: pytensor.shared(W, name=n) for n, W in drawn.items() if W is not None}
    layer = AutoEncoderLayer(n_visible, n_hidden, rng=rng, tied=tied, **given)
    return layer.named_params()


def initial_weights(
    init: Any, rng: Any, n_visible: int, n_hidden: int, *, gain: float
) -> Array | None:
    """Draw W, or return None where the layer draws the same itself.

    Raises
    ------
    ValueError
        If a function returns another shape, or numbers that are not finite.
    """
    if init == "uniform":
        return None if gain == 4 else uniform_weights(rng, n_visible, n_hidden, gain=gain)
    draw = init if callable(init) else gaussian_weights
    weights = np.asarray(draw(rng, n_visible, n_hidden), dtype=pytensor.config.floatX)
    if weights.shape != (n_visible, n_hidden) or not np.isfinite(weights).all():
        raise ValueError(
            f"init gives weights of shape {weights.shape}; expected finite numbers of shape "
            f"({n_visible}, {n_hidden})."
        )
    return weights
