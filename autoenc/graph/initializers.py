"""Initial weights, drawn with a NumPy generator.

>>> import numpy as np
>>> uniform_weights(np.random.default_rng(0), 784, 500).shape
(784, 500)
"""

from typing import Any

import numpy as np
from pytensor import config

from autoenc.graph.types import NumPyGenerator


def uniform_weights(
    rng: NumPyGenerator,
    n_visible: int,
    n_hidden: int,
    *,
    gain: float = 4.0,
    dtype: str | None = None,
) -> np.ndarray[Any, Any]:
    """Draw W uniformly from ±gain·sqrt(6 / (n_visible + n_hidden)).

    Parameters
    ----------
    rng : numpy.random.Generator or numpy.random.RandomState
        Generator of the numbers.
    n_visible, n_hidden : int
        Shape of the weights.
    gain : float, default 4.0
        Factor; 4 for the sigmoid, 1 for the hyperbolic tangent.
    dtype : {"float32", "float64"}, optional
        Precision of the weights; by default floatX.

    Returns
    -------
    ndarray of shape (n_visible, n_hidden)
        Weights.

    References
    ----------
    X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep
    feedforward neural networks. AISTATS.
    """
    bound = gain * np.sqrt(6.0 / (n_visible + n_hidden))
    return rng.uniform(-bound, bound, (n_visible, n_hidden)).astype(dtype or config.floatX)


def gaussian_weights(rng: NumPyGenerator, n_visible: int, n_hidden: int) -> np.ndarray[Any, Any]:
    """Draw W from a normal distribution of standard deviation 1 / sqrt(n_visible + n_hidden).

    Parameters
    ----------
    rng : numpy.random.Generator or numpy.random.RandomState
        Generator of the numbers.
    n_visible, n_hidden : int
        Shape of the weights.

    Returns
    -------
    ndarray of shape (n_visible, n_hidden)
        Weights in floatX.
    """
    scale = 1.0 / np.sqrt(n_visible + n_hidden)
    return rng.normal(0.0, scale, (n_visible, n_hidden)).astype(config.floatX)
