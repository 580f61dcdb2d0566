"""Noise put on the input of a denoising autoencoder.

P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol (2008). Extracting and
composing robust features with denoising autoencoders. ICML.
"""

import numpy as np

from autoenc.graph.random import SymbolicGenerator, symbolic_generator
from autoenc.graph.types import Expression


def masking(
    x: Expression, level: float | Expression, rng: SymbolicGenerator | np.random.Generator | int
) -> Expression:
    """Set entries of x to zero, each with probability `level`.

    Parameters
    ----------
    x : expression
        The input, any shape.
    level : float or scalar expression
        Corruption level in [0, 1]: each entry is kept with probability 1 − level.
    rng : symbolic generator, numpy.random.Generator or int
        Where the noise comes from. A NumPy generator or a seed is made into a
        symbolic generator of this noise's own.

    Returns
    -------
    expression, shape and dtype of x

    Raises
    ------
    ValueError
        If the level is a number outside [0, 1].

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> masking(pt.ones((2, 5), dtype="float32"), 0.5, 1).eval()
    array([[1., 1., 0., 1., 0.],
           [0., 1., 0., 1., 0.]], dtype=float32)
    """
    if isinstance(level, int | float) and not 0 <= level <= 1:
        raise ValueError(
            f"corruption level is {level}; expected a probability in [0, 1], "
            "such as 0.3 to set three entries in ten to zero."
        )
    generator = symbolic_generator(rng) if isinstance(rng, int | np.random.Generator) else rng
    _, draw = generator.uniform(size=x.shape)
    return x * (draw >= level).astype(x.dtype)
